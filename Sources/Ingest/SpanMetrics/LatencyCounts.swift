import FleetModel

/// How many durations fell into each bucket of a native histogram of schema 3: eight buckets for each doubling, so that a quantile is
/// right within 4.5 %. From a microsecond to twelve days; shorter ones are in the zero bucket, longer ones in the last one
/// (<https://prometheus.io/docs/specs/native_histograms/#schema>).
enum LatencyBuckets {
  static let schema: Int8 = 3
  /// Powers of two, in seconds.
  private static let lowest = -20
  private static let highest = 20
  static let count = (highest - lowest) * 8
  static let zeroThreshold = 0x1p-20

  /// The fractions of 2^(1/8), 2^(2/8) … 2^(7/8).
  private static let fractions: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (
    mantissa(1.0905077326652577), mantissa(1.189207115002721), mantissa(1.2968395546510096),
    mantissa(1.414213562373095),
    mantissa(1.5422108254079407), mantissa(1.681792830507429), mantissa(1.8340080864093424)
  )

  private static func mantissa(_ value: Double) -> UInt64 { value.bitPattern & 0xf_ffff_ffff_ffff }

  /// The bucket's position, -1 for the zero bucket.
  ///
  /// - Parameter seconds: not negative, and a number.
  @inline(__always)
  static func position(of seconds: Double) -> Int {
    let bits = seconds.bitPattern
    let exponent = Int(truncatingIfNeeded: bits >> 52) &- 1023
    let rest = bits & 0xf_ffff_ffff_ffff
    let bounds = fractions
    // A bucket holds its upper bound.
    var part = rest > 0 ? 1 : 0
    part &+= rest > bounds.0 ? 1 : 0
    part &+= rest > bounds.1 ? 1 : 0
    part &+= rest > bounds.2 ? 1 : 0
    part &+= rest > bounds.3 ? 1 : 0
    part &+= rest > bounds.4 ? 1 : 0
    part &+= rest > bounds.5 ? 1 : 0
    part &+= rest > bounds.6 ? 1 : 0
    let position = (exponent &- lowest) &* 8 &+ part &- 1
    return min(max(position, -1), count &- 1)
  }

  /// The index, in the histogram, of the bucket at position 0.
  static let firstIndex = lowest * 8 + 1
}

/// The durations of one series since the start.
struct LatencyCounts: ~Copyable {
  private let counts: UnsafeMutablePointer<Double>
  private(set) var zeroCount = 0.0
  private(set) var count = 0.0
  /// Seconds.
  private(set) var sum = 0.0

  init() {
    counts = .allocate(capacity: LatencyBuckets.count)
    counts.initialize(repeating: 0, count: LatencyBuckets.count)
  }

  deinit { counts.deallocate() }

  @inline(__always)
  mutating func add(seconds: Double) {
    count += 1
    sum += seconds
    let position = LatencyBuckets.position(of: seconds)
    if position < 0 { zeroCount += 1 } else { counts[position] += 1 }
  }

  /// O(buckets).
  var histogram: NativeHistogram {
    var histogram = Self.empty
    histogram.zeroCount = zeroCount
    histogram.count = count
    histogram.sum = sum
    var end = 0
    for position in 0..<LatencyBuckets.count where counts[position] > 0 {
      let gap = position - end
      if histogram.positiveSpans.isEmpty {
        histogram.positiveSpans.append(.init(offset: Int32(LatencyBuckets.firstIndex + position), length: 1))
      } else if gap == 0, let last = histogram.positiveSpans.indices.last {
        histogram.positiveSpans[last].length += 1
      } else {
        histogram.positiveSpans.append(.init(offset: Int32(gap), length: 1))
      }
      histogram.positiveBuckets.append(counts[position])
      end = position + 1
    }
    return histogram
  }

  /// Without observations: what a series begins with.
  static var empty: NativeHistogram {
    var histogram = NativeHistogram()
    histogram.schema = LatencyBuckets.schema
    histogram.zeroThreshold = LatencyBuckets.zeroThreshold
    return histogram
  }
}
