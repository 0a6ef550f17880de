/// Floats as Go's `strconv.FormatFloat` writes them.
enum GoFloatText {
  /// - Parameters:
  ///   - verb: one of `e E f g G x X b`.
  ///   - precision: digits; `nil` for the fewest that read back to the same float.
  static func text(_ value: Double, _ verb: UInt8, precision: Int?) -> [UInt8] {
    if value.isNaN { return Array("NaN".utf8) }
    if value.isInfinite { return Array((value < 0 ? "-Inf" : "+Inf").utf8) }
    let sign: [UInt8] = value.sign == .minus ? [UInt8(ascii: "-")] : []
    switch Unicode.Scalar(verb) {
    case "x", "X": return sign + hexadecimal(value, precision, uppercase: verb == UInt8(ascii: "X"))
    case "b": return sign + binary(value)
    case "e", "E":
      var digits = precision == nil ? DecimalDigits(shortest: value) : DecimalDigits(exact: value)
      if let precision { digits.round(to: precision + 1) }
      return sign + scientific(digits, precision ?? max(digits.count - 1, 0), verb)
    case "f":
      var digits = precision == nil ? DecimalDigits(shortest: value) : DecimalDigits(exact: value)
      if let precision { digits.round(to: digits.point + precision) }
      return sign + fixed(digits, precision ?? max(digits.count - digits.point, 0))
    default: return sign + general(value, verb, precision)
    }
  }

  private static func general(_ value: Double, _ verb: UInt8, _ precision: Int?) -> [UInt8] {
    var digits = precision == nil ? DecimalDigits(shortest: value) : DecimalDigits(exact: value)
    var wanted = precision ?? 6
    if wanted == 0 { wanted = 1 }
    if precision != nil { digits.round(to: wanted) }
    var threshold = wanted
    if threshold > digits.count, digits.count >= digits.point { threshold = digits.count }
    // The fewest digits count as six for this decision.
    if precision == nil { threshold = 6 }
    let exponent = digits.point - 1
    if exponent < -4 || exponent >= threshold {
      let mark = verb == UInt8(ascii: "G") ? UInt8(ascii: "E") : UInt8(ascii: "e")
      return scientific(digits, max(min(precision == nil ? digits.count : wanted, digits.count) - 1, 0), mark)
    }
    return fixed(digits, max(digits.count - digits.point, 0))
  }

  private static func scientific(_ digits: DecimalDigits, _ precision: Int, _ mark: UInt8) -> [UInt8] {
    var text = [digits.ascii(0)]
    if precision > 0 {
      text.append(UInt8(ascii: "."))
      for index in 1...precision { text.append(digits.ascii(index)) }
    }
    text.append(mark)
    return text + exponent(digits.count == 0 ? 0 : digits.point - 1)
  }

  /// With its sign and at least two digits.
  private static func exponent(_ value: Int) -> [UInt8] {
    let digits = String(value.magnitude)
    let sign = value < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
    return [sign] + (digits.utf8.count < 2 ? [48] : []) + Array(digits.utf8)
  }

  private static func fixed(_ digits: DecimalDigits, _ precision: Int) -> [UInt8] {
    var text: [UInt8] = []
    if digits.point > 0 {
      for index in 0..<digits.point { text.append(digits.ascii(index)) }
    } else {
      text.append(48)
    }
    if precision > 0 {
      text.append(UInt8(ascii: "."))
      for index in 0..<precision { text.append(digits.ascii(digits.point + index)) }
    }
    return text
  }

  private static func parts(of value: Double) -> (mantissa: UInt64, exponent: Int) {
    let mantissa = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
    return (mantissa, (value.isNormal ? Int(value.exponentBitPattern) : 1) - 1075)
  }

  private static func binary(_ value: Double) -> [UInt8] {
    let (mantissa, exponent) = parts(of: value)
    return Array("\(mantissa)p\(exponent < 0 ? "" : "+")\(exponent)".utf8)
  }

  /// `0x1.8p+00`: one bit before the point.
  private static func hexadecimal(_ value: Double, _ precision: Int?, uppercase: Bool) -> [UInt8] {
    var (mantissa, power) = parts(of: value)
    if mantissa == 0 {
      power = 0
    } else {
      // The point stands behind bit 60, so that 15 digits follow it.
      let shift = mantissa.leadingZeroBitCount - 3
      mantissa <<= UInt64(shift)
      power += 60 - shift
    }
    if let precision, precision < 15 {
      let unit: UInt64 = 1 << UInt64(60 - 4 * precision)
      let rest = mantissa & (unit - 1)
      mantissa &= ~(unit - 1)
      if rest > unit / 2 || (rest == unit / 2 && mantissa & unit != 0) { mantissa += unit }
      if mantissa >> 61 != 0 {
        mantissa >>= 1
        power += 1
      }
    }
    var digits = ""
    var rest = mantissa & ((1 << 60) - 1)
    while precision.map({ digits.utf8.count < $0 }) ?? (rest != 0) {
      digits += String((rest >> 56) & 15, radix: 16)
      rest = (rest << 4) & ((1 << 60) - 1)
    }
    var text = "0x\(mantissa >> 60)" + (digits.isEmpty ? "" : "." + digits) + "p"
    text += String(decoding: exponent(power), as: UTF8.self)
    return Array((uppercase ? text.uppercased() : text).utf8)
  }
}
