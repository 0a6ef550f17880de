public import FleetModel

/// Everything that a system needs on Kubernetes, made from its system file: a pure function, the same system gives the same
/// manifests in the same order.
///
/// What others name comes before them: the Namespace, who the agents are, the control plane, the agents, then the mesh's rules about them, of
/// which the subsets come before the routes that name them, and last what watches them.
public struct Rendering: Sendable {
  public var manifests: [Manifest]
  /// What of them is monitoring, and the same as files.
  public let monitoring: MonitoringStack

  /// - Parameters:
  ///   - system: as `SystemFile` accepted it.
  ///   - fileGroups: what the system's `rule_files` hold; without them those rules are not rendered.
  /// - Throws: ``RenderingError`` if an agent has no image, or the control plane no system file.
  public init(of system: FleetSystem, fileGroups: [RuleGroup] = []) throws(RenderingError) {
    let missing = system.agents.indices.filter { system.agents[$0].fullImage == nil }
    if !missing.isEmpty { throw RenderingError(withoutImage: missing, of: system) }
    if let controlPlane = system.controlPlane, controlPlane.document == nil || controlPlane.fullImage == nil {
      throw .incompleteControlPlane
    }
    monitoring = MonitoringStack(of: system, fileGroups: fileGroups)
    manifests =
      Self.shared(by: system) + ControlPlaneObjects.manifests(of: system)
      + system.agents.flatMap { Self.agent(AgentObjects($0, of: system)) }
      + monitoring.manifests
  }

  private static func shared(by system: FleetSystem) -> [Manifest] {
    var objects: [any KubernetesObject] = [
      NamespaceBuilder.namespace(of: system), AccessBuilder.serviceAccount(of: system), AccessBuilder.role(of: system),
      AccessBuilder.roleBinding(of: system),
    ]
    if let policy = MeshAuthenticationBuilder.namespace(of: system) { objects.append(policy) }
    return objects.map { $0.manifest }
  }

  private static func agent(_ objects: AgentObjects) -> [Manifest] {
    let all: [(any KubernetesObject)?] = [
      DeploymentBuilder.deployment(of: objects), ServiceBuilder.service(of: objects),
      AutoscalerBuilder.autoscaler(of: objects), DisruptionBudgetBuilder.budget(of: objects),
      NetworkPolicyBuilder.policy(of: objects), MeshAuthenticationBuilder.metricsPort(of: objects),
      MeshAuthenticationBuilder.metricsAccess(of: objects), DestinationRuleBuilder.rule(of: objects),
      VirtualServiceBuilder.virtualService(of: objects),
    ]
    return all.compactMap { $0?.manifest }
  }
}

/// Why a system cannot be rendered for Kubernetes, though it may run on one machine.
public struct RenderingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// All problems, in the order of the file.
  public let diagnostics: [Diagnostic]

  init(withoutImage agents: [Int], of system: FleetSystem) {
    diagnostics = agents.map { index in
      Diagnostic(
        path: "agents[\(index)]",
        message: "agent \"\(system.agents[index].agentID)\" has no image, which Kubernetes needs",
        mend: "give it one, such as image: registry.example/\(system.agents[index].agentID)")
    }
  }

  /// Of a system made in code.
  static let incompleteControlPlane = RenderingError(
    diagnostics: [
      Diagnostic(
        path: "control_plane", message: "the control plane has no image, or no system file to run with",
        mend: "read the system from a file, or give controlPlane its image and document")
    ])

  private init(diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
