/// Makes the content of an `AnyValue` of JSON text (RFC 8259), the other way of ``NestedValue``; lists within lists without
/// recursion. A number without point and exponent is an integer where 64 bits hold it.
struct NestedEncoding {
  /// A list that is being read.
  private struct Frame {
    var isObject: Bool
    var isEmpty = true
    /// Where the lengths of the messages are that end with it, the innermost first.
    var closing: [Int]
  }

  private var cursor: JSONCursor
  private var output = WireBytes()
  private var open: [Frame] = []

  /// - Returns: `nil` where the text is not JSON.
  static func value(of text: UnsafeBufferPointer<UInt8>) -> WireBytes? {
    var encoding = NestedEncoding(cursor: JSONCursor(text))
    do throws(ExpositionFault) { try encoding.run() } catch { return nil }
    return encoding.output
  }

  private init(cursor: JSONCursor) { self.cursor = cursor }

  private mutating func run() throws(ExpositionFault) {
    try readValue(closing: [])
    while let frame = open.last {
      if cursor.take(frame.isObject ? "}" : "]") {
        open.removeLast()
        for place in frame.closing { output.endMessage(at: place) }
        continue
      }
      if !frame.isEmpty { try cursor.expect(",", "between two values") }
      open[open.count - 1].isEmpty = false
      var closing = [begin(0x0a)]
      if frame.isObject {
        output.field(0x0a, try string())
        try cursor.expect(":", "behind the key")
        closing.insert(begin(0x12), at: 0)
      }
      try readValue(closing: closing)
    }
    guard cursor.peek() < 0 else { throw cursor.fault("there is more behind the value") }
  }

  /// Starts a message; its length follows when it ends.
  private mutating func begin(_ tag: UInt8) -> Int {
    output.byte(tag)
    output.byte(0)
    return output.count - 1
  }

  private mutating func string() throws(ExpositionFault) -> [UInt8] {
    var plain: [UInt8] = []
    cursor.decode(try cursor.string("a string"), into: &plain)
    return plain
  }

  /// - Parameter closing: the messages that end with the value.
  private mutating func readValue(closing: [Int]) throws(ExpositionFault) {
    switch cursor.peek() {
    case 123, 91:
      guard open.count < JSONCursor.maximumDepth else { throw cursor.fault("too many levels") }
      let isObject = cursor.take("{")
      if !isObject { _ = cursor.take("[") }
      open.append(Frame(isObject: isObject, closing: [begin(isObject ? 0x32 : 0x2a)] + closing))
      return
    case 34: output.field(0x0a, try string())
    case 116, 102:
      let isTrue = cursor.peek() == 116
      try cursor.skip()
      output.number(0x10, isTrue ? 1 : 0)
    case 45, 48...57:
      let start = cursor.position
      let number = try cursor.number()
      let digits = String(decoding: cursor.bytes(start..<cursor.position), as: UTF8.self)
      // A double is written with a point or an exponent.
      if let whole = Int64(digits) { output.number(0x18, whole) } else { output.fixed64(0x21, number.bitPattern) }
    default: try cursor.skip()  // null: no value
    }
    for place in closing { output.endMessage(at: place) }
  }
}
