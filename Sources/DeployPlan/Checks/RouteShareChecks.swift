import FleetModel

/// What rules of one match must agree on, since they become one route of the mesh; and what Istio makes of a route with
/// faults.
enum RouteShareChecks {
  static func check(_ rules: [RoutingRule], _ reader: Reader, _ path: String) {
    for (index, rule) in rules.enumerated() { checkFaults(rule, reader, Path.index(index, in: path)) }
    // A rule whose match is in doubt leaves in doubt what shares it.
    for index in rules.indices {
      for key in ["headers", "path_prefix", "port"]
      where !reader.isSound(Path.key(key, in: Path.index(index, in: path))) {
        return
      }
    }
    for group in RouteOrder(rules).groups where group.rules.count > 1 {
      let others = "the rules of this match (\(group.rules.map { "\($0)" }.joined(separator: ", ")))"
      compare("timeout", \.timeout, others, group.rules, rules, reader, path)
      compare("retry_policy", \.retryPolicy, others, group.rules, rules, reader, path)
      compare("fault_injection", \.faultInjection, others, group.rules, rules, reader, path)
    }
  }

  private static func compare<Value: Equatable>(
    _ key: String, _ field: KeyPath<RoutingRule, Value>, _ others: String, _ group: [Int], _ rules: [RoutingRule],
    _ reader: Reader, _ path: String
  ) {
    guard group.allSatisfy({ reader.isSound(Path.key(key, in: Path.index($0, in: path))) }), let first = group.first,
      let different = group.first(where: { rules[$0][keyPath: field] != rules[first][keyPath: field] })
    else { return }
    reader.error(
      Path.index(different, in: path), "\(others) are one route, which has one \(key), but give different ones",
      mend: "give all of them the same \(key), or none of them any", spoils: [])
  }

  /// <https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute-fault>
  private static func checkFaults(_ rule: RoutingRule, _ reader: Reader, _ path: String) {
    guard rule.faultInjection != nil, reader.isSound(Path.key("fault_injection", in: path)) else { return }
    for (key, isGiven) in [("timeout", rule.timeout != nil), ("retry_policy", rule.retryPolicy != nil)] where isGiven {
      reader.warn(
        Path.key(key, in: path), "has no effect on a route with faults: Istio leaves it out",
        mend: "remove it, or fault_injection")
    }
  }
}
