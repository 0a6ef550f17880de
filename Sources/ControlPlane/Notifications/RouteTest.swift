import AlertLogic
public import FleetModel

/// Which receivers an alert goes to, and by which routes: the tree of a policy, tried with labels.
public struct RouteTest: Sendable {
  /// A node of the tree, in depth-first order.
  public struct Node: Sendable, Hashable {
    /// `route.routes[1]`
    public var path: String
    /// 0 for the root.
    public var depth: Int
    /// Whether a node at the same depth below the same parent follows.
    public var isLast: Bool
    public var matchers: [LabelMatcher]
    public var continues: Bool
    // With what it inherits.
    public var receiver: String
    /// `["..."]` for all labels.
    public var groupBy: [String]
    public var groupWait: Duration
    public var groupInterval: Duration
    public var repeatInterval: Duration
    public var muteTimeIntervals: [String]
    public var activeTimeIntervals: [String]
  }

  public let nodes: [Node]
  private let policy: CompiledPolicy

  /// - Throws: what of the policy cannot be compiled. Time zones are not looked at.
  public init(_ policy: NotificationPolicy) throws(Diagnostic) {
    let compiled: CompiledPolicy
    do throws(PolicyError) { compiled = try CompiledPolicy(policy) { _ in .utc } } catch {
      throw Diagnostic(path: error.path, message: error.problem)
    }
    self.policy = compiled
    var nodes: [Node] = []
    var pending = [(route: policy.route, path: "route", depth: 0, isLast: true)]
    while let next = pending.popLast() {
      let match = compiled.routes[nodes.count]
      let groupBy: [String]
      switch match.groupBy {
      case .all: groupBy = ["..."]
      case .labels(let labels): groupBy = labels
      }
      nodes.append(
        Node(
          path: next.path, depth: next.depth, isLast: next.isLast, matchers: next.route.matchers,
          continues: next.route.continues, receiver: match.receiver, groupBy: groupBy, groupWait: match.groupWait,
          groupInterval: match.groupInterval, repeatInterval: match.repeatInterval,
          muteTimeIntervals: match.muteTimeIntervals, activeTimeIntervals: match.activeTimeIntervals))
      let count = next.route.routes.count
      for (index, child) in next.route.routes.enumerated().reversed() {
        pending.append((child, "\(next.path).routes[\(index)]", next.depth + 1, index == count - 1))
      }
    }
    self.nodes = nodes
  }

  /// The nodes that take an alert with these labels, never none. O(nodes × bytes of the labels) at most.
  public func matches(_ labels: LabelSet) -> [Node] { policy.routes(for: labels).map { nodes[$0.index] } }
}
