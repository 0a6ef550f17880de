/// Strings as Go writes and reads them in source code (<https://go.dev/ref/spec#String_literals>).
enum GoQuoting {
  /// Letters, marks, numbers, punctuation, symbols and the ASCII space, as Go's `unicode.IsPrint` counts them.
  static func isPrint(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value >= 0x20 && scalar.value < 0x7f }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
      .paragraphSeparator:
      return false
    default: return true
    }
  }

  static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return (scalar.value | 0x20) >= 0x61 && (scalar.value | 0x20) <= 0x7a }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
    default: return false
    }
  }

  static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x80 { return scalar.value >= 0x30 && scalar.value <= 0x39 }
    return scalar.properties.generalCategory == .decimalNumber
  }

  /// `U+0040 '@'`.
  static func codePoint(_ scalar: Unicode.Scalar) -> String {
    let text = "U+" + hexadecimal(scalar.value, digits: 4, uppercase: true)
    return isPrint(scalar) ? "\(text) '\(scalar)'" : text
  }

  static func hexadecimal(_ value: UInt32, digits: Int, uppercase: Bool = false) -> String {
    let text = String(value, radix: 16, uppercase: uppercase)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  /// In quotation marks, with everything escaped that does not print.
  static func quoted(_ text: String, by mark: Unicode.Scalar = "\"", asciiOnly: Bool = false) -> String {
    var result = ""
    result.unicodeScalars.append(mark)
    for scalar in text.unicodeScalars {
      if scalar == mark || scalar == "\\" {
        result.unicodeScalars.append("\\")
        result.unicodeScalars.append(scalar)
      } else if scalar.isASCII ? isPrint(scalar) : !asciiOnly && isPrint(scalar) {
        result.unicodeScalars.append(scalar)
      } else {
        result += escape(scalar)
      }
    }
    result.unicodeScalars.append(mark)
    return result
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x07: "\\a"
    case 0x08: "\\b"
    case 0x0c: "\\f"
    case 0x0a: "\\n"
    case 0x0d: "\\r"
    case 0x09: "\\t"
    case 0x0b: "\\v"
    case 0..<0x20, 0x7f: "\\x" + hexadecimal(scalar.value, digits: 2)
    case 0..<0x1_0000: "\\u" + hexadecimal(scalar.value, digits: 4)
    default: "\\U" + hexadecimal(scalar.value, digits: 8)
    }
  }

  /// What a literal in double quotes or backquotes stands for; `nil` where it is not one. Bytes that make no UTF-8
  /// become U+FFFD.
  static func unquoted(_ literal: String) -> String? {
    let bytes = Array(literal.utf8)
    guard bytes.count >= 2, let mark = bytes.first, bytes.last == mark else { return nil }
    let inner = bytes[1..<bytes.count - 1]
    if mark == UInt8(ascii: "`") {
      return String(decoding: inner.filter { $0 != 0x0d }, as: UTF8.self)
    }
    guard mark == UInt8(ascii: "\"") else { return nil }
    var result: [UInt8] = []
    var rest = inner
    while let next = rest.first {
      if next == UInt8(ascii: "\\") {
        guard let part = unescape(&rest, mark: mark) else { return nil }
        result += part
      } else {
        guard next != mark, next != 0x0a else { return nil }
        result.append(next)
        rest.removeFirst()
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The scalar of a character constant in single quotes; `nil` where it is none.
  static func character(_ literal: String) -> Int? {
    let bytes = Array(literal.utf8)
    guard bytes.count >= 3, bytes.first == UInt8(ascii: "'"), bytes.last == UInt8(ascii: "'") else { return nil }
    var rest = bytes[1..<bytes.count - 1]
    if rest.first == UInt8(ascii: "\\") {
      guard let value = escapedValue(&rest, mark: UInt8(ascii: "'")), rest.isEmpty else { return nil }
      return value.value
    }
    let scalars = String(decoding: rest, as: UTF8.self).unicodeScalars
    guard scalars.count == 1, let scalar = scalars.first, scalar != "'", scalar != "\n" else { return nil }
    return Int(scalar.value)
  }

  private static func unescape(_ rest: inout ArraySlice<UInt8>, mark: UInt8) -> [UInt8]? {
    guard let (value, isByte) = escapedValue(&rest, mark: mark) else { return nil }
    if isByte { return [UInt8(truncatingIfNeeded: value)] }
    return Unicode.Scalar(UInt32(value)).map { Array(String($0).utf8) }
  }

  /// Takes one escape from its backslash on.
  private static func escapedValue(_ rest: inout ArraySlice<UInt8>, mark: UInt8) -> (value: Int, isByte: Bool)? {
    rest.removeFirst()
    guard let letter = rest.popFirst() else { return nil }
    switch Unicode.Scalar(letter) {
    case "a": return (7, false)
    case "b": return (8, false)
    case "f": return (12, false)
    case "n": return (10, false)
    case "r": return (13, false)
    case "t": return (9, false)
    case "v": return (11, false)
    case "\\": return (0x5c, false)
    case "x": return number(&rest, digits: 2, radix: 16).map { ($0, true) }
    case "u", "U":
      guard let value = number(&rest, digits: letter == UInt8(ascii: "u") ? 4 : 8, radix: 16),
        value <= 0x10_ffff, !(0xd800...0xdfff).contains(value)
      else { return nil }
      return (value, false)
    case "0"..."7":
      guard let tail = number(&rest, digits: 2, radix: 8) else { return nil }
      let value = Int(letter - 48) * 64 + tail
      return value > 255 ? nil : (value, true)
    default: return letter == mark ? (Int(mark), false) : nil
    }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>, digits: Int, radix: Int) -> Int? {
    guard rest.count >= digits else { return nil }
    var value = 0
    for _ in 0..<digits {
      guard let digit = rest.popFirst().flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }), digit < radix
      else { return nil }
      value = value * radix + digit
    }
    return value
  }
}
