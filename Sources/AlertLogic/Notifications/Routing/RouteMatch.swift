/// A node of the routing tree that takes an alert, with what it inherits.
public struct RouteMatch: Sendable, Hashable {
  /// Its place in the tree, counted depth-first; the root is 0.
  public var index: Int
  /// Names the node over reloads: ``routeKey``, and `#2` and so on for further nodes with the same key.
  public var routeID: String
  /// The matchers from the root down, as the first part of Alertmanager's group key: `{}/{team="a"}`.
  public var routeKey: String
  public var receiver: String
  public var groupBy: GroupBy
  public var groupWait: Duration
  public var groupInterval: Duration
  public var repeatInterval: Duration
  public var muteTimeIntervals: [String]
  public var activeTimeIntervals: [String]

  public enum GroupBy: Sendable, Hashable {
    case all
    /// Sorted, none twice.
    case labels([String])
  }
}
