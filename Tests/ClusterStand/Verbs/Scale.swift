import FleetModel

extension ClusterState {
  /// The replicas of a workload as `autoscaling/v1` shows them.
  func scale(of object: Tree) -> Tree {
    var metadata: Tree = [:]
    for key in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[key] = object["metadata"]?[key]
    }
    let labels = object["spec"]?["selector"]?["matchLabels"]?.texts ?? [:]
    let selector = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    return [
      "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
      "spec": ["replicas": object["spec"]?["replicas"] ?? 0],
      "status": ["replicas": object["status"]?["replicas"] ?? 0, "selector": .string(selector)],
    ]
  }

  mutating func replaceScale(
    _ request: StandRequest, _ target: Target, _ options: WriteOptions
  ) throws(StatusError) -> StandAnswer {
    let body: Tree
    do { body = Tree(try JSONParser.parse(request.body)) } catch {
      throw .badRequest("json parse error: \(error.problem)")
    }
    return try setScale(to: body, target, options)
  }

  /// - Parameter scale: the new one, whole.
  mutating func setScale(to scale: Tree, _ target: Target, _ options: WriteOptions) throws(StatusError) -> StandAnswer {
    guard target.resource.hasScale else { throw .notDone("scale of \(target.resource.plural)") }
    guard let live = store.object(target.resource, target.key) else {
      throw .notFound(target.resource, target.name ?? "")
    }
    var object = live
    let version = scale["metadata"]?["resourceVersion"]?.string
    if let version, !version.isEmpty, version != live["metadata"]?["resourceVersion"]?.string {
      throw .modified(target.resource, target.name ?? "")
    }
    guard let replicas = scale["spec"]?["replicas"]?.integer, replicas >= 0 else {
      throw .badRequest("the replicas of a scale must be a whole number of at least 0")
    }
    object[path: "spec", "replicas"] = .number(Double(replicas))
    var warnings: [String] = []
    let result = try update(live, to: object, target, options, keepsTime: false, warnings: &warnings)
    return .tree(200, self.scale(of: result), warnings: warnings)
  }
}
