/// One label as a place in the bytes of its set, so that it can be looked at without making texts of it.
@frozen public struct LabelSpan: Sendable, Hashable {
  /// Where the label begins, the length of its name included.
  public var start: Int
  public var name: Range<Int>
  public var value: Range<Int>

  @inlinable init(start: Int, name: Range<Int>, value: Range<Int>) {
    self.start = start
    self.name = name
    self.value = value
  }

  /// All of it, the lengths included: a canonical encoding by itself.
  @inlinable public var whole: Range<Int> { start..<value.upperBound }

  /// The label at `position` of `bytes` (``LabelSet/encoded``), moving on past it; `nil` at the end.
  @inlinable public static func next(in bytes: UnsafeBufferPointer<UInt8>, at position: inout Int) -> LabelSpan? {
    guard position < bytes.count else { return nil }
    let start = position
    let name = text(in: bytes, at: &position)
    return LabelSpan(start: start, name: name, value: text(in: bytes, at: &position))
  }

  @inlinable static func text(in bytes: UnsafeBufferPointer<UInt8>, at position: inout Int) -> Range<Int> {
    var length = 0
    var shift = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      length |= Int(byte & 0x7f) << shift
      if byte < 0x80 { break }
      shift += 7
    }
    let start = position
    position += Swift.min(length, bytes.count - position)
    return start..<position
  }
}

extension LabelSet {
  /// Calls `body` with the bytes of the value of the label called `name`, with none where there is no such label. O(bytes of the
  /// set), no allocation.
  public func withValue<Result>(
    ofUTF8 name: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    encoded.withUnsafeBufferPointer { bytes in
      var position = 0
      while let label = LabelSpan.next(in: bytes, at: &position) {
        guard label.name.count == name.count, bytes[label.name].elementsEqual(name) else { continue }
        return body(UnsafeBufferPointer(rebasing: bytes[label.value]))
      }
      return body(UnsafeBufferPointer(start: nil, count: 0))
    }
  }
}
