extension Wording {
  /// Milliseconds, in the unit that suits them.
  static func milliseconds(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "-" }
    let nanoseconds = nanoseconds(UInt64(min(abs(value) * 1e6, 9e18)))
    return value < 0 ? "-" + nanoseconds : nanoseconds
  }

  /// An amount of money: two digits behind the point, or as many as show something.
  static func amount(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
    var (digits, scale) = (2, 100.0)
    while value != 0, abs(value) * scale < 10, digits < 8 {
      digits += 1
      scale *= 10
    }
    let whole = Int64((abs(value) * scale).rounded())
    let fraction = String(whole % Int64(scale))
    return "\(value < 0 ? "-" : "")\(whole / Int64(scale))."
      + String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
  }
}
