extension ClusterState {
  /// One round over the StatefulSets: pods with lasting names and claims, one after the other
  /// (<https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/>).
  mutating func stepStatefulSets() -> Bool {
    let statefulSets = kind("apps/v1", "StatefulSet")
    var didChange = false
    for set in store.list(statefulSets, namespace: nil) where set["metadata"]?["deletionTimestamp"] == nil {
      didChange = step(set, statefulSets) || didChange
    }
    return didChange
  }

  private mutating func step(_ set: Tree, _ statefulSets: Resource) -> Bool {
    let pods = kind("v1", "Pod")
    let name = set["metadata"]?["name"]?.string ?? ""
    let wanted = set["spec"]?["replicas"]?.integer ?? 1
    let start = set["spec"]?["ordinals"]?["start"]?.integer ?? 0
    let isParallel = set["spec"]?["podManagementPolicy"] == "Parallel"
    let revision = "\(name)-\(DeploymentRound(set).hash)"
    let own = Dictionary(
      owned(by: set, pods).map { ($0["metadata"]?["name"]?.string ?? "", $0) }, uniquingKeysWith: { first, _ in first })
    let names = (start..<start + wanted).map { "\(name)-\($0)" }
    var didChange = false
    var failure: String?
    var isBlocked = false
    for podName in names where !isBlocked {
      if let pod = own[podName] {
        isBlocked = !isParallel && (pod["metadata"]?["deletionTimestamp"] != nil || !Self.isReady(pod))
        continue
      }
      let pod = newPod(podName, of: set, name, revision, statefulSets)
      if let why = refusal(of: pod) {
        failure = "create Pod \(podName) in StatefulSet \(name) failed error: pods \"\(podName)\" is forbidden: \(why)"
        break
      }
      claim(podName, set)
      _ = make(pod, pods)
      didChange = true
      let words = "create Pod \(podName) in StatefulSet \(name) successful"
      record("Normal", "SuccessfulCreate", words, about: set, by: "statefulset-controller")
      isBlocked = !isParallel
    }
    if let leaving = leaving(own, names, revision, set, isBlocked: isBlocked) {
      var pod = leaving
      pod[path: "metadata", "deletionTimestamp"] = .string(now)
      pod[path: "metadata", "deletionGracePeriodSeconds"] = pod["spec"]?["terminationGracePeriodSeconds"] ?? 30
      commit(pod, pods)
      didChange = true
      let words = "delete Pod \(pod["metadata"]?["name"]?.string ?? "") in StatefulSet \(name) successful"
      record("Normal", "SuccessfulDelete", words, about: set, by: "statefulset-controller")
    }
    if let failure, !failures(of: set).contains(failure) {
      record("Warning", "FailedCreate", failure, about: set, by: "statefulset-controller")
    }
    return writeStatus(set, statefulSets, revision, wanted) || didChange
  }

  private func failures(of set: Tree) -> [String] {
    store.list(kind("v1", "Event"), namespace: set["metadata"]?["namespace"]?.string).compactMap { event in
      event["involvedObject"]?["uid"] == set["metadata"]?["uid"] ? event["message"]?.string : nil
    }
  }

  /// The one pod that goes next: of those too many the last, else of those of an old template, once all others are well.
  private func leaving(
    _ own: [String: Tree], _ names: [String], _ revision: String, _ set: Tree, isBlocked: Bool
  ) -> Tree? {
    guard !own.values.contains(where: { $0["metadata"]?["deletionTimestamp"] != nil }) else { return nil }
    func ordinal(_ name: String) -> Int { Int(name.split(separator: "-").last ?? "") ?? 0 }
    let extra = own.keys.filter { !names.contains($0) }.max { ordinal($0) < ordinal($1) }
    if let extra { return own[extra] }
    guard set["spec"]?["updateStrategy"]?["type"] != "OnDelete" else { return nil }
    let first = set["spec"]?["updateStrategy"]?["rollingUpdate"]?["partition"]?.integer ?? 0
    for name in names.reversed() where ordinal(name) >= first {
      guard let pod = own[name] else { return nil }
      if pod["metadata"]?["labels"]?["controller-revision-hash"]?.string != revision { return pod }
      // What is already new must be ready before the next goes.
      if !Self.isReady(pod) { return nil }
    }
    return nil
  }

