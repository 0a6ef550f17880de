import FleetModel

/// The value of an environment variable: a text, or where Kubernetes finds it.
enum EnvironmentDeclaration {
  private struct Reference {
    var secret: String?
    var configMap: String?
    var key = ""
  }

  static var value: Shape<AgentSpec.EnvironmentVariable.Value> {
    let text = Shapes.looseText(emptyAllowed: true)
    let reference = reference
    return Shape(
      schema: .object(["anyOf": .array([text.schema(), reference.schema()])]),
      read: { tree, reader, path in
        switch tree.content {
        // The text itself is never shown: people keep secrets in environments.
        case .scalar(let value, _):
          guard !value.utf8.contains(0) else {
            reader.error(path, at: tree.place, "holds a NUL character", mend: "remove it")
            return nil
          }
          reader.note(secretAt: tree.place)
          return .text(value)
        case .sequence:
          reader.error(
            path, at: tree.place, "expected a text or a reference, found a list",
            mend: "write a text, {secret: NAME, key: KEY} or {config_map: NAME, key: KEY}")
          return nil
        case .mapping:
          guard let reference = reference.read(tree, reader, path) else { return nil }
          if let secret = reference.secret { return .secret(name: secret, key: reference.key) }
          return .configMap(name: reference.configMap ?? "", key: reference.key)
        }
      })
  }

  private static var reference: Shape<Reference> {
    typealias F = Field<Reference>
    return .object(
      Reference(),
      [
        F("secret", optional: \.secret, Shapes.text(check: NameRules.dnsSubdomain), "name of a Kubernetes Secret"),
        F(
          "config_map", optional: \.configMap, Shapes.text(check: NameRules.dnsSubdomain), "name of a ConfigMap"),
        F("key", \.key, Shapes.looseText(check: NameRules.dataKey), required: true, "the entry of it"),
      ],
      check: { _, reader, path in reader.requireOne(of: ["secret", "config_map"], in: path) })
  }
}
