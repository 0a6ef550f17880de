extension ClusterState {
  /// Kinds that a PUT makes where they are not there.
  private static let madeByPut: Set<String> = [
    "Lease", "Role", "RoleBinding", "ClusterRole", "Service", "Event", "Endpoints",
  ]

  mutating func replace(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let options = try WriteOptions(request, isApply: false, kind: "UpdateOptions")
    var warnings: [String] = []
    if target.subresource == "scale" { return try replaceScale(request, target, options) }
    var object = try decodeObject(request, target, options, warnings: &warnings)
    let resource = target.resource
    let name = target.name ?? ""
    try checkIdentity(object, target)
    object[path: "metadata", "namespace"] = target.namespace.map { .string($0) }
    let uid = object["metadata"]?["uid"]?.string
    guard let live = store.object(resource, target.key) else {
      guard Self.madeByPut.contains(resource.kind), target.subresource.isEmpty else { throw .notFound(resource, name) }
      if let uid { throw Self.uidMismatch(target, uid, "") }
      try checkNamespace(resource, target.namespace, name)
      object[path: "metadata", "resourceVersion"] = nil
      var managed = ManagedFields(of: [:])
      managed.noteUpdate(
        from: resource.nothing, to: object, resource.schema, by: options.manager, apiVersion: target.apiVersion,
        subresource: "", time: now)
      return .tree(
        201, shown(try place(object, managed, target, options, warnings: &warnings), target), warnings: warnings)
    }
    let result = try update(live, to: object, target, options, guardedBy: uid, warnings: &warnings)
    return .tree(200, shown(result, target), warnings: warnings)
  }

  func checkIdentity(_ object: Tree, _ target: Target) throws(StatusError) {
    let name = object["metadata"]?["name"]?.string ?? ""
    guard name == target.name else {
      throw .badRequest(
        name.isEmpty
          ? "name must be provided"
          : "the name of the object (\(name)) does not match the name on the URL (\(target.name ?? ""))")
    }
    if let namespace = object["metadata"]?["namespace"]?.string, namespace != target.namespace ?? "" {
      throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
    }
  }

  static func uidMismatch(_ target: Target, _ given: String, _ found: String) -> StatusError {
    let place = target.namespace.map { "\($0)/" } ?? ""
    return .conflict(
      target.resource, target.name ?? "",
      "StorageError: invalid object, Code: 4, Key: /registry/\(target.resource.plural)/\(place)\(target.name ?? ""), "
        + "ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: \(given), "
        + "UID in object meta: \(found)")
  }

  /// Brings a live object to a new state that has been decoded.
  ///
  /// - Parameter keepsTime: whether the writer's entry of managed fields bears a time.
  mutating func update(
    _ live: Tree, to new: Tree, _ target: Target, _ options: WriteOptions, guardedBy uid: String? = nil,
    keepsTime: Bool = true, warnings: inout [String]
  ) throws(StatusError) -> Tree {
    let resource = target.resource
    let name = target.name ?? ""
    let liveUID = live["metadata"]?["uid"]?.string ?? ""
    if let uid, uid != liveUID { throw Self.uidMismatch(target, uid, liveUID) }
    let given = new["metadata"]?["resourceVersion"]?.string ?? ""
    if given.isEmpty, resource.isCustom || resource.kind == "Lease" {
      throw StatusError.invalid(
        resource.qualified, group: "", name,
        [
          .init(
            reason: "FieldValueInvalid", message: "Invalid value: 0: must be specified for an update",
            field: "metadata.resourceVersion")
        ]
      ).of(resource)
    }
    if !given.isEmpty, given != live["metadata"]?["resourceVersion"]?.string { throw .modified(resource, name) }
    var object = new
    carryOver(live, to: &object, resource, subresource: target.subresource)
    let sent = ManagedFields(of: new)
    var managed = sent.entries.isEmpty ? ManagedFields(of: live) : sent
    managed.noteUpdate(
      from: live.withoutManagedFields, to: object.withoutManagedFields, resource.schema, by: options.manager,
      apiVersion: target.apiVersion, subresource: target.subresource, time: keepsTime ? now : nil)
    object[path: "metadata", "managedFields"] = managed.entries.isEmpty ? nil : managed.tree
    return try settle(live, object, target, options, warnings: &warnings)
  }

  /// Checks the new state and stores it if it is one.
  mutating func settle(
    _ live: Tree, _ object: Tree, _ target: Target, _ options: WriteOptions, warnings: inout [String]
  ) throws(StatusError) -> Tree {
    let resource = target.resource
    var object = object
    object["apiVersion"] = live["apiVersion"]
    if target.subresource != "status" { try check(object, resource, live: live) }
    if target.subresource.isEmpty { warnings += self.warnings(for: object, resource) }
    // New times alone are no change.
    guard object.withoutTimesOfOwners != live.withoutTimesOfOwners else { return live }
    if options.isDryRun { return object }
    if object["metadata"]?["deletionTimestamp"] != nil, object.holds(resource).isEmpty {
      object[path: "metadata", "resourceVersion"] = live["metadata"]?["resourceVersion"]
      return drop(resource, target.key) ?? object
    }
    return commit(object, resource)
  }
}

extension StatusError {
  /// Named as another part of the server names it.
  func of(_ resource: Resource) -> StatusError {
    var error = self
    error.group = resource.group
    error.kind = resource.plural
    return error
  }
}

extension Tree {
  var withoutManagedFields: Tree {
    var tree = self
    tree[path: "metadata", "managedFields"] = nil
    return tree
  }

  fileprivate var withoutTimesOfOwners: Tree {
    guard let entries = self["metadata"]?["managedFields"]?.elements else { return self }
    var tree = self
    let timeless = entries.map { entry in
      var entry = entry
      entry["time"] = nil
      return entry
    }
    // Their order goes by time.
    tree[path: "metadata", "managedFields"] = .array(timeless.sorted { $0.description < $1.description })
    return tree
  }

  /// What an object that is being deleted still waits for.
  func holds(_ resource: Resource) -> [Tree] {
    let finalizers = self["metadata"]?["finalizers"]?.elements ?? []
    return resource.kind == "Namespace" ? finalizers + (self["spec"]?["finalizers"]?.elements ?? []) : finalizers
  }
}
