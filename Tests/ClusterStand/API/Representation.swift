/// In which form a client asked for objects.
enum Representation: Sendable {
  case whole
  case partial
  case table(includesObject: String)
  case yaml

  /// - Throws: 406.
  init(accept: String, includeObject: String) throws(StatusError) {
    if accept.isEmpty {
      self = .whole
      return
    }
    for choice in accept.split(separator: ",") {
      let parts = choice.split(separator: ";").map { $0.trimmed }
      let settings = Set(parts.dropFirst())
      switch parts.first ?? "" {
      case "application/json" where settings.contains("as=Table"):
        guard settings.contains("v=v1") else { continue }
        self = .table(includesObject: includeObject)
        return
      case "application/json"
      where settings.contains("as=PartialObjectMetadata") || settings.contains("as=PartialObjectMetadataList"):
        self = .partial
        return
      case "application/json", "*/*", "application/*":
        if settings.contains(where: { $0.hasPrefix("as=") }) { continue }
        self = .whole
        return
      case "application/yaml":
        self = .yaml
        return
      default: continue
      }
    }
    throw StatusError(
      code: 406, reason: "NotAcceptable",
      message: "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
        + "application/vnd.kubernetes.protobuf\n", hasEmptyDetails: true)
  }
}

extension Substring {
  fileprivate var trimmed: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}

extension ClusterState {
  /// As it is shown under the version of the path.
  func shown(_ object: Tree, _ target: Target) -> Tree {
    guard object["apiVersion"] != .string(target.apiVersion) else { return object }
    var object = object
    object["apiVersion"] = .string(target.apiVersion)
    return object
  }

  static func partial(_ object: Tree) -> Tree {
    [
      "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:],
    ]
  }
}
