import FleetModel

/// Walks a merged file and its schema side by side: the schema knows the keys and their defaults, the merge knows what
/// came from where.
struct Explanation {
  let merged: YAMLTree
  let merge: OverlayMerge
  let reader: Reader
  /// `nil` where the file has mistakes: then only the keys' own defaults are known.
  let system: FleetSystem?

  private static let schema = SystemSchema.tree

  /// Where the walk stands.
  private struct Position {
    var schema: JSONTree
    var tree: YAMLTree?
    var path = ""
    var name = ""
  }

  func values(at path: DocumentPath) throws(Diagnostic) -> [ExplainedValue] {
    var position = Position(schema: Self.schema, tree: merged)
    for step in path.steps { position = try child(step, of: position) }
    var found: [ExplainedValue] = []
    expand(position, isAsked: true, into: &found)
    return found
  }

  // MARK: - The way there

  private func child(_ step: DocumentPath.Step, of position: Position) throws(Diagnostic) -> Position {
    switch step {
    case .key(let key):
      if let child = self.child(key: key, of: position) { return child }
      let known = Self.alternatives(position.schema).flatMap { Self.members($0["properties"]) }.map(\.name)
      let mend: String
      if let near = KeyDistance.nearest(to: key, among: known) {
        mend = "did you mean \"\(near)\"?"
      } else if known.isEmpty {
        mend = "what stands there is \(position.tree?.kind ?? "not set")"
      } else {
        mend = "known are \(known.joined(separator: ", "))"
      }
      throw Diagnostic(
        message: "\(position.name.isEmpty ? "the file" : position.name) has no key \"\(YAMLTree.shortened(key))\"",
        mend: mend)
    case .index(let index):
      let items = position.tree?.items ?? []
      guard items.indices.contains(index) else {
        throw Diagnostic(message: "\(position.name) has no item \(index)", mend: "it has \(items.count)")
      }
      return item(index, of: position)
    case .name(let name):
      let items = position.tree?.items ?? []
      let fitting = items.indices.filter { Self.name(of: items[$0]) == name }
      guard let index = fitting.first else {
        let names = items.compactMap(Self.name)
        throw Diagnostic(
          message: "\(position.name) has no item called \"\(YAMLTree.shortened(name))\"",
          mend: KeyDistance.nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
            ?? (names.isEmpty ? "give a number from 0" : "known are \(names.joined(separator: ", "))"))
      }
      if fitting.count > 1 {
        throw Diagnostic(
          message: "\(fitting.count) items of \(position.name) are called \"\(YAMLTree.shortened(name))\"",
          mend: "give the number of one: \(fitting.map(String.init).joined(separator: ", "))")
      }
      return item(index, of: position)
    }
  }

  private func child(key: String, of position: Position) -> Position? {
    let value = position.tree?[key]
    for schema in Self.alternatives(position.schema) {
      var found = schema["properties"]?[key]
      if found == nil, let values = schema["additionalProperties"], values != .boolean(false), value != nil {
        found = values
      }
      if let found {
        return Position(
          schema: found, tree: value, path: Path.key(key, in: position.path), name: Path.key(key, in: position.name))
      }
    }
    return nil
  }

  private func item(_ index: Int, of position: Position) -> Position {
    let item = position.tree?.items[index]
    let schema = Self.alternatives(position.schema).compactMap { $0["items"] }.first
    let name = item.flatMap(Self.name).map { "[\($0)]" } ?? "[\(index)]"
    return Position(
      schema: schema ?? .object([]), tree: item, path: Path.index(index, in: position.path), name: position.name + name)
  }

  /// What a thing in a list is called.
  private static func name(of item: YAMLTree) -> String? {
    for key in ["agent_id", "name", "record", "rule", "model", "receiver", "url"] {
      if let name = item[key]?.text, !name.contains("]") { return name }
    }
    return nil
  }

  private static func members(_ object: JSONTree?) -> [JSONTree.Member] {
    if case .object(let members)? = object { return members }
    return []
  }

