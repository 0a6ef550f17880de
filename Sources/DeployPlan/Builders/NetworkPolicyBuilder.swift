import FleetModel

/// The NetworkPolicy of an agent, made from its routes: whoever declares where requests go has said where none should come.
///
/// The ports that routes name are open to the cluster, where mutual TLS decides who is who; all other ports to the system's
/// own pods; the port of metrics to Prometheus' namespace. The kubelet's probes pass in any case.
enum NetworkPolicyBuilder {
  /// `nil` where there are no routes, or no mesh to follow them.
  static func policy(of objects: AgentObjects) -> Kubernetes.NetworkPolicy? {
    let (agent, system) = (objects.agent, objects.system)
    guard system.mesh != .none, !agent.routingRules.isEmpty else { return nil }
    let routed = Set(agent.routingRules.map(\.port)).sorted()
    var ingress: [Kubernetes.NetworkPolicy.IngressRule] = [
      .init(from: [.namespaces(.init())], ports: routed),
      .init(from: [.pods(.init(matchLabels: ["app": FleetLabels.job]))], ports: agent.ports),
    ]
    if let port = agent.metricsPort {
      let namespace = ["kubernetes.io/metadata.name": system.monitoring.kubernetes.namespace]
      ingress.append(.init(from: [.namespaces(.init(matchLabels: namespace))], ports: [port]))
    }
    return Kubernetes.NetworkPolicy(
      metadata: objects.metadata(objects.networkPolicy), podSelector: .init(matchLabels: objects.selector),
      ingress: ingress)
  }
}
