public import FleetModel

/// What a process that is going to be killed writes, as a function of a batch's number, so that whoever reads the store
/// afterwards knows what must be there.
///
/// Series come and go; some batches come late; the values are counters, decimals and doubles of full length.
public struct CrashWorkload: Sendable {
  public static let start: Int64 = 1_700_000_000_000

  public struct Batch: Sendable {
    public var time: Int64
    public var samples: [(series: Int, value: Double)]
  }

  public let seed: UInt64

  public init(seed: UInt64) { self.seed = seed }

  public func labels(ofSeries series: Int) -> LabelSet {
    LabelSet([
      "__name__": "work_total", "agent_id": "agent-\(series % 7)", "task": "task-\(series)",
    ])
  }

  /// The samples of batch `number`, at most one for each series. In-order times end in 00, late ones in 50, so no two
  /// batches share a time.
  public func batch(_ number: Int) -> Batch {
    let mixed = mix(UInt64(bitPattern: Int64(number)) &+ seed &* 0x1000_0000_01B3)
    let isLate = mixed % 10 == 0
    let time = Self.start + Int64(number) * 100 - (isLate ? 5_050 : 0)
    let first = number / 500 * 10
    let count = 1 + Int((mixed >> 8) % 20)
    var samples: [(series: Int, value: Double)] = []
    for index in 0..<count {
      let bits = mix(mixed &+ UInt64(index))
      let series = first + (Int((mixed >> 16) % 50) + index * 3) % 60
      guard !samples.contains(where: { $0.series == series }) else { continue }
      samples.append((series, value(bits)))
    }
    return Batch(time: time, samples: samples)
  }

  private func value(_ bits: UInt64) -> Double {
    switch bits % 4 {
    case 0: Double(bits >> 40)
    case 1: Double(bits >> 50) / 100
    case 2: 1
    default: Double(bits >> 11) / Double(UInt64(1) << 53)
    }
  }

  private func mix(_ number: UInt64) -> UInt64 {
    var mixed = number &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
