import FleetModel

/// What all objects of one system have in common.
enum FleetObjects {
  static let serviceAccount = "multi-agent-service-account"
  static let role = "multi-agent-role"
  static let meshAuthentication = "multi-agent-mtls"

  /// The recommended labels (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>).
  static func labels(of system: FleetSystem, component: String) -> [String: String] {
    [
      "app.kubernetes.io/name": FleetLabels.job, "app.kubernetes.io/instance": system.name,
      "app.kubernetes.io/component": component, "app.kubernetes.io/part-of": system.name,
      "app.kubernetes.io/managed-by": "skep",
    ]
  }

  /// `STEM-SUFFIX`; a stem that leaves no room for the suffix within the 63 characters of a DNS label is cut, and a hash of it
  /// keeps two such names apart.
  static func name(_ suffix: String, after stem: String) -> String {
    let room = 62 - suffix.utf8.count
    if stem.utf8.count <= room { return "\(stem)-\(suffix)" }
    let hash = SHA256Digest(of: stem.utf8).hexadecimal.prefix(8)
    return "\(stem.prefix(max(1, room - 9)))-\(hash)-\(suffix)"
  }

  /// - Parameter component: the part of the system that the object serves: `system`, `access`, `mesh`.
  static func metadata(_ name: String, of system: FleetSystem, component: String) -> Kubernetes.ObjectMeta {
    Kubernetes.ObjectMeta(
      name: name, namespace: system.namespace, labels: labels(of: system, component: component))
  }
}
