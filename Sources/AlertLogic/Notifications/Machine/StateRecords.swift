public import FleetModel

/// What of a ``NotificationMachine`` has to outlive the process, and changed since it was last asked for. What is gone is to
/// be removed before what changed is written: the same thing may have gone and come back.
public struct StateChanges: Sendable, Hashable {
  public var goneAlerts: [LabelSet] = []
  public var goneGroups: [GroupID] = []
  public var goneSilences: [String] = []
  public var goneLog: [LogKey] = []
  public var alerts: [AlertRecord] = []
  public var groups: [GroupRecord] = []
  public var silences: [Silence] = []
  public var log: [LogRecord] = []

  public init() {}

  public var isEmpty: Bool {
    goneAlerts.isEmpty && goneGroups.isEmpty && goneSilences.isEmpty && goneLog.isEmpty && alerts.isEmpty
      && groups.isEmpty && silences.isEmpty && log.isEmpty
  }
}

/// Everything that outlives the process, to begin with again.
public struct NotificationState: Sendable, Hashable {
  public var alerts: [AlertRecord] = []
  public var groups: [GroupRecord] = []
  public var silences: [Silence] = []
  public var log: [LogRecord] = []

  public init() {}
}

/// One alert; `alert.labels` names it.
public struct AlertRecord: Sendable, Hashable {
  public var alert: NotifiedAlert
  /// The ids of the routes (``RouteMatch/routeID``) whose group has already told this alert's end and let it go, while
  /// another still holds it. Empty for nearly every alert.
  public var leftRoutes: [String]

  public init(alert: NotifiedAlert, leftRoutes: [String] = []) {
    self.alert = alert
    self.leftRoutes = leftRoutes
  }
}

/// Names a group over restarts and reloads.
public struct GroupID: Sendable, Hashable {
  /// ``RouteMatch/routeID``.
  public var routeID: String
  public var labels: LabelSet

  public init(routeID: String, labels: LabelSet) {
    self.routeID = routeID
    self.labels = labels
  }
}

/// The timer of one group; its alerts follow from routing them.
public struct GroupRecord: Sendable, Hashable {
  public var id: GroupID
  public var nextFlush: Timestamp
  public var hasFlushed: Bool
  /// A flush began that has not ended: it is begun anew after a restart, and the log keeps it from telling twice what was told.
  public var isFlushing: Bool

  public init(id: GroupID, nextFlush: Timestamp, hasFlushed: Bool, isFlushing: Bool) {
    self.id = id
    self.nextFlush = nextFlush
    self.hasFlushed = hasFlushed
    self.isFlushing = isFlushing
  }
}

/// Names one entry of the notification log.
public struct LogKey: Sendable, Hashable {
  /// ``RouteMatch/routeKey``: routes with the same matchers from the root down share it, as in Alertmanager.
  public var routeKey: String
  public var groupLabels: LabelSet
  public var receiver: String
  /// ``NotificationIntegration/name``.
  public var integration: String

  public init(routeKey: String, groupLabels: LabelSet, receiver: String, integration: String) {
    self.routeKey = routeKey
    self.groupLabels = groupLabels
    self.receiver = receiver
    self.integration = integration
  }
}

/// What one integration was last told about one group.
public struct LogRecord: Sendable, Hashable {
  public var key: LogKey
  /// The fingerprints of the alerts that were told as firing, rising.
  public var firing: [UInt64]
  /// The same of those that were told as resolved.
  public var resolved: [UInt64]
  public var toldAt: Timestamp
  /// From then on it counts no more.
  public var expiresAt: Timestamp

  public init(key: LogKey, firing: [UInt64], resolved: [UInt64], toldAt: Timestamp, expiresAt: Timestamp) {
    self.key = key
    self.firing = firing
    self.resolved = resolved
    self.toldAt = toldAt
    self.expiresAt = expiresAt
  }
}
