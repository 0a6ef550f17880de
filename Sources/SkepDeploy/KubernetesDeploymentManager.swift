public import DeployPlan
public import FleetModel

/// The Kubernetes objects of single agents, for programs that bring the rest themselves.
///
/// ```swift
/// let manager = KubernetesDeploymentManager(namespace: "multi-agents")
/// var agent = AgentSpec(agentID: try AgentID("planner"))
/// agent.image = "registry.example/planner:1.4"
/// let deployment = try manager.agentDeployment(for: agent)
/// let yaml = try manager.completeAgentManifests(for: agent)
/// ```
///
/// A whole system, with its namespace, mesh and monitoring, is a ``RenderedSystem``.
public struct KubernetesDeploymentManager: Sendable {
  /// What counts for all agents; its own agents do not matter.
  public var system: FleetSystem

  /// For agents without a mesh, of a system that is called as the namespace is.
  public init(namespace: String = "multi-agents") {
    system = FleetSystem(name: namespace)
    system.namespace = namespace
    system.mesh = .none
  }

  /// - Parameter replicas: only for an agent without an autoscaler: whoever applies a number undoes what one decided.
  /// - Throws: ``RenderingError`` if the agent has no image.
  public func agentDeployment(
    for agent: AgentSpec, replicas: Int? = nil
  ) throws(RenderingError) -> Kubernetes.Deployment {
    var deployment = try AgentRendering(of: agent, in: system).deployment()
    deployment.replicas = replicas
    return deployment
  }

  public func serviceConfiguration(for agent: AgentSpec) -> Kubernetes.Service {
    AgentRendering(of: agent, in: system).service
  }

  public func hpaConfiguration(for agent: AgentSpec) -> Kubernetes.HorizontalPodAutoscaler {
    AgentRendering(of: agent, in: system).autoscaler
  }

  /// All objects of the agent as one YAML stream; what agents share (Namespace, ServiceAccount) is not among them.
  ///
  /// - Throws: ``RenderingError`` if the agent has no image.
  public func completeAgentManifests(for agent: AgentSpec) throws(RenderingError) -> String {
    var system = system
    system.agents = [agent]
    let own = try Rendering(of: system).manifests.filter { $0.labels["agent-id"] == agent.agentID.name }
    return ManifestText.yaml(own)
  }
}
