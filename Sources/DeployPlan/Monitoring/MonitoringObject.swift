import FleetModel

/// Objects of the monitoring stack, with the labels that all of them carry.
enum MonitoringObject {
  /// - Parameter namespace: the system's own where it is `nil`.
  static func manifest(
    _ apiVersion: String, _ kind: String, _ name: String, of system: FleetSystem, namespace: String? = nil,
    labels: [String: String] = [:], annotations: [String: String] = [:], _ content: [(String, YAMLTree)]
  ) -> Manifest {
    var metadata = YAMLMapping([
      ("name", .text(name)), ("namespace", .text(namespace ?? system.namespace)),
    ])
    let standard = [
      "app.kubernetes.io/name": FleetLabels.job, "app.kubernetes.io/instance": system.name,
      "app.kubernetes.io/component": "monitoring", "app.kubernetes.io/part-of": system.name,
      "app.kubernetes.io/managed-by": "skep",
    ]
    metadata.add("labels", texts: standard.merging(labels) { $1 })
    metadata.add("annotations", texts: annotations)
    let head: [(String, YAMLTree)] = [
      ("apiVersion", .text(apiVersion)), ("kind", .text(kind)), ("metadata", metadata.tree),
    ]
    return Manifest(tree: YAMLMapping(head + content).tree)
  }

  /// Named by the system's namespace, of which there is one system: the namespace of Prometheus and Grafana may be that of
  /// several systems, and of several environments of one.
  static func configMap(
    _ suffix: String, of system: FleetSystem, labels: [String: String] = [:], annotations: [String: String] = [:],
    _ files: [RenderedText]
  ) -> Manifest {
    let data = YAMLMapping(files.map { (String($0.name.split(separator: "/").last ?? ""), .text($0.text)) })
    return manifest(
      "v1", "ConfigMap", name(suffix, of: system), of: system, namespace: system.monitoring.kubernetes.namespace,
      labels: labels,
      annotations: annotations, [("data", data.tree)])
  }

  static func name(_ suffix: String, of system: FleetSystem) -> String {
    FleetObjects.name(suffix, after: system.namespace)
  }
}
