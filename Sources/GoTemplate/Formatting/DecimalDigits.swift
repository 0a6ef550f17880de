/// The decimal digits of a float: 0.d₁d₂… × 10^point, without zeros at the end. Zero has none.
struct DecimalDigits {
  private(set) var digits: [UInt8]
  private(set) var point: Int

  var count: Int { digits.count }

  /// The fewest digits that read back to the same float, and of these the nearest.
  init(shortest value: Double) {
    digits = []
    point = 0
    guard value != 0 else { return }
    var isBehindPoint = false
    var exponent = 0
    var rest = value.magnitude.description.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "."): isBehindPoint = true
      case UInt8(ascii: "e"):
        exponent = Int(String(Substring(rest))) ?? 0
        rest = rest.suffix(0)
      default:
        if isBehindPoint, digits.isEmpty, byte == UInt8(ascii: "0") {
          point -= 1
        } else if !(digits.isEmpty && byte == UInt8(ascii: "0")) {
          digits.append(byte - 48)
          if !isBehindPoint { point += 1 }
        }
      }
    }
    point += exponent
    trim()
  }

  /// All digits: a float is a whole number times a power of two, so they end.
  init(exact value: Double) {
    digits = []
    point = 0
    guard value != 0 else { return }
    let bits = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
    let exponent = (value.isNormal ? Int(value.exponentBitPattern) : 1) - 1075
    // In base 10⁹, the least first.
    var limbs: [UInt32] = []
    var rest = bits
    while rest > 0 {
      limbs.append(UInt32(rest % 1_000_000_000))
      rest /= 1_000_000_000
    }
    // m × 2⁻ⁿ is m × 5ⁿ × 10⁻ⁿ.
    let (factor, times): (UInt64, Int) = exponent >= 0 ? (2, exponent) : (5, -exponent)
    var left = times
    let chunk = exponent >= 0 ? 29 : 12
    while left > 0 {
      let count = min(left, chunk)
      var power: UInt64 = 1
      for _ in 0..<count { power *= factor }
      Self.multiply(&limbs, by: power)
      left -= count
    }
    for (index, limb) in limbs.reversed().enumerated() {
      let text = String(limb)
      if index > 0 { digits += [UInt8](repeating: 0, count: 9 - text.utf8.count) }
      digits += text.utf8.map { $0 - 48 }
    }
    point = digits.count - (exponent >= 0 ? 0 : times)
    trim()
  }

  private static func multiply(_ limbs: inout [UInt32], by factor: UInt64) {
    var carry: UInt64 = 0
    for index in limbs.indices {
      let product = UInt64(limbs[index]) * factor + carry
      limbs[index] = UInt32(product % 1_000_000_000)
      carry = product / 1_000_000_000
    }
    while carry > 0 {
      limbs.append(UInt32(carry % 1_000_000_000))
      carry /= 1_000_000_000
    }
  }

  private mutating func trim() {
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { point = 0 }
  }

  /// Keeps `count` digits; a half rounds to the even digit.
  mutating func round(to count: Int) {
    guard count < digits.count else { return }
    guard count >= 0 else {
      digits = []
      point = 0
      return
    }
    let isHalf = digits[count] == 5 && count + 1 == digits.count
    let roundsUp = isHalf ? count > 0 && digits[count - 1] % 2 == 1 : digits[count] >= 5
    digits.removeLast(digits.count - count)
    guard roundsUp else { return trim() }
    while digits.last == 9 { digits.removeLast() }
    if let last = digits.last {
      digits[digits.count - 1] = last + 1
    } else {
      digits = [1]
      point += 1
    }
  }

  /// The digit at `index`, in ASCII; zero outside.
  func ascii(_ index: Int) -> UInt8 { index >= 0 && index < digits.count ? digits[index] + 48 : 48 }
}
