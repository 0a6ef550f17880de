public import FleetModel

/// One native histogram of a request of remote write.
public struct WrittenHistogram: Sendable, Hashable {
  /// The position of its series in the request.
  public var series: UInt32
  /// Milliseconds since 1970.
  public var time: Int64
  /// As it was sent, with counts in place of differences: ``NativeHistogram/validate()`` says whether it can be one.
  public var value: NativeHistogram

  public init(series: UInt32, time: Int64, value: NativeHistogram) {
    self.series = series
    self.time = time
    self.value = value
  }
}

/// Reads the message of a histogram, which is the same in both versions of remote write (prometheus/prometheus
/// `prompb/types.proto`, `prompb/io/prometheus/write/v2/types.proto`).
struct HistogramMessage {
  private(set) var time: Int64 = 0
  private(set) var value = NativeHistogram()

  init(_ message: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireFault) {
    var cursor = WireCursor(message, range)
    var positive = BucketDeltas()
    var negative = BucketDeltas()
    while !cursor.isAtEnd {
      let start = cursor.position
      let tag = try cursor.varint()
      switch tag {
      // Of one of two fields the last one sent counts.
      case 0x08: value.count = Double(try cursor.varint())
      case 0x11, 0x19, 0x29, 0x39: set(tag >> 3, Double(bitPattern: try cursor.fixed64()))
      case 0x20:
        let schema = SignedVarint.signed(try cursor.varint())
        guard let schema = Int8(exactly: schema) else {
          throw WireFault(offset: start, problem: "holds a histogram of schema \(schema), which is none")
        }
        value.schema = schema
      case 0x30: value.zeroCount = Double(try cursor.varint())
      case 0x42: value.negativeSpans.append(try BucketFields.span(message, try cursor.content()))
      case 0x5a: value.positiveSpans.append(try BucketFields.span(message, try cursor.content()))
      case 0x48: negative.add(SignedVarint.signed(try cursor.varint()))
      case 0x60: positive.add(SignedVarint.signed(try cursor.varint()))
      case 0x4a: try negative.add(packed: message, try cursor.content())
      case 0x62: try positive.add(packed: message, try cursor.content())
      case 0x51: value.negativeBuckets.append(Double(bitPattern: try cursor.fixed64()))
      case 0x69: value.positiveBuckets.append(Double(bitPattern: try cursor.fixed64()))
      case 0x52: try BucketFields.doubles(message, try cursor.content(), into: &value.negativeBuckets)
      case 0x6a: try BucketFields.doubles(message, try cursor.content(), into: &value.positiveBuckets)
      case 0x70: value.resetHint = Self.hint(try cursor.varint())
      case 0x78: time = Int64(bitPattern: try cursor.varint())
      case 0x81: value.customValues.append(Double(bitPattern: try cursor.fixed64()))
      case 0x82: try BucketFields.doubles(message, try cursor.content(), into: &value.customValues)
      default: try cursor.skip(tag)
      }
    }
    // A histogram of integers sends differences, one of floating-point numbers the counts.
    if !positive.counts.isEmpty { value.positiveBuckets = positive.counts }
    if !negative.counts.isEmpty { value.negativeBuckets = negative.counts }
  }

  private mutating func set(_ field: UInt64, _ number: Double) {
    switch field {
    case 2: value.count = number
    case 3: value.sum = number
    case 5: value.zeroThreshold = number
    default: value.zeroCount = number
    }
  }

  private static func hint(_ number: UInt64) -> NativeHistogram.ResetHint {
    switch number {
    case 1: .reset
    case 2: .notReset
    case 3: .gauge
    default: .unknown
    }
  }
}
