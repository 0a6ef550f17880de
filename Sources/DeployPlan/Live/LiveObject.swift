public import FleetModel

/// An object as a cluster's API server gives it.
public struct LiveObject: Sendable, Hashable {
  /// The whole object; a list's items have `apiVersion` and `kind` put in, which the server leaves out.
  public var json: JSONValue

  public init(_ json: JSONValue) { self.json = json }

  public var apiVersion: String { json["apiVersion"]?.string ?? "" }
  public var kind: String { json["kind"]?.string ?? "" }
  public var metadata: JSONValue { json["metadata"] ?? .object([]) }
  public var name: String { metadata["name"]?.string ?? "" }
  /// Empty for what belongs to the cluster.
  public var namespace: String { metadata["namespace"]?.string ?? "" }
  public var uid: String { metadata["uid"]?.string ?? "" }
  public var resourceVersion: String { metadata["resourceVersion"]?.string ?? "" }
  public var generation: Int { metadata["generation"]?.integer ?? 0 }
  public var labels: [String: String] { metadata["labels"]?.texts ?? [:] }
  public var annotations: [String: String] { metadata["annotations"]?.texts ?? [:] }
  /// Whether it only waits for its finalizers.
  public var isBeingDeleted: Bool { metadata["deletionTimestamp"]?.string != nil }
  /// Whether something else made it and takes it away, as a Service its EndpointSlices.
  public var hasOwner: Bool { metadata["ownerReferences"]?.elements.isEmpty == false }

  /// Who owns which of its fields.
  public var managedFields: [JSONValue] { metadata["managedFields"]?.elements ?? [] }

  public var id: Manifest.ID {
    let version = apiVersion
    let group = version.firstIndex(of: "/").map { String(version[..<$0]) } ?? ""
    return Manifest.ID(group: group, kind: kind, namespace: namespace, name: name)
  }
}

extension JSONValue {
  /// An object's members that are strings.
  var texts: [String: String] {
    var texts: [String: String] = [:]
    for member in members { if let text = member.value.string { texts[member.key] = text } }
    return texts
  }
}
