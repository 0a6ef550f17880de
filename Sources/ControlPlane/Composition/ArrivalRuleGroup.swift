import Alerting
import FleetModel

/// The rules on arrival as one group of alerting rules, so that whoever lists rules or alerts by the Prometheus API sees all of
/// them.
struct ArrivalRuleGroup: Sendable {
  static let name = "on_arrival"

  /// Where the rules stand.
  var file: String
  var expression: ArrivalExpression
  /// When a sample last came.
  var lastCollection: Timestamp?

  /// - Parameter alerts: pending and firing ones.
  func status(rules: [AlertRule], alerts: [Alert]) -> RuleGroupStatus {
    let byRule = Dictionary(grouping: alerts, by: \.name)
    var statuses = rules.filter { if case .expression = $0.condition { false } else { true } }
      .map { status(of: $0, alerts: byRule[$0.name] ?? []) }
    statuses.append(health(alerts: alerts))
    return RuleGroupStatus(
      group: RuleGroup(name: Self.name, file: file, rules: statuses.map(\.rule)), interval: expression.interval,
      lastEvaluation: lastCollection, rules: statuses)
  }

  private func status(of rule: AlertRule, alerts: [Alert]) -> ExpressionRuleStatus {
    var annotations = rule.annotations
    annotations["description"] = rule.description
    annotations["runbook_url"] = rule.runbookURL
    return status(
      ExpressionRule(
        .alerting(.init(hold: rule.hold, keepFiringFor: rule.keepFiringFor, annotations: annotations)),
        name: rule.name, expression: expression.text(of: rule), labels: ["severity": rule.severity.rawValue]),
      alerts: alerts)
  }

  /// The alert that every failing agent raises without any rule.
  private func health(alerts: [Alert]) -> ExpressionRuleStatus {
    status(
      ExpressionRule(
        .alerting(.init(annotations: ["description": "the agent fails"])), name: AgentHealth.name,
        expression: "up == 0", labels: ["severity": Severity.critical.rawValue]),
      alerts: alerts.filter(\.isOfHealth))
  }

  fileprivate enum AgentHealth {
    static let name = "Agent Health Issue"
    /// Of `up` while it fails.
    static let value = 0.0
  }

  /// What `absent_over_time` gives.
  private static let absent = 1.0

  private func status(_ rule: ExpressionRule, alerts: [Alert]) -> ExpressionRuleStatus {
    ExpressionRuleStatus(
      rule: rule, health: lastCollection == nil ? .unknown : .ok, lastEvaluation: lastCollection,
      alerts: alerts.sorted { ($0.activeSince, $0.id) < ($1.activeSince, $1.id) }.map(Self.shown))
  }

  private static func shown(_ alert: Alert) -> ExpressionAlert {
    var labels = alert.labels
    labels["alertname"] = alert.name
    labels["severity"] = alert.severity.rawValue
    var annotations = alert.annotations
    annotations["description"] = alert.description
    annotations["runbook_url"] = alert.runbookURL
    return ExpressionAlert(
      labels: LabelSet(labels), annotations: annotations, state: alert.firedAt == nil ? .pending : .firing,
      activeAt: alert.activeSince,
      value: alert.value ?? (alert.isOfHealth ? AgentHealth.value : absent))
  }
}

extension Alert {
  /// A rule may bear the name or begin the id of such an alert, but not both.
  fileprivate var isOfHealth: Bool {
    name == ArrivalRuleGroup.AgentHealth.name && id.hasPrefix("agent_health:")
  }
}
