extension ClusterState {
  /// Server-side apply: schema, then conflicts, then the rules.
  mutating func apply(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let options = try WriteOptions(request, isApply: true, kind: "PatchOptions")
    guard target.subresource.isEmpty || (target.subresource == "status" && target.resource.hasStatus) else {
      throw .notDone("apply to the subresource \(target.subresource)")
    }
    let resource = target.resource
    var warnings: [String] = []
    var configuration = try decodeConfiguration(request, target, options)
    let live = store.object(resource, target.key)
    try checkConfiguration(configuration, target, live)
    let identity =
      "(\(target.namespace.map { $0 + "/" } ?? "/")\(target.name ?? ""); \(target.apiVersion), Kind=\(resource.kind))"
    if let message = SchemaCheck(applying: configuration, resource.schema).applyMessage {
      throw .withoutReason("failed to create typed patch object \(identity): \(message)")
    }
    let uid = configuration["metadata"]?["uid"]?.string
    let version = configuration["metadata"]?["resourceVersion"]?.string
    if target.subresource.isEmpty, resource.hasStatus { configuration["status"] = nil }
    let merged = try merge(configuration, live, target, options)
    if let fault = Self.malformed(merged.object, resource.schema) {
      throw .withoutReason(
        "failed to convert new object \(identity) to proper version: unable to convert unstructured object to "
          + "\(target.apiVersion), Kind=\(resource.kind): \(fault)")
    }
    if resource.isCustom {
      let nulls = Self.nulls(in: merged.object["spec"] ?? [:], resource.schema.member("spec"), "spec")
      if !nulls.isEmpty { throw Self.customTypeError(nulls, target, merged.object) }
    }
    var object = filled(merged.object, resource)
    guard let live else {
      guard target.subresource.isEmpty else { throw .notFound(resource, target.name ?? "") }
      if let uid {
        throw .conflict(
          resource, target.name ?? "",
          "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
      }
      try checkNamespace(resource, target.namespace, target.name ?? "")
      let placed = try place(object, merged.managed, target, options, warnings: &warnings)
      return .tree(201, shown(placed, target), warnings: warnings)
    }
    if let version, version != live["metadata"]?["resourceVersion"]?.string {
      throw .modified(resource, target.name ?? "")
    }
    carryOver(live, to: &object, resource, subresource: target.subresource)
    if let uid, uid != live["metadata"]?["uid"]?.string {
      let cause = StatusError.Cause(
        reason: "FieldValueInvalid", message: "Invalid value: \"\(uid)\": field is immutable", field: "metadata.uid")
      throw .invalid(resource.kind, group: resource.group, target.name ?? "", [cause, cause]).toldOnce
    }
    object[path: "metadata", "managedFields"] = merged.managed.entries.isEmpty ? nil : merged.managed.tree
    let settled = try settle(live, object, target, options, warnings: &warnings)
    return .tree(200, shown(settled, target), warnings: warnings)
  }

  private func decodeConfiguration(
    _ request: StandRequest, _ target: Target, _ options: WriteOptions
  ) throws(StatusError) -> Tree {
    do { return try DecodedBody.yaml(request.body).tree } catch {
      guard error.isDuplicate else {
        throw .badRequest("error decoding YAML: error converting YAML to JSON: \(error.problem)")
      }
      guard options.validation == .strict else {
        throw .notDone("apply of YAML with a key written twice, unless strict")
      }
      throw .badRequest("error strict decoding YAML: error converting YAML to JSON: \(error.problem)")
    }
  }

  private func checkConfiguration(_ configuration: Tree, _ target: Target, _ live: Tree?) throws(StatusError) {
    let kind = configuration["kind"]?.string ?? ""
    let apiVersion = configuration["apiVersion"]?.string ?? ""
    guard !kind.isEmpty, !apiVersion.isEmpty else {
      throw .badRequest("Object 'Kind' or 'apiVersion' is missing in '\(configuration)'")
    }
    if configuration["metadata"]?["managedFields"].map({ !$0.isEmptyCollection }) == true {
      throw .badRequest("metadata.managedFields must be nil")
    }
    guard kind == target.resource.kind, apiVersion == target.apiVersion else {
      throw .badRequest("invalid object type: \(apiVersion), Kind=\(kind)")
    }
    let name = configuration["metadata"]?["name"]?.string ?? ""
    if !name.isEmpty || live == nil { try checkIdentity(configuration, target) }
    if let namespace = configuration["metadata"]?["namespace"]?.string, namespace != target.namespace ?? "" {
      throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
    }
  }

  private func merge(
    _ configuration: Tree, _ live: Tree?, _ target: Target, _ options: WriteOptions
  ) throws(StatusError) -> ServerSideApply {
    var configuration = configuration
    // What the server writes itself: a guard at most.
    for key in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
      configuration[path: "metadata", key] = nil
    }
    if let namespace = target.namespace { configuration[path: "metadata", "namespace"] = .string(namespace) }
    do {
      var base = live?.withoutManagedFields
      base?["apiVersion"] = .string(target.apiVersion)
      return try ServerSideApply(
        configuration, to: base, ManagedFields(of: live ?? [:]), target.resource.schema, manager: options.manager,
        apiVersion: target.apiVersion, subresource: target.subresource, isForced: options.isForced, time: now)
    } catch {
      throw Self.refusal(error.all)
    }
  }

