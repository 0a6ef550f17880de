public import FleetModel

extension FleetAPI {
  /// `GET /fleet/v1/rules`.
  public struct RuleList: Codable, Sendable, Hashable {
    public var rules: [Rule]
  }

  /// A rule, with the same keys as an entry of `alert_rules` in a system file.
  public struct Rule: Codable, Sendable, Hashable {
    public var name: String
    public var description: String
    /// `threshold`, `rate_of_change`, `absence` or `expression`; decides which of the keys below it are there.
    public var conditionType: String
    /// Of a threshold or rate rule.
    public var `operator`: String?
    public var threshold: Double?
    public var rateThreshold: Double?
    /// Of an absence rule; a Prometheus duration, as all durations here.
    public var window: String?
    /// Of an expression rule.
    public var expr: String?
    public var interval: String?
    /// Globs.
    public var metricName: String?
    public var agentID: String?
    /// Matchers such as `zone=~"eu-.*"`.
    public var labels: [String]
    public var hold: String
    public var keepFiringFor: String
    public var severity: Severity
    public var annotations: [String: String]
    public var runbookURL: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case name, description
      case conditionType = "condition_type"
      case `operator`, threshold
      case rateThreshold = "rate_threshold"
      case window, expr, interval
      case metricName = "metric_name"
      case agentID = "agent_id"
      case labels
      case hold = "for"
      case keepFiringFor = "keep_firing_for"
      case severity, annotations
      case runbookURL = "runbook_url"
    }

    public init(_ rule: AlertRule) {
      name = rule.name
      description = rule.description
      conditionType = rule.condition.type
      switch rule.condition {
      case .threshold(let comparison, let value):
        self.operator = comparison.rawValue
        threshold = value
      case .rateOfChange(let comparison, let rate):
        self.operator = comparison.rawValue
        rateThreshold = rate
      case .absence(let window): self.window = PrometheusDuration.format(window)
      case .expression(let expression, let interval):
        expr = expression
        self.interval = interval.map(PrometheusDuration.format)
      }
      metricName = rule.metricName?.pattern
      agentID = rule.agentID?.pattern
      labels = rule.labels.map(\.matcherText)
      hold = PrometheusDuration.format(rule.hold)
      keepFiringFor = PrometheusDuration.format(rule.keepFiringFor)
      severity = rule.severity
      annotations = rule.annotations
      runbookURL = rule.runbookURL
    }
  }
}
