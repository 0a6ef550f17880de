import FleetModel

/// The pods that a Deployment makes, as Prometheus' discovery of pods tells of them
/// (<https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod>).
struct PodTargets {
  var namespace: String
  var labels: [String: String]
  /// One for each port of each container.
  var targets: [[String: String]]

  static func pods(in manifests: [Manifest]) -> [PodTargets] {
    manifests.filter { ["Deployment", "StatefulSet", "DaemonSet"].contains($0.kind) }.map { workload in
      let template = workload.tree["spec"]?["template"]
      let labels = template?["metadata"]?["labels"]?.texts ?? [:]
      let namespace = workload.namespace ?? ""
      var common = ["__meta_kubernetes_namespace": namespace, "__meta_kubernetes_pod_name": "\(workload.name)-0"]
      common["__meta_kubernetes_pod_phase"] = "Running"
      for (label, value) in labels {
        common["__meta_kubernetes_pod_label_\(FleetLabels.seriesName(of: label))"] = value
      }
      let spec = template?["spec"]
      let containers = (spec?["containers"]?.items ?? []) + (spec?["initContainers"]?.items ?? [])
      let targets = containers.flatMap { container -> [[String: String]] in
        var known = common
        known["__meta_kubernetes_pod_container_name"] = container["name"]?.text
        let ports = container["ports"]?.items ?? []
        // A container without ports is one target too.
        if ports.isEmpty { return [known] }
        return ports.map { port in
          var target = known
          target["__meta_kubernetes_pod_container_port_name"] = port["name"]?.text
          target["__meta_kubernetes_pod_container_port_number"] = port["containerPort"]?.text
          return target
        }
      }
      return PodTargets(namespace: namespace, labels: labels, targets: targets)
    }
  }

  /// Whether the Service sends requests to these pods.
  func fits(_ service: Manifest) -> Bool {
    let selector = service.tree["spec"]?["selector"]?.texts ?? [:]
    return service.namespace == namespace && !selector.isEmpty && selector.allSatisfy { labels[$0.key] == $0.value }
  }

  /// What discovery of a Service's endpoints says of one of these pods, with the labels that the operator sets from it.
  static func labels(of pod: PodTargets?, in namespace: String) -> [String: String] {
    var labels = ["__meta_kubernetes_namespace": namespace, "namespace": namespace]
    guard let pod else { return labels }
    for (label, value) in pod.labels {
      labels["__meta_kubernetes_pod_label_\(FleetLabels.seriesName(of: label))"] = value
    }
    labels["__meta_kubernetes_pod_name"] = pod.targets.first?["__meta_kubernetes_pod_name"]
    labels["pod"] = labels["__meta_kubernetes_pod_name"]
    return labels
  }
}

/// A label selector of Kubernetes
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements>).
struct SelectorTest {
  private let exact: [String: String]
  private let requirements: [(key: String, operation: String, values: Set<String>)]

  /// An empty selector, and none, fit everything.
  init(_ tree: YAMLTree?) {
    exact = tree?["matchLabels"]?.texts ?? [:]
    requirements = (tree?["matchExpressions"]?.items ?? []).map { item in
      (item["key"]?.text ?? "", item["operator"]?.text ?? "", Set(item["values"]?.items.compactMap(\.text) ?? []))
    }
  }

  func accepts(_ labels: [String: String]) -> Bool {
    exact.allSatisfy { labels[$0.key] == $0.value }
      && requirements.allSatisfy { key, operation, values in
        switch operation {
        case "In": labels[key].map(values.contains) ?? false
        case "NotIn": labels[key].map { !values.contains($0) } ?? true
        case "Exists": labels[key] != nil
        case "DoesNotExist": labels[key] == nil
        default: false
        }
      }
  }
}
