public import FleetModel

/// What one receiver is told at one time: the alerts of one group as they stood when the group was looked at.
public struct GroupNotification: Sendable, Hashable {
  public var receiver: String
  /// Names the group among all: the matchers of its route from the root down, and its labels.
  public var groupKey: String
  /// The labels that the group's alerts share because they were grouped by them.
  public var groupLabels: LabelSet
  /// In Alertmanager's order (by `job`, `instance`, then all labels). `endsAt` is set exactly for those that were resolved.
  public var alerts: [NotifiedAlert]
  /// Where people find this Skep.
  public var externalURL: String
  /// When the group was looked at.
  public var at: Timestamp

  public init(
    receiver: String, groupKey: String, groupLabels: LabelSet, alerts: [NotifiedAlert], externalURL: String,
    at: Timestamp
  ) {
    self.receiver = receiver
    self.groupKey = groupKey
    self.groupLabels = groupLabels
    self.alerts = alerts
    self.externalURL = externalURL
    self.at = at
  }

  public var firing: [NotifiedAlert] { alerts.filter { $0.endsAt == nil } }
  public var resolved: [NotifiedAlert] { alerts.filter { $0.endsAt != nil } }
  public var isFiring: Bool { alerts.contains { $0.endsAt == nil } }

  /// The labels that all alerts have with the same value. O(labels of all alerts).
  public var commonLabels: LabelSet { Self.common(alerts.map(\.labels)) }
  /// The annotations that all alerts have with the same value. O(annotations of all alerts).
  public var commonAnnotations: LabelSet { Self.common(alerts.map(\.annotations)) }

  private static func common(_ sets: [LabelSet]) -> LabelSet {
    guard let first = sets.first else { return LabelSet() }
    var common = first.dictionary
    for set in sets.dropFirst() where !common.isEmpty && set != first {
      let other = set.dictionary
      common = common.filter { other[$0.key] == $0.value }
    }
    return LabelSet(common)
  }
}
