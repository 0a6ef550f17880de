public import FleetModel

/// Writes a ``YAMLTree`` as JSON (RFC 8259), keys in the order given, one way for each value.
///
/// Plain scalars mean what the core schema of YAML 1.2 says: numbers, `true`, `false`, `null`; anything else is a text.
public enum CanonicalJSON {
  /// With a line feed at its end, two spaces of indentation. O(bytes).
  public static func text(of tree: YAMLTree) -> String { json(of: tree).text }

  static func json(of tree: YAMLTree) -> JSONTree {
    switch tree.content {
    case .sequence(let items): return .array(items.map { json(of: $0) })
    case .mapping(let entries):
      return .object(entries.map { JSONTree.Member(name: $0.key, value: json(of: $0.value)) })
    case .scalar(let text, plain: false): return .string(text)
    case .scalar(let text, plain: true):
      if YAMLTree.isNull(text) { return .null }
      if YAMLTree.isBoolean(text) { return .boolean(text.utf8.first.map { $0 | 0x20 } == UInt8(ascii: "t")) }
      if let whole = YAMLNumber.integer(text) { return .integer(whole) }
      if let number = YAMLNumber.decimal(text) { return .number(number) }
      return .string(text)
    }
  }
}

extension Manifest {
  /// The object as a JSON document, as an API server takes it.
  public var json: JSONValue { JSONValue(CanonicalJSON.json(of: tree)) }
}

extension JSONValue {
  fileprivate init(_ tree: JSONTree) {
    self =
      switch tree {
      case .null: .null
      case .boolean(let value): .bool(value)
      case .integer(let value): .number(Double(value))
      case .number(let value): .number(value)
      case .string(let value): .string(value)
      case .array(let items): .array(items.map { JSONValue($0) })
      case .object(let members): .object(members.map { Member(key: $0.name, value: JSONValue($0.value)) })
      }
  }
}
