@testable import DeployPlan

/// Walks through a JSON Schema and through trees that follow it.
enum SchemaWalk {
  /// Each key of each object, once: keys of `$defs` under the name of the definition.
  static func properties(of root: JSONTree) -> [(path: String, schema: JSONTree)] {
    var found = walk(root, path: "")
    for definition in root["$defs"]?.members ?? [] { found += walk(definition.value, path: "#\(definition.name)") }
    return found
  }

  private static func walk(_ schema: JSONTree, path: String) -> [(path: String, schema: JSONTree)] {
    var found: [(path: String, schema: JSONTree)] = []
    for property in schema["properties"]?.members ?? [] {
      let inner = "\(path).\(property.name)"
      found.append((inner, property.value))
      found += walk(property.value, path: inner)
    }
    if let items = schema["items"] { found += walk(items, path: path + "[]") }
    if let values = schema["additionalProperties"], values != .boolean(false) {
      found += walk(values, path: path + "{}")
    }
    for choice in schema["anyOf"]?.items ?? [] { found += walk(choice, path: path) }
    return found
  }

  /// The schema behind a reference, with the path that its keys have.
  static func resolve(_ schema: JSONTree, _ path: String, _ root: JSONTree) -> (JSONTree, String) {
    guard case .string(let reference)? = schema["$ref"] else { return (schema, path) }
    let name = String(reference.dropFirst("#/$defs/".count))
    return (root["$defs"]?[name] ?? .null, "#\(name)")
  }

  static func keysUsed(in tree: YAMLTree, by root: JSONTree) -> Set<String> {
    var used: Set<String> = []
    visit(tree, root, "", root) { _, path, _ in used.insert(path) }
    return used
  }

  /// Calls `body` for each known key of each mapping below `tree`.
  private static func visit(
    _ tree: YAMLTree, _ schema: JSONTree, _ path: String, _ root: JSONTree,
    _ body: (YAMLTree, String, JSONTree) -> Void
  ) {
    let (schema, path) = resolve(schema, path, root)
    for choice in schema["anyOf"]?.items ?? [] { visit(tree, choice, path, root, body) }
    switch tree.content {
    case .scalar: return
    case .sequence(let items):
      guard let item = schema["items"] else { return }
      for element in items { visit(element, item, path + "[]", root, body) }
    case .mapping(let entries):
      for entry in entries {
        if let property = schema["properties"]?[entry.key] {
          body(entry.value, "\(path).\(entry.key)", property)
          visit(entry.value, property, "\(path).\(entry.key)", root, body)
        } else if let values = schema["additionalProperties"], values != .boolean(false) {
          visit(entry.value, values, path + "{}", root, body)
        }
      }
    }
  }

  /// Copies of `tree`, each with one mapping of fixed keys given a further key.
  static func mutants(of tree: YAMLTree, adding key: String, by root: JSONTree) -> [YAMLTree] {
    mutants(of: tree, adding: key, root, root)
  }

  private static func mutants(of tree: YAMLTree, adding key: String, _ schema: JSONTree, _ root: JSONTree) -> [YAMLTree]
  {
    let (schema, _) = resolve(schema, "", root)
    var found: [YAMLTree] = []
    for choice in schema["anyOf"]?.items ?? [] { found += mutants(of: tree, adding: key, choice, root) }
    switch tree.content {
    case .scalar: break
    case .sequence(let items):
      guard let item = schema["items"] else { break }
      for (index, element) in items.enumerated() {
        for mutant in mutants(of: element, adding: key, item, root) {
          var changed = items
          changed[index] = mutant
          found.append(YAMLTree(content: .sequence(changed), place: tree.place))
        }
      }
    case .mapping(let entries):
      if schema["additionalProperties"] == .boolean(false) {
        let value = YAMLTree(content: .scalar("1", plain: true), place: tree.place)
        let entry = YAMLTree.Entry(key: key, place: tree.place, value: value)
        found.append(YAMLTree(content: .mapping(entries + [entry]), place: tree.place))
      }
      for (index, entry) in entries.enumerated() {
        let values = schema["additionalProperties"].flatMap { $0 == .boolean(false) ? nil : $0 }
        guard let property = schema["properties"]?[entry.key] ?? values else { continue }
        for mutant in mutants(of: entry.value, adding: key, property, root) {
          var changed = entries
          changed[index].value = mutant
          found.append(YAMLTree(content: .mapping(changed), place: tree.place))
        }
      }
    }
    return found
  }

  /// `key: default` of an object and of those in it, in flow style.
  static func defaultsAsYAML(of schema: JSONTree, leavingOut left: Set<String>) -> String {
    (schema["properties"]?.members ?? []).filter { !left.contains($0.name) }.compactMap { property in
      if let value = property.value["default"] { return "\(property.name): \(value.text.dropLast())" }
      guard property.value["properties"] != nil, property.value["required"] == nil else { return nil }
      let inner = defaultsAsYAML(of: property.value, leavingOut: left)
      // An object without defaults of its own, or one that is absent unless it is given, stays out.
      return inner.isEmpty ? nil : "\(property.name): {\(inner)}"
    }.filter { !$0.hasPrefix("fault_injection") && !$0.hasPrefix("retry_policy") && !$0.hasPrefix("query_http") }
      .joined(separator: ", ")
  }
}

extension JSONTree {
  var members: [Member] {
    guard case .object(let members) = self else { return [] }
    return members
  }

  var items: [JSONTree] {
    guard case .array(let items) = self else { return [] }
    return items
  }
}
