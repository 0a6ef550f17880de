/// How controllers write: past admission, as the manager that they are.
extension ClusterState {
  func kind(_ apiVersion: String, _ kind: String) -> Resource {
    guard let resource = table.resource(apiVersion: apiVersion, kind: kind) else {
      preconditionFailure("BUG: no kind \(kind) in \(apiVersion)")
    }
    return resource
  }

  static func key(of object: Tree) -> ObjectStore.Key {
    ObjectStore.Key(
      namespace: object["metadata"]?["namespace"]?.string ?? "", name: object["metadata"]?["name"]?.string ?? "")
  }

  /// Stores a new state of an object; nothing happens where it is the old one.
  ///
  /// - Returns: whether something changed.
  @discardableResult
  mutating func write(
    _ object: Tree, over live: Tree, _ resource: Resource, subresource: String = "",
    manager: String = "kube-controller-manager"
  ) -> Bool {
    var object = resource.schema.decoded(object)
    object[path: "metadata", "managedFields"] = live["metadata"]?["managedFields"]
    guard object != live else { return false }
    if subresource != "status", resource.hasGeneration, object["spec"] != live["spec"] {
      object[path: "metadata", "generation"] = .number(Double((live["metadata"]?["generation"]?.integer ?? 0) + 1))
    }
    var managed = ManagedFields(of: live)
    managed.noteUpdate(
      from: live.withoutManagedFields, to: object.withoutManagedFields, resource.schema, by: manager,
      apiVersion: resource.apiVersion(resource.versions[0]), subresource: subresource, time: now)
    object[path: "metadata", "managedFields"] = managed.tree
    if object["metadata"]?["deletionTimestamp"] != nil, object.holds(resource).isEmpty, resource.kind != "Pod" {
      drop(resource, Self.key(of: object))
    } else {
      commit(object, resource)
    }
    return true
  }

  /// Makes an object.
  mutating func make(
    _ object: Tree, _ resource: Resource, manager: String = "kube-controller-manager"
  ) -> Tree {
    var object = object
    object["apiVersion"] = .string(resource.apiVersion(resource.versions[0]))
    object["kind"] = .string(resource.kind)
    object = filled(object, resource)
    var managed = ManagedFields(of: [:])
    managed.noteUpdate(
      from: resource.nothing, to: object, resource.schema, by: manager,
      apiVersion: resource.apiVersion(resource.versions[0]), subresource: "", time: now)
    beginLife(&object, resource)
    object[path: "metadata", "managedFields"] = managed.tree
    return commit(object, resource)
  }

  static func owner(_ object: Tree, _ resource: Resource) -> Tree {
    [
      "apiVersion": .string(resource.apiVersion(resource.versions[0])), "kind": .string(resource.kind),
      "name": object["metadata"]?["name"] ?? "", "uid": object["metadata"]?["uid"] ?? "", "controller": true,
      "blockOwnerDeletion": true,
    ]
  }

  func owned(by object: Tree, _ resource: Resource) -> [Tree] {
    let uid = object["metadata"]?["uid"]
    return store.list(resource, namespace: object["metadata"]?["namespace"]?.string).filter { dependant in
      (dependant["metadata"]?["ownerReferences"]?.elements ?? []).contains {
        $0["controller"] == true && $0["uid"] == uid
      }
    }
  }

  /// Tells of something that happened; the same again is counted on the first.
  mutating func record(
    _ type: String, _ reason: String, _ message: String, about object: Tree, by component: String
  ) {
    let events = kind("v1", "Event")
    let namespace = object["metadata"]?["namespace"]?.string ?? "default"
    let same = store.list(events, namespace: namespace).first { event in
      event["involvedObject"]?["uid"] == object["metadata"]?["uid"] && event["reason"]?.string == reason
        && event["message"]?.string == message
    }
    if let same {
      var event = same
      event["count"] = .number(Double((same["count"]?.integer ?? 1) + 1))
      event["lastTimestamp"] = .string(now)
      write(event, over: same, events, manager: component)
      return
    }
    let name = object["metadata"]?["name"]?.string ?? ""
    let event: Tree = [
      "metadata": [
        "name": .string("\(name).\(String(random(), radix: 16))"), "namespace": .string(namespace),
      ],
      "involvedObject": [
        "kind": object["kind"] ?? "", "apiVersion": object["apiVersion"] ?? "", "namespace": .string(namespace),
        "name": .string(name), "uid": object["metadata"]?["uid"] ?? "",
        "resourceVersion": object["metadata"]?["resourceVersion"] ?? "",
      ],
      "type": .string(type), "reason": .string(reason), "message": .string(message), "count": 1,
      "firstTimestamp": .string(now), "lastTimestamp": .string(now), "source": ["component": .string(component)],
      "reportingComponent": .string(component),
    ]
    _ = make(event, events, manager: component)
  }

  /// The conditions with one set; its transition time moves with its status.
  func conditions(_ old: Tree?, setting type: String, _ status: Bool, _ reason: String, _ message: String) -> Tree {
    var list = old?.elements ?? []
    var condition: Tree = [
      "type": .string(type), "status": status ? "True" : "False", "reason": .string(reason),
      "message": .string(message), "lastUpdateTime": .string(now), "lastTransitionTime": .string(now),
    ]
    guard let place = list.firstIndex(where: { $0["type"]?.string == type }) else { return .array(list + [condition]) }
    let before = list[place]
    if before["status"] == condition["status"], before["reason"] == condition["reason"],
      before["message"] == condition["message"]
    {
      return .array(list)
    }
    if before["status"] == condition["status"] {
      condition["lastTransitionTime"] = before["lastTransitionTime"]
    }
    list[place] = condition
    return .array(list)
  }
}
