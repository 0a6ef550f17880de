/// Which fields of an object somebody owns: a tree of path elements as `FieldsV1` writes them.
///
/// `f:NAME` is a field or key, `k:{...}` an element of a list by its keys, `v:VALUE` one of a set
/// (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>).
struct FieldSet: Sendable, Hashable {
  /// The elements that are themselves in the set.
  var members: Set<String> = []
  /// What is in the set below an element. No child is empty.
  var children: [String: FieldSet] = [:]

  init() {}

  var isEmpty: Bool { members.isEmpty && children.isEmpty }

  mutating func insert(_ path: ArraySlice<String>) {
    guard let first = path.first else { return }
    if path.count == 1 { members.insert(first) } else { children[first, default: FieldSet()].insert(path.dropFirst()) }
  }

  func contains(_ path: ArraySlice<String>) -> Bool {
    guard let first = path.first else { return false }
    return path.count == 1 ? members.contains(first) : children[first]?.contains(path.dropFirst()) ?? false
  }

  mutating func set(_ child: FieldSet, below element: String) { children[element] = child.isEmpty ? nil : child }

  func union(_ other: FieldSet) -> FieldSet {
    var result = self
    result.members.formUnion(other.members)
    result.children.merge(other.children) { $0.union($1) }
    return result
  }

  /// Path by path: something below a path of `other` stays.
  func subtracting(_ other: FieldSet) -> FieldSet { combining(other, keepsChildrenOfOne: true) { $0.subtracting($1) } }

  func intersection(_ other: FieldSet) -> FieldSet {
    combining(other, keepsChildrenOfOne: false) { $0.intersection($1) }
  }

  private func combining(
    _ other: FieldSet, keepsChildrenOfOne: Bool, _ members: (Set<String>, Set<String>) -> Set<String>
  ) -> FieldSet {
    var result = FieldSet()
    result.members = members(self.members, other.members)
    for (element, child) in children {
      if let opposite = other.children[element] {
        result.set(
          child.combining(opposite, keepsChildrenOfOne: keepsChildrenOfOne, members), below: element)
      } else if keepsChildrenOfOne {
        result.children[element] = child
      }
    }
    return result
  }

  /// Without the paths of `other` and all that is below them.
  func subtractingWhole(_ other: FieldSet) -> FieldSet {
    var result = FieldSet()
    result.members = members.subtracting(other.members)
    for (element, child) in children where !other.members.contains(element) {
      result.set(other.children[element].map { child.subtractingWhole($0) } ?? child, below: element)
    }
    return result
  }

  /// Every path: those of the set itself before those further down.
  var paths: [[String]] {
    members.sorted().map { [$0] }
      + children.sorted { $0.key < $1.key }.flatMap { entry in entry.value.paths.map { [entry.key] + $0 } }
  }

  /// Fields of a type are in the set where anything below them is, so that nothing empty is left of them.
  func withNamedFields(of schema: Schema) -> FieldSet {
    var result = self
    for (element, child) in children {
      if element.hasPrefix("f:"), schema.hasField(String(element.dropFirst(2))) { result.members.insert(element) }
      result.children[element] = child.withNamedFields(of: schema.below(element))
    }
    return result
  }
}

extension FieldSet {
  /// Of `fieldsV1`.
  init(_ tree: Tree) {
    for (element, child) in tree.members where element != "." {
      let inner = FieldSet(child)
      if child.members.isEmpty || child.members["."] != nil { members.insert(element) }
      set(inner, below: element)
    }
  }

  /// As `fieldsV1`.
  var tree: Tree {
    var result: [String: Tree] = [:]
    for element in members where children[element] == nil { result[element] = [:] }
    for (element, child) in children {
      var inner = child.tree
      if members.contains(element) { inner["."] = [:] }
      result[element] = inner
    }
    return .object(result)
  }
}

extension Schema {
  /// What stands below a path element.
  func below(_ element: String) -> Schema {
    if element.hasPrefix("f:") { return member(String(element.dropFirst(2))) }
    if case .list(let inner, _) = self { return inner }
    return .any
  }
}
