import FleetModel

/// How one kind of value is written in a system file: read from YAML, described in the JSON Schema, written as a
/// default.
///
/// All three come from one declaration, so that decoder, schema and documented defaults cannot drift apart.
struct Shape<Value> {
  /// The JSON Schema (draft 2020-12) of the value.
  let schema: () -> JSONTree
  /// Reads a value; reports to the reader and gives `nil` where it cannot.
  let read: (YAMLTree, Reader, String) -> Value?
  /// The value as it would be written; `nil` where no default is to be shown.
  let write: (Value) -> JSONTree?

  init(
    schema: @escaping @autoclosure () -> JSONTree, read: @escaping (YAMLTree, Reader, String) -> Value?,
    write: @escaping (Value) -> JSONTree? = { _ in nil }
  ) {
    self.schema = schema
    self.read = read
    self.write = write
  }

  /// The same way of writing for another type of value.
  func mapped<Other>(_ forward: @escaping (Value) -> Other, back: @escaping (Other) -> Value?) -> Shape<Other> {
    Shape<Other>(
      schema: schema(), read: { tree, reader, path in read(tree, reader, path).map(forward) },
      write: { back($0).flatMap(write) })
  }
}

/// What a check finds wrong with a text: the end of a sentence that begins with the value, and how to mend it.
struct Flaw {
  let problem: String
  let mend: String?

  init(_ problem: String, mend: String? = nil) {
    self.problem = problem
    self.mend = mend
  }
}

/// One key of a mapping that is decoded into `Root`.
struct Field<Root> {
  let name: String
  let summary: String
  let isRequired: Bool
  /// Whether the schema and the documentation name it.
  let isPublished: Bool
  let schema: () -> JSONTree
  let defaultValue: (Root) -> JSONTree?
  let read: (YAMLTree, inout Root, Reader, String) -> Void

  /// A key whose default is what stands in a fresh `Root`.
  init<Value>(
    _ name: String, _ target: WritableKeyPath<Root, Value>, _ shape: Shape<Value>, required: Bool = false,
    _ summary: String
  ) {
    self.name = name
    self.summary = summary
    isRequired = required
    isPublished = true
    schema = shape.schema
    defaultValue = { root in required ? nil : shape.write(root[keyPath: target]) }
    read = { tree, root, reader, path in
      if let value = shape.read(tree, reader, path) { root[keyPath: target] = value }
    }
  }

  /// A key without a default.
  init<Value>(
    _ name: String, optional target: WritableKeyPath<Root, Value?>, _ shape: Shape<Value>, _ summary: String
  ) {
    self.name = name
    self.summary = summary
    isRequired = false
    isPublished = true
    schema = { Self.marked(shape.schema()) }
    defaultValue = { _ in nil }
    read = { tree, root, reader, path in
      if let value = shape.read(tree, reader, path) { root[keyPath: target] = value }
    }
  }

  /// Tells a mapping that may be absent from one that is there with the defaults of its keys.
  private static func marked(_ schema: JSONTree) -> JSONTree {
    guard schema["type"] == .string("object") || schema["$ref"] != nil else { return schema }
    return schema.adding([JSONTree.Member(name: "$comment", value: .string("absent unless given"))])
  }

  /// A key that is known elsewhere and means nothing here: its value is checked and left alone.
  init<Value>(unused name: String, _ shape: Shape<Value>) {
    self.name = name
    summary = ""
    isRequired = false
    isPublished = false
    schema = shape.schema
    defaultValue = { _ in nil }
    read = { tree, _, reader, path in _ = shape.read(tree, reader, path) }
  }

  fileprivate var isText: Bool {
    switch schema()["type"] {
    case .string("string"): true
    case .array(let types): types.contains(.string("boolean"))
    default: false
    }
  }

  fileprivate var takesEmptyText: Bool { schema()["minLength"] == nil }

  var described: JSONTree {
    schema().adding([JSONTree.Member(name: "description", value: .string(summary))])
  }
}

