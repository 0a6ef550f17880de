/// One firing of a rule.
public struct Alert: Sendable, Hashable, Identifiable {
  /// `rule:agent:metric`, plus a hash of further labels where the series has any.
  public var id: String
  /// The rule's name.
  public var name: String
  public var severity: Severity
  /// The rule's description, filled in.
  public var description: String
  public var affectedAgents: [String]
  /// When the condition began to hold.
  public var activeSince: Timestamp
  /// When it began to fire; `nil` while pending.
  public var firedAt: Timestamp?
  /// When it ended; `nil` while active.
  public var resolvedAt: Timestamp?
  public var labels: [String: String]
  public var annotations: [String: String]
  public var runbookURL: String?
  /// The value that made it fire, or the last one seen since; `nil` where the condition has none (absence, health).
  public var value: Double?

  public init(
    id: String, name: String, severity: Severity, description: String, affectedAgents: [String],
    activeSince: Timestamp, firedAt: Timestamp? = nil, resolvedAt: Timestamp? = nil, labels: [String: String] = [:],
    annotations: [String: String] = [:], runbookURL: String? = nil, value: Double? = nil
  ) {
    self.id = id
    self.name = name
    self.severity = severity
    self.description = description
    self.affectedAgents = affectedAgents
    self.activeSince = activeSince
    self.firedAt = firedAt
    self.resolvedAt = resolvedAt
    self.labels = labels
    self.annotations = annotations
    self.runbookURL = runbookURL
    self.value = value
  }

  public enum State: String, Sendable, Hashable { case pending, firing, resolved }

  public var state: State { resolvedAt != nil ? .resolved : firedAt != nil ? .firing : .pending }
}
