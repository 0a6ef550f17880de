import FleetModel

/// The fields of native histograms that remote write and the exposition format have in common.
enum BucketFields {
  static func span(
    _ message: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(WireFault) -> NativeHistogram.Span {
    var cursor = WireCursor(message, range)
    var span = NativeHistogram.Span(offset: 0, length: 0)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      switch tag {
      case 0x08: span.offset = Int32(clamping: SignedVarint.signed(try cursor.varint()))
      case 0x10: span.length = UInt32(clamping: try cursor.varint())
      default: try cursor.skip(tag)
      }
    }
    return span
  }

  static func doubles(
    _ message: UnsafeRawBufferPointer, _ range: Range<Int>, into values: inout [Double]
  ) throws(WireFault) {
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd { values.append(Double(bitPattern: try cursor.fixed64())) }
  }
}

/// Counts of buckets that are sent as the first count and the differences from each to the next.
struct BucketDeltas {
  private(set) var counts: [Double] = []
  private var last: Int64 = 0

  mutating func add(_ difference: Int64) {
    last &+= difference
    counts.append(Double(last))
  }

  /// Stops once there are more than `most` counts.
  mutating func add(
    packed message: UnsafeRawBufferPointer, _ range: Range<Int>, most: Int = .max
  ) throws(WireFault) {
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd, counts.count <= most { add(SignedVarint.signed(try cursor.varint())) }
  }
}

/// Signed numbers of protobuf's `sint` types (<https://protobuf.dev/programming-guides/encoding/#signed-ints>).
enum SignedVarint {
  static func signed(_ number: UInt64) -> Int64 {
    Int64(bitPattern: number >> 1) ^ (0 &- Int64(bitPattern: number & 1))
  }
}
