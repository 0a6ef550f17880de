@testable import DeployPlan

/// As much of JSON Schema 2020-12 as the published schema uses; an unknown keyword is a problem.
struct SchemaValidation {
  let root: JSONTree

  init(_ root: JSONTree) { self.root = root }

  private static let annotations: Set<String> = [
    "$schema", "$comment", "$defs", "title", "description", "default", "properties", "patternProperties",
  ]

  func problems(in tree: YAMLTree) -> [String] { problems(in: tree, of: root, at: "") }

  func problems(in tree: YAMLTree, of schema: JSONTree) -> [String] { problems(in: tree, of: schema, at: "") }

  private func problems(in tree: YAMLTree, of schema: JSONTree, at path: String) -> [String] {
    if schema == .boolean(true) { return [] }
    var found: [String] = []
    for member in schema.members where !Self.annotations.contains(member.name) {
      switch (member.name, member.value) {
      case ("$ref", _): found += problems(in: tree, of: SchemaWalk.resolve(schema, "", root).0, at: path)
      case ("type", let value): if !isOf(type: value, tree) { found.append("\(path): not of type \(value.text)") }
      case ("enum", .array(let choices)):
        if !choices.contains(where: { equals($0, tree) }) { found.append("\(path): not in enum") }
      case ("const", let value): if !equals(value, tree) { found.append("\(path): not the constant") }
      case ("anyOf", .array(let choices)):
        if !choices.contains(where: { problems(in: tree, of: $0, at: path).isEmpty }) {
          found.append("\(path): fits none")
        }
      case ("items", let item):
        guard case .sequence(let elements) = tree.content else { continue }
        for (index, element) in elements.enumerated() {
          found += problems(in: element, of: item, at: "\(path)[\(index)]")
        }
      case ("required", .array(let names)):
        guard case .mapping = tree.content else { continue }
        for case .string(let name) in names where tree[name] == nil { found.append("\(path): lacks \(name)") }
      case ("additionalProperties", _), ("propertyNames", _): found += members(of: tree, schema, at: path)
      case ("minItems", .integer(let count)):
        if case .sequence(let elements) = tree.content, elements.count < count { found.append("\(path): too short") }
      case ("minLength", .integer(let count)):
        if let text = text(of: tree), text.count < count { found.append("\(path): too short") }
      case ("maxLength", .integer(let count)):
        if let text = text(of: tree), text.count > count { found.append("\(path): too long") }
      case ("pattern", .string(let pattern)):
        if let text = text(of: tree), !fits(text, pattern) { found.append("\(path): \(text) does not fit \(pattern)") }
      case ("minimum", let bound):
        if let value = number(of: tree), value < number(bound) { found.append("\(path): too small") }
      case ("maximum", let bound):
        if let value = number(of: tree), value > number(bound) { found.append("\(path): too large") }
      default: found.append("\(path): unknown keyword \(member.name)")
      }
    }
    return found
  }

  private func members(of tree: YAMLTree, _ schema: JSONTree, at path: String) -> [String] {
    guard case .mapping(let entries) = tree.content else { return [] }
    return entries.flatMap { entry -> [String] in
      let inner = "\(path).\(entry.key)"
      if case .string(let pattern)? = schema["propertyNames"]?["pattern"], !fits(entry.key, pattern) {
        return ["\(inner): name does not fit \(pattern)"]
      }
      if let property = schema["properties"]?[entry.key] { return problems(in: entry.value, of: property, at: inner) }
      for pattern in schema["patternProperties"]?.members ?? [] where fits(entry.key, pattern.name) { return [] }
      guard let values = schema["additionalProperties"], values != .boolean(false) else { return ["\(inner): unknown"] }
      return problems(in: entry.value, of: values, at: inner)
    }
  }

  private func fits(_ text: String, _ pattern: String) -> Bool {
    guard let expression = try? Regex(pattern) else { return false }
    return text.contains(expression)
  }

  private func isOf(type: JSONTree, _ tree: YAMLTree) -> Bool {
    if case .array(let types) = type { return types.contains { isOf(type: $0, tree) } }
    switch (type, tree.content) {
    case (.string("object"), .mapping), (.string("array"), .sequence): return true
    case (.string("string"), .scalar): return text(of: tree) != nil
    case (.string("number"), .scalar): return number(of: tree) != nil
    case (.string("integer"), .scalar): return number(of: tree).map { $0 == $0.rounded() } ?? false
    case (.string("boolean"), .scalar(let text, plain: true)): return YAMLTree.isBoolean(text)
    default: return false
    }
  }

  private func text(of tree: YAMLTree) -> String? {
    guard case .scalar(let text, let plain) = tree.content else { return nil }
    return plain && (YAMLTree.isBoolean(text) || YAMLTree.isNull(text) || YAMLNumber.decimal(text) != nil) ? nil : text
  }

  private func number(of tree: YAMLTree) -> Double? {
    guard case .scalar(let text, plain: true) = tree.content else { return nil }
    return YAMLNumber.decimal(text)
  }

  private func number(_ value: JSONTree) -> Double {
    switch value {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: .nan
    }
  }

  private func equals(_ value: JSONTree, _ tree: YAMLTree) -> Bool {
    guard case .string(let expected) = value, case .scalar(let text, _) = tree.content else { return false }
    return expected == text
  }
}
