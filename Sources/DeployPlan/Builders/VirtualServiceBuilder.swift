import FleetModel

/// The VirtualService of an agent: its routing rules, and what becomes of requests that fit none.
enum VirtualServiceBuilder {
  /// `nil` without rules or without a mesh.
  static func virtualService(of objects: AgentObjects) -> Istio.VirtualService? {
    let agent = objects.agent
    guard objects.system.mesh == .istio, !agent.routingRules.isEmpty else { return nil }
    let order = RouteOrder(agent.routingRules)
    let rules = order.groups.map { route($0, of: objects) }
    // Istio answers 404 where no route fits: rules say how requests are spread, not which are allowed.
    let closed = Set(order.groups.filter(\.match.takesAll).map(\.match.port))
    let others = agent.ports.filter { !closed.contains($0) }.map { port in
      Istio.HTTPRoute(
        name: "others-\(port)", match: [.init(port: port)], route: [.init(host: objects.service, port: port)])
    }
    return Istio.VirtualService(
      metadata: objects.metadata(objects.virtualService), hosts: [objects.service], http: rules + others)
  }

  private static func route(_ group: RouteOrder.Group, of objects: AgentObjects) -> Istio.HTTPRoute {
    let match = group.match
    let rules = group.rules.map { objects.agent.routingRules[$0] }
    var route = Istio.HTTPRoute(
      name: "rule-\(group.rules.first ?? 0)",
      match: [
        .init(
          uri: match.pathPrefix == "/" ? nil : .prefix(match.pathPrefix), headers: match.headers.mapValues(test),
          port: match.port)
      ],
      route: rules.map { rule in
        .init(
          host: objects.service, port: rule.port, subset: rule.subset, weight: rules.count > 1 ? rule.weight : nil)
      })
    // Rules of one match agree on these: one route has one of each.
    guard let first = rules.first else { return route }
    route.timeout = first.timeout.map(Istio.Duration.init)
    route.retries = first.retryPolicy.map { policy in
      .init(
        attempts: policy.attempts, perTryTimeout: policy.perTryTimeout.map(Istio.Duration.init),
        retryOn: policy.retryOn)
    }
    route.fault = first.faultInjection.map { fault in
      .init(
        delay: fault.delay.map { .init(fixedDelay: Istio.Duration($0.fixedDelay), percentage: $0.percent) },
        abort: fault.abort.map { .init(httpStatus: $0.httpStatus, percentage: $0.percent) })
    }
    return route
  }

  private static func test(_ test: RoutingRule.HeaderMatch.Test) -> Istio.StringMatch {
    switch test {
    case .exact(let text): .exact(text)
    case .prefix(let text): .prefix(text)
    case .regex(let text): .regex(text)
    }
  }
}
