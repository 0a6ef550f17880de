import FleetModel
import Platform

extension ClusterState {
  struct DeleteOptions {
    var propagation = ""
    var uid: String?
    var version: String?
    var grace: Int?
    var isDryRun = false
  }

  private func deleteOptions(_ request: StandRequest) throws(StatusError) -> DeleteOptions {
    var options = DeleteOptions()
    options.isDryRun = request.isDryRun
    options.propagation = request.query["propagationPolicy"] ?? ""
    options.grace = request.query["gracePeriodSeconds"].flatMap { Int($0) }
    if !request.body.isEmpty {
      let body: Tree
      do { body = Tree(try JSONParser.parse(request.body)) } catch {
        throw .badRequest("couldn't get version/kind; json parse error: \(error.problem)")
      }
      options.propagation = body["propagationPolicy"]?.string ?? options.propagation
      options.uid = body["preconditions"]?["uid"]?.string
      options.version = body["preconditions"]?["resourceVersion"]?.string
      options.grace = body["gracePeriodSeconds"]?.integer ?? options.grace
      if body["dryRun"]?.elements.contains("All") == true { options.isDryRun = true }
      if body["orphanDependents"] != nil { throw .notDone("DeleteOptions.orphanDependents") }
    }
    guard ["", "Background", "Foreground", "Orphan"].contains(options.propagation) else {
      let message =
        "Unsupported value: \"\(options.propagation)\": supported values: \"Background\", \"Foreground\", \"Orphan\""
      throw .invalid(
        "DeleteOptions", group: "meta.k8s.io", "",
        [.init(reason: "FieldValueNotSupported", message: message, field: "propagationPolicy")])
    }
    return options
  }

  mutating func delete(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    guard target.subresource.isEmpty else { throw .methodNotAllowed }
    let options = try deleteOptions(request)
    let resource = target.resource
    let name = target.name ?? ""
    if resource.kind == "Namespace", ["default", "kube-system", "kube-public"].contains(name) {
      throw .forbidden(resource, name, "this namespace may not be deleted")
    }
    guard let live = store.object(resource, target.key) else { throw .notFound(resource, name) }
    try checkPreconditions(options, live, target)
    let left = remove(live, target, options)
    let uid = live["metadata"]?["uid"] ?? ""
    if let left { return .tree(200, shown(left, target)) }
    var details: Tree = ["name": .string(name), "kind": .string(resource.plural), "uid": uid]
    if !resource.group.isEmpty { details["group"] = .string(resource.group) }
    return .tree(
      200, ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": details])
  }

  private func checkPreconditions(_ options: DeleteOptions, _ live: Tree, _ target: Target) throws(StatusError) {
    let resource = target.resource
    let kind = resource.group.isEmpty ? resource.kind : "\(resource.kind).\(resource.group)"
    func refuse(_ why: String) -> StatusError {
      StatusError(
        code: 409, reason: "Conflict",
        message: "Operation cannot be fulfilled on \(kind) \"\(target.name ?? "")\": \(why)", name: target.name ?? "",
        group: resource.group, kind: resource.kind)
    }
    if let uid = options.uid, uid != live["metadata"]?["uid"]?.string {
      throw refuse(
        "the UID in the precondition (\(uid)) does not match the UID in record (\(live["metadata"]?["uid"]?.string ?? "")). "
          + "The object might have been deleted and then recreated")
    }
    if let version = options.version, version != live["metadata"]?["resourceVersion"]?.string {
      throw refuse(
        "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record "
          + "(\(live["metadata"]?["resourceVersion"]?.string ?? "")). The object might have been modified")
    }
  }

  /// - Returns: what is left of the object, which waits for finalizers or for its containers; `nil` once it is gone.
  mutating func remove(_ live: Tree, _ target: Target, _ options: DeleteOptions) -> Tree? {
    let resource = target.resource
    var object = live
    var finalizers = (live["metadata"]?["finalizers"]?.elements ?? []).filter {
      $0 != "foregroundDeletion" && $0 != "orphan"
    }
    if options.propagation == "Foreground" { finalizers.append("foregroundDeletion") }
    if options.propagation == "Orphan" { finalizers.append("orphan") }
    object[path: "metadata", "finalizers"] = finalizers.isEmpty ? nil : .array(finalizers)
    let isBeingDeleted = live["metadata"]?["deletionTimestamp"] != nil
    var waits = !object.holds(resource).isEmpty
    if resource.kind == "Pod" {
      let grace = options.grace ?? live["spec"]?["terminationGracePeriodSeconds"]?.integer ?? 30
      let isOnNode = live["spec"]?["nodeName"] != nil
      let isOver = ["Succeeded", "Failed"].contains(live["status"]?["phase"]?.string ?? "")
      if grace > 0, isOnNode, !isOver { waits = true }
      if waits, !isBeingDeleted {
        object[path: "metadata", "deletionGracePeriodSeconds"] = .number(Double(grace))
        object[path: "metadata", "deletionTimestamp"] = .string(
          RFC3339.format(time.now() + .seconds(grace)).prefix(19) + "Z")
      }
    } else if waits, !isBeingDeleted {
      if resource.kind != "Namespace" { object[path: "metadata", "deletionGracePeriodSeconds"] = 0 }
      object[path: "metadata", "deletionTimestamp"] = .string(now)
    }
    guard waits else {
      if !options.isDryRun { drop(resource, target.key) }
      return nil
    }
    if !isBeingDeleted {
      if resource.kind == "Namespace" { object[path: "status", "phase"] = "Terminating" }
      if let generation = live["metadata"]?["generation"]?.integer {
        object[path: "metadata", "generation"] = .number(Double(generation + 1))
      }
    }
    guard object != live, !options.isDryRun else { return object }
    return commit(object, resource)
  }

  mutating func deleteCollection(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    guard target.resource.kind != "Namespace" else { throw .methodNotAllowed }
    let options = try deleteOptions(request)
    let selection = try self.selection(request, target)
    let all = store.list(target.resource, namespace: target.namespace).filter(selection.matches)
    for object in all {
      var one = target
      one.name = object["metadata"]?["name"]?.string
      one.namespace = object["metadata"]?["namespace"]?.string
      _ = remove(object, one, options)
    }
    let items = all.map { item in
      var item = shown(item, target)
      if !target.resource.isCustom {
        item["kind"] = nil
        item["apiVersion"] = nil
      }
      return item
    }
    return .tree(
      200,
      [
        "kind": .string(target.resource.kind + "List"), "apiVersion": .string(target.apiVersion),
        "metadata": ["resourceVersion": .string("\(store.version)")], "items": .array(items),
      ])
  }
}
