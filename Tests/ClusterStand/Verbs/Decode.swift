import FleetModel

extension ClusterState {
  /// An object from the body of a POST or PUT, through its type.
  func decodeObject(
    _ request: StandRequest, _ target: Target, _ options: WriteOptions, warnings: inout [String]
  ) throws(StatusError) -> Tree {
    let resource = target.resource
    let isYAML = request.contentType.hasPrefix("application/yaml")
    guard isYAML || request.contentType.hasPrefix("application/json") || request.contentType.isEmpty else {
      throw StatusError(
        code: 415, reason: "UnsupportedMediaType",
        message: "the body of the request was in an unknown format - accepted media types include: "
          + "application/json, application/yaml, application/vnd.kubernetes.protobuf")
    }
    let tree: Tree
    if isYAML {
      do { tree = try DecodedBody.yaml(request.body).tree } catch {
        throw .badRequest("error decoding YAML: \(error.problem)")
      }
    } else {
      do { tree = Tree(try JSONParser.parse(request.body)) } catch {
        throw .badRequest(
          "the object provided is unrecognized (must be of type \(resource.kind)): couldn't get version/kind; json parse error: "
            + "\(error.problem)")
      }
    }
    try checkKind(tree, target)
    return try decode(tree, target, options, warnings: &warnings)
  }

  private func checkKind(_ tree: Tree, _ target: Target) throws(StatusError) {
    let kind = tree["kind"]?.string ?? ""
    let apiVersion = tree["apiVersion"]?.string ?? ""
    if kind.isEmpty || apiVersion.isEmpty {
      // A built-in object may leave both out.
      if !target.resource.isCustom, kind.isEmpty, apiVersion.isEmpty { return }
      throw .badRequest("Object 'Kind' or 'apiVersion' is missing in '\(tree)'")
    }
    guard kind == target.resource.kind, apiVersion == target.apiVersion else {
      throw .badRequest(
        "\(kind) in version \"\(apiVersion)\" cannot be handled as a \(target.resource.kind): "
          + "no kind \"\(kind)\" is registered for this path (\(target.apiVersion), Kind=\(target.resource.kind))")
    }
  }

  /// Checks a whole object against its type.
  func decode(
    _ tree: Tree, _ target: Target, _ options: WriteOptions, warnings: inout [String]
  ) throws(StatusError) -> Tree {
    let resource = target.resource
    let check = SchemaCheck(applying: tree, resource.schema)
    let wrong = check.problems.filter { !$0.isUnknownField && !$0.found.isEmpty }
    if let first = wrong.first {
      if resource.isCustom { throw Self.customTypeError(wrong, target, tree) }
      throw .badRequest(
        "\(resource.kind) in version \"\(target.version)\" cannot be handled as a \(resource.kind): json: cannot unmarshal "
          + "\(first.found) into Go struct field \(first.path.dropFirst()) of type \(Self.goType(first.expected))")
    }
    if let fault = Self.malformed(tree, resource.schema) {
      throw .badRequest(
        "\(resource.kind) in version \"\(target.version)\" cannot be handled as a \(resource.kind): \(fault)")
    }
    let unknown = check.unknownFields.map { "unknown field \"\($0)\"" }
    if !unknown.isEmpty {
      switch options.validation {
      case .ignore: break
      case .warn: warnings += unknown
      case .strict:
        throw .badRequest(
          "\(resource.kind) in version \"\(target.version)\" cannot be handled as a \(resource.kind): strict decoding error: "
            + unknown.joined(separator: ", "))
      }
    }
    var object = resource.schema.pruned(tree)
    object["apiVersion"] = .string(target.apiVersion)
    object["kind"] = .string(resource.kind)
    if resource.isCustom { object = object.withoutNulls }
    return filled(object, resource)
  }

  private static func goType(_ expected: String) -> String {
    switch expected {
    case "numeric (int or float)": "int32"
    case "boolean": "bool"
    default: expected
    }
  }

  static func customTypeError(_ wrong: [SchemaCheck.Problem], _ target: Target, _ tree: Tree) -> StatusError {
    let names = ["numeric (int or float)": "integer", "list": "array", "map": "object"]
    var causes = wrong.map { problem in
      let path = String(problem.path.dropFirst())
      return StatusError.Cause(
        reason: "FieldValueTypeInvalid",
        message: "Invalid value: \"\(problem.found)\": \(path) in body must be of type "
          + "\(names[problem.expected] ?? problem.expected): \"\(problem.found)\"", field: path)
    }
    causes.append(uncheckedRules)
    return .invalid(
      target.resource.kind, group: target.resource.group, tree["metadata"]?["name"]?.string ?? "", causes)
  }

  static let uncheckedRules = StatusError.Cause(
    reason: "FieldValueInvalid",
    message: "Invalid value: null: some validation rules were not checked because the object was invalid; "
      + "correct the existing errors to complete validation", field: "<nil>")

  /// The first text in an object that its type cannot read: a quantity, a time, base64.
  static func malformed(_ tree: Tree, _ schema: Schema) -> String? {
    switch (schema, tree) {
    case (.object(let type), .object(let members)):
      for (key, field) in type.fields {
        if let inner = members[key], let fault = malformed(inner, field.schema) { return fault }
      }
    case (.map(let inner, _), .object(let members)):
      for value in members.values { if let fault = malformed(value, inner) { return fault } }
    case (.list(let inner, _), .array(let elements)):
      for element in elements { if let fault = malformed(element, inner) { return fault } }
    case (.scalar(.quantity), .string(let text)) where Quantity(text) == nil:
      return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    case (.scalar(.bytes), .string(let text)) where Base64.decode(text) == nil:
      return "illegal base64 data at input byte 0"
    case (.scalar(.time), .string(let text)) where RFC3339.parse(text) == nil:
      return "parsing time \"\(text)\" as \"2006-01-02T15:04:05Z07:00\": cannot parse"
    case (.scalar(.microTime), .string(let text)):
      if text.wholeMatch(of: /.*T..:..:..\.\d{6}(Z|[-+]..:..)/) == nil || RFC3339.parse(text) == nil {
        let rest = text.dropFirst(19)
        return
          "parsing time \"\(text)\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"\(rest)\" as \".000000\""
      }
    case (.scalar(.integer), .number(let number)) where Int(exactly: number) == nil:
      return "json: cannot unmarshal number \(number) into Go struct field of type int32"
    default: break
    }
    return nil
  }
}

extension Tree {
  /// A custom resource that is POSTed loses its nulls.
  var withoutNulls: Tree {
    switch self {
    case .object(let members): .object(members.filter { !$0.value.isNull }.mapValues(\.withoutNulls))
    case .array(let elements): .array(elements.map(\.withoutNulls))
    default: self
    }
  }
}

extension Schema {
  /// Without the fields that no type has.
  func pruned(_ value: Tree) -> Tree {
    switch (self, value) {
    case (.object(let type), .object(let members)):
      var result: [String: Tree] = [:]
      for (key, inner) in members { if let field = type.fields[key] { result[key] = field.schema.pruned(inner) } }
      return .object(result)
    case (.map(let inner, _), .object(let members)): return .object(members.mapValues { inner.pruned($0) })
    case (.list(let inner, _), .array(let elements)): return .array(elements.map { inner.pruned($0) })
    default: return value
    }
  }
}
