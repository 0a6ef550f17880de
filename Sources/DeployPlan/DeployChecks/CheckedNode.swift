import FleetModel

/// A value of an object with the path that leads to it.
struct CheckedNode {
  let tree: YAMLTree
  /// Such as `spec.ports[0].name`.
  let path: String

  /// The value of `key`; `nil` where there is none, or a null.
  subscript(key: String) -> CheckedNode? {
    guard let value = tree[key], !value.isNull else { return nil }
    return CheckedNode(tree: value, path: Self.path(path, key))
  }

  var items: [CheckedNode] {
    tree.items.enumerated().map { CheckedNode(tree: $1, path: "\(path)[\($0)]") }
  }

  var entries: [(key: String, place: YAMLTree.Place, value: CheckedNode)] {
    tree.entries.map { ($0.key, $0.place, CheckedNode(tree: $0.value, path: Self.path(path, $0.key))) }
  }

  var string: String? { tree.string }
  var integer: Int64? { tree.integer }
  var isTrue: Bool { tree.isTrue }

  static func path(_ path: String, _ key: String) -> String {
    let isPlain = key.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 45
    }
    let step = isPlain && !key.isEmpty ? key : "[\"\(YAMLTree.shortened(key))\"]"
    return path.isEmpty || !isPlain ? path + step : "\(path).\(step)"
  }
}

/// What one object's checks find.
struct ObjectFindings {
  private(set) var manifest: Manifest
  private(set) var all: [CheckFinding] = []

  init(_ manifest: Manifest) { self.manifest = manifest }

  /// The object itself.
  var root: CheckedNode { CheckedNode(tree: manifest.tree, path: "") }

  /// From here on the object is looked at as `manifest` has it.
  mutating func replace(with manifest: Manifest) { self.manifest = manifest }

  /// - Parameters:
  ///   - mend: the rule's where it is `nil`.
  ///   - level: the rule's where it is `nil`.
  mutating func add(
    _ rule: CheckRule, at node: CheckedNode?, _ message: String, mend: String? = nil, level: Diagnostic.Level? = nil
  ) {
    var finding = CheckFinding(rule, in: manifest, at: node?.tree, path: node?.path ?? "", message: message, mend: mend)
    if let level { finding.diagnostic.level = level }
    all.append(finding)
  }

  /// At a key, where it is the key that is wrong.
  mutating func add(_ rule: CheckRule, key place: YAMLTree.Place, path: String, _ message: String, mend: String? = nil)
  {
    let key = YAMLTree(content: .scalar("", plain: true), place: place)
    all.append(CheckFinding(rule, in: manifest, at: key, path: path, message: message, mend: mend))
  }

  /// In the order of the lines; what stands in no file keeps the order of the checks.
  var sorted: [CheckFinding] {
    all.enumerated().sorted {
      let left = ($0.element.diagnostic.line ?? 0, $0.element.diagnostic.column ?? 0, $0.offset)
      let right = ($1.element.diagnostic.line ?? 0, $1.element.diagnostic.column ?? 0, $1.offset)
      return left < right
    }
    .map(\.element)
  }
}
