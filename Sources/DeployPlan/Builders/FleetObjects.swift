import FleetModel

/// What all objects of one system have in common.
enum FleetObjects {
  static let serviceAccount = "multi-agent-service-account"
  static let role = "multi-agent-role"
  static let meshAuthentication = "multi-agent-mtls"

  /// The recommended labels (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>).
  static func labels(of system: FleetSystem, component: String) -> [String: String] {
    [
      "app.kubernetes.io/name": AgentObjects.application, "app.kubernetes.io/instance": system.name,
      "app.kubernetes.io/component": component, "app.kubernetes.io/part-of": system.name,
      "app.kubernetes.io/managed-by": "skep",
    ]
  }

  /// - Parameter component: the part of the system that the object serves: `system`, `access`, `mesh`.
  static func metadata(_ name: String, of system: FleetSystem, component: String) -> Kubernetes.ObjectMeta {
    Kubernetes.ObjectMeta(
      name: name, namespace: system.namespace, labels: labels(of: system, component: component))
  }
}