  /// A schema's own forms: itself, what it refers to, each of its choices.
  private static func alternatives(_ schema: JSONTree) -> [JSONTree] {
    var schema = schema
    if case .string(let reference)? = schema["$ref"] {
      schema = self.schema["$defs"]?[String(reference.dropFirst("#/$defs/".count))] ?? .object([])
    }
    guard case .array(let choices)? = schema["anyOf"] else { return [schema] }
    return choices
  }

  // MARK: - What stands there

  private func expand(_ position: Position, isAsked: Bool, into found: inout [ExplainedValue]) {
    guard let tree = position.tree else {
      expandAbsent(position, isAsked: isAsked, into: &found)
      return
    }
    switch tree.content {
    case .mapping(let entries) where !entries.isEmpty:
      let keys = Self.alternatives(position.schema).flatMap { Self.members($0["properties"]) }.map(\.name)
      let others = entries.map(\.key).filter { !keys.contains($0) }
      for key in keys + others where key != "environments" {
        if let child = child(key: key, of: position) { expand(child, isAsked: false, into: &found) }
      }
    case .sequence(let items) where items.contains { $0.text == nil }:
      for index in items.indices { expand(item(index, of: position), isAsked: false, into: &found) }
    default: found.append(value(position, shown(tree), origin(of: tree, at: position.path)))
    }
  }

  private func expandAbsent(_ position: Position, isAsked: Bool, into found: inout [ExplainedValue]) {
    if let (text, because) = derived(position.path) {
      found.append(value(position, text, .standard(because: because)))
      return
    }
    if let fallback = position.schema["default"] {
      found.append(value(position, Self.text(of: fallback), .standard(because: nil)))
      return
    }
    let isOptional = position.schema["$comment"] != nil
    let keys = Self.alternatives(position.schema).flatMap { Self.members($0["properties"]) }.map(\.name)
    if !isOptional, !keys.isEmpty {
      for key in keys {
        if let child = child(key: key, of: position) { expand(child, isAsked: false, into: &found) }
      }
    } else if isAsked || merge.removed[position.path] != nil {
      found.append(value(position, nil, .notSet))
    }
  }

  private func value(_ position: Position, _ text: String?, _ origin: ExplainedValue.Origin) -> ExplainedValue {
    var meaning = ""
    if case .string(let text)? = position.schema["description"] { meaning = text }
    var value = ExplainedValue(
      path: position.path, name: position.name, value: text, origin: origin, meaning: meaning)
    if let removed = merge.removed[position.path], let before = removed.replaced {
      value.takenAway = ExplainedValue.TakenAway(
        place: ExplainedValue.Place(removed.place), replaced: replaced(before))
    }
    return value
  }

  private func origin(of tree: YAMLTree, at path: String) -> ExplainedValue.Origin {
    // The nearest value around it that the overlay put there.
    var here = path
    var below: [DocumentPath.Step] = []
    while true {
      if let origin = merge.origins[here] {
        var before = origin.replaced
        for step in below {
          switch step {
          case .key(let key): before = before?[key]
          case .index(let index):
            before = before.flatMap { $0.items.indices.contains(index) ? $0.items[index] : nil }
          case .name: before = nil
          }
        }
        return .overlay(ExplainedValue.Place(tree.place), replacing: before.map(replaced))
      }
      guard let (parent, step) = Path.parent(of: here) else { return .file(ExplainedValue.Place(tree.place)) }
      here = parent
      below.insert(step, at: 0)
    }
  }

  private func replaced(_ tree: YAMLTree) -> ExplainedValue.Replaced {
    ExplainedValue.Replaced(value: shown(tree), place: ExplainedValue.Place(tree.place))
  }

  // MARK: - How it is shown

  private func shown(_ tree: YAMLTree) -> String {
    switch tree.content {
    case .scalar(let text, let plain):
      if reader.secretPlaces.contains(tree.place) || reader.secretTexts.contains(text) { return "<secret>" }
      let shown = text.contains("://") ? WebAddress.shown(text) : text
      return plain ? shown : String(JSONTree.string(shown).text.dropLast())
    case .sequence(let items): return "[" + items.map(shown).joined(separator: ", ") + "]"
    case .mapping(let entries):
      return "{" + entries.map { "\($0.key): \(shown($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  private static func text(of value: JSONTree) -> String {
    if case .string(let text) = value { return text.isEmpty ? "\"\"" : text }
    return value.text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
  }
}
