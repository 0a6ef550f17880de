import AlertLogic
import FleetModel
import TestSupport

/// Random routing trees, and Alertmanager's matching written a second time, the plain way.
enum RandomRoutes {
  static func tree(_ random: SeededRandom) -> Route {
    // Routes with the same key and receiver share their log entries, and in Alertmanager too they may tell at once what the other
    // tells; here every node has a key of its own.
    var keys: Set<String> = []
    var root = node(random, depth: 0, keys: &keys, prefix: "")
    root.receiver = "r"
    root.matchers = []
    return root
  }

  private static func node(_ random: SeededRandom, depth: Int, keys: inout Set<String>, prefix: String) -> Route {
    func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    func maybe<T>(_ values: [T]) -> T? { pick(2) == 0 ? nil : values[pick(values.count)] }
    var key = prefix
    var matchers: [LabelMatcher] = []
    if depth > 0 {
      repeat {
        matchers = [
          matcher("\(["a", "b"][pick(2)])\(["=", "!=", "=~", "!~"][pick(4)])\(["0", "1", "2", "0|1"][pick(4)])")
        ]
        if pick(3) == 0 { matchers.append(matcher("alertname=A\(pick(2))")) }
        key = prefix + matchers.map(\.description).joined(separator: ",") + "/"
      } while !keys.insert(key).inserted
    }
    var route = Route()
    route.receiver = maybe(NotificationSimulation.receivers)
    route.matchers = matchers
    route.groupBy = maybe([["alertname"], ["..."], ["a", "b"], ["b"]])
    route.groupWait = depth == 0 ? .seconds(30) : maybe([.seconds(0), .seconds(5), .seconds(30)])
    route.groupInterval = depth == 0 ? .seconds(60) : maybe([.seconds(10), .seconds(30), .seconds(60)])
    route.repeatInterval = depth == 0 ? .seconds(600) : maybe([.seconds(60), .seconds(300), .seconds(3600)])
    route.continues = pick(3) == 0
    if depth < 3 {
      for _ in 0..<pick(4 - depth) {
        route.routes.append(node(random, depth: depth + 1, keys: &keys, prefix: key))
      }
    }
    return route
  }

  struct Found {
    var receiver: String
    var key: String
    var group: LabelSet
  }

  static func reference(_ root: Route, _ labels: LabelSet) -> [Found] {
    match(root, labels, receiver: "", groupBy: [], key: "{}", isRoot: true)
  }

  private static func match(
    _ route: Route, _ labels: LabelSet, receiver: String, groupBy: [String], key: String, isRoot: Bool = false
  ) -> [Found] {
    guard isRoot || route.matchers.allSatisfy({ (try? MatcherTest($0).accepts(labels)) == true }) else { return [] }
    let receiver = route.receiver ?? receiver
    let groupBy = route.groupBy ?? groupBy
    let own = "{" + route.matchers.sorted { $0.name < $1.name }.map(\.description).joined(separator: ",") + "}"
    let key = isRoot ? "{}" : "\(key)/\(own)"
    var found: [Found] = []
    for child in route.routes {
      let matches = match(child, labels, receiver: receiver, groupBy: groupBy, key: key)
      found += matches
      if !matches.isEmpty, !child.continues { break }
    }
    if !found.isEmpty { return found }
    let group = groupBy == ["..."] ? labels : LabelSet(labels.filter { groupBy.contains($0.name) })
    return [Found(receiver: receiver, key: key, group: group)]
  }
}
