public import FleetModel

/// The keys that say who is told of which alerts, as they stand in a system file or in an `alertmanager.yml`.
struct NotificationKeys {
  var globals = NotificationGlobals()
  /// The root of the tree.
  var route: Route?
  /// Children of a root that nobody wrote.
  var routes: [Route] = []
  var receivers: [Receiver] = []
  var inhibitRules: [InhibitRule] = []
  var timeIntervals: [TimeInterval] = []
  /// The older place of time intervals.
  var muteTimeIntervals: [TimeInterval] = []
  var templates: [String] = []

  var policy: NotificationPolicy {
    var receivers = receivers
    if receivers.isEmpty, route == nil {
      var nobody = Receiver()
      nobody.name = Self.nobody
      receivers = [nobody]
    }
    return NotificationPolicy(
      route: route ?? implicitRoot(over: receivers), receivers: receivers, inhibitRules: inhibitRules,
      timeIntervals: muteTimeIntervals + timeIntervals, templates: templates, resolveTimeout: globals.resolveTimeout)
  }

  /// Name of the receiver that stands in where there is none: it has no integrations.
  static let nobody = "nobody"

  /// The first receiver takes what no route takes; without routes all receivers get everything. The first alert of a
  /// group leaves at once, and a storm of them is a message every few seconds.
  private func implicitRoot(over receivers: [Receiver]) -> Route {
    var root = Route()
    root.receiver = receivers.first?.name
    root.groupBy = [Self.nameLabel]
    root.groupWait = .zero
    root.groupInterval = .seconds(10)
    root.repeatInterval = Route.defaultRepeatInterval
    root.routes = routes
    if routes.isEmpty, receivers.count > 1 {
      root.routes = receivers.map { receiver in
        var route = Route()
        route.receiver = receiver.name
        route.continues = true
        return route
      }
    }
    return root
  }

  private static let nameLabel = "alertname"
}

extension FleetSystem {
  /// Who is told of which alerts, by the file's own keys. Where `route` is not given, a root stands in that groups by
  /// `alertname`, waits for nothing, and sends what is new in a group every 10 s at most: the first receiver gets what no
  /// route of `routes` takes; without `routes` every receiver gets every alert.
  ///
  /// Where ``alertmanagerConfig`` is given, that file says it in place of these keys.
  public var notificationPolicy: NotificationPolicy { notificationKeys.policy }

  var notificationKeys: NotificationKeys {
    NotificationKeys(
      globals: globals, route: route, routes: routes, receivers: receivers, inhibitRules: inhibitRules,
      timeIntervals: timeIntervals, muteTimeIntervals: muteTimeIntervals, templates: templates)
  }
}
