import FleetModel

/// Who may speak to agents: mutual TLS for everything in the namespace, but for metrics.
///
/// A Prometheus outside of the mesh has no certificate, and `STRICT` would shut it out. So the port of metrics takes plain
/// connections too; and since that is often the port of everything else, a policy lets such connections read metrics and
/// nothing more.
enum MeshAuthenticationBuilder {
  /// `nil` without a mesh.
  static func namespace(of system: FleetSystem) -> Istio.PeerAuthentication? {
    guard system.mesh == .istio else { return nil }
    return Istio.PeerAuthentication(
      metadata: FleetObjects.metadata(FleetObjects.meshAuthentication, of: system, component: "mesh"), mode: .strict)
  }

  /// `nil` without a mesh, or where no port of the pods serves metrics.
  static func metricsPort(of objects: AgentObjects) -> Istio.PeerAuthentication? {
    guard objects.system.mesh == .istio, let port = objects.agent.metricsPort else { return nil }
    return Istio.PeerAuthentication(
      metadata: objects.metadata(objects.metricsPolicy), selector: objects.selector, mode: .strict,
      portModes: [port: .permissive])
  }

  /// Refuses callers without a certificate on the port of metrics whatever is no reading of metrics. It only takes away:
  /// policies of one's own count as before.
  static func metricsAccess(of objects: AgentObjects) -> Istio.AuthorizationPolicy? {
    guard objects.system.mesh == .istio, let port = objects.agent.metricsPort,
      case .port(_, let path) = objects.agent.metrics
    else { return nil }
    var otherPaths = Istio.AuthorizationPolicy.Rule()
    otherPaths.notPrincipals = ["*"]
    otherPaths.ports = [port]
    otherPaths.notPaths = [pattern(for: path)]
    var otherMethods = otherPaths
    otherMethods.notPaths = []
    otherMethods.notMethods = ["GET"]
    return Istio.AuthorizationPolicy(
      metadata: objects.metadata(objects.metricsPolicy), selector: objects.selector, action: .deny,
      rules: [otherPaths, otherMethods])
  }

  /// The path without its query. Where Istio would take a character of it for a pattern, what stands before it.
  private static func pattern(for path: String) -> String {
    let plain = path.prefix { $0 != "?" && $0 != "*" && $0 != "{" && $0 != "}" }
    return plain.endIndex == path.endIndex || path[plain.endIndex] == "?" ? String(plain) : plain + "*"
  }
}
