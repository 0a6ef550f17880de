/// Text as Go's `fmt` and `strconv` write it, which is how Prometheus' answers and messages look.
public enum GoText {
  /// `%q`: in double quotes, with escapes where a character does not print.
  public static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars { result += escaped(scalar, quote: "\"") }
    return result + "\""
  }

  /// `%q` of bytes that may be no valid UTF-8; those that are not are written `\xff`.
  static func quoted(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return quoted(text) }
    var result = "\""
    var rest = bytes[...]
    while let first = rest.first {
      let width = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
      if first < 0x80 || first >= 0xc2, let part = String(validating: rest.prefix(width), as: UTF8.self),
        let scalar = part.unicodeScalars.first
      {
        result += escaped(scalar, quote: "\"")
        rest = rest.dropFirst(width)
      } else {
        result += "\\x" + hexadecimal(UInt32(first), width: 2)
        rest = rest.dropFirst()
      }
    }
    return result + "\""
  }

  static func escaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar) -> String {
    switch scalar {
    case quote: return "\\\(scalar)"
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\t": return "\\t"
    case "\r": return "\\r"
    case "\u{7}": return "\\a"
    case "\u{8}": return "\\b"
    case "\u{b}": return "\\v"
    case "\u{c}": return "\\f"
    default: break
    }
    if scalar.value < 0x20 || scalar.value == 0x7f { return "\\x" + hexadecimal(scalar.value, width: 2) }
    if scalar.value < 0x7f { return String(scalar) }
    switch scalar.properties.generalCategory {
    case .control, .format, .unassigned, .privateUse, .surrogate, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      return scalar.value <= 0xffff
        ? "\\u" + hexadecimal(scalar.value, width: 4) : "\\U" + hexadecimal(scalar.value, width: 8)
    default: return String(scalar)
    }
  }

  private static func hexadecimal(_ value: UInt32, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }

  /// `strconv.FormatFloat(value, 'f', -1, 64)`: the shortest text that reads back the same, never with an exponent. So
  /// Prometheus writes values into answers and `count_values` into labels.
  public static func decimal(_ value: Double) -> String {
    if let special = special(value) { return special }
    let (digits, point) = shortest(value.magnitude)
    return (value.sign == .minus ? "-" : "") + plain(digits, point)
  }

  /// `%g` and `%v`: the shortest text that reads back the same, with an exponent below 1e-4 and from 1e6 on.
  public static func general(_ value: Double) -> String {
    if let special = special(value) { return special }
    let (digits, point) = shortest(value.magnitude)
    let sign = value.sign == .minus ? "-" : ""
    let exponent = point - 1
    guard exponent < -4 || exponent >= 6 else { return sign + plain(digits, point) }
    let fraction = digits.utf8.count > 1 ? "." + digits.dropFirst() : ""
    let size = exponent.magnitude
    return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size < 10 ? "0" : "")\(size)"
  }

  /// `strconv.FormatFloat(value, 'E', -1, 64)`: the shortest text that reads back the same, always with an exponent.
  public static func scientific(_ value: Double) -> String {
    if value == 0 { return value.sign == .minus ? "-0E+00" : "0E+00" }
    if let special = special(value) { return special }
    let (digits, point) = shortest(value.magnitude)
    let fraction = digits.utf8.count > 1 ? "." + digits.dropFirst() : ""
    let exponent = point - 1
    let size = exponent.magnitude
    return "\(value.sign == .minus ? "-" : "")\(digits.prefix(1))\(fraction)E\(exponent < 0 ? "-" : "+")"
      + "\(size < 10 ? "0" : "")\(size)"
  }

  /// A number as OpenMetrics writes it into labels: ``general(_:)``, always with a point or an exponent.
  static func openMetrics(_ value: Double) -> String {
    let text = general(value)
    return text.utf8.allSatisfy({ Lexer.isDigit($0) || $0 == UInt8(ascii: "-") }) ? text + ".0" : text
  }

  private static func special(_ value: Double) -> String? {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    return nil
  }

  private static func plain(_ digits: String, _ point: Int) -> String {
    if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
    let count = digits.utf8.count
    if point >= count { return digits + String(repeating: "0", count: point - count) }
    return digits.prefix(point) + "." + digits.dropFirst(point)
  }

  /// The digits of the shortest decimal, without zeros at either end, and where the point stands among them.
  private static func shortest(_ value: Double) -> (digits: String, point: Int) {
    var digits: [UInt8] = []
    var point = 0
    var seenPoint = false
    var exponent = 0
    let text = Array(value.description.utf8)
    for (index, byte) in text.enumerated() {
      if byte == UInt8(ascii: ".") {
        seenPoint = true
      } else if byte == UInt8(ascii: "e") {
        exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
        break
      } else {
        digits.append(byte)
        if !seenPoint { point += 1 }
      }
    }
    let zeros = digits.prefix { $0 == 0x30 }.count
    digits.removeFirst(zeros)
    point -= zeros
    while digits.last == 0x30 { digits.removeLast() }
    return (String(decoding: digits, as: UTF8.self), point + exponent)
  }
}
