import FleetModel

/// The system's Namespace, with the label by which the mesh puts its proxies into pods.
enum NamespaceBuilder {
  static func namespace(of system: FleetSystem) -> Kubernetes.Namespace {
    var labels = FleetObjects.labels(of: system, component: "system")
    switch (system.mesh, system.meshRevision) {
    case (.none, _): break
    // The two exclude each other: a namespace with both is left to whichever control plane has no revision.
    case (.istio, let revision?): labels["istio.io/rev"] = revision
    case (.istio, nil): labels["istio-injection"] = "enabled"
    }
    return Kubernetes.Namespace(metadata: Kubernetes.ObjectMeta(name: system.namespace, labels: labels))
  }
}
