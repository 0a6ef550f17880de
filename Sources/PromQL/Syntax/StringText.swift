/// String literals of the language: Go's, in double, single or back quotes.
enum StringText {
  struct Failure: Error { let problem: String }

  /// The bytes that a literal with its quotes stands for; `nil` where it is none. They may be no valid UTF-8: `"\xff"`.
  static func value(of literal: String) -> [UInt8]? {
    let bytes = Array(literal.utf8)
    guard bytes.count >= 2, let quote = bytes.first, bytes.last == quote else { return nil }
    if quote == UInt8(ascii: "`") { return bytes[1..<bytes.count - 1].filter { $0 != 0x0d } }
    var value: [UInt8] = []
    value.reserveCapacity(bytes.count)
    var position = 1
    while position < bytes.count - 1 {
      let byte = bytes[position]
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        value.append(byte)
        continue
      }
      guard let part = try? escape(bytes, &position, quote: quote) else { return nil }
      value += part
    }
    return position == bytes.count - 1 ? value : nil
  }

  /// Moves past the escape whose backslash stands before `position`.
  static func skipEscape(_ bytes: [UInt8], _ position: inout Int, quote: UInt8) throws(Failure) {
    _ = try escape(bytes, &position, quote: quote)
  }

  private static func escape(_ bytes: [UInt8], _ position: inout Int, quote: UInt8) throws(Failure) -> [UInt8] {
    guard position < bytes.count else { throw Failure(problem: "escape sequence not terminated") }
    let letter = bytes[position]
    position += 1
    switch letter {
    case UInt8(ascii: "a"): return [7]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "v"): return [11]
    case UInt8(ascii: "\\"), quote: return [letter]
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      position -= 1
      return [UInt8(truncatingIfNeeded: try digits(bytes, &position, count: 3, radix: 8, most: 255))]
    case UInt8(ascii: "x"):
      return [UInt8(truncatingIfNeeded: try digits(bytes, &position, count: 2, radix: 16, most: 255))]
    case UInt8(ascii: "u"): return try scalar(digits(bytes, &position, count: 4, radix: 16, most: 0x10_ffff))
    case UInt8(ascii: "U"): return try scalar(digits(bytes, &position, count: 8, radix: 16, most: 0x10_ffff))
    default: throw Failure(problem: "unknown escape sequence \(unicodeName(bytes, position - 1))")
    }
  }

  private static func scalar(_ value: UInt32) throws(Failure) -> [UInt8] {
    guard let scalar = Unicode.Scalar(value) else {
      throw Failure(problem: "escape sequence is an invalid Unicode code point")
    }
    return Array(String(Character(scalar)).utf8)
  }

  private static func digits(
    _ bytes: [UInt8], _ position: inout Int, count: Int, radix: UInt32, most: UInt32
  ) throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard position < bytes.count else { throw Failure(problem: "escape sequence not terminated") }
      let byte = bytes[position]
      let digit: UInt32
      switch byte {
      case 0x30...0x39: digit = UInt32(byte - 0x30)
      case 0x41...0x46: digit = UInt32(byte - 0x41 + 10)
      case 0x61...0x66: digit = UInt32(byte - 0x61 + 10)
      default: digit = 99
      }
      guard digit < radix else {
        throw Failure(problem: "illegal character \(unicodeName(bytes, position)) in escape sequence")
      }
      value = value &* radix &+ digit
      position += 1
    }
    guard value <= most else { throw Failure(problem: "escape sequence is an invalid Unicode code point") }
    return value
  }

  /// `U+0078 'x'`.
  private static func unicodeName(_ bytes: [UInt8], _ index: Int) -> String {
    let rest = String(decoding: bytes[index..<min(index + 4, bytes.count)], as: UTF8.self)
    guard let scalar = rest.unicodeScalars.first else { return "U+FFFD" }
    let hex = String(scalar.value, radix: 16, uppercase: true)
    return "U+\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex) '\(scalar)'"
  }
}
