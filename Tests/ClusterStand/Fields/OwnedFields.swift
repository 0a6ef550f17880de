extension FieldSet {
  /// What whoever applies this value owns.
  init(applying value: Tree, _ schema: Schema) {
    collect(value, schema)
  }

  private mutating func collect(_ value: Tree, _ schema: Schema) {
    switch value {
    case .object(let members):
      for (key, inner) in members {
        let element = PathElement.field(key)
        let innerSchema = schema.member(key)
        if schema.isAtomic { continue }
        if innerSchema.owns(whole: inner) {
          self.members.insert(element)
        } else {
          var child = FieldSet()
          child.collect(inner, innerSchema)
          set(child, below: element)
          let isEmptyObject = if case .object(let members) = inner { members.isEmpty } else { false }
          if inner.isNull || isEmptyObject || !schema.hasField(key) { self.members.insert(element) }
        }
      }
    case .array(let elements):
      guard case .list(let innerSchema, let kind) = schema else { return }
      for inner in elements {
        guard let element = PathElement.of(inner, in: kind) else { continue }
        members.insert(element)
        if innerSchema.owns(whole: inner) { continue }
        var child = FieldSet()
        child.collect(inner, innerSchema)
        set(child, below: element)
      }
    default: break
    }
  }
}

extension Schema {
  /// Whether the owner of this value is one for the whole of it.
  func owns(whole value: Tree) -> Bool {
    switch value {
    case .null, .bool, .number, .string: true
    case .array: if case .list(_, let kind) = self { kind == .atomic } else { true }
    case .object: isAtomic
    }
  }
}

extension Tree {
  /// Without what the set has: whole values where a path is in it.
  func removing(_ set: FieldSet, _ schema: Schema) -> Tree {
    switch self {
    case .object(let members):
      if schema.isAtomic { return self }
      var result = members
      for element in set.members where element.hasPrefix("f:") { result[String(element.dropFirst(2))] = nil }
      for (element, child) in set.children where !set.members.contains(element) {
        let key = String(element.dropFirst(2))
        guard element.hasPrefix("f:"), let inner = members[key] else { continue }
        result[key] = inner.removing(child, schema.member(key))
      }
      return .object(result)
    case .array(let elements):
      guard case .list(let innerSchema, let kind) = schema, kind != .atomic else { return self }
      var result: [Tree] = []
      for inner in elements {
        guard let element = PathElement.of(inner, in: kind) else {
          result.append(inner)
          continue
        }
        if set.members.contains(element) { continue }
        result.append(set.children[element].map { inner.removing($0, innerSchema) } ?? inner)
      }
      return .array(result)
    default: return self
    }
  }
}
