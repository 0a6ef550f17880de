public import FleetModel

/// An alert as routes, groups and receivers see it: what the Alertmanager API calls an alert. Its labels are its identity.
public struct NotifiedAlert: Sendable, Hashable {
  /// `alertname` among them.
  public var labels: LabelSet
  public var annotations: LabelSet
  public var startsAt: Timestamp
  /// When it ended, or when it will count as ended unless it is said again; `nil` while no end is known.
  public var endsAt: Timestamp?
  /// When this was last said.
  public var updatedAt: Timestamp
  /// Whether `endsAt` was not said but follows from the resolve timeout.
  public var endsByTimeout: Bool
  /// Where people see what raised it.
  public var generatorURL: String

  public init(
    labels: LabelSet, annotations: LabelSet = LabelSet(), startsAt: Timestamp, endsAt: Timestamp? = nil,
    updatedAt: Timestamp, endsByTimeout: Bool = false, generatorURL: String = ""
  ) {
    self.labels = labels
    self.annotations = annotations
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.updatedAt = updatedAt
    self.endsByTimeout = endsByTimeout
    self.generatorURL = generatorURL
  }

  public func isResolved(at now: Timestamp) -> Bool { endsAt.map { $0 <= now } ?? false }

  /// The value of `alertname`, empty if there is none.
  public var name: String { labels[Self.nameLabel] ?? "" }

  public static let nameLabel = "alertname"
}
