/// Walks the encoded bytes of a ``LabelSet``; malformed bytes end the walk with ``isMalformed``.
struct LabelCursor {
  struct Label {
    var name: Range<Int>
    var value: Range<Int>
    /// Both with their lengths.
    var whole: Range<Int>
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private(set) var isMalformed = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func next() -> Label? {
    let start = position
    guard position < bytes.count, !isMalformed else { return nil }
    guard let name = text(), let value = text() else {
      isMalformed = true
      return nil
    }
    return Label(name: name, value: value, whole: start..<position)
  }

  private mutating func text() -> Range<Int>? {
    var length = 0
    var shift = 0
    while true {
      guard position < bytes.count, shift < 35 else { return nil }
      let byte = bytes[position]
      position += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    guard length <= bytes.count - position else { return nil }
    defer { position += length }
    return position..<position + length
  }
}
