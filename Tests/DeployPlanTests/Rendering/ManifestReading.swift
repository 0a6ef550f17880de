import DeployPlan

/// A value of a manifest, for tests to walk through: what is not there has no items and no text.
struct ManifestValue {
  let tree: YAMLTree?

  var isAbsent: Bool { tree == nil }

  var text: String {
    if case .scalar(let text, _)? = tree?.content { return text }
    return ""
  }

  var list: [ManifestValue] {
    if case .sequence(let items)? = tree?.content { return items.map { ManifestValue(tree: $0) } }
    return []
  }

  /// The keys of a mapping, in order.
  var keys: [String] {
    if case .mapping(let entries)? = tree?.content { return entries.map(\.key) }
    return []
  }

  subscript(key: String) -> ManifestValue { ManifestValue(tree: tree?[key]) }
}

extension Manifest {
  var spec: ManifestValue { ManifestValue(tree: tree)["spec"] }

  func value(_ path: String...) -> ManifestValue { path.reduce(ManifestValue(tree: tree)) { $0[$1] } }
}
