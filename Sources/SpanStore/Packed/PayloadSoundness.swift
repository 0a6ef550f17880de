/// Whether packed bytes that come from a file name only symbols that are there. Where bytes are packed here they do.
enum PayloadSoundness {
  static func payload(_ bytes: UnsafeRawBufferPointer, symbols: Int) -> Bool {
    var cursor = FieldCursor(bytes)
    let fields = cursor.byte()
    if fields & PayloadField.statusMessage != 0 { _ = cursor.field() }
    if fields & PayloadField.traceState != 0 { _ = cursor.field() }
    if fields & PayloadField.flags != 0 { _ = cursor.varint() }
    if fields & PayloadField.dropped != 0 { for _ in 0..<3 { _ = cursor.varint() } }
    if fields & PayloadField.events != 0 {
      for _ in 0..<cursor.count(ofSize: 3) where !cursor.isOverrun {
        _ = cursor.varint()
        _ = cursor.field()
        guard attributes(&cursor, cursor.count(), symbols) else { return false }
      }
    }
    if fields & PayloadField.links != 0 {
      for _ in 0..<cursor.count(ofSize: 26) where !cursor.isOverrun {
        _ = cursor.take(24)
        _ = cursor.field()
        guard attributes(&cursor, cursor.count(), symbols) else { return false }
      }
    }
    return attributes(&cursor, .max, symbols)
  }

  /// Attributes to the end.
  static func attributes(_ bytes: UnsafeRawBufferPointer, symbols: Int) -> Bool {
    var cursor = FieldCursor(bytes)
    return attributes(&cursor, .max, symbols)
  }

  private static func attributes(_ cursor: inout FieldCursor, _ count: Int, _ symbols: Int) -> Bool {
    var left = count
    while left > 0, !cursor.isAtEnd {
      let attribute = cursor.attribute()
      guard !cursor.isOverrun, Int(attribute.key) < symbols else { return false }
      if case .symbol(let number) = attribute.value, Int(number) >= symbols { return false }
      left -= 1
    }
    return !cursor.isOverrun && (count == .max || left == 0)
  }
}
