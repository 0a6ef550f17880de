import FleetModel

/// A set of fields of an object as `managedFields` writes it, format FieldsV1
/// (<https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>): a tree of steps, `f:NAME` for a
/// field, `k:{…}` for an item by its keys, `v:…` for an item of a set, `i:N` by index; `.` is the thing itself.
struct FieldSet: Sendable, Hashable {
  struct Child: Sendable, Hashable {
    var step: FieldPath.Step
    var set: FieldSet
  }

  /// Whether the thing itself is in the set, and not only what is below it.
  var isMember: Bool
  var children: [Child]

  /// - Parameter json: the value of `fieldsV1`. `nil` for what is not of that format.
  init?(_ json: JSONValue) { self.init(json, depth: 0) }

  /// Depth is bounded by `JSONParser`, and here for values that are made in code.
  private init?(_ json: JSONValue, depth: Int) {
    guard case .object(let members) = json, depth <= JSONParser.maximumDepth else { return nil }
    isMember = members.isEmpty && depth > 0
    children = []
    for member in members {
      if member.key == "." {
        guard member.value == .object([]) else { return nil }
        isMember = true
        continue
      }
      guard let step = Self.step(member.key), let set = FieldSet(member.value, depth: depth + 1) else { return nil }
      children.append(Child(step: step, set: set))
    }
  }

  private static func step(_ key: String) -> FieldPath.Step? {
    let rest = String(key.dropFirst(2))
    switch key.prefix(2) {
    case "f:": return .field(rest)
    case "i:": return Int(rest).map { .index($0) }
    case "k:":
      guard let keys = try? JSONParser.parse(Array(rest.utf8)), !keys.members.isEmpty else { return nil }
      return .item(keys.members)
    case "v:": return (try? JSONParser.parse(Array(rest.utf8))).map { .value($0) }
    default: return nil
    }
  }

  /// What the set says of the field of that name.
  subscript(field name: String) -> FieldSet? {
    children.first { child in
      if case .field(let field) = child.step { ExactText.isSame(field, name) } else { false }
    }?.set
  }

  /// Whether the thing at the path is in the set, or is part of something that is there as a whole.
  func contains(_ steps: some Sequence<FieldPath.Step>) -> Bool {
    var set = self
    for step in steps {
      if set.isMember, set.children.isEmpty { return true }
      guard let next = set.children.first(where: { $0.step.isSame(as: step) })?.set else { return false }
      set = next
    }
    return set.isMember || !set.children.isEmpty
  }
}

extension FieldPath.Step {
  /// The same in all bytes; keys of an item in any order.
  func isSame(as other: FieldPath.Step) -> Bool {
    switch (self, other) {
    case (.field(let left), .field(let right)): ExactText.isSame(left, right)
    case (.item(let left), .item(let right)): ExactValue.isSame(.object(left), .object(right))
    case (.value(let left), .value(let right)): ExactValue.isSame(left, right)
    case (.index(let left), .index(let right)): left == right
    default: false
    }
  }
}
