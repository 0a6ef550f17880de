public import FleetModel

/// Keeps notifications of matching alerts back for a time
/// (<https://prometheus.io/docs/alerting/latest/alertmanager/#silences>).
public struct Silence: Sendable, Hashable, Identifiable {
  /// A UUID; empty before it has been set for the first time.
  public var id: String
  /// All must hold.
  public var matchers: [LabelMatcher]
  public var startsAt: Timestamp
  public var endsAt: Timestamp
  public var updatedAt: Timestamp
  public var createdBy: String
  public var comment: String

  public init(
    id: String = "", matchers: [LabelMatcher], startsAt: Timestamp, endsAt: Timestamp, updatedAt: Timestamp,
    createdBy: String, comment: String
  ) {
    self.id = id
    self.matchers = matchers
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.updatedAt = updatedAt
    self.createdBy = createdBy
    self.comment = comment
  }

  public enum State: String, Sendable, Hashable, CaseIterable { case active, pending, expired }

  public func state(at now: Timestamp) -> State {
    now < startsAt ? .pending : now < endsAt ? .active : .expired
  }
}
