public import FleetModel

/// Histograms as a producer sends them, one after the other: of latencies around a middle that moves, with new buckets as they are
/// first hit, resets, changes of resolution and ends of the series now and then.
public struct RandomHistograms<Randomness: RandomNumberGenerator> {
  var random: Randomness
  var isGauge: Bool
  /// One in so many histograms is a reset, a change of schema or a staleness marker; 0: none.
  var disturbance: Int
  var hasCustomBounds = false
  private var buckets: [Int32: Double] = [:]
  private var negative: [Int32: Double] = [:]
  private var sum = 0.0
  private var zeroCount = 0.0
  private var schema: Int8 = 3
  private var middle = -20.0

  public init(_ random: Randomness, isGauge: Bool = false, disturbance: Int = 0, hasCustomBounds: Bool = false) {
    self.random = random
    self.isGauge = isGauge
    self.disturbance = disturbance
    self.hasCustomBounds = hasCustomBounds
  }

  public mutating func next() -> NativeHistogram {
    if disturbance > 0, Int.random(in: 0..<disturbance, using: &random) == 0 {
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        var stale = NativeHistogram()
        stale.sum = StaleMarker.value
        return stale
      case 1: schema = Int8.random(in: 0...5, using: &random)
      default: break
      }
      clear()
    }
    if isGauge { clear() }
    middle += Double.random(in: -0.5...0.5, using: &random)
    for _ in 0..<Int.random(in: 0...40, using: &random) { observe() }
    return histogram
  }

  private mutating func clear() {
    buckets = [:]
    negative = [:]
    (sum, zeroCount) = (0, 0)
  }

  private mutating func observe() {
    let spread = Double.random(in: -4...4, using: &random) + Double.random(in: -4...4, using: &random)
    if hasCustomBounds {
      buckets[Int32(min(max(spread / 2 + 4, 0), 8)), default: 0] += 1
    } else {
      switch Int.random(in: 0..<50, using: &random) {
      case 0: zeroCount += 1
      case 1: negative[Int32(spread), default: 0] += 1
      default: buckets[Int32((middle + spread).rounded()), default: 0] += 1
      }
    }
    sum += Double.random(in: 0...0.2, using: &random)
  }

  private var histogram: NativeHistogram {
    var histogram = NativeHistogram()
    histogram.schema = hasCustomBounds ? NativeHistogram.customSchema : schema
    if hasCustomBounds {
      histogram.customValues = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
    } else {
      histogram.zeroThreshold = 0x1p-128
      histogram.zeroCount = zeroCount
    }
    histogram.resetHint = isGauge ? .gauge : .unknown
    histogram.sum = sum
    (histogram.positiveSpans, histogram.positiveBuckets) = Self.spans(buckets)
    (histogram.negativeSpans, histogram.negativeBuckets) = Self.spans(negative)
    histogram.count = zeroCount + histogram.positiveBuckets.reduce(0, +) + histogram.negativeBuckets.reduce(0, +)
    return histogram
  }

  private static func spans(_ buckets: [Int32: Double]) -> ([NativeHistogram.Span], [Double]) {
    var spans: [NativeHistogram.Span] = []
    var next: Int32 = 0
    let indices = buckets.keys.sorted()
    for index in indices {
      if !spans.isEmpty, index == next {
        spans[spans.count - 1].length += 1
      } else {
        spans.append(NativeHistogram.Span(offset: index - next, length: 1))
      }
      next = index + 1
    }
    return (spans, indices.map { buckets[$0] ?? 0 })
  }
}

extension NativeHistogram {
  /// Whether both say the same, bit by bit, whatever empty buckets they have; a staleness marker is one.
  public func says(_ other: NativeHistogram) -> Bool {
    if isStale || other.isStale { return isStale && other.isStale }
    return (resetHint == .gauge) == (other.resetHint == .gauge) && compacted.isIdentical(to: other.compacted)
  }
}
