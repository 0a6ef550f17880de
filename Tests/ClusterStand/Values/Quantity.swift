/// An amount such as `500m`, `1.5Gi` or `2e3`, written the way a server writes it back.
///
/// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
struct Quantity: CustomStringConvertible {
  private enum Form { case decimal, binary, exponent }

  /// Of 10 to the power of `scale`.
  private var mantissa: Int
  private var scale: Int
  private var form: Form

  private static let decimals: [String: Int] = [
    "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
  ]
  private static let binaries = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

  /// `nil` for what is no quantity, or larger than 64 bits hold.
  init?(_ text: String) {
    var rest = text[...]
    var isNegative = false
    if rest.first == "-" || rest.first == "+" { isNegative = rest.removeFirst() == "-" }
    let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
    let suffix = String(rest.dropFirst(digits.count))
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, digits.contains(where: { $0 != "." }) else { return nil }
    let fraction = parts.count == 2 ? parts[1] : ""
    guard let magnitude = Int("0\(parts[0])\(fraction)") else { return nil }
    mantissa = isNegative ? -magnitude : magnitude
    scale = -fraction.count
    if let power = Self.decimals[suffix] {
      scale += power
      form = .decimal
    } else if let index = Self.binaries.firstIndex(of: suffix) {
      let (product, overflow) = mantissa.multipliedReportingOverflow(by: 1 << (10 * (index + 1)))
      guard !overflow else { return nil }
      mantissa = product
      form = .binary
    } else if let first = suffix.first, first == "e" || first == "E", let power = Int(suffix.dropFirst()),
      abs(power) < 19
    {
      scale += power
      form = .exponent
    } else {
      return nil
    }
    while mantissa != 0, mantissa % 10 == 0 {
      mantissa /= 10
      scale += 1
    }
    // Nothing smaller than a billionth is kept.
    while scale < -9 {
      mantissa = mantissa / 10 + (mantissa % 10 > 0 ? 1 : 0)
      scale += 1
    }
    if mantissa == 0 { scale = 0 }
  }

  /// The whole number; `nil` where there is a fraction or it does not fit.
  private var whole: Int? {
    guard scale >= 0, scale < 19 else { return nil }
    let (product, overflow) = mantissa.multipliedReportingOverflow(by: (0..<scale).reduce(1) { power, _ in power * 10 })
    return overflow ? nil : product
  }

  var description: String {
    if form == .binary, let whole, abs(whole) >= 1024 || whole == 0 {
      var value = whole
      var power = 0
      while value != 0, value % 1024 == 0, power < Self.binaries.count {
        value /= 1024
        power += 1
      }
      return power == 0 ? "\(value)" : "\(value)\(Self.binaries[power - 1])"
    }
    // The power is a multiple of three with nothing lost.
    let power = scale >= 0 ? scale - scale % 3 : -((-scale + 2) / 3 * 3)
    let value = (power..<scale).reduce(mantissa) { value, _ in value * 10 }
    if form == .exponent { return power == 0 ? "\(value)" : "\(value)e\(power)" }
    guard let suffix = Self.decimals.first(where: { $0.value == power })?.key else { return "\(value)e\(power)" }
    return "\(value)\(suffix)"
  }

  /// In thousandths, rounded up; for counting against a quota.
  var thousandths: Int {
    var value = mantissa
    var power = scale + 3
    while power > 0 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      if overflow { return .max }
      value = product
      power -= 1
    }
    while power < 0 {
      value = value / 10 + (value % 10 > 0 ? 1 : 0)
      power += 1
    }
    return value
  }
}
