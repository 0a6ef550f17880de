import FleetModel

/// What was used over a window: of a metric whose samples say so themselves, such as CPU in percent.
public struct UsageFigures: Sendable, Hashable {
  public var samples = 0
  /// Over all samples; `nil` without any.
  public var mean: Double?
  public var max: Double?
  /// The 95th percentile by rank, at most 0.4 % off.
  public var p95: Double?
  /// The mean of the samples of each of the report's points.
  public var points: [Double?] = []

  public init(
    samples: Int = 0, mean: Double? = nil, max: Double? = nil, p95: Double? = nil, points: [Double?] = []
  ) {
    self.samples = samples
    self.mean = mean
    self.max = max
    self.p95 = p95
    self.points = points
  }
}

/// Takes samples one by one in any order and says what they come to, in memory that does not grow with their number: the
/// percentile comes from counts in buckets of equal relative width, the first bits of the number (G. Tene, HdrHistogram).
public struct UsageGauge: Sendable {
  private let start: Int64
  private let step: Int64
  private var sums: [Double]
  private var counts: [Int]
  private var buckets: [UInt64: Int] = [:]
  private var samples = 0
  private var sum = 0.0
  private var max = -Double.infinity

  /// Seven bits of the significand: buckets less than 0.8 % wide, told by their middle.
  private static let dropped: UInt64 = 45

  public init(_ points: PerformanceReport.Points) {
    start = points.start.milliseconds
    step = Swift.max(1, points.step.wholeMilliseconds)
    sums = Array(repeating: 0, count: Swift.max(0, points.count))
    counts = Array(repeating: 0, count: Swift.max(0, points.count))
  }

  /// Passes over what is no finite number, or below zero. O(1).
  public mutating func add(_ value: Double, at milliseconds: Int64) {
    guard value.isFinite, value >= 0 else { return }
    samples += 1
    sum += value
    max = Swift.max(max, value)
    buckets[value.bitPattern >> Self.dropped, default: 0] += 1
    let (passed, overflow) = milliseconds.subtractingReportingOverflow(start)
    guard !overflow, passed >= 0, let place = Int(exactly: passed / step), place < sums.count else { return }
    sums[place] += value
    counts[place] += 1
  }

  /// O(buckets log buckets + points).
  public var figures: UsageFigures {
    guard samples > 0 else { return UsageFigures(points: Array(repeating: nil, count: sums.count)) }
    return UsageFigures(
      samples: samples, mean: sum / Double(samples), max: max, p95: quantile(0.95),
      points: zip(sums, counts).map { sum, count in count == 0 ? nil : sum / Double(count) })
  }

  private func quantile(_ share: Double) -> Double {
    var rest = Int((share * Double(samples)).rounded(.up))
    for (bucket, count) in buckets.sorted(by: { $0.key < $1.key }) {
      rest -= count
      if rest > 0 { continue }
      if bucket == 0 { return 0 }
      let low = Double(bitPattern: bucket << Self.dropped)
      let high = Double(bitPattern: (bucket + 1) << Self.dropped)
      return min(high.isFinite ? low + (high - low) / 2 : low, max)
    }
    return max
  }
}
