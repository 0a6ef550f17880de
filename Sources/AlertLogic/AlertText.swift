/// Fills in descriptions of rules.
public enum AlertText {
  /// What stands for the placeholders of a description.
  public struct Facts: Sendable, Hashable {
    public var agentID: String
    public var metricName: String
    public var value: String
    public var threshold: String

    public init(agentID: String, metricName: String, value: String, threshold: String) {
      self.agentID = agentID
      self.metricName = metricName
      self.value = value
      self.threshold = threshold
    }
  }

  /// `template` with `{agent_id}`, `{metric_name}`, `{value}` and `{threshold}` replaced. Anything else in braces stays as
  /// it is; what was filled in is not looked at again, so a label cannot smuggle in a placeholder.
  public static func fill(_ template: String, with facts: Facts) -> String {
    var text = ""
    var rest = template[...]
    while let open = rest.firstIndex(of: "{") {
      text += rest[..<open]
      rest = rest[open...]
      guard let (placeholder, value) = facts.replacement(atStartOf: rest) else {
        text += "{"
        rest = rest.dropFirst()
        continue
      }
      text += value
      rest = rest.dropFirst(placeholder.count)
    }
    return text + rest
  }

  /// A number for people: at most three decimals (for numbers below one: four significant digits), no trailing zeros.
  /// `91.500000000001` is `91.5`. NaN and the infinities are written as Prometheus writes them.
  public static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    let magnitude = value.magnitude
    if magnitude == 0 { return "0" }
    guard magnitude >= 1e-9, magnitude < 1e12 else {
      let text = "\(value)"
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
    var decimals = 3
    var scale = 1000.0
    var lead = magnitude
    while lead < 1 {
      lead *= 10
      decimals += 1
      scale *= 10
    }
    let scaled = UInt64((magnitude * scale).rounded())
    var fraction = String(scaled % UInt64(scale))
    fraction = String(repeating: "0", count: decimals - fraction.count) + fraction
    while fraction.last == "0" { fraction.removeLast() }
    let whole = String(scaled / UInt64(scale))
    return (value < 0 ? "-" : "") + (fraction.isEmpty ? whole : "\(whole).\(fraction)")
  }
}

extension AlertText.Facts {
  fileprivate func replacement(atStartOf text: Substring) -> (placeholder: String, value: String)? {
    let known = [
      ("{agent_id}", agentID), ("{metric_name}", metricName), ("{value}", value), ("{threshold}", threshold),
    ]
    return known.first { text.hasPrefix($0.0) }
  }
}
