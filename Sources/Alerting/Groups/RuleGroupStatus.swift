public import FleetModel

/// How a rule group fares: what the Prometheus API tells under `/api/v1/rules`.
public struct RuleGroupStatus: Sendable, Hashable {
  public var group: RuleGroup
  /// As it is evaluated, defaults filled in.
  public var interval: Duration
  public var lastEvaluation: Timestamp?
  /// How long the last evaluation of all its rules took.
  public var evaluationTime: Duration
  /// In the order of the group.
  public var rules: [ExpressionRuleStatus]

  public init(
    group: RuleGroup, interval: Duration, lastEvaluation: Timestamp? = nil, evaluationTime: Duration = .zero,
    rules: [ExpressionRuleStatus]
  ) {
    self.group = group
    self.interval = interval
    self.lastEvaluation = lastEvaluation
    self.evaluationTime = evaluationTime
    self.rules = rules
  }
}

public struct ExpressionRuleStatus: Sendable, Hashable {
  public enum Health: String, Sendable, Hashable {
    /// Not evaluated yet.
    case unknown
    case ok
    case err
  }

  public var rule: ExpressionRule
  public var health: Health
  public var lastError: String?
  public var lastEvaluation: Timestamp?
  public var evaluationTime: Duration
  /// Pending and firing alerts; empty for recording rules.
  public var alerts: [ExpressionAlert]

  public init(
    rule: ExpressionRule, health: Health = .unknown, lastError: String? = nil, lastEvaluation: Timestamp? = nil,
    evaluationTime: Duration = .zero, alerts: [ExpressionAlert] = []
  ) {
    self.rule = rule
    self.health = health
    self.lastError = lastError
    self.lastEvaluation = lastEvaluation
    self.evaluationTime = evaluationTime
    self.alerts = alerts
  }
}

/// One alert of an expression rule, as Prometheus shows it.
public struct ExpressionAlert: Sendable, Hashable {
  public enum State: String, Sendable, Hashable { case pending, firing }

  /// With `alertname`, templates filled in.
  public var labels: LabelSet
  public var annotations: [String: String]
  public var state: State
  /// When the series entered the result.
  public var activeAt: Timestamp
  /// Since when the alert is kept by `keep_firing_for`; `nil` while its series is in the result.
  public var keptSince: Timestamp?
  public var value: Double

  public init(
    labels: LabelSet, annotations: [String: String] = [:], state: State, activeAt: Timestamp,
    keptSince: Timestamp? = nil, value: Double
  ) {
    self.labels = labels
    self.annotations = annotations
    self.state = state
    self.activeAt = activeAt
    self.keptSince = keptSince
    self.value = value
  }
}
