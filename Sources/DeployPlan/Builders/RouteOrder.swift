import FleetModel

/// The routing rules of an agent as Istio is to try them: rules of one match together, the narrower of two matches first.
///
/// Istio takes the first route that fits. In the order of the file a rule for all paths would hide the ones that follow; so
/// a match goes before every other that takes all of its requests, and else the order of the file stays.
struct RouteOrder {
  /// Rules that share the requests of one match, by their places in the file.
  struct Group {
    let match: RouteMatch
    var rules: [Int]
  }

  let groups: [Group]

  /// O(n²) in the number of matches.
  init(_ rules: [RoutingRule]) {
    var waiting: [Group] = []
    var places: [RouteMatch: Int] = [:]
    for (index, rule) in rules.enumerated() {
      let match = RouteMatch(rule)
      if let place = places[match] {
        waiting[place].rules.append(index)
      } else {
        places[match] = waiting.count
        waiting.append(Group(match: match, rules: [index]))
      }
    }
    var ordered: [Group] = []
    while !waiting.isEmpty {
      // Being narrower goes round in no circle, so that one is always there.
      let next =
        waiting.indices.first { index in
          !waiting.contains { $0.match.isNarrower(than: waiting[index].match) }
        } ?? 0
      ordered.append(waiting.remove(at: next))
    }
    groups = ordered
  }
}

/// Which requests a routing rule is for. Names of headers are in lower case.
struct RouteMatch: Hashable {
  let headers: [String: RoutingRule.HeaderMatch.Test]
  let pathPrefix: String
  let port: Int

  init(_ rule: RoutingRule) {
    headers = Dictionary(rule.headers.map { ($0.name.lowercased(), $0.test) }) { first, _ in first }
    pathPrefix = rule.pathPrefix
    port = rule.port
  }

  /// Whether all requests to its port fit it.
  var takesAll: Bool { headers.isEmpty && pathPrefix == "/" }

  /// Whether it belongs before `other`: it has all of the other's conditions or stricter ones, and more.
  func isNarrower(than other: RouteMatch) -> Bool { isWithin(other) && !other.isWithin(self) }

  private func isWithin(_ other: RouteMatch) -> Bool {
    port == other.port && pathPrefix.utf8.starts(with: other.pathPrefix.utf8)
      && other.headers.allSatisfy { name, test in headers[name].map { Self.isWithin($0, test) } ?? false }
  }

  /// What an expression takes is not worked out: a text is held to be stricter than any expression, which is right wherever
  /// the two have requests in common.
  private static func isWithin(_ test: RoutingRule.HeaderMatch.Test, _ other: RoutingRule.HeaderMatch.Test) -> Bool {
    switch (test, other) {
    case (.exact(let text), .prefix(let prefix)), (.prefix(let text), .prefix(let prefix)):
      text.utf8.starts(with: prefix.utf8)
    case (.exact, .regex), (.prefix, .regex): true
    default: test == other
    }
  }
}
