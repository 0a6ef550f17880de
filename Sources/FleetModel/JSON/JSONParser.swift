/// Reads JSON (RFC 8259) and says where it is wrong. Objects with one key twice are refused, and so is nesting deeper than
/// ``maximumDepth``.
public struct JSONParser {
  public static let maximumDepth = 64

  public struct Failure: Error, Hashable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    /// From 1, in bytes.
    public var column: Int
    public var problem: String

    public init(line: Int, column: Int, problem: String) {
      self.line = line
      self.column = column
      self.problem = problem
    }

    public var description: String { "line \(line), column \(column): \(problem)" }
  }

  private let bytes: [UInt8]
  private var position = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// O(bytes).
  ///
  /// - Throws: ``Failure`` with the place of what is not JSON.
  public static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
    var parser = JSONParser(bytes)
    parser.skipSpace()
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else {
      throw parser.failure("there is more after the end of the document; remove it")
    }
    return value
  }

  private func failure(_ problem: String, at place: Int? = nil) -> Failure {
    let before = bytes[..<min(place ?? position, bytes.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return Failure(line: line, column: before.count - lineStart + 1, problem: problem)
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  /// What stands here, for "expected …, found …".
  private var found: String {
    guard let byte = current else { return "the end" }
    return (0x21...0x7E).contains(byte) ? "\"\(Unicode.Scalar(byte))\"" : "byte 0x\(String(byte, radix: 16))"
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth < Self.maximumDepth else {
      throw failure("nested deeper than \(Self.maximumDepth) levels; flatten the document")
    }
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
    default: throw failure("expected a value, found \(found)")
    }
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(Failure) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else {
      throw failure("expected a value, found \(found); text needs double quotes")
    }
    position += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    // Most objects have few members: a set for them would cost more than the whole rest.
    var seen: Set<String> = []
    skipSpace()
    if take("}") { return .object([]) }
    while true {
      skipSpace()
      let start = position
      guard current == UInt8(ascii: "\"") else { throw failure("expected a key in double quotes, found \(found)") }
      let key = try string()
      guard !isKnown(key, members, &seen) else {
        throw failure("key \"\(key)\" is written twice; remove one", at: start)
      }
      skipSpace()
      guard take(":") else { throw failure("expected \":\" after key \"\(key)\", found \(found)") }
      skipSpace()
      members.append(JSONValue.Member(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw failure("expected \",\" or \"}\" after the value of \"\(key)\", found \(found)") }
    }
  }

  private static let fewMembers = 16

  private func isKnown(_ key: String, _ members: [JSONValue.Member], _ seen: inout Set<String>) -> Bool {
    if members.count < Self.fewMembers { return members.contains { $0.key == key } }
    if seen.isEmpty { seen = Set(members.map(\.key)) }
    return !seen.insert(key).inserted
  }

  private mutating func array(depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      skipSpace()
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw failure("expected \",\" or \"]\" in an array, found \(found)") }
    }
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = position
    _ = take("-")
    let whole = position
    guard digits() else { throw failure("expected a digit, found \(found)") }
    if bytes[whole] == UInt8(ascii: "0"), position > whole + 1 {
      throw failure("a number may not begin with 0", at: start)
    }
    if take("."), !digits() { throw failure("expected a digit after \".\", found \(found)") }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() else { throw failure("expected a digit in the exponent, found \(found)") }
    }
    if let small = smallInteger(start..<position) { return .number(small) }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw failure("\(text) is beyond the range of a 64-bit number", at: start)
    }
    return .number(value)
  }

  /// A whole number of at most 15 digits, which a 64-bit number holds exactly.
  private func smallInteger(_ range: Range<Int>) -> Double? {
    guard range.count <= 15 else { return nil }
    var value: Int64 = 0
    let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
    for byte in bytes[(range.lowerBound + (isNegative ? 1 : 0))..<range.upperBound] {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    // Zero with a sign is another number.
    return isNegative ? (value == 0 ? nil : Double(-value)) : Double(value)
  }

  private mutating func digits() -> Bool {
    let start = position
    while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
    return position > start
  }

  private mutating func string() throws(Failure) -> String {
    let start = position
    position += 1
    // Up to the first escape, the text is what stands there.
    while position < bytes.count, bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\""),
      bytes[position] != UInt8(ascii: "\\")
    {
      position += 1
    }
    let plain = bytes[(start + 1)..<position]
    if take("\"") {
      guard let text = String(validating: plain, as: UTF8.self) else {
        throw failure("the string is not UTF-8", at: start)
      }
      return text
    }
    var content = Array(plain)
    while let byte = current {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw failure("the string is not UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"): content.append(contentsOf: String(try escape()).utf8)
      case ..<0x20: throw failure("a control character in a string; write it as an escape", at: position - 1)
      default: content.append(byte)
      }
    }
    throw failure("a string that begins here has no closing quote", at: start)
  }

  /// The scalar of the escape whose backslash has been read.
  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    let start = position - 1
    guard let byte = current else { throw failure("the string ends within an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw failure("unknown escape; write \"\\\\\" for a backslash", at: start)
    }
    let first = try hexadecimal(from: start)
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xDC00, take("\\"), take("u") {
      let second = try hexadecimal(from: start)
      if (0xDC00...0xDFFF).contains(second),
        let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw failure("half of a surrogate pair", at: start)
  }

  private mutating func hexadecimal(from start: Int) throws(Failure) -> UInt32 {
    guard position + 4 <= bytes.count, bytes[position] != UInt8(ascii: "+"),
      bytes[position] != UInt8(ascii: "-"),
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("\\u needs four hexadecimal digits", at: start) }
    position += 4
    return value
  }
}
