import FleetModel
import WireFormats

/// What a request of 2,000 series with eight labels and a sample each costs remote write's two layers.
enum WriteRequests {
  static func measure() {
    let message = message()
    let block = message.withUnsafeBytes { SnappyBlock.encode($0) }
    var text: [UInt8] = []
    var request = WriteRequest(seed: 1)
    var best = (decode: Duration.seconds(1000), encode: Duration.seconds(1000), read: Duration.seconds(1000))
    let clock = ContinuousClock()
    for _ in 0..<200 {
      do {
        best.decode = min(
          best.decode,
          try clock.measure {
            _ = try block.withUnsafeBytes { try SnappyBlock.decode($0, limit: 1 << 24, into: &text) }
          })
        best.encode = min(best.encode, clock.measure { _ = message.withUnsafeBytes { SnappyBlock.encode($0) } })
        best.read = min(best.read, try clock.measure { try message.withUnsafeBytes { try request.read($0) } })
      } catch {
        fatalError("\(error)")
      }
    }
    func seconds(_ duration: Duration) -> Double {
      Double(duration.components.attoseconds) / 1e18 + Double(duration.components.seconds)
    }
    func speed(_ duration: Duration) -> Double { (Double(message.count) / seconds(duration) / 1e7).rounded() / 100 }
    let nanoseconds = (seconds(best.read) * 1e10 / Double(request.series.count)).rounded() / 10
    print(
      "remote write, \(message.count) bytes as \(block.count): decode \(speed(best.decode)) GB/s, encode "
        + "\(speed(best.encode)) GB/s, read \(nanoseconds) ns a series of 8 labels")
    let symbolic = symbolicMessage()
    var least = Duration.seconds(1000)
    for _ in 0..<200 {
      do {
        least = min(
          least, try clock.measure { try symbolic.withUnsafeBytes { try request.read($0, as: .version2) } })
      } catch {
        fatalError("\(error)")
      }
    }
    let cost = (seconds(least) * 1e10 / Double(request.series.count)).rounded() / 10
    print(
      "remote write 2.0, \(symbolic.count) bytes, \(request.symbolCount) symbols: read \(cost) ns a series of 8 labels")
  }

  /// The labels of series `index`.
  private static func labels(_ index: Int) -> [(String, String)] {
    let agent = "agent-\(1000 + index / 60)"
    return [
      ("__name__", "agent_requests_total"), ("agent_id", agent), ("instance", agent + ":9100"), ("job", "agents"),
      ("operation", "operation-\(index % 6)"), ("peer", "agent-00\(index % 5)"), ("status", "ok"),
      ("zone", "zone-\(index % 60)"),
    ]
  }

  private static func sample(_ index: Int) -> [UInt8] {
    var sample: [UInt8] = [0x09]
    withUnsafeBytes(of: Double(index * 37 % 1013).bitPattern) { sample += $0 }
    sample.append(0x10)
    varint(1_790_000_000_000, to: &sample)
    return sample
  }

  private static func symbolicMessage() -> [UInt8] {
    var numbers: [String: UInt64] = ["": 0]
    var message: [UInt8] = []
    field(0x22, [], to: &message)
    var series: [UInt8] = []
    for index in 0..<2000 {
      var references: [UInt8] = []
      for text in labels(index).flatMap({ [$0.0, $0.1] }) {
        if numbers[text] == nil {
          numbers[text] = UInt64(numbers.count)
          field(0x22, Array(text.utf8), to: &message)
        }
        varint(numbers[text] ?? 0, to: &references)
      }
      var one: [UInt8] = []
      field(0x0a, references, to: &one)
      field(0x12, sample(index), to: &one)
      field(0x2a, [0x08, 1], to: &one)
      field(0x2a, one, to: &series)
    }
    return message + series
  }

  private static func message() -> [UInt8] {
    var message: [UInt8] = []
    for index in 0..<2000 {
      var series: [UInt8] = []
      for (name, value) in labels(index) {
        var label: [UInt8] = []
        field(0x0a, Array(name.utf8), to: &label)
        field(0x12, Array(value.utf8), to: &label)
        field(0x0a, label, to: &series)
      }
      field(0x12, sample(index), to: &series)
      field(0x0a, series, to: &message)
    }
    return message
  }

  private static func field(_ tag: UInt8, _ content: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(tag)
    varint(UInt64(content.count), to: &bytes)
    bytes += content
  }

  private static func varint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
