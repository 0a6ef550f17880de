/// Who is told of which alerts, and when: what an `alertmanager.yml` says, or the same keys of a system file
/// (<https://prometheus.io/docs/alerting/latest/configuration/>).
public struct NotificationPolicy: Sendable, Hashable {
  /// The root of the routing tree: it has a receiver and takes every alert.
  public var route: Route
  public var receivers: [Receiver]
  public var inhibitRules: [InhibitRule]
  public var timeIntervals: [TimeInterval]
  /// Files of Go templates, or globs.
  public var templates: [String]
  /// After this long an alert that was posted without an end counts as resolved, unless it is posted again.
  public var resolveTimeout: Duration

  public init(
    route: Route, receivers: [Receiver] = [], inhibitRules: [InhibitRule] = [], timeIntervals: [TimeInterval] = [],
    templates: [String] = [], resolveTimeout: Duration = .seconds(300)
  ) {
    self.route = route
    self.receivers = receivers
    self.inhibitRules = inhibitRules
    self.timeIntervals = timeIntervals
    self.templates = templates
    self.resolveTimeout = resolveTimeout
  }
}
