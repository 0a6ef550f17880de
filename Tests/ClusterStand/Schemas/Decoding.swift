extension Schema {
  /// A value as the server stores it once it has been through the type: unknown fields, nothings and zeros that mean nothing are gone;
  /// what is always written and what stands for nothing is there.
  ///
  /// - Parameter isCustom: of a custom resource, which keeps what was sent except nulls where something stands for them.
  func decoded(_ value: Tree, isCustom: Bool = false) -> Tree {
    switch self {
    case .object(let type):
      guard case .object(let members) = value else { return value }
      var result: [String: Tree] = [:]
      for (key, field) in type.fields {
        let given = members[key].flatMap { $0.isNull ? nil : $0 }
        // The types that all kinds share are never those of a custom resource.
        let inner = isCustom && type.name != "ObjectMeta"
        if let given {
          let stored = field.schema.decoded(given, isCustom: inner)
          if inner || field.isAlways || field.keepsZero || !field.schema.isNothing(stored) {
            result[key] = stored
          }
        } else if let null = members[key], inner, field.standard == nil {
          result[key] = null
        }
        if result[key] == nil || (field.isAlways && result[key] == field.schema.zero), let standard = field.standard {
          result[key] = field.schema.decoded(standard, isCustom: inner)
        }
        if result[key] == nil, field.isAlways { result[key] = field.schema.decoded(field.schema.zero) }
      }
      return .object(result)
    case .map(let element, _):
      guard case .object(let members) = value else { return value }
      return .object(members.mapValues { element.decoded($0, isCustom: isCustom) })
    case .list(let element, _):
      guard case .array(let elements) = value else { return value }
      return .array(elements.map { element.decoded($0, isCustom: isCustom) })
    case .scalar(.quantity):
      if case .number(let number) = value {
        return .string(Quantity(Tree.number(number).description)?.description ?? "0")
      }
      return value.string.flatMap { Quantity($0) }.map { .string($0.description) } ?? value
    default: return value
    }
  }

  /// Whether a value goes unwritten where zeros are left out.
  private func isNothing(_ value: Tree) -> Bool {
    switch self {
    case .scalar:
      switch value {
      case .string(let text): text.isEmpty
      case .number(let number): number == 0
      case .bool(let bool): !bool
      default: value.isNull
      }
    case .map, .list, .any: value.isEmptyCollection
    case .object: false
    }
  }
}
