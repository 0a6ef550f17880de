/// A number of a template. What it is depends on where it stands: `1` is an integer or a float.
struct TemplateNumber: Sendable {
  private(set) var text: String
  /// As a signed integer; also of floats that are whole.
  private(set) var integer: Int?
  private(set) var float: Double?
  /// Fits an unsigned integer, maybe no signed one.
  private(set) var isUnsigned = false

  /// - Throws: what is wrong, in Go's words.
  init(_ text: String) throws(NumberProblem) {
    self.text = text
    if text.utf8.last == UInt8(ascii: "i") { throw NumberProblem(text: "complex number \(text) is not supported") }
    if let magnitude = Self.integer(text) {
      integer = Int(magnitude.value, isNegative: magnitude.isNegative)
      isUnsigned = !magnitude.isSigned || magnitude.value == 0
      if integer == nil, !isUnsigned { throw NumberProblem(text: "integer overflow: \(GoQuoting.quoted(text))") }
      float = integer.map(Double.init) ?? Double(magnitude.value)
      return
    }
    guard let value = GoNumberText.float(text) else {
      throw NumberProblem(text: "illegal number syntax: \(GoQuoting.quoted(text))")
    }
    guard text.utf8.contains(where: { ".eEpP".utf8.contains($0) }) else {
      throw NumberProblem(text: "integer overflow: \(GoQuoting.quoted(text))")
    }
    float = value
    integer = Int(exactly: value)
    isUnsigned = UInt64(exactly: value) != nil
  }

  /// - Parameter literal: in single quotes.
  init(character literal: String) throws(NumberProblem) {
    guard let value = GoQuoting.character(literal) else {
      throw NumberProblem(text: Self.problem(ofCharacter: literal))
    }
    text = literal
    integer = value
    float = Double(value)
    isUnsigned = true
  }

  struct NumberProblem: Error { var text: String }

  /// What Go takes it for where nothing else tells.
  enum Ideal {
    case integer(Int)
    case float(Double)
    case overflow
  }

  var ideal: Ideal {
    let bytes = Array(text.utf8)
    let isCharacter = bytes.first == UInt8(ascii: "'")
    let isHexadecimal =
      bytes.count > 2 && bytes[0] == UInt8(ascii: "0") && (bytes[1] | 0x20) == UInt8(ascii: "x")
      && !bytes.contains { ($0 | 0x20) == UInt8(ascii: "p") }
    if let float, !isCharacter, !isHexadecimal, bytes.contains(where: { ".eEpP".utf8.contains($0) }) {
      return .float(float)
    }
    return integer.map { .integer($0) } ?? .overflow
  }

  private static func problem(ofCharacter literal: String) -> String {
    guard literal.unicodeScalars.count > 3, literal.utf8.dropFirst().first != UInt8(ascii: "\\") else {
      return "invalid syntax"
    }
    return "malformed character constant: \(literal)"
  }

  private static func integer(_ text: String) -> (value: UInt64, isNegative: Bool, isSigned: Bool)? {
    var digits = Substring(text)
    let sign = digits.first
    let isSigned = sign == "-" || sign == "+"
    if isSigned { digits = digits.dropFirst() }
    guard let value = GoNumberText.unsigned(String(digits)) else { return nil }
    return (value, sign == "-", isSigned)
  }
}

extension Int {
  fileprivate init?(_ magnitude: UInt64, isNegative: Bool) {
    if !isNegative {
      self.init(exactly: magnitude)
    } else if magnitude == UInt64(1) << 63 {
      self = .min
    } else if let value = Int(exactly: magnitude) {
      self = -value
    } else {
      return nil
    }
  }
}

/// Numbers as Go's `strconv` reads them.
public enum GoNumberText {
  /// Digits with an optional prefix (`0x`, `0o`, `0b`, `0`) and underscores between them; `nil` where it is none or too
  /// large.
  static func unsigned(_ text: String) -> UInt64? {
    guard underscoresAreRight(text) else { return nil }
    var digits = Substring(text.lowercased().filter { $0 != "_" })
    var radix = 10
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      digits = digits.dropFirst(2)
      radix = base
    }
    if radix == 10, digits.utf8.count > 1, digits.hasPrefix("0") {
      digits = digits.dropFirst()
      radix = 8
    }
    guard let first = digits.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
    return UInt64(digits, radix: radix)
  }

  /// As `strconv.ParseFloat` without the rest of Go's syntax: no spaces; `Inf`, `infinity` and `NaN` in any case, with a
  /// sign (`NaN` without); hexadecimal with its exponent. `nil` where it is none or out of range.
  public static func float(_ text: String) -> Double? {
    guard let value = reading(text), value.isFinite || !text.utf8.contains(where: isDecimalDigit) else { return nil }
    return value
  }

  /// Why ``float(_:)`` gave nothing, in Go's words.
  public static func problem(with text: String) -> String {
    reading(text) == nil ? "invalid syntax" : "value out of range"
  }

  private static func isDecimalDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Infinite for numbers beyond the range.
  private static func reading(_ text: String) -> Double? {
    let lowered = text.lowercased()
    switch lowered {
    case "nan": return .nan
    case "inf", "+inf", "infinity", "+infinity": return .infinity
    case "-inf", "-infinity": return -.infinity
    default: break
    }
    var rest = Array(lowered.utf8)[...]
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let isHexadecimal = rest.starts(with: "0x".utf8)
    if isHexadecimal { rest = rest.dropFirst(2) }
    guard underscoresAreRight(text), hasFloatForm(rest.filter { $0 != UInt8(ascii: "_") }, isHexadecimal) else {
      return nil
    }
    return Double(lowered.filter { $0 != "_" })
  }

  private static func hasFloatForm(_ text: [UInt8], _ isHexadecimal: Bool) -> Bool {
    var rest = text[...]
    func isDigit(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (isHexadecimal && (0x61...0x66).contains(byte))
    }
    let whole = rest.prefix(while: isDigit).count
    rest = rest.dropFirst(whole)
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(fraction)
    }
    guard whole + fraction > 0 else { return false }
    guard let mark = rest.first else { return !isHexadecimal }
    guard mark == UInt8(ascii: isHexadecimal ? "p" : "e") else { return false }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    return !rest.isEmpty && rest.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Underscores stand between digits, or between a prefix and a digit.
  private static func underscoresAreRight(_ text: String) -> Bool {
    guard text.utf8.contains(UInt8(ascii: "_")) else { return true }
    var rest = Array(text.lowercased().utf8)[...]
    if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    var isAfterDigit = false
    var isAfterUnderscore = false
    var isHexadecimal = false
    for prefix in ["0x", "0o", "0b"] where rest.starts(with: prefix.utf8) {
      rest = rest.dropFirst(2)
      isAfterDigit = true
      isHexadecimal = prefix == "0x"
    }
    for byte in rest {
      if (0x30...0x39).contains(byte) || (isHexadecimal && (0x61...0x66).contains(byte)) {
        isAfterDigit = true
        isAfterUnderscore = false
      } else if byte == UInt8(ascii: "_") {
        guard isAfterDigit else { return false }
        isAfterDigit = false
        isAfterUnderscore = true
      } else {
        if isAfterUnderscore { return false }
        isAfterDigit = false
      }
    }
    return !isAfterUnderscore
  }
}
