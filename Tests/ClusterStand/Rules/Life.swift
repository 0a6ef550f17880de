extension ClusterState {
  /// What a new object is given: identity, the first generation, an empty status.
  mutating func beginLife(_ object: inout Tree, _ resource: Resource) {
    object[path: "metadata", "uid"] = .string(newUID())
    object[path: "metadata", "creationTimestamp"] = .string(now)
    object[path: "metadata", "resourceVersion"] = nil
    object[path: "metadata", "deletionTimestamp"] = nil
    object[path: "metadata", "deletionGracePeriodSeconds"] = nil
    object[path: "metadata", "selfLink"] = nil
    object[path: "metadata", "generation"] = resource.hasGeneration ? 1 : nil
    switch resource.kind {
    case "Namespace":
      object["spec"] = ["finalizers": ["kubernetes"]]
      object["status"] = ["phase": "Active"]
    case "Service": allocateAddress(&object)
    case "Pod": object["status"] = ["phase": "Pending", "qosClass": .string(Self.quality(of: object))]
    case "PersistentVolumeClaim": object["status"] = ["phase": "Pending"]
    default: break
    }
  }

  private mutating func allocateAddress(_ object: inout Tree) {
    guard object["spec"]?["type"] != "ExternalName" else { return }
    if object["spec"]?["clusterIP"] == nil {
      let number = random()
      object[path: "spec", "clusterIP"] = .string("10.0.\(number % 254).\(number / 254 % 253 + 1)")
    }
    object[path: "spec", "clusterIPs"] = object["spec"]?["clusterIP"].map { .array([$0]) }
    if object["spec"]?["ipFamilies"] == nil { object[path: "spec", "ipFamilies"] = ["IPv4"] }
    if object["spec"]?["ipFamilyPolicy"] == nil { object[path: "spec", "ipFamilyPolicy"] = "SingleStack" }
  }

  /// <https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/>
  private static func quality(of pod: Tree) -> String {
    let resources = (pod["spec"]?["containers"]?.elements ?? []).map { $0["resources"] ?? [:] }
    if resources.allSatisfy({ $0["requests"] == nil && $0["limits"] == nil }) { return "BestEffort" }
    let isGuaranteed = resources.allSatisfy { resource in
      ["cpu", "memory"].allSatisfy { key in
        resource["limits"]?[key] != nil && resource["limits"]?[key] == resource["requests"]?[key]
      }
    }
    return isGuaranteed ? "Guaranteed" : "Burstable"
  }

  /// What stays of the live object in a new state of it, and the generation.
  func carryOver(_ live: Tree, to object: inout Tree, _ resource: Resource, subresource: String) {
    for key in [
      "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "generation",
    ] {
      object[path: "metadata", key] = live["metadata"]?[key]
    }
    if subresource == "status" {
      let status = object["status"]
      let managed = object["metadata"]?["managedFields"]
      object = live
      object["status"] = status
      object[path: "metadata", "managedFields"] = managed
      return
    }
    if resource.hasStatus { object["status"] = live["status"] }
    if resource.kind == "Namespace", subresource != "finalize" { object["spec"] = live["spec"] }
    if resource.kind == "Service", object["spec"]?["type"] != "ExternalName" {
      for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] where object["spec"]?[key] == nil {
        object[path: "spec", key] = live["spec"]?[key]
      }
    }
    if resource.hasGeneration, isNewGeneration(live, object, resource) {
      object[path: "metadata", "generation"] = .number(Double((live["metadata"]?["generation"]?.integer ?? 0) + 1))
    }
  }

  private func isNewGeneration(_ live: Tree, _ object: Tree, _ resource: Resource) -> Bool {
    if resource.isCustom {
      func own(_ tree: Tree) -> [String: Tree] {
        tree.members.filter { !["metadata", "status", "apiVersion"].contains($0.key) }
      }
      return own(live) != own(object)
    }
    if resource.kind == "Deployment", live["metadata"]?["annotations"] != object["metadata"]?["annotations"] {
      return true
    }
    if resource.kind == "EndpointSlice" {
      return ["addressType", "endpoints", "ports"].contains { live[$0] != object[$0] }
    }
    return live["spec"] != object["spec"]
  }
}
