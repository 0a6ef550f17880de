/// An object that makes pods, or is one.
struct Workload {
  let manifest: Manifest
  /// Metadata of the pods.
  let metadata: CheckedNode?
  let pod: CheckedNode
  /// `nil` where the kind has no such number, or leaves it to others.
  let replicas: Int64?

  /// Kinds that keep a number of alike pods running.
  static let replicated: Set = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"]
  private static let templated = replicated.union(["DaemonSet", "Job"])

  init?(_ manifest: Manifest) {
    guard ["", "apps", "batch"].contains(manifest.group) else { return nil }
    let root = CheckedNode(tree: manifest.tree, path: "")
    var owner: CheckedNode?
    switch manifest.kind {
    case "Pod": owner = root
    case "CronJob": owner = root["spec"]?["jobTemplate"]?["spec"]?["template"]
    case let kind where Self.templated.contains(kind): owner = root["spec"]?["template"]
    default: return nil
    }
    guard let owner, let pod = owner["spec"] else { return nil }
    self.manifest = manifest
    self.pod = pod
    metadata = owner["metadata"]
    replicas = Self.replicated.contains(manifest.kind) ? root["spec"]?["replicas"]?.integer : nil
  }

  var labels: [String: String] { metadata?["labels"]?.tree.texts ?? [:] }

  var containers: [CheckedNode] { pod["containers"]?.items ?? [] }
  var initContainers: [CheckedNode] { pod["initContainers"]?.items ?? [] }
  var allContainers: [CheckedNode] { initContainers + containers }

  /// Containers that serve for as long as the pod lives: init containers with `restartPolicy: Always` are side-cars.
  var serving: [CheckedNode] { initContainers.filter { $0["restartPolicy"]?.string == "Always" } + containers }

  /// Whether it runs until it is told to stop.
  var isService: Bool {
    ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"].contains(manifest.kind)
  }

  var declaresPorts: Bool { serving.contains { !($0["ports"]?.items.isEmpty ?? true) } }

  /// The number of a port that a container calls so.
  func number(ofPort name: String) -> Int64? {
    serving.lazy.flatMap { $0["ports"]?.items ?? [] }.first { $0["name"]?.string == name }?["containerPort"]?.integer
  }

  func has(portNamed name: String) -> Bool {
    serving.contains { $0["ports"]?.items.contains { $0["name"]?.string == name } ?? false }
  }

  func has(port: Int64) -> Bool {
    serving.contains { $0["ports"]?.items.contains { $0["containerPort"]?.integer == port } ?? false }
  }
}

/// A `matchLabels` with `matchExpressions`, or a plain mapping of labels.
struct LabelQuery {
  private(set) var equal: [(key: String, value: String)] = []
  private var expressions: [(key: String, operator: String, values: Set<String>)] = []

  init(labels: CheckedNode) {
    equal = labels.entries.compactMap { entry in entry.value.tree.text.map { (entry.key, $0) } }
  }

  init(selector: CheckedNode) {
    equal = (selector["matchLabels"]?.entries ?? []).compactMap { entry in
      entry.value.tree.text.map { (entry.key, $0) }
    }
    for item in selector["matchExpressions"]?.items ?? [] {
      let values = Set((item["values"]?.tree.items ?? []).compactMap(\.text))
      expressions.append((item["key"]?.string ?? "", item["operator"]?.string ?? "", values))
    }
  }

  var isEmpty: Bool { equal.isEmpty && expressions.isEmpty }

  func matches(_ labels: [String: String]) -> Bool {
    equal.allSatisfy { labels[$0.key] == $0.value }
      && expressions.allSatisfy { expression in
        let value = labels[expression.key]
        return switch expression.operator {
        case "In": value.map { expression.values.contains($0) } ?? false
        case "NotIn": value.map { !expression.values.contains($0) } ?? true
        case "Exists": value != nil
        case "DoesNotExist": value == nil
        default: true
        }
      }
  }
}
