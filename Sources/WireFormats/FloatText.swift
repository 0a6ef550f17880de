/// Decimal text to `Double` and back, exactly as Go's `strconv` does it for Prometheus.
enum FloatText {
  /// The NaN that Prometheus stores for every NaN it reads (`model/value`, `NormalNaN`): none looks like a staleness marker.
  static let normalNaN = Double(bitPattern: 0x7ff8_0000_0000_0001)

  enum Failure: Error { case syntax, unsupported, range }

  /// A whole token, as Prometheus' `parseFloat`: decimal with optional exponent, `Inf`, `Infinity`, `NaN` in any case; no
  /// hexadecimal, no underscores, nothing beyond the range of a `Double`.
  static func parse(_ token: UnsafeBufferPointer<UInt8>) throws(Failure) -> Double {
    guard let base = token.baseAddress, !token.isEmpty else { throw .syntax }
    var position = 0
    if let value = scan(base, from: &position, limit: token.count), position == token.count { return value }
    if let special = special(token) { return special }
    if token.contains(where: { $0 | 0x20 == UInt8(ascii: "p") || $0 == UInt8(ascii: "_") }) { throw .unsupported }
    guard isDecimal(token), let value = Double(String(decoding: token, as: UTF8.self)) else { throw .syntax }
    guard value.isFinite else { throw .range }
    return value
  }

  /// Reads the longest plain decimal at `position` and moves past it. `nil`, with `position` untouched, where there is none
  /// or where it is not among the ones done here: more than 19 digits, or an exponent that needs wide arithmetic.
  @inline(__always)
  static func scan(_ base: UnsafePointer<UInt8>, from position: inout Int, limit: Int) -> Double? {
    var at = position
    var negative = false
    if at < limit, base[at] == UInt8(ascii: "-") || base[at] == UInt8(ascii: "+") {
      negative = base[at] == UInt8(ascii: "-")
      at += 1
    }
    var mantissa: UInt64 = 0
    let first = at
    while at < limit {
      let digit = base[at] &- 48
      if digit > 9 { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      at += 1
    }
    var digits = at - first
    var exponent = 0
    if at < limit, base[at] == UInt8(ascii: ".") {
      at += 1
      let fraction = at
      while at < limit {
        let digit = base[at] &- 48
        if digit > 9 { break }
        mantissa = mantissa &* 10 &+ UInt64(digit)
        at += 1
      }
      exponent = fraction - at
      digits -= exponent
    }
    // Up to 19 digits a UInt64 cannot have overflowed.
    if digits == 0 || digits > 19 { return nil }
    if at < limit, base[at] | 0x20 == UInt8(ascii: "e") {
      guard let written = scanExponent(base, from: &at, limit: limit) else { return nil }
      exponent += written
    }
    guard let magnitude = compose(mantissa, exponent) else { return nil }
    position = at
    return negative ? -magnitude : magnitude
  }

  @inline(never)
  private static func scanExponent(_ base: UnsafePointer<UInt8>, from position: inout Int, limit: Int) -> Int? {
    var at = position + 1
    var negative = false
    if at < limit, base[at] == UInt8(ascii: "-") || base[at] == UInt8(ascii: "+") {
      negative = base[at] == UInt8(ascii: "-")
      at += 1
    }
    let first = at
    var value = 0
    while at < limit {
      let digit = base[at] &- 48
      if digit > 9 { break }
      if at - first > 4 { return nil }
      value = value * 10 + Int(digit)
      at += 1
    }
    if at == first { return nil }
    position = at
    return negative ? -value : value
  }

  /// `mantissa · 10^exponent`, correctly rounded; `nil` outside of what 128 bits decide.
  @inline(__always)
  private static func compose(_ mantissa: UInt64, _ exponent: Int) -> Double? {
    // One rounding, of an integer, is always right.
    if exponent == 0 { return Double(mantissa) }
    // Both operands exact, so the one operation rounds right (W. Clinger, PLDI 1990).
    if mantissa <= 1 << 53, exponent >= -22, exponent <= 22 {
      let power = exactPowers[exponent < 0 ? -exponent : exponent]
      return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    }
    return composeWide(mantissa, exponent)
  }

  /// 5^27 is the highest power of five in 64 bits, so up to there product and quotient are exact in 128 bits plus a sticky
  /// bit, and rounding them once, to even, is right.
  @inline(never)
  private static func composeWide(_ mantissa: UInt64, _ exponent: Int) -> Double? {
    if mantissa == 0 { return 0 }
    guard exponent >= -27, exponent <= 27 else { return nil }
    let five = powersOfFive[exponent < 0 ? -exponent : exponent]
    if exponent > 0 {
      let (high, low) = mantissa.multipliedFullWidth(by: five)
      if high == 0 { return scaled(low, sticky: false, by: exponent) }
      let shift = high.leadingZeroBitCount
      let top = shift == 0 ? high : high << UInt64(shift) | low >> UInt64(64 - shift)
      return scaled(top, sticky: low << UInt64(shift) != 0, by: exponent + 64 - shift)
    }
    let divisorShift = five.leadingZeroBitCount
    let divisor = five << UInt64(divisorShift)
    let shift = mantissa.leadingZeroBitCount
    let dividend = mantissa << UInt64(shift)
    // Half the dividend is below the normalised divisor, so the quotient fits and has at least 63 bits.
    let (quotient, remainder) = divisor.dividingFullWidth((dividend >> 1, dividend << 63))
    return scaled(quotient, sticky: remainder != 0, by: exponent + divisorShift - shift - 63)
  }

  /// `bits · 2^power` rounded to 53 bits, ties to even; `sticky` says that something below `bits` was not zero.
  private static func scaled(_ bits: UInt64, sticky: Bool, by power: Int) -> Double {
    let shift = bits.leadingZeroBitCount
    let top = bits << UInt64(shift)
    var kept = top >> 11
    let rest = top & 0x7ff
    if rest > 0x400 || (rest == 0x400 && (sticky || kept & 1 == 1)) { kept += 1 }
    let exponent = power - shift + 11
    return Double(kept) * Double(sign: .plus, exponent: exponent, significand: 1)
  }

  /// `[+-]` `Inf` or `Infinity`, or `NaN` without a sign, in any case.
  private static func special(_ token: UnsafeBufferPointer<UInt8>) -> Double? {
    func isWord(_ word: StaticString, from start: Int) -> Bool {
      guard token.count - start == word.utf8CodeUnitCount else { return false }
      for index in start..<token.count where token[index] | 0x20 != word.utf8Start[index - start] { return false }
      return true
    }
    if isWord("nan", from: 0) { return normalNaN }
    let signed = token[0] == UInt8(ascii: "-") || token[0] == UInt8(ascii: "+")
    guard isWord("inf", from: signed ? 1 : 0) || isWord("infinity", from: signed ? 1 : 0) else { return nil }
    return token[0] == UInt8(ascii: "-") ? -.infinity : .infinity
  }

  private static func isDecimal(_ token: UnsafeBufferPointer<UInt8>) -> Bool {
    var rest = token[...]
    func digits() -> Int {
      let run = rest.prefix { $0 >= 48 && $0 <= 57 }.count
      rest = rest.dropFirst(run)
      return run
    }
    func sign() {
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    }
    sign()
    var count = digits()
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      count += digits()
    }
    guard count > 0 else { return false }
    guard let letter = rest.first else { return true }
    guard letter | 0x20 == UInt8(ascii: "e") else { return false }
    rest = rest.dropFirst()
    sign()
    return digits() > 0 && rest.isEmpty
  }

