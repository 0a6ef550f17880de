/// A kind that the server stores.
struct Resource: Sendable {
  var group: String
  /// The preferred first.
  var versions: [String]
  var kind: String
  var plural: String
  var shortNames: [String] = []
  var categories: [String] = []
  var isNamespaced = true
  var isCustom = false
  var hasStatus = true
  var hasScale = false
  var hasGeneration = false
  var schema: Schema
  /// What a client of `kubectl get` sees, for custom resources.
  var columns: [Column] = []

  struct Column: Sendable {
    var name: String
    var path: [String]
  }

  var singular: String { kind.lowercased() }

  /// `deployments.apps`.
  var qualified: String { group.isEmpty ? plural : "\(plural).\(group)" }

  func apiVersion(_ version: String) -> String { group.isEmpty ? version : "\(group)/\(version)" }

  /// What a decoder makes of an object of which nothing is given.
  var nothing: Tree {
    guard !isCustom, case .object(let type) = schema else { return [:] }
    return .object(type.always)
  }

  static let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
}
