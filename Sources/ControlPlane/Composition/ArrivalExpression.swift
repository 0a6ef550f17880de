import FleetModel
import PromQL

/// PromQL that says what a rule on arrival says, for those who read rules as Prometheus has them. It is shown, never
/// evaluated: Skep decides at each sample, which no evaluation every so often can do.
struct ArrivalExpression: Sendable {
  /// Between two samples of a series.
  var interval: Duration
  /// As what the series of a name behave, where that is known.
  var type: @Sendable (String) -> MetricType?

  func text(of rule: AlertRule) -> String {
    let selector = Self.selector(rule)
    switch rule.condition {
    case .threshold(let comparison, let bound): return "\(selector) \(comparison.rawValue) \(GoText.general(bound))"
    case .rateOfChange(let comparison, let bound):
      return "\(rate(of: selector, rule)) \(comparison.rawValue) \(GoText.general(bound))"
    case .absence(let window): return "absent_over_time(\(selector)[\(PrometheusDuration.format(window))])"
    case .expression(let text, _): return text
    }
  }

  /// The change per second between the last two samples: of counters `irate`, of others the slope of a window in which there
  /// are two.
  private func rate(of selector: String, _ rule: AlertRule) -> String {
    let name = rule.metricName?.pattern ?? ""
    let isCounter = type(name).map { $0 == .counter } ?? MetricNaming.isCounter(name)
    let window = PrometheusDuration.format(isCounter ? interval * 4 : interval * 2)
    return "\(isCounter ? "irate" : "deriv")(\(selector)[\(window)])"
  }

  private static func selector(_ rule: AlertRule) -> String {
    var name = ""
    var matchers: [LabelMatcher] = []
    if let metric = rule.metricName?.literal, isMetricName(metric) {
      name = metric
    } else if let metric = rule.metricName {
      matchers.append(metric.matcher(of: LabelSet.metricName))
    }
    // One that every agent fits says nothing.
    if let agent = rule.agentID, agent.pattern != "*" { matchers.append(agent.matcher(of: "agent_id")) }
    matchers += rule.labels
    // A selector must not select everything by the absence of conditions.
    if name.isEmpty, rule.metricName == nil { matchers.append(LabelMatcher(LabelSet.metricName, .matches, ".+")) }
    let texts = matchers.map { matcher in
      let label = isLabelName(matcher.name) ? matcher.name : GoText.quoted(matcher.name)
      return "\(label)\(matcher.operation.rawValue)\(GoText.quoted(matcher.value))"
    }
    return name + (texts.isEmpty ? "" : "{\(texts.joined(separator: ","))}")
  }

  private static func isLabelName(_ text: String) -> Bool { isName(text.utf8, colons: false) }

  private static func isMetricName(_ text: String) -> Bool { isName(text.utf8, colons: true) }

  private static func isName(_ text: String.UTF8View, colons: Bool) -> Bool {
    guard let first = text.first, !(0x30...0x39).contains(first) else { return false }
    return text.allSatisfy { byte in
      (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
        || colons && byte == UInt8(ascii: ":")
    }
  }
}
