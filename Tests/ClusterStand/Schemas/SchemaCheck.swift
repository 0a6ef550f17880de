/// What is wrong with a value, told as the two decoders of an API server do.
struct SchemaCheck {
  struct Problem: Hashable {
    var path: String
    var problem: String
    var isUnknownField = false
    /// `string`, `number`, `bool`, `object` or `array` where another kind belongs; what belongs there.
    var found = ""
    var expected = ""
  }

  private(set) var problems: [Problem] = []

  /// As server-side apply finds them: paths like `.spec.containers[name="web"]`.
  init(applying value: Tree, _ schema: Schema) { check(value, schema, "") }

  private mutating func add(_ path: String, _ expected: String, found: Tree) {
    problems.append(
      Problem(
        path: path, problem: "expected \(expected), got \(Self.goText(found))", found: Self.kind(found),
        expected: expected))
  }

  private mutating func check(_ value: Tree, _ schema: Schema, _ path: String) {
    if value.isNull { return }
    switch schema {
    case .any: return
    case .scalar(let scalar): check(value, scalar, path)
    case .object(let type):
      guard case .object(let members) = value else { return add(path, "map", found: value) }
      for (key, inner) in members.sorted(by: { $0.key < $1.key }) {
        if let field = type.fields[key] {
          check(inner, field.schema, "\(path).\(key)")
        } else {
          problems.append(
            Problem(path: "\(path).\(key)", problem: "field not declared in schema", isUnknownField: true))
        }
      }
    case .map(let element, _):
      guard case .object(let members) = value else { return add(path, "map", found: value) }
      for (key, inner) in members.sorted(by: { $0.key < $1.key }) { check(inner, element, "\(path).\(key)") }
    case .list(let element, let kind):
      guard case .array(let elements) = value else { return add(path, "list", found: value) }
      check(elements, element, kind, path)
    }
  }

  private mutating func check(_ elements: [Tree], _ schema: Schema, _ kind: Schema.ListKind, _ path: String) {
    var seen: Set<String> = []
    var told: Set<String> = []
    for (index, element) in elements.enumerated() {
      if kind == .atomic {
        check(element, schema, "\(path)[\(index)]")
        continue
      }
      if case .map(let keys) = kind, let missing = keys.first(where: { element[$0.name] == nil && $0.standard == nil })
      {
        problems.append(
          Problem(
            path: path,
            problem: "element \(index): associative list with keys has an element that omits key field "
              + "\"\(missing.name)\" (and doesn't have default value)"))
        continue
      }
      guard let name = PathElement.of(element, in: kind) else { continue }
      let text = PathElement.text([name])
      if !seen.insert(name).inserted, told.insert(name).inserted {
        problems.append(Problem(path: path, problem: "duplicate entries for key \(text)"))
      }
      check(element, schema, path + text)
    }
  }

  private mutating func check(_ value: Tree, _ scalar: Schema.Scalar, _ path: String) {
    switch (scalar, value) {
    case (.string, .string), (.bytes, .string): return
    case (.integer, .number), (.number, .number): return
    case (.boolean, .bool): return
    // These have no one kind: any scalar passes here.
    case (.quantity, .string), (.quantity, .number), (.integerOrString, .string), (.integerOrString, .number),
      (.time, .string), (.microTime, .string):
      return
    case (.string, _), (.bytes, _): add(path, "string", found: value)
    case (.integer, _), (.number, _): add(path, "numeric (int or float)", found: value)
    case (.boolean, _): add(path, "boolean", found: value)
    default: add(path, "scalar", found: value)
    }
  }

  private static func kind(_ value: Tree) -> String {
    switch value {
    case .null: "null"
    case .bool: "bool"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  private static func goText(_ value: Tree) -> String {
    switch value {
    case .string: "string"
    case .array: "list"
    case .object: "map"
    default: "&value.valueUnstructured{Value:\(value)}"
    }
  }
}

extension SchemaCheck {
  /// The message of server-side apply; `nil` where nothing is wrong. An unknown field in one object hides what else is wrong there.
  var applyMessage: String? {
    guard let first = problems.first else { return nil }
    if problems.count == 1 { return "\(first.path): \(first.problem)" }
    return "errors:" + problems.map { "\n  \($0.path): \($0.problem)" }.joined()
  }

  /// The fields that no type has, without the leading dot.
  var unknownFields: [String] { problems.filter(\.isUnknownField).map { String($0.path.dropFirst()) } }
}
