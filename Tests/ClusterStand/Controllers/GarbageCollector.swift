extension ClusterState {
  /// One round of the garbage collector: what has lost its owner goes, and owners wait for what they own
  /// (<https://kubernetes.io/docs/concepts/architecture/garbage-collection/>).
  mutating func collectGarbage() -> Bool {
    var didChange = false
    let all = store.everything
    let alive = Dictionary(
      all.compactMap { entry in entry.object["metadata"]?["uid"]?.string.map { ($0, entry.object) } },
      uniquingKeysWith: { first, _ in first })
    for (_, object) in all {
      guard
        let resource = table.resource(
          apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? "")
      else { continue }
      let finalizers = object["metadata"]?["finalizers"]?.elements ?? []
      if object["metadata"]?["deletionTimestamp"] != nil,
        finalizers.contains("foregroundDeletion") || finalizers.contains("orphan")
      {
        didChange = release(object, resource, finalizers) || didChange
        continue
      }
      let owners = object["metadata"]?["ownerReferences"]?.elements ?? []
      guard !owners.isEmpty, object["metadata"]?["deletionTimestamp"] == nil else { continue }
      let isWanted = owners.contains { owner in
        guard let found = alive[owner["uid"]?.string ?? ""] else { return false }
        let waits = (found["metadata"]?["finalizers"]?.elements ?? []).contains("foregroundDeletion")
        return found["metadata"]?["deletionTimestamp"] == nil || !waits
      }
      if !isWanted { didChange = take(object, resource) || didChange }
    }
    return didChange
  }

  /// Takes an object away as a delete without options does.
  private mutating func take(_ object: Tree, _ resource: Resource) -> Bool {
    let key = Self.key(of: object)
    // It may have gone in this round.
    guard let live = store.object(resource, key), live["metadata"]?["deletionTimestamp"] == nil else { return false }
    if resource.kind == "Pod", live["spec"]?["nodeName"] != nil || !live.holds(resource).isEmpty {
      var leaving = live
      leaving[path: "metadata", "deletionTimestamp"] = .string(now)
      leaving[path: "metadata", "deletionGracePeriodSeconds"] = live["spec"]?["terminationGracePeriodSeconds"] ?? 30
      commit(leaving, resource)
    } else if live.holds(resource).isEmpty {
      drop(resource, key)
    } else {
      var leaving = live
      leaving[path: "metadata", "deletionTimestamp"] = .string(now)
      leaving[path: "metadata", "deletionGracePeriodSeconds"] = 0
      commit(leaving, resource)
    }
    return true
  }

  private mutating func release(_ object: Tree, _ resource: Resource, _ finalizers: [Tree]) -> Bool {
    let uid = object["metadata"]?["uid"]
    let dependants = store.everything.map(\.object).filter { dependant in
      (dependant["metadata"]?["ownerReferences"]?.elements ?? []).contains { $0["uid"] == uid }
    }
    if finalizers.contains("orphan") {
      for dependant in dependants {
        guard
          let kind = table.resource(
            apiVersion: dependant["apiVersion"]?.string ?? "", kind: dependant["kind"]?.string ?? "")
        else { continue }
        let left = (dependant["metadata"]?["ownerReferences"]?.elements ?? []).filter { $0["uid"] != uid }
        var freed = dependant
        freed[path: "metadata", "ownerReferences"] = left.isEmpty ? nil : .array(left)
        write(freed, over: dependant, kind)
      }
    } else if dependants.contains(where: { dependant in
      (dependant["metadata"]?["ownerReferences"]?.elements ?? []).contains {
        $0["uid"] == uid && $0["blockOwnerDeletion"] == true
      }
    }) {
      var didChange = false
      for dependant in dependants {
        guard
          let kind = table.resource(
            apiVersion: dependant["apiVersion"]?.string ?? "", kind: dependant["kind"]?.string ?? "")
        else { continue }
        didChange = take(dependant, kind) || didChange
      }
      return didChange
    }
    var free = object
    let left = finalizers.filter { $0 != "orphan" && $0 != "foregroundDeletion" }
    free[path: "metadata", "finalizers"] = left.isEmpty ? nil : .array(left)
    return write(free, over: object, resource)
  }

  /// One round over namespaces: new ones get what every namespace has, ending ones lose all they hold and then go.
  mutating func stepNamespaces() -> Bool {
    let namespaces = kind("v1", "Namespace")
    var didChange = false
    for namespace in store.list(namespaces, namespace: nil) {
      let name = namespace["metadata"]?["name"]?.string ?? ""
      guard namespace["metadata"]?["deletionTimestamp"] != nil else {
        for (kind, object) in [("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")] {
          let resource = self.kind("v1", kind)
          if store.object(resource, .init(namespace: name, name: object)) != nil { continue }
          var made: Tree = ["metadata": ["name": .string(object), "namespace": .string(name)]]
          if kind == "ConfigMap" { made["data"] = ["ca.crt": "the certificate of the cluster"] }
          _ = make(made, resource)
          didChange = true
        }
        continue
      }
      let content = store.everything.filter { $0.object["metadata"]?["namespace"]?.string == name }
      for (_, object) in content {
        guard
          let resource = table.resource(
            apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? "")
        else { continue }
        didChange = take(object, resource) || didChange
      }
      if content.isEmpty {
        var free = namespace
        free[path: "spec", "finalizers"] = nil
        didChange = write(free, over: namespace, namespaces, subresource: "finalize") || didChange
      }
    }
    return didChange
  }
}
