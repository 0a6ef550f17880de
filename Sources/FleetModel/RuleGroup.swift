/// Rules that are evaluated one after the other, at one time, every interval: Prometheus' rule group
/// (<https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>).
public struct RuleGroup: Sendable, Hashable {
  /// Unique within its file.
  public var name: String
  /// The file that it stands in, as the user named it; the system file for rules that stand there.
  public var file: String
  /// Between two evaluations; `nil` takes the default of whoever evaluates it.
  public var interval: Duration?
  /// How far back in time the expressions look, so that late samples are there; `nil` takes the evaluator's default.
  public var queryOffset: Duration?
  /// The most series or alerts that one rule may give; more is an error of that rule. 0 is no limit.
  public var limit: Int
  /// Labels of everything that the rules of this group give, unless a rule says otherwise.
  public var labels: [String: String]
  public var rules: [ExpressionRule]

  public init(
    name: String, file: String, interval: Duration? = nil, queryOffset: Duration? = nil, limit: Int = 0,
    labels: [String: String] = [:], rules: [ExpressionRule] = []
  ) {
    self.name = name
    self.file = file
    self.interval = interval
    self.queryOffset = queryOffset
    self.limit = limit
    self.labels = labels
    self.rules = rules
  }
}

/// A rule that thinks in PromQL: it records the expression's series under a name of their own, or raises an alert for each.
public struct ExpressionRule: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case recording
    case alerting(Alerting)
  }

  /// What an alerting rule has beside its expression.
  public struct Alerting: Sendable, Hashable {
    /// How long a series must be in the result before its alert fires (`for`).
    public var hold: Duration
    /// How long the alert stays after its series has left the result.
    public var keepFiringFor: Duration
    /// Go templates.
    public var annotations: [String: String]
    /// Which series of the result count; `nil` takes all. Prometheus' rule files have no such thing.
    public var filter: Filter?

    public init(
      hold: Duration = .zero, keepFiringFor: Duration = .zero, annotations: [String: String] = [:],
      filter: Filter? = nil
    ) {
      self.hold = hold
      self.keepFiringFor = keepFiringFor
      self.annotations = annotations
      self.filter = filter
    }
  }

  /// What `metric_name`, `agent_id` and `labels` of a rule in a system file say.
  public struct Filter: Sendable, Hashable {
    /// Of the series, or of the only metric in the expression where its result has no name.
    public var metricName: Glob?
    public var agentID: Glob?
    public var labels: [LabelMatcher]

    public init(metricName: Glob? = nil, agentID: Glob? = nil, labels: [LabelMatcher] = []) {
      self.metricName = metricName
      self.agentID = agentID
      self.labels = labels
    }
  }

  public var kind: Kind
  /// The name of the recorded series, or of the alert.
  public var name: String
  /// PromQL, as written.
  public var expression: String
  /// Labels of the series or alerts; those of an alerting rule are Go templates.
  public var labels: [String: String]
  /// Where the rule begins in its file, from 1; `nil` where unknown.
  public var line: Int?

  public init(
    _ kind: Kind, name: String, expression: String, labels: [String: String] = [:], line: Int? = nil
  ) {
    self.kind = kind
    self.name = name
    self.expression = expression
    self.labels = labels
    self.line = line
  }
}
