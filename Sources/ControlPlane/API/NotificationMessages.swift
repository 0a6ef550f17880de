import AlertLogic
import Alerting
import FleetModel

extension FleetAPI {
  /// `POST /fleet/v1/receivers/NAME/test`.
  public struct ReceiverTest: Codable, Sendable, Hashable {
    public var receiver: String
    /// One for each integration of the receiver, in its order.
    public var results: [Result]

    public struct Result: Codable, Sendable, Hashable {
      /// `webhook[0]`
      public var integration: String
      public var delivered: Bool
      /// Why not; `null` if it was delivered.
      @ExplicitNull public var error: String?
    }
  }

  /// `GET /fleet/v1/routes/test`.
  public struct RouteTest: Codable, Sendable, Hashable {
    public var labels: [String: String]
    /// The routes that take an alert with these labels, in their order.
    public var routes: [Match]

    public struct Match: Codable, Sendable, Hashable {
      public var receiver: String
      /// The matchers from the root of the tree down: `{}/{team="a"}`.
      public var routeKey: String
      /// `["..."]` where all labels count.
      public var groupBy: [String]
      public var groupWait: String
      public var groupInterval: String
      public var repeatInterval: String
      public var muteTimeIntervals: [String]
      public var activeTimeIntervals: [String]

      enum CodingKeys: String, CodingKey {
        case receiver
        case routeKey = "route_key"
        case groupBy = "group_by"
        case groupWait = "group_wait"
        case groupInterval = "group_interval"
        case repeatInterval = "repeat_interval"
        case muteTimeIntervals = "mute_time_intervals"
        case activeTimeIntervals = "active_time_intervals"
      }
    }
  }
}

extension FleetAPI.ReceiverTest.Result {
  init(_ result: ReceiverTestResult) {
    self.init(integration: result.integration, delivered: result.failure == nil, error: result.failure)
  }
}

extension FleetAPI.RouteTest.Match {
  init(_ route: RouteMatch) {
    let groupBy =
      switch route.groupBy {
      case .all: ["..."]
      case .labels(let names): names
      }
    self.init(
      receiver: route.receiver, routeKey: route.routeKey, groupBy: groupBy,
      groupWait: PrometheusDuration.format(route.groupWait),
      groupInterval: PrometheusDuration.format(route.groupInterval),
      repeatInterval: PrometheusDuration.format(route.repeatInterval), muteTimeIntervals: route.muteTimeIntervals,
      activeTimeIntervals: route.activeTimeIntervals)
  }
}
