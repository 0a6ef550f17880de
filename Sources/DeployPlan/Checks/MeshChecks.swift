import FleetModel

/// What must hold between the mesh and what it takes in.
enum MeshChecks {
  static func run(_ system: FleetSystem, _ reader: Reader) {
    guard reader.isSound("mesh") else { return }
    switch system.mesh {
    case .none: reportWithoutEffect(system, reader)
    case .istio:
      checkNamespace(system, reader)
      checkPorts(system, reader)
    }
  }

  private static func reportWithoutEffect(_ system: FleetSystem, _ reader: Reader) {
    guard reader.isSound("agents") else { return }
    for (index, agent) in system.agents.enumerated() {
      let path = Path.index(index, in: "agents")
      if !agent.routingRules.isEmpty {
        reader.warn(
          Path.key("routing_rules", in: path), "have no effect with mesh.type none", mend: "remove them, or use a mesh")
      }
      if agent.stickyHeader != nil {
        reader.warn(
          Path.key("sticky_sessions", in: path), "has no effect with mesh.type none", mend: "remove it, or use a mesh")
      }
    }
  }

  /// Where Istio puts its proxy into no pod
  /// (<https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/>).
  private static let withoutProxies = ["kube-system", "kube-public", "kube-node-lease"]

  private static func checkNamespace(_ system: FleetSystem, _ reader: Reader) {
    guard reader.isSound("namespace") else { return }
    let mend = "give the system a namespace of its own, or mesh: {type: none}"
    if system.namespace == "istio-system" {
      // A PeerAuthentication without a selector there is the whole mesh's
      // (<https://istio.io/latest/docs/reference/config/security/peer_authentication/>).
      reader.error(
        "namespace", "\"istio-system\" is the mesh's own: the mutual TLS of this system would become every system's",
        mend: mend)
    } else if withoutProxies.contains(system.namespace) {
      reader.error(
        "namespace",
        "\"\(system.namespace)\" is Kubernetes' own: the mesh takes no pods there, and mutual TLS would shut them out",
        mend: mend)
    }
  }

  /// Ports that the proxy in the pod listens on
  /// (<https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio>).
  private static let proxyPorts: Set<Int> = [
    15000, 15001, 15002, 15004, 15006, 15008, 15009, 15020, 15021, 15053, 15090,
  ]

  /// An agent without an image runs on one machine alone, where there is no proxy.
  private static func checkPorts(_ system: FleetSystem, _ reader: Reader) {
    guard reader.isSound("agents") else { return }
    for (index, agent) in system.agents.enumerated() where agent.image != nil {
      let path = Path.key("ports", in: Path.index(index, in: "agents"))
      guard reader.isSound(path) else { continue }
      for (position, port) in agent.ports.enumerated() where proxyPorts.contains(port) {
        reader.error(
          Path.index(position, in: path), "port \(port) is taken by the mesh's proxy in the same pod",
          mend: "use another port, such as one below 15000, or mesh: {type: none}")
      }
    }
  }
}
