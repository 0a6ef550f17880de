import FleetModel

/// The keys of alert and recording rules.
enum RuleDeclaration {
  enum ConditionType: String, CaseIterable {
    case threshold
    case rateOfChange = "rate_of_change"
    case absence
    case expression

    /// Keys that mean something with this condition alone or with few.
    var ownKeys: [String] {
      switch self {
      case .threshold: ["operator", "threshold"]
      case .rateOfChange: ["operator", "rate_threshold"]
      case .absence: ["window"]
      case .expression: ["expr", "interval"]
      }
    }
  }

  /// A rule as it stands in the file.
  struct Draft {
    var name = ""
    var description = ""
    var type = ConditionType.threshold
    var metricName: Glob?
    var agentID: Glob?
    var labels: [LabelMatcher] = []
    var comparison = Comparison.greater
    var threshold = 0.0
    var rateThreshold = 0.0
    var window: Duration?
    var expression: String?
    var interval: Duration?
    var hold: Duration = .zero
    var keepFiringFor: Duration = .zero
    var severity = Severity.warning
    var annotations: [String: String] = [:]
    var runbookURL: String?

    var rule: AlertRule {
      let condition: AlertRule.Condition =
        switch type {
        case .threshold: .threshold(comparison, threshold)
        case .rateOfChange: .rateOfChange(comparison, rateThreshold)
        case .absence: .absence(window: window ?? .zero)
        case .expression: .expression(expression ?? "", interval: interval)
        }
      return AlertRule(
        name: name, description: description, condition: condition, metricName: metricName, agentID: agentID,
        labels: labels, hold: hold, keepFiringFor: keepFiringFor, severity: severity, annotations: annotations,
        runbookURL: runbookURL)
    }
  }

  static var alert: Shape<AlertRule> {
    Shape<Draft>.object(Draft(), fields, check: RuleChecks.check).mapped(\.rule, back: { _ in nil })
  }

  private static var fields: [Field<Draft>] {
    typealias F = Field<Draft>
    return [
      F("name", \.name, Shapes.text(), required: true, "name of the rule, unique"),
      F(
        "description", \.description, Shapes.text(), required: true,
        "what the alert says; {agent_id}, {metric_name}, {value} and {threshold} are filled in"),
      F("condition_type", \.type, Shapes.choice(), required: true, "what kind of condition it is"),
      F("metric_name", optional: \.metricName, Shapes.glob, "a glob over metric names; all where it is not given"),
      F("agent_id", optional: \.agentID, Shapes.glob, "a glob over agents; all where it is not given"),
      F(
        "labels", \.labels, Shapes.matchersOrLabels,
        "labels a series must have: names and values, or matchers such as 'path=~\"/api.*\"'"),
      F("operator", \.comparison, Shapes.choice(), "how the value is compared (threshold, rate_of_change)"),
      F("threshold", \.threshold, Shapes.number(), "what the value is compared with (threshold)"),
      F(
        "rate_threshold", \.rateThreshold, Shapes.number(),
        "what the change per second is compared with (rate_of_change)"),
      F("window", optional: \.window, Shapes.positiveDuration, "how long without a sample (absence)"),
      F("expr", optional: \.expression, Shapes.text(), "PromQL (expression)"),
      F(
        "interval", optional: \.interval, Shapes.positiveDuration,
        "between two evaluations (expression); the collection interval where it is not given"),
      F("for", \.hold, Shapes.duration(), "how long the condition must hold before the alert fires"),
      F(
        "keep_firing_for", \.keepFiringFor, Shapes.duration(),
        "how long the alert stays after the condition has ended"),
      F("severity", \.severity, Shapes.choice(), "how bad it is"),
      F("annotations", \.annotations, Shapes.annotations, "free texts sent with the alert"),
      F("runbook_url", optional: \.runbookURL, Shapes.url, "where it is written what to do"),
    ]
  }

  static var recording: Shape<RecordingRule> {
    typealias F = Field<RecordingRule>
    return .object(
      RecordingRule(),
      [
        F(
          "record", \.record, Shapes.text(pattern: NameRules.metricNamePattern, check: NameRules.metricName),
          required: true, "name of the new series"),
        F("expr", \.expression, Shapes.text(), required: true, "PromQL"),
        F(
          "interval", optional: \.interval, Shapes.positiveDuration,
          "between two evaluations; the collection interval where it is not given"),
        F("labels", \.labels, Shapes.labels, "labels of the new series"),
      ])
  }
}
