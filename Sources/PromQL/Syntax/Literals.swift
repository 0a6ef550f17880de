import FleetModel

/// Numbers and durations as they stand in a query.
enum NumberText {
  /// Decimal, hexadecimal (`0x1f`), octal (`017`, as Go reads it), `Inf`, `NaN`; single underscores between digits.
  static func value(of text: String) -> Double? {
    let lower = text.lowercased()
    if lower == "inf" { return .infinity }
    if lower == "nan" { return .nan }
    let digits = lower.replacing("_", with: "")
    if digits.hasPrefix("0x") { return hexadecimal(digits.dropFirst(2)) }
    if digits.utf8.count > 1, digits.hasPrefix("0"), digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }),
      let octal = Int64(digits, radix: 8)
    {
      return Double(octal)
    }
    guard let value = Double(digits), value.isFinite else { return nil }
    return value
  }

  private static func hexadecimal(_ digits: Substring) -> Double? {
    guard let value = Int64(digits, radix: 16), !digits.hasPrefix("+"), !digits.hasPrefix("-") else { return nil }
    return Double(value)
  }

  /// Text of labels such as `le`, as Go's `ParseFloat` reads it; `nil` where it is none.
  static func float(_ text: String) -> Double? {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "(") }) else { return nil }
    return Double(text)
  }

  /// A duration in milliseconds.
  static func duration(_ text: String) -> Int64? { PrometheusDuration.parse(text)?.wholeMilliseconds }

  /// Milliseconds as a duration is printed: `1h30m`.
  static func duration(milliseconds: Int64) -> String { PrometheusDuration.format(.milliseconds(milliseconds)) }
}
