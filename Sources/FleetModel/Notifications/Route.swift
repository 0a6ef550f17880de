/// A node of the routing tree, with Alertmanager's meaning
/// (<https://prometheus.io/docs/alerting/latest/configuration/#route>). What is `nil` is inherited from the node above.
public struct Route: Sendable, Hashable {
  public var receiver: String?
  /// Labels to group by; `["..."]` groups by all.
  public var groupBy: [String]?
  public var groupWait: Duration?
  public var groupInterval: Duration?
  public var repeatInterval: Duration?
  /// All must hold.
  public var matchers: [LabelMatcher] = []
  /// Whether the alert is also offered to the nodes after this one.
  public var continues = false
  public var muteTimeIntervals: [String] = []
  public var activeTimeIntervals: [String] = []
  public var routes: [Route] = []

  /// What counts where no node says otherwise.
  public static let defaultGroupWait: Duration = .seconds(30)
  public static let defaultGroupInterval: Duration = .seconds(300)
  public static let defaultRepeatInterval: Duration = .seconds(4 * 3600)

  public init() {}
}
