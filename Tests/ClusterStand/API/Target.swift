/// What the path of a request names.
struct Target: Sendable {
  var resource: Resource
  var version: String
  /// `nil` for all namespaces and for what belongs to the cluster.
  var namespace: String?
  /// `nil` for the collection.
  var name: String?
  var subresource = ""

  var apiVersion: String { resource.apiVersion(version) }

  var key: ObjectStore.Key { ObjectStore.Key(namespace: namespace ?? "", name: name ?? "") }

  /// `nil` where the path leads to no resource that is served.
  init?(_ segments: [String], _ table: ResourceTable) {
    var rest = segments[...]
    let group: String
    switch rest.popFirst() {
    case "api": group = ""
    case "apis":
      guard let name = rest.popFirst() else { return nil }
      group = name
    default: return nil
    }
    guard let version = rest.popFirst() else { return nil }
    self.version = version
    if rest.first == "namespaces", rest.count >= 3, !["status", "finalize"].contains(rest[rest.startIndex + 2]) {
      rest = rest.dropFirst()
      namespace = rest.popFirst()
    }
    guard let plural = rest.popFirst(), let resource = table.resource(group: group, plural: plural),
      resource.versions.contains(version), rest.count <= 2
    else { return nil }
    self.resource = resource
    name = rest.popFirst()
    subresource = rest.popFirst() ?? ""
    guard resource.isNamespaced ? name == nil || namespace != nil : namespace == nil else { return nil }
  }
}
