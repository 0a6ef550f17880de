import FleetModel

extension ClusterState {
  mutating func patch(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let type = request.contentType.split(separator: ";").first.map(String.init) ?? ""
    let resource = target.resource
    switch type {
    case "application/apply-patch+yaml": return try apply(request, target)
    case "application/merge-patch+json", "application/json-patch+json", "application/strategic-merge-patch+json": break
    case "application/apply-patch+cbor": throw .notDone("CBOR")
    default:
      throw StatusError(
        code: 415, reason: "UnsupportedMediaType", message: "415: Unsupported Media Type", hasEmptyDetails: true)
    }
    let options = try WriteOptions(request, isApply: false, kind: "PatchOptions")
    if resource.isCustom, type == "application/strategic-merge-patch+json" {
      throw StatusError(
        code: 415, reason: "UnsupportedMediaType",
        message: "the body of the request was in an unknown format - accepted media types include: "
          + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
    }
    let patch: Tree
    do { patch = Tree(try JSONParser.parse(request.body)) } catch {
      throw .badRequest("error decoding patch: \(error.problem)")
    }
    guard let live = store.object(resource, target.key) else { throw .notFound(resource, target.name ?? "") }
    let base = target.subresource == "scale" ? scale(of: live) : shown(live, target)
    let patched: Tree
    switch type {
    case "application/json-patch+json": patched = try JSONPatch.apply(patch, to: base)
    case "application/merge-patch+json": patched = base.mergePatched(with: patch)
    default: patched = base.strategicallyPatched(with: patch, resource.schema)
    }
    if target.subresource == "scale" {
      var scale = patched
      if patch["metadata"]?["resourceVersion"] == nil { scale[path: "metadata", "resourceVersion"] = nil }
      return try setScale(to: scale, target, options)
    }
    guard ["", "status", "finalize"].contains(target.subresource) else {
      throw .notDone("PATCH of the subresource \(target.subresource)")
    }
    try checkIdentity(patched, target)
    var warnings: [String] = []
    let object: Tree
    do { object = try decode(patched, target, options, warnings: &warnings) } catch  where error.code == 400 {
      let fault = error.message.split(separator: ": ").dropFirst().joined(separator: ": ")
      let cause = StatusError.Cause(
        reason: "FieldValueInvalid", message: "Invalid value: \"\(patched.quoted)\": \(fault)", field: "patch")
      var refusal = StatusError.invalid("", group: "", "", [cause])
      refusal.message = " \"\" is invalid: patch: \(cause.message)"
      throw refusal
    } catch { throw error }
    let uid = patch["metadata"]?["uid"]?.string
    if let uid, uid != live["metadata"]?["uid"]?.string {
      throw Self.uidMismatch(target, uid, live["metadata"]?["uid"]?.string ?? "")
    }
    let result = try update(live, to: object, target, options, warnings: &warnings)
    return .tree(200, shown(result, target), warnings: warnings)
  }
}

extension Tree {
  fileprivate var quoted: String { String(Tree.string(description).description.dropFirst().dropLast()) }

  /// RFC 7386.
  func mergePatched(with patch: Tree) -> Tree {
    guard case .object(let changes) = patch else { return patch }
    var result = members
    for (key, change) in changes {
      result[key] = change.isNull ? nil : (result[key] ?? .null).mergePatched(with: change)
    }
    return .object(result)
  }

  /// As `kubectl` patches built-in kinds: lists of objects with a key are merged element by element
  /// (<https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>).
  func strategicallyPatched(with patch: Tree, _ schema: Schema) -> Tree {
    guard case .object(var changes) = patch, case .object(var result) = self else { return patch.withoutDirectives }
    if changes["$patch"] == "replace" { return patch.withoutDirectives }
    if changes["$patch"] == "delete" { return .null }
    if let kept = changes.removeValue(forKey: "$retainKeys")?.elements.compactMap(\.string) {
      result = result.filter { kept.contains($0.key) }
    }
    for (key, change) in changes where !key.hasPrefix("$") {
      if change.isNull {
        result[key] = nil
        continue
      }
      let inner = schema.member(key)
      switch (change, result[key], inner) {
      case (.object, .object(let mine), _): result[key] = Tree.object(mine).strategicallyPatched(with: change, inner)
      case (.array(let elements), let mine, .list(let element, .map(let keys))):
        result[key] = .array(Self.patched(mine?.elements ?? [], with: elements, keys[0].name, element))
      case (.array(let elements), let mine, .list(_, .set)):
        let there = mine?.elements ?? []
        result[key] = .array(there + elements.filter { !there.contains($0) })
      default: result[key] = change.withoutDirectives
      }
    }
    for (key, gone) in changes where key.hasPrefix("$deleteFromPrimitiveList/") {
      let name = String(key.dropFirst("$deleteFromPrimitiveList/".count))
      result[name] = result[name].map { .array($0.elements.filter { !gone.elements.contains($0) }) }
    }
    return .object(result)
  }

  private static func patched(_ mine: [Tree], with changes: [Tree], _ key: String, _ schema: Schema) -> [Tree] {
    if changes.contains(where: { $0["$patch"] == "replace" }) {
      return changes.filter { $0["$patch"] == nil }.map(\.withoutDirectives)
    }
    var result = mine
    for change in changes {
      let place = result.firstIndex { $0[key] == change[key] }
      if change["$patch"] == "delete" {
        if let place { result.remove(at: place) }
      } else if let place {
        result[place] = result[place].strategicallyPatched(with: change, schema)
      } else {
        result.append(change.withoutDirectives)
      }
    }
    return result
  }

  private var withoutDirectives: Tree {
    switch self {
    case .object(let members):
      .object(members.filter { !$0.key.hasPrefix("$") && !$0.value.isNull }.mapValues(\.withoutDirectives))
    case .array(let elements): .array(elements.filter { $0["$patch"] == nil }.map(\.withoutDirectives))
    default: self
    }
  }
}
