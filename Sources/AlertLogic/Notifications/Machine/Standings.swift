public import FleetModel

/// How an alert stands at one time.
public struct AlertStanding: Sendable, Hashable {
  public enum State: String, Sendable, Hashable, CaseIterable { case active, suppressed }

  /// As Alertmanager writes it: sixteen hexadecimal digits.
  public var fingerprint: String
  /// `endsAt` as it is stored; those that are resolved are among the answers until no group needs them.
  public var alert: NotifiedAlert
  /// In the order of their routes; a receiver that several routes name comes several times, as in Alertmanager's answers.
  public var receivers: [String]
  /// The ids of the silences that are active and match, rising.
  public var silencedBy: [String]
  /// The fingerprint of an alert that inhibits it, as Alertmanager 0.25 names one.
  public var inhibitedBy: [String]
  /// The names of the time intervals that mute its routes now.
  public var mutedBy: [String]

  /// Time intervals do not count here: they mute routes, not alerts.
  public var state: State { silencedBy.isEmpty && inhibitedBy.isEmpty ? .active : .suppressed }
}

/// How a group stands at one time.
public struct GroupStanding: Sendable, Hashable {
  public var id: GroupID
  public var labels: LabelSet { id.labels }
  public var receiver: String
  /// Alertmanager's group key, as it stands in a webhook's `groupKey`.
  public var key: String
  public var nextFlush: Timestamp
  public var isFlushing: Bool
  /// The names of the time intervals that mute its route now.
  public var mutedBy: [String]
  /// In Alertmanager's order.
  public var alerts: [AlertStanding]
}
