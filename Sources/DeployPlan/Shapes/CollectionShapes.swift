import FleetModel

extension Shapes {
  static func list<Element>(_ element: Shape<Element>, minimum: Int = 0) -> Shape<[Element]> {
    var schema: JSONTree { .object(["type": .string("array"), "items": element.schema()]) }
    return Shape(
      schema: minimum > 0 ? schema.adding([JSONTree.Member(name: "minItems", value: .integer(minimum))]) : schema,
      read: { tree, reader, path in
        guard case .sequence(let items) = tree.content else {
          reader.error(
            path, at: tree.place, "expected a list, found \(tree.kind)",
            mend: "begin each item with \"- \" on a line of its own")
          return nil
        }
        if items.count < minimum {
          reader.error(path, at: tree.place, "is an empty list", mend: "give it an item or remove the key")
          return nil
        }
        return items.enumerated().compactMap { index, item in
          let itemPath = Path.index(index, in: path)
          reader.note(itemPath, at: item.place)
          let value = element.read(item, reader, itemPath)
          // Later checks go by index: without this item they would look at the wrong ones.
          if value == nil { reader.spoil(path) }
          return value
        }
      },
      write: { values in
        if values.count < minimum { return nil }
        let written = values.map(element.write)
        return written.contains { $0 == nil } ? nil : .array(written.compactMap { $0 })
      })
  }

  /// One text or a list of texts.
  static func textOrList(_ element: Shape<String>) -> Shape<[String]> {
    let list = list(element)
    return Shape(
      schema: .object(["anyOf": .array([element.schema(), list.schema()])]),
      read: { tree, reader, path in
        if case .scalar = tree.content { return element.read(tree, reader, path).map { [$0] } }
        return list.read(tree, reader, path)
      },
      write: { list.write($0) })
  }

  /// A mapping from free keys, in the order of the file.
  ///
  /// - Parameter null: what a key without a value stands for; without it that is an error.
  static func entries<Value>(
    _ value: Shape<Value>, keyPattern: String? = nil, null: Value? = nil,
    key: @escaping (String) -> Flaw? = { _ in nil }
  ) -> Shape<[(key: String, value: Value)]> {
    var schema: JSONTree {
      let schema: JSONTree = .object(["type": .string("object"), "additionalProperties": value.schema()])
      guard let keyPattern else { return schema }
      return schema.adding([
        JSONTree.Member(name: "propertyNames", value: .object(["pattern": .string(keyPattern)]))
      ])
    }
    return Shape(
      schema: schema,
      read: { tree, reader, path in
        guard case .mapping(let entries) = tree.content else {
          reader.error(
            path, at: tree.place, "expected a mapping, found \(tree.kind)", mend: "write \"key: value\" on lines below")
          return nil
        }
        var values: [(key: String, value: Value)] = []
        for entry in entries {
          let entryPath = Path.key(entry.key, in: path)
          reader.note(entryPath, at: entry.value.place)
          if let flaw = key(entry.key) {
            reader.error(
              path, at: entry.place, "the key \"\(YAMLTree.shortened(entry.key))\" \(flaw.problem)", mend: flaw.mend,
              spoils: [entryPath])
          }
          if entry.value.isNull, let null {
            values.append((entry.key, null))
          } else if entry.value.isNull {
            reader.error(
              entryPath, at: entry.place, "has no value", mend: "write \"\" for an empty text, or remove the key")
          } else if let read = value.read(entry.value, reader, entryPath) {
            values.append((entry.key, read))
          }
        }
        return values
      },
      write: { $0.isEmpty ? .object([JSONTree.Member]()) : nil })
  }

  static func dictionary<Value>(
    _ value: Shape<Value>, keyPattern: String? = nil, null: Value? = nil,
    key: @escaping (String) -> Flaw? = { _ in nil }
  ) -> Shape<[String: Value]> {
    let entries = entries(value, keyPattern: keyPattern, null: null, key: key)
    return Shape(
      schema: entries.schema(),
      read: { tree, reader, path in
        entries.read(tree, reader, path).map { Dictionary($0.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }) }
      },
      write: { $0.isEmpty ? .object([JSONTree.Member]()) : nil })
  }

  /// A shape that the schema defines once, under `$defs`, so that it may hold itself.
  static func reference<Value>(_ name: String, _ shape: @escaping () -> Shape<Value>) -> Shape<Value> {
    Shape(
      schema: .object(["$ref": .string("#/$defs/\(name)")]),
      read: { tree, reader, path in shape().read(tree, reader, path) })
  }
}