extension Shape {
  /// A mapping with known keys. Anything else than a mapping is reported and read as `blank`, so that lists keep their
  /// indices for later checks.
  ///
  /// - Parameters:
  ///   - ignoring: a prefix of keys that mean nothing and are let through (`x-`).
  ///   - nullIsAbsent: a key without a value is as good as none; otherwise it is reported.
  ///   - refused: what is said of keys that other programs know, by name.
  ///   - check: further checks of one value by itself; the path is that of the mapping.
  static func object(
    _ blank: @escaping @autoclosure () -> Value, _ fields: @escaping @autoclosure () -> [Field<Value>],
    ignoring: String? = nil, nullIsAbsent: Bool = false, refused: [String: Flaw] = [:],
    check: @escaping (inout Value, Reader, String) -> Void = { _, _, _ in }
  ) -> Shape<Value> {
    Shape(
      schema: objectSchema(blank(), fields(), ignoring: ignoring),
      read: { tree, reader, path in
        var value = blank()
        reader.note(path, at: tree.place)
        guard case .mapping(let entries) = tree.content else {
          reader.error(
            path, at: tree.place, "expected a mapping, found \(tree.kind)",
            mend: "give it keys such as \"\(fields().first?.name ?? "name")\"")
          return value
        }
        let fields = fields()
        var meant: Set<String> = []
        let given = entries.filter { entry in
          fields.first { $0.name == entry.key }.map { field in
            !isAbsent(entry.value, for: field, nullIsAbsent: nullIsAbsent, reader)
          } ?? true
        }
        for entry in given {
          if let field = fields.first(where: { $0.name == entry.key }) {
            read(entry, by: field, into: &value, reader, path)
          } else if let flaw = refused[entry.key] {
            reader.error(
              Path.key(entry.key, in: path), at: entry.place, "\"\(entry.key)\" \(flaw.problem)", mend: flaw.mend)
          } else if ignoring.map({ !entry.key.hasPrefix($0) }) ?? true {
            let known = fields.filter(\.isPublished).map(\.name)
            let nearest = KeyDistance.nearest(to: entry.key, among: known)
            if let nearest { meant.insert(nearest) }
            let mend =
              nearest.map { "did you mean \"\($0)\"?" } ?? "known here: \(known.sorted().joined(separator: ", "))"
            let message = "unknown key \"\(YAMLTree.shortened(entry.key))\""
            reader.error(path, at: entry.place, message, mend: mend, spoils: [])
          }
        }
        let missing = fields.filter { field in field.isRequired && !given.contains { $0.key == field.name } }
          .map(\.name)
        for name in missing { reader.spoil(Path.key(name, in: path)) }
        // A key that is misspelt is not missing too.
        let names = missing.filter { !meant.contains($0) }.map { "\"\($0)\"" }
        if !names.isEmpty {
          reader.error(
            path, at: tree.place,
            "lacks the required \(names.count == 1 ? "key" : "keys") \(names.joined(separator: ", "))", spoils: [])
        }
        check(&value, reader, path)
        return value
      },
      write: { _ in nil })
  }

  private static func isAbsent(
    _ value: YAMLTree, for field: Field<Value>, nullIsAbsent: Bool, _ reader: Reader
  ) -> Bool {
    if value.isNull { return nullIsAbsent || reader.dialect == .go }
    guard reader.dialect == .go, case .scalar("", _) = value.content else { return false }
    return field.isText && !field.takesEmptyText
  }

  private static func read(
    _ entry: YAMLTree.Entry, by field: Field<Value>, into value: inout Value, _ reader: Reader, _ path: String
  ) {
    let fieldPath = Path.key(entry.key, in: path)
    reader.note(fieldPath, at: entry.value.place)
    if entry.value.isNull {
      reader.error(fieldPath, at: entry.place, "has no value", mend: "give it one or remove the key")
    } else {
      field.read(entry.value, &value, reader, fieldPath)
    }
  }

  private static func objectSchema(_ blank: Value, _ fields: [Field<Value>], ignoring: String?) -> JSONTree {
    var members: [JSONTree.Member] = [JSONTree.Member(name: "type", value: .string("object"))]
    members.append(
      JSONTree.Member(
        name: "properties",
        value: .object(
          fields.filter(\.isPublished).map { field in
            var property = field.described
            if let value = field.defaultValue(blank) {
              property = property.adding([JSONTree.Member(name: "default", value: value)])
            }
            return JSONTree.Member(name: field.name, value: property)
          })))
    let required = fields.filter(\.isRequired).map(\.name)
    if !required.isEmpty { members.append(JSONTree.Member(name: "required", value: .strings(required))) }
    if let ignoring {
      members.append(
        JSONTree.Member(name: "patternProperties", value: .object(["^\(ignoring)": .boolean(true)])))
    }
    members.append(JSONTree.Member(name: "additionalProperties", value: .boolean(false)))
    return .object(members)
  }
}
