import FleetModel

/// Figures as a report writes them.
enum ReportNumber {
  /// With at most so many decimals, thousands set off: `12,345.6`.
  static func decimal(_ value: Double, _ decimals: Int = 1) -> String {
    guard value.isFinite else { return "–" }
    guard value.magnitude < 1e15 else { return "\(value)" }
    var scale = 1
    for _ in 0..<decimals { scale *= 10 }
    // Below 2^63 for all values under the bound and three decimals.
    let scaled = Int64((value.magnitude * Double(scale)).rounded())
    let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: Int64(scale))
    var digits = String(whole)
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
      place -= 3
    }
    if fraction > 0 {
      let text = String(fraction)
      digits += "." + String(repeating: "0", count: decimals - text.count) + text
      while digits.hasSuffix("0") { digits.removeLast() }
    }
    return value < 0 && scaled > 0 ? "-" + digits : digits
  }

  /// To three digits that matter.
  static func digits(_ value: Double) -> String {
    guard let short = value.shortened else { return "–" }
    return short.magnitude >= 100
      ? decimal(short, 0) : short.magnitude >= 1 ? decimal(short, 2) : "\(short)".trimmedZero
  }

  static func percent(_ value: Double?) -> String { value.map { "\(decimal($0)) %" } ?? "–" }
  static func rate(_ value: Double?) -> String { value.map { "\(digits($0))/s" } ?? "–" }
  /// Of a share from 0 to 1.
  static func share(_ value: Double?) -> String { value.map { "\(decimal($0 * 100, 2)) %" } ?? "–" }

  static func seconds(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    return value < 1 ? "\(digits(value * 1000)) ms" : "\(digits(value)) s"
  }

  static func count(_ value: Int?) -> String { value.map { decimal(Double($0), 0) } ?? "–" }

  static func cost(_ value: Double?, _ currency: String) -> String {
    value.map { "\(decimal($0, $0 < 1 ? 4 : 2)) \(currency)" } ?? "–"
  }

  /// In the two largest units: `3 d 4 h`.
  static func span(_ duration: Duration) -> String {
    let seconds = max(0, duration.wholeMilliseconds / 1000)
    let parts = [
      (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
    ]
    let shown = parts.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
    return shown.isEmpty ? "0 s" : shown.map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }

  /// `2026-11-23 01:02 UTC`.
  static func moment(_ time: Timestamp) -> String {
    let text = time.description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
  }

  /// Kubernetes' milli-cores.
  static func cores(_ value: Double) -> String { "\(decimal(value * 1000, 0))m".replacing(",", with: "") }
  /// Kubernetes' mebibytes.
  static func mebibytes(_ value: Double) -> String { "\(decimal(value / 1_048_576, 0))Mi".replacing(",", with: "") }
}

extension String {
  fileprivate var trimmedZero: String { hasSuffix(".0") ? String(dropLast(2)) : self }

  fileprivate func replacing(_ character: Character, with text: String) -> String {
    split(separator: character, omittingEmptySubsequences: false).joined(separator: text)
  }
}
