public import DeployPlan
public import FleetModel

/// The mesh's objects of single agents.
///
/// ```swift
/// let mesh = ServiceMeshIntegration(mesh: .istio)
/// var canary = RoutingRule()
/// canary.subset = "v2"
/// canary.headers = [.init(name: "x-canary", test: .exact("true"))]
/// let routes = mesh.virtualService(for: agent, rules: [canary])
/// let balancing = mesh.destinationRule(for: agent, loadBalancer: .leastRequest)
/// let authentication = mesh.peerAuthentication(namespace: "multi-agents")
/// ```
public struct ServiceMeshIntegration: Sendable {
  /// What counts for all agents; its own agents do not matter.
  public var system: FleetSystem

  public init(mesh: FleetSystem.Mesh = .istio, namespace: String = "multi-agents") {
    system = FleetSystem(name: namespace)
    system.namespace = namespace
    system.mesh = mesh
  }

  /// - Parameter rules: in place of the agent's own; those of one match have weights that sum to 100.
  /// - Returns: `nil` without a mesh or without rules.
  public func virtualService(for agent: AgentSpec, rules: [RoutingRule]) -> Istio.VirtualService? {
    var agent = agent
    agent.routingRules = rules
    return AgentRendering(of: agent, in: system).virtualService
  }

  /// - Parameter loadBalancer: in place of the agent's own; an agent whose requests stick to an instance has none.
  /// - Returns: `nil` without a mesh.
  public func destinationRule(
    for agent: AgentSpec, loadBalancer: AgentSpec.LoadBalancer? = nil
  ) -> Istio.DestinationRule? {
    var agent = agent
    if let loadBalancer {
      agent.loadBalancer = loadBalancer
      agent.stickyHeader = nil
    }
    return AgentRendering(of: agent, in: system).destinationRule
  }

  /// Mutual TLS for everything in the namespace.
  ///
  /// - Returns: `nil` without a mesh.
  public func peerAuthentication(namespace: String) -> Istio.PeerAuthentication? {
    var system = system
    system.namespace = namespace
    return system.peerAuthentication
  }
}
