/// A native histogram: the number and sum of observations, and how many of them fell into each bucket, where the buckets'
/// bounds follow from a resolution (or, for ``customSchema``, are listed). Counts are absolute floating-point numbers: a whole
/// histogram of integers is exact in them below 2^53.
///
/// The model is that of the native histogram specification (https://prometheus.io/docs/specs/native_histograms/). A histogram
/// may be inconsistent (queries calculate with whatever they were given): ``validate()`` says whether it is what a producer
/// may send.
public struct NativeHistogram: Sendable, Hashable {
  /// What its producer knows of a counter reset between the histogram before it and this one.
  public enum ResetHint: UInt8, Sendable, Hashable, CaseIterable {
    case unknown
    case reset
    case notReset
    /// The histogram is no counter.
    case gauge
  }

  /// Buckets that follow one another without a gap.
  public struct Span: Sendable, Hashable {
    /// Of the first span the index of its first bucket; of the others how many buckets lie between it and the span before.
    public var offset: Int32
    public var length: UInt32

    public init(offset: Int32, length: UInt32) {
      self.offset = offset
      self.length = length
    }
  }

  /// The schema of histograms whose bounds are ``customValues``.
  public static let customSchema: Int8 = -53
  /// The schemas whose bounds are powers of 2^(2^-schema).
  public static let exponentialSchemas: ClosedRange<Int8> = -4...8

  public var resetHint = ResetHint.unknown
  public var schema: Int8 = 0
  /// Observations whose absolute value is at most this are in the zero bucket. Without meaning for custom buckets, as all that
  /// concerns zero or negative buckets.
  public var zeroThreshold = 0.0
  public var zeroCount = 0.0
  public var count = 0.0
  /// Of all observations. Holds the staleness marker where the histogram is one.
  public var sum = 0.0
  public var positiveSpans: [Span] = []
  public var positiveBuckets: [Double] = []
  public var negativeSpans: [Span] = []
  public var negativeBuckets: [Double] = []
  /// The upper bounds of custom buckets, rising; after the last one there is a bucket up to infinity.
  public var customValues: [Double] = []

  public init() {}

  public var hasCustomBuckets: Bool { schema == Self.customSchema }

  /// Whether this says that the series has ended, instead of being a histogram.
  public var isStale: Bool { StaleMarker.isStale(sum) }
}

/// Times (milliseconds) and histograms of one series, in rising order of time; both arrays have the same count.
public struct HistogramColumns: Sendable, Hashable {
  public var timestamps: [Int64]
  public var values: [NativeHistogram]

  public init(timestamps: [Int64] = [], values: [NativeHistogram] = []) {
    precondition(timestamps.count == values.count, "BUG: columns of different length")
    self.timestamps = timestamps
    self.values = values
  }

  public var count: Int { timestamps.count }
  public var isEmpty: Bool { timestamps.isEmpty }

  public mutating func append(_ value: NativeHistogram, at time: Int64) {
    timestamps.append(time)
    values.append(value)
  }

  public mutating func removeAll(keepingCapacity: Bool = false) {
    timestamps.removeAll(keepingCapacity: keepingCapacity)
    values.removeAll(keepingCapacity: keepingCapacity)
  }
}
