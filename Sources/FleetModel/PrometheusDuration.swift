/// Durations as Prometheus writes them: `1h30m`, `15d`, `500ms`, `0`.
///
/// Units in falling order, each at most once: `y` (365 d), `w`, `d`, `h`, `m`, `s`, `ms`
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/>).
public enum PrometheusDuration {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ("ms", 1),
  ]

  /// The duration that `text` names; `nil` if it names none or one of more than about 292 years.
  public static func parse(_ text: String) -> Duration? {
    if text == "0" { return .zero }
    var rest = text.utf8[...]
    var next = 0
    var total: Int64 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0 >= 48 && $0 <= 57 }
      guard !digits.isEmpty, let count = Int64(String(Substring(digits))) else { return nil }
      rest = rest.dropFirst(digits.count)
      let letters = rest.prefix { $0 >= 97 && $0 <= 122 }
      rest = rest.dropFirst(letters.count)
      let unit = String(Substring(letters))
      guard let position = units.indices.first(where: { units[$0].name == unit }), position >= next else { return nil }
      next = position + 1
      let (product, overflow) = count.multipliedReportingOverflow(by: units[position].milliseconds)
      let (sum, carried) = total.addingReportingOverflow(product)
      guard !overflow, !carried, sum <= Int64.max / 1_000_000 else { return nil }
      total = sum
    }
    return .milliseconds(total)
  }

  /// The shortest text that ``parse(_:)`` reads back to the same whole milliseconds; a negative duration gets a `-`.
  public static func format(_ duration: Duration) -> String {
    var rest = duration.wholeMilliseconds
    if rest == 0 { return "0s" }
    if rest < 0 { return "-" + format(.zero - duration) }
    var text = ""
    for (name, size) in units where rest >= size {
      // Weeks and years are only written when nothing smaller is left, as Prometheus does: 15d stays 15d.
      if (name == "y" || name == "w") && rest % size != 0 { continue }
      text += "\(rest / size)\(name)"
      rest %= size
    }
    return text
  }
}
