import AlertLogic
import FleetModel

/// `team=a`, `team!=a`, `team=~a.*`, `team!~a.*`
func matcher(_ text: String) -> LabelMatcher {
  for operation in [LabelMatcher.Operation.matches, .matchesNot, .notEqual, .equal] {
    let parts = text.split(separator: operation.rawValue, maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 { return LabelMatcher(String(parts[0]), operation, String(parts[1])) }
  }
  return LabelMatcher(text, .equal, "")
}

func matchers(_ texts: String...) -> [LabelMatcher] { texts.map(matcher) }

/// `alertname=Down team=a`
func labels(_ text: String) -> LabelSet {
  LabelSet(
    text.split(separator: " ").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return Label(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    })
}

func route(
  _ receiver: String? = nil, _ texts: [String] = [], by: [String]? = nil, wait: Double? = nil, interval: Double? = nil,
  repeats: Double? = nil, continues: Bool = false, routes: [Route] = []
) -> Route {
  var route = Route()
  route.receiver = receiver
  route.matchers = texts.map(matcher)
  route.groupBy = by
  route.groupWait = wait.map { .seconds($0) }
  route.groupInterval = interval.map { .seconds($0) }
  route.repeatInterval = repeats.map { .seconds($0) }
  route.continues = continues
  route.routes = routes
  return route
}

func inhibit(_ source: [String], _ target: [String], equal: [String] = []) -> InhibitRule {
  var rule = InhibitRule()
  rule.sourceMatchers = source.map(matcher)
  rule.targetMatchers = target.map(matcher)
  rule.equal = equal
  return rule
}

func compiled(
  _ root: Route, receivers: [String] = ["r", "a", "b", "c"], inhibiting: [InhibitRule] = [],
  intervals: [TimeInterval] = []
) throws -> CompiledPolicy {
  let receivers = receivers.map { name in
    var receiver = Receiver()
    receiver.name = name
    return receiver
  }
  return try CompiledPolicy(
    NotificationPolicy(route: root, receivers: receivers, inhibitRules: inhibiting, timeIntervals: intervals),
    zones: { _ in .utc })
}

func firing(_ text: String, at seconds: Double, note: String = "") -> NotifiedAlert {
  NotifiedAlert(
    labels: labels(text), annotations: note.isEmpty ? LabelSet() : LabelSet(["note": note]), startsAt: second(seconds),
    updatedAt: second(seconds))
}

func ended(_ text: String, from start: Double, at seconds: Double) -> NotifiedAlert {
  NotifiedAlert(
    labels: labels(text), startsAt: second(start), endsAt: second(seconds), updatedAt: second(seconds))
}
