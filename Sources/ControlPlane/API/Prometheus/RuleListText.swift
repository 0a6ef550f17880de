import Alerting
import FleetModel
import PromQL

/// Rule groups and alerts in the words of `/api/v1/rules` (`web/api/v1/api.go`: `RuleGroup`, `AlertingRule`, `RecordingRule`,
/// `Alert`).
enum RuleListText {
  static func group(_ status: RuleGroupStatus, showsAlerts: Bool) -> JSONValue {
    [
      "name": .string(status.group.name),
      "file": .string(status.group.file),
      "rules": .array(status.rules.map { rule($0, in: status.group, showsAlerts: showsAlerts) }),
      "interval": GoTime.seconds(status.interval),
      "limit": .number(Double(status.group.limit)),
      "evaluationTime": GoTime.seconds(status.evaluationTime),
      "lastEvaluation": .time(status.lastEvaluation),
    ]
  }

  /// A rule's own labels over those of its group.
  static func labels(of rule: ExpressionRule, in group: RuleGroup) -> [String: String] {
    group.labels.merging(rule.labels) { $1 }
  }

  private static func rule(_ status: ExpressionRuleStatus, in group: RuleGroup, showsAlerts: Bool) -> JSONValue {
    let rule = status.rule
    let labels = labels(of: rule, in: group)
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue) { members.append(JSONValue.Member(key: key, value: value)) }
    switch rule.kind {
    case .alerting(let alerting):
      add("state", .string(state(of: status)))
      add("name", .string(rule.name))
      add("query", .string(canonical(rule.expression)))
      add("duration", GoTime.seconds(alerting.hold))
      add("keepFiringFor", GoTime.seconds(alerting.keepFiringFor))
      add("labels", .labels(labels))
      add("annotations", .labels(alerting.annotations))
      add("alerts", showsAlerts ? .array(status.alerts.map(alert)) : .null)
    case .recording:
      add("name", .string(rule.name))
      add("query", .string(canonical(rule.expression)))
      if !labels.isEmpty { add("labels", .labels(labels)) }
    }
    add("health", .string(status.health.rawValue))
    if let error = status.lastError { add("lastError", .string(error)) }
    add("evaluationTime", GoTime.seconds(status.evaluationTime))
    add("lastEvaluation", .time(status.lastEvaluation))
    if case .alerting = rule.kind { add("type", "alerting") } else { add("type", "recording") }
    return .object(members)
  }

  static func alert(_ alert: ExpressionAlert) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "labels", value: .labels(alert.labels)),
      .init(key: "annotations", value: .labels(alert.annotations)),
      .init(key: "state", value: .string(alert.state.rawValue)),
      .init(key: "activeAt", value: .time(alert.activeAt)),
    ]
    if let kept = alert.keptSince { members.append(.init(key: "keepFiringSince", value: .time(kept))) }
    members.append(.init(key: "value", value: .string(scientific(alert.value))))
    return .object(members)
  }

  /// The worst state of its alerts.
  private static func state(of status: ExpressionRuleStatus) -> String {
    if status.alerts.contains(where: { $0.state == .firing }) { return "firing" }
    return status.alerts.isEmpty ? "inactive" : "pending"
  }

  /// As Prometheus prints the parsed rule; as it stands where it does not parse.
  private static func canonical(_ expression: String) -> String {
    do throws(ParseError) { return try ParsedQuery(expression).expression.description } catch { return expression }
  }

  /// `strconv.FormatFloat(value, 'e', -1, 64)`: the shortest digits that read back the same, always with an exponent of at
  /// least two digits: `8.65e+01`.
  static func scientific(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    let sign = value.sign == .minus ? "-" : ""
    if value == 0 { return sign + "0e+00" }
    let decimal = ShortestDecimal(value.magnitude)
    let digits = String(decimal.digits)
    let exponent = decimal.exponent + digits.utf8.count - 1
    let fraction = digits.utf8.count > 1 ? "." + digits.dropFirst() : ""
    let size = exponent.magnitude
    return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent < 0 ? "-" : "+")\(size < 10 ? "0" : "")\(size)"
  }
}
