public import FleetModel

/// A policy ready for use: its tree flattened with what the nodes inherit, its regular expressions compiled, its time
/// intervals bound to the clocks of their places. Immutable, so machine, API and console share one.
public struct CompiledPolicy: Sendable {
  public let policy: NotificationPolicy
  let nodes: [RouteNode]
  let inhibitRules: [CompiledInhibitRule]
  let timeIntervals: [String: CompiledTimeInterval]

  /// - Parameter zones: gives the clocks of a place by its name in the IANA database; called once for each name. What it throws
  ///   becomes a ``PolicyError`` that names the time interval.
  /// - Throws: ``PolicyError`` for a regular expression that does not parse, a receiver or time interval that is not there, a root
  ///   without receiver, a tree deeper than ``maximumDepth``.
  public init(_ policy: NotificationPolicy, zones: (String) throws -> TimeZoneRules) throws(PolicyError) {
    self.policy = policy
    timeIntervals = try Self.intervals(policy.timeIntervals, zones)
    nodes = try RouteTreeCompiler.compile(
      policy.route, receivers: Set(policy.receivers.map(\.name)), intervals: Set(timeIntervals.keys))
    var rules: [CompiledInhibitRule] = []
    for (index, rule) in policy.inhibitRules.enumerated() {
      rules.append(try CompiledInhibitRule(rule, path: "inhibit_rules[\(index)]"))
    }
    inhibitRules = rules
  }

  /// Routes may be nested that deep.
  public static let maximumDepth = 100

  /// The nodes that take an alert with these labels, as Alertmanager's `Route.Match` finds them: depth-first; a node whose
  /// child takes the alert does not take it itself; a child that takes it ends the search among its siblings unless it
  /// continues. Never empty. O(nodes × bytes of the labels) at most.
  public func routes(for labels: LabelSet) -> [RouteMatch] { matches(labels).map { nodes[$0].match } }

  /// All nodes, depth-first; the root is the first.
  public var routes: [RouteMatch] { nodes.map(\.match) }

  /// The names of those of a route's time intervals that keep it quiet at `time`: the mute ones that hold it, and all active ones
  /// where none does.
  public func mutedBy(_ route: RouteMatch, at time: Timestamp) -> [String] {
    let active = route.activeTimeIntervals
    let isActive = active.isEmpty || active.contains { timeIntervals[$0]?.contains(time) == true }
    let muting = route.muteTimeIntervals.filter { timeIntervals[$0]?.contains(time) == true }
    return isActive ? muting : active + muting.filter { !active.contains($0) }
  }

  /// The text that Alertmanager writes as `groupKey`.
  public static func groupKey(routeKey: String, labels: LabelSet) -> String {
    "\(routeKey):\(RouteKeyText.groupLabels(labels))"
  }

  func matches(_ labels: LabelSet) -> [Int] {
    var found: [Int] = []
    // Those open nodes that have taken the alert so far, with the number of matches when they were entered.
    var open: [(node: Int, found: Int)] = []
    var index = 0
    func close(_ entry: (node: Int, found: Int)) { if found.count == entry.found { found.append(entry.node) } }
    while index < nodes.count {
      while let last = open.last, nodes[last.node].end <= index {
        open.removeLast()
        close(last)
        if !nodes[last.node].continues, let parent = open.last { index = nodes[parent.node].end }
      }
      guard index < nodes.count else { break }
      if nodes[index].matchers.accept(labels) {
        open.append((index, found.count))
        index += 1
      } else {
        index = nodes[index].end
      }
    }
    while let last = open.popLast() { close(last) }
    return found
  }

  private static func intervals(_ intervals: [TimeInterval], _ zones: (String) throws -> TimeZoneRules)
    throws(PolicyError) -> [String: CompiledTimeInterval]
  {
    var known: [String: TimeZoneRules] = ["UTC": .utc, "": .utc]
    var compiled: [String: CompiledTimeInterval] = [:]
    for (index, interval) in intervals.enumerated() {
      let path = "time_intervals[\(index)]"
      guard compiled[interval.name] == nil else {
        throw PolicyError(path: path, problem: "a time interval called \"\(interval.name)\" is there already")
      }
      var spans: [(span: TimeInterval.Span, zone: TimeZoneRules)] = []
      for (number, span) in interval.spans.enumerated() {
        if known[span.location] == nil {
          do { known[span.location] = try zones(span.location) } catch {
            throw PolicyError(
              path: "\(path).time_intervals[\(number)].location",
              problem: "the time zone \"\(span.location)\" cannot be read: \(error)")
          }
        }
        spans.append((span, known[span.location] ?? .utc))
      }
      compiled[interval.name] = CompiledTimeInterval(spans)
    }
    return compiled
  }
}
