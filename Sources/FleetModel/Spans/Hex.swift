/// Numbers as hex digits.
enum Hex {
  /// Lower-case digits, the only ones that `traceparent` allows; at most 16 of them.
  static func value(_ digits: ArraySlice<UInt8>) -> UInt64? {
    digits.contains { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) } ? nil : anyCase(digits)
  }

  /// Digits of either case, at most 16 of them.
  static func anyCase(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt64(digit - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }

  static func text(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }
}
