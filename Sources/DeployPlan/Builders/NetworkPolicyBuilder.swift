import FleetModel

/// The NetworkPolicy of an agent, made from its routes: whoever declares where requests go has said where none should come.
///
/// The ports that routes name are open to the cluster, where mutual TLS decides who is who; all other ports to the system's
/// own pods. To the namespace of monitoring, whoever watches from there: the ports of metrics and of health, and what the
/// mesh's proxy says of itself. The kubelet's probes pass in any case.
enum NetworkPolicyBuilder {
  /// Where the proxy serves its own metrics, with those of the agent merged in and without
  /// (<https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio>).
  private static let proxyMetricsPorts = [15020, 15090]

  /// `nil` where there are no routes, or no mesh to follow them.
  static func policy(of objects: AgentObjects) -> Kubernetes.NetworkPolicy? {
    let (agent, system) = (objects.agent, objects.system)
    guard system.mesh != .none, !agent.routingRules.isEmpty else { return nil }
    let routed = Set(agent.routingRules.map(\.port)).sorted()
    let watched = Set([agent.metricsPort, agent.healthCheck.port].compactMap { $0 } + proxyMetricsPorts).sorted()
    let watchers = ["kubernetes.io/metadata.name": system.monitoring.kubernetes.namespace]
    var collectors: [Kubernetes.NetworkPolicy.IngressRule] = []
    if system.controlPlane != nil, let port = agent.metricsPort {
      collectors = [.init(from: [.pods(.init(matchLabels: ControlPlaneObjects.selector))], ports: [port])]
    }
    return Kubernetes.NetworkPolicy(
      metadata: objects.metadata(objects.networkPolicy), podSelector: .init(matchLabels: objects.selector),
      ingress: [
        .init(from: [.namespaces(.init())], ports: routed),
        .init(from: [.pods(.init(matchLabels: ["app": FleetLabels.job]))], ports: agent.ports),
        .init(from: [.namespaces(.init(matchLabels: watchers))], ports: watched),
      ] + collectors)
  }
}
