import FleetModel

/// The Service of an agent: a port for each of its ports, the one of its metrics under the name that monitors select.
enum ServiceBuilder {
  static func service(of objects: AgentObjects) -> Kubernetes.Service {
    Kubernetes.Service(
      metadata: objects.metadata(objects.service), selector: objects.selector,
      ports: objects.agent.ports.map { port in
        // The mesh goes by names such as `http-N`, which these are not: without it, it would have to guess.
        .init(name: objects.portName(port), port: port, targetPort: port, appProtocol: "http")
      })
  }
}
