/// The shortest decimal that reads back as the same `Double`, and among those the closest: the digits that Go's `strconv`, and so
/// Prometheus, writes.
///
/// R. Giulietti, "The Schubfach way to render doubles" (2020). About twenty nanoseconds, no allocation.
public struct ShortestDecimal: Hashable, Sendable {
  /// At most 17 digits, without zeros at the end.
  public let digits: UInt64
  /// The value is `digits` times ten to this power.
  public let exponent: Int

  /// - Parameter value: finite and greater than zero; of anything else the result means nothing.
  public init(_ value: Double) {
    let (digits, exponent) = Self.find(value)
    (self.digits, self.exponent) = Self.withoutZeros(digits, exponent)
  }

  private static func find(_ value: Double) -> (digits: UInt64, exponent: Int) {
    let fraction = value.significandBitPattern
    let biased = Int(value.exponentBitPattern)
    let c = biased == 0 ? fraction : fraction | 1 << 52
    let q = biased == 0 ? -1074 : biased - 1075
    // Whole numbers are the common case and need no arithmetic.
    if q <= 0, q > -53, c & ((1 << UInt64(-q)) - 1) == 0 { return (c >> UInt64(-q), 0) }

    let isEven = c & 1 == 0
    // Below a power of two the next value is only half as far away.
    let isUneven = fraction == 0 && biased > 1
    let k = (q * 1_262_611 - (isUneven ? 524_031 : 0)) >> 22
    let power = PowersOfTen.shared[-k]
    let shift = UInt64(q + (-k * 1_741_647) >> 19 + 1)
    let low = roundedToOdd(power, (4 * c - (isUneven ? 1 : 2)) << shift) + (isEven ? 0 : 1)
    let middle = roundedToOdd(power, 4 * c << shift)
    let high = roundedToOdd(power, (4 * c + 2) << shift) - (isEven ? 0 : 1)

    let s = middle / 4
    if s >= 10 {
      let tens = s / 10
      let isBelowInside = low <= 40 * tens
      let isAboveInside = 40 * tens + 40 <= high
      if isBelowInside != isAboveInside { return (isAboveInside ? tens + 1 : tens, k + 1) }
    }
    let isBelowInside = low <= 4 * s
    let isAboveInside = 4 * s + 4 <= high
    if isBelowInside != isAboveInside { return (isAboveInside ? s + 1 : s, k) }
    let half = 4 * s + 2
    return (middle > half || (middle == half && s & 1 == 1) ? s + 1 : s, k)
  }

  private static func withoutZeros(_ digits: UInt64, _ exponent: Int) -> (UInt64, Int) {
    var digits = digits
    var exponent = exponent
    while digits != 0 {
      let (tenth, rest) = digits.quotientAndRemainder(dividingBy: 10)
      if rest != 0 { break }
      digits = tenth
      exponent += 1
    }
    return (digits, exponent)
  }

  /// The upper half of the product; its last bit says whether anything was cut off.
  private static func roundedToOdd(_ power: PowersOfTen.Power, _ factor: UInt64) -> UInt64 {
    let low = power.low.multipliedFullWidth(by: factor)
    let high = power.high.multipliedFullWidth(by: factor)
    let (middle, carries) = high.low.addingReportingOverflow(low.high)
    return (high.high &+ (carries ? 1 : 0)) | (middle > 1 ? 1 : 0)
  }
}

/// The first 128 bits of the powers of ten from 10^-292 to 10^324, rounded up. Made once, in less than a millisecond.
private struct PowersOfTen {
  struct Power {
    var high: UInt64
    var low: UInt64
  }

  static let shared = PowersOfTen()

  private static let first = -292
  private static let last = 324
  private let powers: [Power]

  subscript(exponent: Int) -> Power { powers[exponent - Self.first] }

  private init() {
    var falling: [Power] = []
    // 2^1472 divided by ten again and again: 10^-292 still has more than 128 bits of it.
    var number = [UInt32](repeating: 0, count: 47)
    number[46] = 1
    for _ in 0..<(-Self.first) {
      var rest: UInt64 = 0
      for index in number.indices.reversed() {
        let part = rest << 32 | UInt64(number[index])
        number[index] = UInt32(truncatingIfNeeded: part / 10)
        rest = part % 10
      }
      falling.append(Self.leading(number, isExact: false))
    }
    var rising: [Power] = []
    number = [1]
    for exponent in 0...Self.last {
      // 10^55 is the last that fits: powers of five have no factor of two.
      rising.append(Self.leading(number, isExact: exponent <= 55))
      var carry: UInt64 = 0
      for index in number.indices {
        let part = UInt64(number[index]) * 10 + carry
        number[index] = UInt32(truncatingIfNeeded: part)
        carry = part >> 32
      }
      if carry > 0 { number.append(UInt32(truncatingIfNeeded: carry)) }
    }
    powers = falling.reversed() + rising
  }

  /// The first 128 bits of a number given in words of 32 bits, the lowest first.
  private static func leading(_ number: [UInt32], isExact: Bool) -> Power {
    let top = (number.lastIndex { $0 != 0 } ?? 0)
    let shift = UInt64(number[top].leadingZeroBitCount)
    func word(_ index: Int) -> UInt64 { index >= 0 ? UInt64(number[index]) : 0 }
    /// 32 bits that begin `shift` bits into the word.
    func bits(_ index: Int) -> UInt64 { ((word(index) << 32 | word(index - 1)) << shift) >> 32 & 0xffff_ffff }
    let high = bits(top) << 32 | bits(top - 1)
    let (low, overflow) = (bits(top - 2) << 32 | bits(top - 3)).addingReportingOverflow(isExact ? 0 : 1)
    return Power(high: overflow ? high &+ 1 : high, low: low)
  }
}
