public import FleetModel

/// The objects of one agent as values, for programs that change them before they are written.
public struct AgentRendering: Sendable {
  private let objects: AgentObjects

  /// - Parameter system: gives the namespace, the mesh and the labels; the agent need not be one of its own.
  public init(of agent: AgentSpec, in system: FleetSystem) { objects = AgentObjects(agent, of: system) }

  /// - Throws: ``RenderingError`` without an image.
  public func deployment() throws(RenderingError) -> Kubernetes.Deployment {
    guard let deployment = DeploymentBuilder.deployment(of: objects) else {
      var system = objects.system
      system.agents = [objects.agent]
      throw RenderingError(withoutImage: [0], of: system)
    }
    return deployment
  }

  public var service: Kubernetes.Service { ServiceBuilder.service(of: objects) }
  public var autoscaler: Kubernetes.HorizontalPodAutoscaler { AutoscalerBuilder.autoscaler(of: objects) }
  /// `nil` without a mesh or without routing rules.
  public var virtualService: Istio.VirtualService? { VirtualServiceBuilder.virtualService(of: objects) }
  /// `nil` without a mesh.
  public var destinationRule: Istio.DestinationRule? { DestinationRuleBuilder.rule(of: objects) }
}

extension FleetSystem {
  /// Mutual TLS for everything in the namespace; `nil` without a mesh.
  public var peerAuthentication: Istio.PeerAuthentication? { MeshAuthenticationBuilder.namespace(of: self) }
}
