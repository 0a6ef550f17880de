extension ClusterState {
  mutating func create(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let options = try WriteOptions(request, isApply: false, kind: "CreateOptions")
    var warnings: [String] = []
    var object = try decodeObject(request, target, options, warnings: &warnings)
    let resource = target.resource
    if let namespace = target.namespace {
      if let given = object["metadata"]?["namespace"]?.string, given != namespace {
        throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
      }
      object[path: "metadata", "namespace"] = .string(namespace)
    }
    if let given = object["metadata"]?["managedFields"], !given.isEmptyCollection {
      throw .notDone("creating an object with managedFields of its own")
    }
    if object["metadata"]?["resourceVersion"] != nil {
      throw .badRequest("resourceVersion should not be set on objects to be created")
    }
    object[path: "metadata", "managedFields"] = nil
    if (object["metadata"]?["name"]?.string ?? "").isEmpty, let prefix = object["metadata"]?["generateName"]?.string {
      object[path: "metadata", "name"] = .string(prefix + suffix())
    }
    try checkNamespace(resource, target.namespace, object["metadata"]?["name"]?.string ?? "")
    if resource.hasStatus { object["status"] = resource.isCustom ? nil : resource.nothing["status"] }
    var nothing = resource.nothing
    nothing["status"] = object["status"]
    var managed = ManagedFields(of: [:])
    managed.noteUpdate(
      from: nothing, to: object, resource.schema, by: options.manager, apiVersion: target.apiVersion, subresource: "",
      time: now)
    return .tree(
      201, shown(try place(object, managed, target, options, warnings: &warnings), target), warnings: warnings)
  }

  /// Brings a new object to life, checks it and stores it.
  mutating func place(
    _ object: Tree, _ managed: ManagedFields, _ target: Target, _ options: WriteOptions, warnings: inout [String]
  ) throws(StatusError) -> Tree {
    let resource = target.resource
    var object = object
    beginLife(&object, resource)
    object[path: "metadata", "managedFields"] = managed.entries.isEmpty ? nil : managed.tree
    try check(object, resource, live: nil)
    let name = object["metadata"]?["name"]?.string ?? ""
    let key = ObjectStore.Key(namespace: target.namespace ?? "", name: name)
    if let there = store.object(resource, key) {
      throw .alreadyExists(resource, name, isBeingDeleted: there["metadata"]?["deletionTimestamp"] != nil)
    }
    warnings += self.warnings(for: object, resource)
    if options.isDryRun { return object }
    object["apiVersion"] = .string(resource.apiVersion(resource.versions[0]))
    return commit(object, resource)
  }

  /// New objects need a namespace that is there to stay.
  func checkNamespace(_ resource: Resource, _ namespace: String?, _ name: String) throws(StatusError) {
    guard resource.isNamespaced, let namespace, let namespaces = table.resource(group: "", plural: "namespaces") else {
      return
    }
    guard let object = store.object(namespaces, ObjectStore.Key(namespace: "", name: namespace)) else {
      throw .notFound(namespaces, namespace)
    }
    guard object["metadata"]?["deletionTimestamp"] == nil else {
      throw .forbidden(
        resource, name, "unable to create new content in namespace \(namespace) because it is being terminated",
        causes: [
          .init(
            reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
            field: "metadata.namespace")
        ])
    }
  }
}
