extension ClusterState {
  /// The rules that a state of an object has to keep, beside its schema: names, required fields, limits, what may not change.
  ///
  /// - Throws: 422 with every cause.
  func check(_ object: Tree, _ resource: Resource, live: Tree?) throws(StatusError) {
    var rules = ObjectRules(object, resource, live: live)
    rules.check()
    guard !rules.causes.isEmpty else { return }
    throw .invalid(resource.kind, group: resource.group, object["metadata"]?["name"]?.string ?? "", rules.causes)
  }

  /// What the server says in a Warning header.
  func warnings(for object: Tree, _ resource: Resource) -> [String] { [] }
}