  private func newPod(
    _ podName: String, of set: Tree, _ name: String, _ revision: String, _ statefulSets: Resource
  ) -> Tree {
    var metadata = set["spec"]?["template"]?["metadata"] ?? [:]
    metadata["name"] = .string(podName)
    metadata["generateName"] = .string("\(name)-")
    metadata["namespace"] = set["metadata"]?["namespace"]
    metadata["ownerReferences"] = [Self.owner(set, statefulSets)]
    metadata[path: "labels", "statefulset.kubernetes.io/pod-name"] = .string(podName)
    metadata[path: "labels", "controller-revision-hash"] = .string(revision)
    metadata[path: "labels", "apps.kubernetes.io/pod-index"] = .string(
      String(podName.split(separator: "-").last ?? "0"))
    var spec = set["spec"]?["template"]?["spec"] ?? [:]
    spec["hostname"] = .string(podName)
    spec["subdomain"] = set["spec"]?["serviceName"]
    var volumes = spec["volumes"]?.elements ?? []
    for template in set["spec"]?["volumeClaimTemplates"]?.elements ?? [] {
      let volume = template["metadata"]?["name"]?.string ?? ""
      volumes.removeAll { $0["name"]?.string == volume }
      volumes.append([
        "name": .string(volume), "persistentVolumeClaim": ["claimName": .string("\(volume)-\(podName)")],
      ])
    }
    if !volumes.isEmpty { spec["volumes"] = .array(volumes) }
    return ["metadata": metadata, "spec": spec]
  }

  /// The claims of a pod that are not there yet; they outlive it.
  private mutating func claim(_ podName: String, _ set: Tree) {
    let claims = kind("v1", "PersistentVolumeClaim")
    for template in set["spec"]?["volumeClaimTemplates"]?.elements ?? [] {
      let name = "\(template["metadata"]?["name"]?.string ?? "")-\(podName)"
      let namespace = set["metadata"]?["namespace"] ?? ""
      if store.object(claims, .init(namespace: namespace.string ?? "", name: name)) != nil { continue }
      var metadata: Tree = ["name": .string(name), "namespace": namespace]
      metadata["labels"] = set["spec"]?["selector"]?["matchLabels"]
      _ = make(["metadata": metadata, "spec": template["spec"] ?? [:]], claims)
    }
  }

  private mutating func writeStatus(
    _ set: Tree, _ statefulSets: Resource, _ revision: String, _ wanted: Int
  ) -> Bool {
    guard let live = store.object(statefulSets, Self.key(of: set)) else { return false }
    let all = owned(by: live, kind("v1", "Pod"))
    let active = all.filter { $0["metadata"]?["deletionTimestamp"] == nil }
    func label(_ pod: Tree) -> String? { pod["metadata"]?["labels"]?["controller-revision-hash"]?.string }
    let ready = active.count(where: Self.isReady)
    let updated = active.count { label($0) == revision }
    var object = live
    var current = live["status"]?["currentRevision"]?.string ?? revision
    // Only when all are new and ready is the new revision the current one.
    if updated == wanted, all.count == wanted, ready == wanted { current = revision }
    object[path: "status", "observedGeneration"] = live["metadata"]?["generation"]
    object[path: "status", "currentRevision"] = .string(current)
    object[path: "status", "updateRevision"] = .string(revision)
    object[path: "status", "collisionCount"] = 0
    for (key, count) in [
      ("replicas", all.count), ("readyReplicas", ready), ("availableReplicas", ready), ("updatedReplicas", updated),
      ("currentReplicas", active.count { label($0) == current }),
    ] {
      object[path: "status", key] = .number(Double(count))
    }
    return write(object, over: live, statefulSets, subresource: "status")
  }
}
