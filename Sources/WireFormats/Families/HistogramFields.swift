import FleetModel

/// The fields of a message `Histogram`, which holds a classic histogram, a native one, or both. Its memory is used again for the
/// next.
struct HistogramFields {
  private(set) var sum = 0.0
  private var count: UInt64 = 0
  private var countFloat = 0.0
  private var schema: Int64 = 0
  private var zeroThreshold = 0.0
  private var zeroCount: UInt64 = 0
  private var zeroCountFloat = 0.0
  private var positive = Side()
  private var negative = Side()
  /// The contents of the classic buckets, in order.
  private(set) var buckets: [Range<Int>] = []
  /// The contents of the exemplars of the native histogram.
  private(set) var exemplars: [Range<Int>] = []

  private struct Side {
    var spans: [NativeHistogram.Span] = []
    var deltas = BucketDeltas()
    var counts: [Double] = []
  }

  mutating func read(_ body: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    removeAll()
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let place = cursor.position
      let tag = try cursor.varint()
      switch tag {
      case 0x08: count = try cursor.varint()
      case 0x11: sum = Double(bitPattern: try cursor.fixed64())
      case 0x1a: buckets.append(try cursor.content())
      case 0x21: countFloat = Double(bitPattern: try cursor.fixed64())
      case 0x28: schema = SignedVarint.signed(try cursor.varint())
      case 0x31: zeroThreshold = Double(bitPattern: try cursor.fixed64())
      case 0x38: zeroCount = try cursor.varint()
      case 0x41: zeroCountFloat = Double(bitPattern: try cursor.fixed64())
      case 0x4a...0x5a: try Self.read(tag, &negative, shiftedBy: 0, body, &cursor, place)
      // Its fields have the numbers of the other side plus three.
      case 0x62...0x72: try Self.read(tag, &positive, shiftedBy: 0x18, body, &cursor, place)
      case 0x82: exemplars.append(try cursor.content())
      default: try cursor.skip(tag)
      }
    }
  }

  private mutating func removeAll() {
    (sum, count, countFloat, schema) = (0, 0, 0, 0)
    (zeroThreshold, zeroCount, zeroCountFloat) = (0, 0, 0)
    positive = Side()
    negative = Side()
    buckets.removeAll(keepingCapacity: true)
    exemplars.removeAll(keepingCapacity: true)
  }

  private static func read(
    _ tag: UInt64, _ side: inout Side, shiftedBy shift: UInt64, _ body: UnsafeRawBufferPointer,
    _ cursor: inout WireCursor, _ place: Int
  ) throws(WireFault) {
    let most = HistogramLayout.maximumBuckets
    switch tag - shift {
    case 0x4a: side.spans.append(try BucketFields.span(body, try cursor.content()))
    case 0x50: side.deltas.add(SignedVarint.signed(try cursor.varint()))
    case 0x52: try side.deltas.add(packed: body, try cursor.content(), most: most)
    case 0x59: side.counts.append(Double(bitPattern: try cursor.fixed64()))
    case 0x5a: try BucketFields.doubles(body, try cursor.content(), into: &side.counts)
    default: try cursor.skip(tag)
    }
    // Refused here, so that a small body cannot claim much memory.
    guard max(side.spans.count, side.deltas.counts.count, side.counts.count) <= most else {
      throw WireFault(
        offset: place, problem: "holds a histogram of more than \(most) buckets on one side; lower its resolution")
    }
  }

  /// Of a classic histogram; a floating-point number counts before a whole one.
  var observations: Double { countFloat == 0 ? Double(count) : countFloat }

  /// One without any bucket says by a span of no buckets that it is native.
  var isNative: Bool {
    !positive.spans.isEmpty || !negative.spans.isEmpty || zeroThreshold > 0 || zeroCount > 0 || zeroCountFloat > 0
  }

  /// The native histogram, without empty buckets.
  func value(isGauge: Bool, at place: Int) throws(WireFault) -> NativeHistogram {
    guard let schema = Int8(exactly: schema) else {
      throw WireFault(offset: place, problem: "holds a histogram of schema \(schema), which is none")
    }
    let isFloat = countFloat > 0 || zeroCountFloat > 0
    var value = NativeHistogram()
    value.schema = schema
    value.resetHint = isGauge ? .gauge : .unknown
    // Another NaN than the usual one would say that the series has ended.
    value.sum = sum.isNaN ? .nan : sum
    value.zeroThreshold = zeroThreshold
    value.count = isFloat ? countFloat : Double(count)
    value.zeroCount = isFloat ? zeroCountFloat : Double(zeroCount)
    value.positiveSpans = positive.spans
    value.negativeSpans = negative.spans
    value.positiveBuckets = isFloat ? positive.counts : positive.deltas.counts
    value.negativeBuckets = isFloat ? negative.counts : negative.deltas.counts
    if let problem = value.storageProblem {
      throw WireFault(offset: place, problem: "holds a histogram that cannot be stored: \(problem)")
    }
    return value.compacted
  }
}

/// A message `Bucket` of a classic histogram.
struct ClassicBucket {
  private(set) var upperBound = 0.0
  private(set) var exemplar: Range<Int>?
  private var cumulative: UInt64 = 0
  private var cumulativeFloat = 0.0

  init(_ body: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(body, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x08: cumulative = try cursor.varint()
      case 0x11: upperBound = Double(bitPattern: try cursor.fixed64())
      case 0x1a: exemplar = try cursor.content()
      case 0x21: cumulativeFloat = Double(bitPattern: try cursor.fixed64())
      default: try cursor.skip(tag)
      }
    }
  }

  var count: Double { cumulativeFloat == 0 ? Double(cumulative) : cumulativeFloat }
}
