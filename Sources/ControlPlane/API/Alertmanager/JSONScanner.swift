import FleetModel

/// Walks over a JSON document (RFC 8259) in place: no value is built that nobody asks for.
///
/// A reader calls ``object(_:)``, ``array(_:)`` and the like as it expects them, and ``skip()`` for what it does not know. Where
/// one object has a key twice both are met, in order.
struct JSONScanner {
  /// A string of the document. Its bytes stand in the document, or among ``unescaped`` if it held escapes.
  struct Text {
    var range: Range<Int>
    var isUnescaped: Bool
  }

  /// UTF-8.
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var position = 0
  /// What became of strings with escapes.
  private var unescaped: [UInt8] = []

  /// - Parameter bytes: UTF-8; outlives this.
  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  typealias Failure = JSONParser.Failure

  /// - Parameter place: where; here if it is `nil`.
  func failure(_ problem: String, at place: Int? = nil) -> Failure {
    let before = UnsafeBufferPointer(rebasing: bytes[..<min(place ?? position, bytes.count)])
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return Failure(line: line, column: before.count - lineStart + 1, problem: problem)
  }

  // MARK: Structure

  /// The next byte that is no blank; 0 at the end.
  mutating func peek() -> UInt8 {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      case let byte: return byte
      }
    }
    return 0
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  /// What stands here, for "expected …, found …".
  private mutating func found() -> String {
    let byte = peek()
    if position >= bytes.count { return "the end" }
    return (0x21...0x7E).contains(byte) ? "\"\(Unicode.Scalar(byte))\"" : "byte 0x\(String(byte, radix: 16))"
  }

  /// - Parameter member: is called with each key, and reads or skips the value.
  mutating func object(_ member: (inout JSONScanner, Text) throws(Failure) -> Void) throws(Failure) {
    guard take("{") else { throw failure("expected an object, found \(found())") }
    if take("}") { return }
    repeat {
      let key = try string()
      guard take(":") else { throw failure("expected \":\" after a key, found \(found())") }
      try member(&self, key)
    } while take(",")
    guard take("}") else { throw failure("expected \",\" or \"}\" in an object, found \(found())") }
  }

  /// - Parameter element: is called at each element, and reads or skips it.
  mutating func array(_ element: (inout JSONScanner) throws(Failure) -> Void) throws(Failure) {
    guard take("[") else { throw failure("expected an array, found \(found())") }
    if take("]") { return }
    repeat { try element(&self) } while take(",")
    guard take("]") else { throw failure("expected \",\" or \"]\" in an array, found \(found())") }
  }

  /// Whether `null` stands here; it is then taken.
  mutating func null() throws(Failure) -> Bool {
    guard peek() == UInt8(ascii: "n") else { return false }
    try word("null")
    return true
  }

  private mutating func word(_ word: StaticString) throws(Failure) {
    let count = word.utf8CodeUnitCount
    let isThere =
      position + count <= bytes.count && (0..<count).allSatisfy { bytes[position + $0] == word.utf8Start[$0] }
    guard isThere else { throw failure("expected a value, found \(found()); text needs double quotes") }
    position += count
  }

  /// Passes over the value that stands here, whatever it is.
  mutating func skip() throws(Failure) { try skip(depth: 0) }

  private mutating func skip(depth: Int) throws(Failure) {
    guard depth < JSONParser.maximumDepth else {
      throw failure("nested deeper than \(JSONParser.maximumDepth) levels; flatten the document")
    }
    switch peek() {
    case UInt8(ascii: "{"):
      try object { (scanner, _) throws(Failure) in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "["): try array { (scanner) throws(Failure) in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw failure("expected a value, found \(found())")
    }
  }

  private mutating func number() throws(Failure) {
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        position += 1
      default:
        if Double(String(decoding: bytes[start..<position], as: UTF8.self)) != nil { return }
        throw failure("this is no number", at: start)
      }
    }
    throw failure("the document ends within a value")
  }

  // MARK: Strings

  /// The bytes of `text`; they are there until ``forgetStrings()``.
  func withBytes<Result>(of text: Text, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    if text.isUnescaped {
      return unescaped.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[text.range])) }
    }
    return body(UnsafeBufferPointer(rebasing: bytes[text.range]))
  }

  func string(_ text: Text) -> String { withBytes(of: text) { String(decoding: $0, as: UTF8.self) } }

  func isEqual(_ text: Text, _ word: StaticString) -> Bool {
    withBytes(of: text) { bytes in
      bytes.count == word.utf8CodeUnitCount && bytes.indices.allSatisfy { bytes[$0] == word.utf8Start[$0] }
    }
  }

  /// What strings with escapes left behind is needed no more.
  mutating func forgetStrings() { unescaped.removeAll(keepingCapacity: true) }

  mutating func string() throws(Failure) -> Text {
    guard take("\"") else { throw failure("expected a string, found \(found())") }
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        defer { position += 1 }
        return Text(range: start..<position, isUnescaped: false)
      case UInt8(ascii: "\\"): return try stringWithEscapes(from: start)
      case ..<0x20: throw failure("a control character in a string; write it as an escape")
      default: position += 1
      }
    }
    throw failure("a string that begins here has no closing quote", at: start - 1)
  }

  private mutating func stringWithEscapes(from start: Int) throws(Failure) -> Text {
    let first = unescaped.count
    unescaped.append(contentsOf: bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return Text(range: first..<unescaped.count, isUnescaped: true)
      case UInt8(ascii: "\\"): unescaped.append(contentsOf: String(try escape()).utf8)
      case ..<0x20: throw failure("a control character in a string; write it as an escape", at: position - 1)
      default: unescaped.append(byte)
      }
    }
    throw failure("a string that begins here has no closing quote", at: start - 1)
  }

  /// The scalar of the escape whose backslash has been read. Half of a surrogate pair becomes U+FFFD, as in Go.
  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    guard position < bytes.count else { throw failure("the string ends within an escape") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw failure("unknown escape; write \"\\\\\" for a backslash", at: position - 2)
    }
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let afterFirst = position
    if first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let second = try hexadecimal()
      if (0xDC00...0xDFFF).contains(second),
        let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
      {
        return scalar
      }
      position = afterFirst
    }
    return "\u{FFFD}"
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for offset in 0..<4 {
      guard position + offset < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position + offset])).hexDigitValue
      else { throw failure("\\u needs four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
