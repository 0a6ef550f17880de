extension ClusterState {
  /// One round over the ReplicaSets: pods are made and taken away, and counted.
  mutating func stepReplicaSets() -> Bool {
    let replicaSets = kind("apps/v1", "ReplicaSet")
    var didChange = false
    for replicaSet in store.list(replicaSets, namespace: nil) where replicaSet["metadata"]?["deletionTimestamp"] == nil
    {
      didChange = step(replicaSet, replicaSets) || didChange
    }
    return didChange
  }

  static func isReady(_ pod: Tree) -> Bool {
    (pod["status"]?["conditions"]?.elements ?? []).contains { $0["type"] == "Ready" && $0["status"] == "True" }
  }

  private mutating func step(_ replicaSet: Tree, _ replicaSets: Resource) -> Bool {
    let pods = kind("v1", "Pod")
    let name = replicaSet["metadata"]?["name"]?.string ?? ""
    let wanted = replicaSet["spec"]?["replicas"]?.integer ?? 1
    var active = owned(by: replicaSet, pods).filter { $0["metadata"]?["deletionTimestamp"] == nil }
    var failure: String?
    var didChange = false
    if active.count < wanted {
      for _ in active.count..<wanted {
        let pod = newPod(of: replicaSet, name, replicaSets)
        if let why = refusal(of: pod) {
          failure = "pods \"\(name)-\" is forbidden: \(why)"
          continue
        }
        let made = make(pod, pods)
        didChange = true
        record(
          "Normal", "SuccessfulCreate", "Created pod: \(made["metadata"]?["name"]?.string ?? "")", about: replicaSet,
          by: "replicaset-controller")
      }
    } else {
      // Those that are not ready go first.
      let order = active.filter { !Self.isReady($0) } + active.filter { Self.isReady($0) }
      for pod in order.prefix(active.count - wanted) {
        var leaving = pod
        leaving[path: "metadata", "deletionTimestamp"] = .string(now)
        leaving[path: "metadata", "deletionGracePeriodSeconds"] = pod["spec"]?["terminationGracePeriodSeconds"] ?? 30
        commit(leaving, pods)
        didChange = true
        record(
          "Normal", "SuccessfulDelete", "Deleted pod: \(pod["metadata"]?["name"]?.string ?? "")", about: replicaSet,
          by: "replicaset-controller")
      }
    }
    let all = owned(by: replicaSet, pods)
    active = all.filter { $0["metadata"]?["deletionTimestamp"] == nil }
    let ready = Double(active.count(where: Self.isReady))
    var object = store.object(replicaSets, Self.key(of: replicaSet)) ?? replicaSet
    let live = object
    let isNewFailure = failure != nil && object["status"]?["conditions"] == nil
    for (key, count) in [
      ("replicas", Double(active.count)), ("fullyLabeledReplicas", Double(active.count)), ("readyReplicas", ready),
      ("availableReplicas", ready), ("terminatingReplicas", Double(all.count - active.count)),
    ] {
      object[path: "status", key] = .number(count)
    }
    object[path: "status", "observedGeneration"] = live["metadata"]?["generation"]
    object[path: "status", "conditions"] = failure.map {
      conditions(live["status"]?["conditions"], setting: "ReplicaFailure", true, "FailedCreate", $0)
    }
    if isNewFailure, let failure {
      record("Warning", "FailedCreate", "Error creating: \(failure)", about: replicaSet, by: "replicaset-controller")
    }
    return write(object, over: live, replicaSets, subresource: "status") || didChange
  }

  private mutating func newPod(of replicaSet: Tree, _ name: String, _ replicaSets: Resource) -> Tree {
    var metadata = replicaSet["spec"]?["template"]?["metadata"] ?? [:]
    metadata["name"] = .string("\(name)-\(suffix())")
    metadata["generateName"] = .string("\(name)-")
    metadata["namespace"] = replicaSet["metadata"]?["namespace"]
    metadata["ownerReferences"] = [Self.owner(replicaSet, replicaSets)]
    return ["metadata": metadata, "spec": replicaSet["spec"]?["template"]?["spec"] ?? [:]]
  }

  /// Why a pod may not be made.
  func refusal(of pod: Tree) -> String? {
    if case .refused(let why) = controllers.behaviour(of: pod) { return why }
    let namespace = pod["metadata"]?["namespace"]?.string ?? ""
    let account = pod["spec"]?["serviceAccountName"]?.string ?? "default"
    if account == "default"
      || store.object(kind("v1", "ServiceAccount"), .init(namespace: namespace, name: account)) != nil
    {
      return nil
    }
    return "error looking up service account \(namespace)/\(account): serviceaccount \"\(account)\" not found"
  }
}
