/// OpenAPI v3 as far as a client needs it to know that the server checks fields by itself: paths and the parameters of their
/// PATCH, no schemas (<https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3>).
struct OpenAPI {
  var table: ResourceTable

  /// `nil` for a path that is none of these.
  func answer(_ segments: [String]) -> StandAnswer? {
    guard segments.starts(with: ["openapi", "v3"]) else { return nil }
    let path = segments.dropFirst(2)
    if path.isEmpty {
      var paths: Tree = [:]
      for place in places { paths[place] = ["serverRelativeURL": .string("/openapi/v3/\(place)?hash=0")] }
      // JSON that calls itself text, as the real one.
      let index: Tree = ["paths": paths]
      return .text(200, String(decoding: index.jsonBytes, as: UTF8.self))
    }
    let place = path.joined(separator: "/")
    guard places.contains(place) else { return nil }
    return .tree(200, document(of: place))
  }

  private var places: [String] {
    ["api/v1"] + table.groups.flatMap { group in table.versions(of: group).map { "apis/\(group)/\($0)" } }
  }

  private func document(of place: String) -> Tree {
    var paths: Tree = [:]
    for resource in table.all {
      for version in resource.versions {
        let root = resource.group.isEmpty ? "api/\(version)" : "apis/\(resource.group)/\(version)"
        guard root == place else { continue }
        let scope = resource.isNamespaced ? "namespaces/{namespace}/" : ""
        let kind: Tree = [
          "group": .string(resource.group), "version": .string(version), "kind": .string(resource.kind),
        ]
        let parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map { name -> Tree in
          [
            "name": .string(name), "in": "query",
            "schema": ["type": name == "force" ? "boolean" : "string", "uniqueItems": true],
          ]
        }
        paths["/\(root)/\(scope)\(resource.plural)/{name}"] = [
          "patch": [
            "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": kind,
            "parameters": .array(parameters), "responses": ["200": ["description": "OK"]],
          ]
        ]
      }
    }
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": "1.36"], "paths": paths,
      "components": ["schemas": [:]],
    ]
  }
}