  private static func refusal(_ conflicts: [ServerSideApply.Conflict]) -> StatusError {
    let causes = conflicts.map { conflict in
      StatusError.Cause(
        reason: "FieldManagerConflict", message: "conflict with \(conflict.owner)",
        field: PathElement.text(conflict.path))
    }
    if conflicts.count == 1 {
      return StatusError(
        code: 409, reason: "Conflict",
        message: "Apply failed with 1 conflict: \(causes[0].message): \(causes[0].field)", causes: causes)
    }
    let owners = conflicts.map(\.owner).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let lines = owners.flatMap { owner in
      ["conflicts with \(owner):"]
        + conflicts.filter { $0.owner == owner }.map { "- \(PathElement.text($0.path))" }
    }
    let message = "Apply failed with \(conflicts.count) conflicts: " + lines.joined(separator: "\n")
    return StatusError(code: 409, reason: "Conflict", message: message, causes: causes)
  }

  /// Nulls of a custom resource that no standard stands for.
  private static func nulls(in tree: Tree, _ schema: Schema, _ path: String) -> [SchemaCheck.Problem] {
    switch (schema, tree) {
    case (.object(let type), .object(let members)):
      return members.sorted { $0.key < $1.key }.flatMap { key, inner -> [SchemaCheck.Problem] in
        guard let field = type.fields[key] else { return [] }
        guard inner.isNull else { return nulls(in: inner, field.schema, "\(path).\(key)") }
        if field.standard != nil { return [] }
        return [.init(path: ".\(path).\(key)", problem: "null", found: "null", expected: field.schema.word)]
      }
    case (.map(let element, _), .object(let members)):
      return members.sorted { $0.key < $1.key }.flatMap { nulls(in: $0.value, element, "\(path).\($0.key)") }
    case (.list(let element, _), .array(let elements)):
      return elements.enumerated().flatMap { nulls(in: $0.element, element, "\(path)[\($0.offset)]") }
    default: return []
    }
  }
}

extension StatusError {
  /// The same cause twice is said once in the message.
  fileprivate var toldOnce: StatusError {
    guard let cause = causes.first else { return self }
    var error = StatusError.invalid(kind, group: group, name, [cause])
    error.causes = causes
    return error
  }
}

extension Schema {
  /// As a custom resource's schema names the kind of value.
  var word: String {
    switch self {
    case .scalar(.integer): "integer"
    case .scalar(.number): "number"
    case .scalar(.boolean): "boolean"
    case .scalar: "string"
    case .object, .map: "object"
    case .list: "array"
    case .any: "any"
    }
  }
}
