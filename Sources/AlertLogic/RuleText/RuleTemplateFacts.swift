public import FleetModel
public import GoTemplate

/// What the template of an alerting rule can tell of the series that raised the alert.
public struct RuleTemplateFacts: Sendable {
  /// What the rule's expression gave.
  public enum Value: Sendable, Hashable {
    case float(Double)
    /// A native histogram, as Prometheus writes it.
    case histogram(String)
  }

  public var labels: LabelSet
  public var value: Value
  public var externalLabels: [String: String]
  /// Where this control plane is reached by its users; empty where that is unknown.
  public var externalURL: String
  /// When the rule is evaluated.
  public var time: Timestamp

  public init(
    labels: LabelSet, value: Value, externalLabels: [String: String] = [:], externalURL: String = "", time: Timestamp
  ) {
    self.labels = labels
    self.value = value
    self.externalLabels = externalLabels
    self.externalURL = externalURL
    self.time = time
  }
}

/// One series of a query's answer.
public struct QueryTemplateSample: Sendable, Hashable {
  public var labels: LabelSet
  public var value: Double

  public init(labels: LabelSet, value: Double) {
    self.labels = labels
    self.value = value
  }
}

/// What a query gave that a template asks for.
public enum QueryTemplateAnswer: Sendable, Hashable {
  /// In the order of the query's result. A scalar is one sample without labels.
  case samples([QueryTemplateSample])
  /// What was wrong with the query.
  case failure(String)
}

/// Why a template gave no text.
public enum RuleTemplateFailure: Error, Sendable, Hashable {
  /// The template asks for the answer of this query at the evaluation's time. Run it, add the answer, expand again.
  case needsQuery(String)
  case failed(TemplateError)
}
