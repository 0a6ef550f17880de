import FleetModel

/// The DestinationRule of an agent: how the mesh spreads its requests, how many it lets wait, and which pods it leaves out
/// for a while.
enum DestinationRuleBuilder {
  /// `nil` without a mesh.
  static func rule(of objects: AgentObjects) -> Istio.DestinationRule? {
    let agent = objects.agent
    guard objects.system.mesh == .istio else { return nil }
    var pool = Istio.DestinationRule.ConnectionPool(
      maxConnections: 100, http1MaxPendingRequests: 50, maxRequestsPerConnection: 10)
    // An agent that speaks gRPC gets it as it was sent.
    pool.useClientProtocol = true
    var rule = Istio.DestinationRule(
      metadata: objects.metadata(objects.destinationRule), host: objects.service,
      loadBalancer: agent.stickyHeader.map { .consistentHash(header: $0) } ?? .simple(agent.loadBalancer.rawValue),
      connectionPool: pool,
      outlierDetection: .init(
        consecutive5xxErrors: 5, interval: Istio.Duration(.seconds(30)),
        baseEjectionTime: Istio.Duration(.seconds(30)), maxEjectionPercent: 50, minHealthPercent: 30))
    rule.subsets = subsets(of: agent)
    return rule
  }

  /// Those of the file; where it has none, what rules name stands for the pods whose `version` it is.
  private static func subsets(of agent: AgentSpec) -> [Istio.DestinationRule.Subset] {
    if !agent.subsets.isEmpty { return agent.subsets.map { .init(name: $0.name, labels: $0.labels) } }
    var seen: Set<String> = []
    return agent.routingRules.compactMap(\.subset).filter { seen.insert($0).inserted }.map { name in
      .init(name: name, labels: ["version": name])
    }
  }
}
