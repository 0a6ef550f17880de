import FleetModel

/// A node of the flattened tree.
struct RouteNode: Sendable {
  var match: RouteMatch
  var matchers: MatcherList
  var continues: Bool
  /// The index after its last descendant.
  var end: Int
}

/// Flattens a routing tree, depth-first, and hands down what is inherited.
struct RouteTreeCompiler {
  private let receivers: Set<String>
  private let intervals: Set<String>
  private var nodes: [RouteNode] = []
  private var keys: [String: Int] = [:]

  static func compile(_ root: Route, receivers: Set<String>, intervals: Set<String>) throws(PolicyError) -> [RouteNode]
  {
    var compiler = RouteTreeCompiler(receivers: receivers, intervals: intervals)
    guard let receiver = root.receiver, !receiver.isEmpty else {
      throw PolicyError(
        path: "route.receiver", problem: "the root has no receiver; name the one that takes what no other route takes")
    }
    let defaults = RouteMatch(
      index: 0, routeID: "", routeKey: "", receiver: receiver, groupBy: .labels([]), groupWait: Route.defaultGroupWait,
      groupInterval: Route.defaultGroupInterval, repeatInterval: Route.defaultRepeatInterval, muteTimeIntervals: [],
      activeTimeIntervals: [])
    try compiler.add(root, under: defaults, path: "route", depth: 0)
    return compiler.nodes
  }

  private init(receivers: Set<String>, intervals: Set<String>) {
    self.receivers = receivers
    self.intervals = intervals
  }

  private mutating func add(_ route: Route, under parent: RouteMatch, path: String, depth: Int) throws(PolicyError) {
    guard depth < CompiledPolicy.maximumDepth else {
      throw PolicyError(path: path, problem: "routes are nested deeper than \(CompiledPolicy.maximumDepth)")
    }
    var match = parent
    match.index = nodes.count
    if let receiver = route.receiver, !receiver.isEmpty { match.receiver = receiver }
    guard receivers.contains(match.receiver) else {
      throw PolicyError(path: "\(path).receiver", problem: "no receiver is called \"\(match.receiver)\"")
    }
    if let labels = route.groupBy, !labels.isEmpty {
      match.groupBy = labels.contains("...") ? .all : .labels(Array(Set(labels)).sorted())
    }
    match.groupWait = route.groupWait ?? parent.groupWait
    match.groupInterval = route.groupInterval ?? parent.groupInterval
    match.repeatInterval = route.repeatInterval ?? parent.repeatInterval
    for (key, names) in [
      ("mute_time_intervals", route.muteTimeIntervals), ("active_time_intervals", route.activeTimeIntervals),
    ] {
      for (index, name) in names.enumerated() where !intervals.contains(name) {
        throw PolicyError(path: "\(path).\(key)[\(index)]", problem: "no time interval is called \"\(name)\"")
      }
    }
    // Unlike the rest these are not inherited.
    match.muteTimeIntervals = route.muteTimeIntervals
    match.activeTimeIntervals = route.activeTimeIntervals
    let own = RouteKeyText.matchers(route.matchers)
    match.routeKey = depth == 0 ? own : "\(parent.routeKey)/\(own)"
    let occurrence = keys[match.routeKey, default: 0] + 1
    keys[match.routeKey] = occurrence
    match.routeID = occurrence == 1 ? match.routeKey : "\(match.routeKey)#\(occurrence)"
    nodes.append(
      RouteNode(
        match: match, matchers: try MatcherList(depth == 0 ? [] : route.matchers, path: "\(path).matchers"),
        continues: route.continues, end: 0))
    for (index, child) in route.routes.enumerated() {
      try add(child, under: match, path: "\(path).routes[\(index)]", depth: depth + 1)
    }
    nodes[match.index].end = nodes.count
  }
}
