/// The resource of a `ResourceSpans` or a `ResourceMetrics`, wherever among its fields it stands; protobuf merges those that come
/// twice.
enum ResourceFields {
  /// Hands over each attribute, a `KeyValue`.
  static func attributes(
    of range: Range<Int>, in message: UnsafeRawBufferPointer,
    _ take: (Range<Int>) throws(WireFault) -> Void
  ) throws(WireFault) {
    var cursor = WireCursor(message, range)
    while !cursor.isAtEnd {
      let tag = try cursor.varint()
      guard tag == 0x0a else {
        try cursor.skip(tag)
        continue
      }
      var fields = WireCursor(message, try cursor.content())
      while !fields.isAtEnd {
        let tag = try fields.varint()
        if tag == 0x0a { try take(try fields.content()) } else { try fields.skip(tag) }
      }
    }
  }
}
