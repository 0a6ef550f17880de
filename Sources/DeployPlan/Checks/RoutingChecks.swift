import FleetModel

/// What must hold between the routing rules of one agent.
enum RoutingChecks {
  static func check(_ agent: inout AgentSpec, _ reader: Reader, _ path: String) {
    let rulesPath = Path.key("routing_rules", in: path)
    guard reader.isSound(rulesPath) else { return }
    for (index, rule) in agent.routingRules.enumerated() {
      let rulePath = Path.index(index, in: rulesPath)
      checkPort(rule, agent, reader, rulePath, agentPath: path)
      checkSubset(rule, agent, reader, Path.key("subset", in: rulePath))
      checkHeaders(rule, reader, Path.key("headers", in: rulePath))
    }
    shareWeights(&agent.routingRules, reader, rulesPath)
    RouteShareChecks.check(agent.routingRules, reader, rulesPath)
  }

  private static func checkPort(
    _ rule: RoutingRule, _ agent: AgentSpec, _ reader: Reader, _ path: String, agentPath: String
  ) {
    let portPath = Path.key("port", in: path)
    guard reader.isSound(portPath, Path.key("ports", in: agentPath)), !agent.ports.contains(rule.port) else { return }
    for index in agent.ports.indices
    where !reader.isSound(Path.index(index, in: Path.key("ports", in: agentPath))) { return }
    let ports = agent.ports.map(String.init).joined(separator: ", ")
    let origin = reader.isGiven(portPath) ? "" : " (the default)"
    reader.error(
      portPath, "port \(rule.port)\(origin) is not among the agent's ports \(ports)",
      mend: "give one of them as port of the rule", spoils: [portPath])
  }

  private static func checkSubset(_ rule: RoutingRule, _ agent: AgentSpec, _ reader: Reader, _ path: String) {
    guard let subset = rule.subset, !agent.subsets.isEmpty, reader.isSound(path) else { return }
    let names = agent.subsets.map(\.name)
    if names.contains(subset) { return }
    reader.error(
      path, "\"\(subset)\" is not among the agent's subsets",
      mend: KeyDistance.nearest(to: subset, among: names).map { "did you mean \"\($0)\"?" }
        ?? "known are \(names.joined(separator: ", "))")
  }

  /// HTTP header names are the same in capital letters.
  private static func checkHeaders(_ rule: RoutingRule, _ reader: Reader, _ path: String) {
    var seen: Set<String> = []
    for header in rule.headers where !seen.insert(header.name.lowercased()).inserted {
      reader.error(Path.key(header.name, in: path), "this header is given twice", mend: "remove one of the two")
    }
  }

  private struct Match: Hashable {
    let headers: Set<RoutingRule.HeaderMatch>
    let pathPrefix: String
    let port: Int
  }

  /// Rules of one match share its requests: their weights sum to 100, one that gives none takes the rest.
  private static func shareWeights(_ rules: inout [RoutingRule], _ reader: Reader, _ path: String) {
    var groups: [Match: [Int]] = [:]
    var order: [Match] = []
    for (index, rule) in rules.enumerated() {
      let rulePath = Path.index(index, in: path)
      // A rule whose match or weight is in doubt leaves its whole group in doubt, whichever that is.
      for key in ["headers", "path_prefix", "port", "weight"] where !reader.isSound(Path.key(key, in: rulePath)) {
        return
      }
      let match = Match(
        headers: Set(rule.headers.map { RoutingRule.HeaderMatch(name: $0.name.lowercased(), test: $0.test) }),
        pathPrefix: rule.pathPrefix, port: rule.port)
      if groups[match] == nil { order.append(match) }
      groups[match, default: []].append(index)
    }
    for match in order {
      guard let group = groups[match], let first = group.first else { continue }
      let open = group.filter { !rules[$0].weightGiven }
      let given = group.filter { rules[$0].weightGiven }.reduce(0) { $0 + rules[$1].weight }
      let place = Path.key("weight", in: Path.index(group.last ?? first, in: path))
      let others = "the rules of this match (\(group.map { "\($0)" }.joined(separator: ", ")))"
      if open.count > 1 {
        reader.error(
          Path.index(open[1], in: path), "\(others) share its requests, but \(open.count) of them have no weight",
          mend: "give each a weight, all but one at least")
      } else if let rest = open.first {
        guard given < 100 || group.count == 1 else {
          reader.error(
            Path.index(rest, in: path), "the weights of \(others) sum to \(given), which leaves nothing for this one",
            mend: "lower the others")
          continue
        }
        rules[rest].weight = 100 - given
      } else if given != 100 {
        reader.error(
          place, "the weights of \(others) sum to \(given), not 100",
          mend: "make them sum to 100, or leave out the weight of the one that takes the rest")
      }
    }
  }
}