  private static let exactPowers: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  private static let powersOfFive: InlineArray<28, UInt64> = InlineArray { (power: Int) -> UInt64 in
    var value: UInt64 = 1
    for _ in 0..<power { value *= 5 }
    return value
  }
}

extension FloatText {
  /// The shortest text that reads back the same, as Go's `FormatFloat(value, 'g', -1, 64)`: with an exponent of at least two
  /// digits below 1e-4 and from 1e6 on.
  static func format(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    let (digits, point) = shortest(value.magnitude)
    let sign = value < 0 ? "-" : ""
    let exponent = point - 1
    if exponent < -4 || exponent >= 6 {
      let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
      let size = exponent.magnitude
      return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size < 10 ? "0" : "")\(size)"
    }
    return plain(sign, digits, point)
  }

  /// As OpenMetrics wants `le` and `quantile`: `1` becomes `1.0`, what already has a point or an exponent stays.
  static func formatLabel(_ value: Double) -> String {
    let text = format(value)
    return !value.isFinite || text.utf8.contains(where: { $0 == 46 || $0 == 101 }) ? text : text + ".0"
  }

  /// The shortest text that reads back the same, never with an exponent: Go's `FormatFloat(value, 'f', -1, 64)`.
  static func formatPlain(_ value: Double) -> String {
    if !value.isFinite || value == 0 { return format(value) }
    let (digits, point) = shortest(value.magnitude)
    return plain(value < 0 ? "-" : "", digits, point)
  }

  private static func plain(_ sign: String, _ digits: String, _ point: Int) -> String {
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }

  /// The digits of the shortest decimal, without zeros at either end, and where the point stands among them.
  private static func shortest(_ value: Double) -> (digits: String, point: Int) {
    var digits: [UInt8] = []
    var point = 0
    var seenPoint = false
    var exponent = 0
    let text = Array(value.description.utf8)
    for (index, byte) in text.enumerated() {
      if byte == 46 {
        seenPoint = true
      } else if byte == 101 {
        exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
        break
      } else {
        digits.append(byte)
        if !seenPoint { point += 1 }
      }
    }
    let zeros = digits.prefix { $0 == 48 }.count
    digits.removeFirst(zeros)
    point -= zeros
    while digits.last == 48 { digits.removeLast() }
    return (String(decoding: digits, as: UTF8.self), point + exponent)
  }
}
