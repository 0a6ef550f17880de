import FleetModel

extension ClusterState {
  func get(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let form = try Representation(accept: request.accept, includeObject: request.query["includeObject"] ?? "")
    let name = target.name ?? ""
    guard let object = store.object(target.resource, target.key) else { throw .notFound(target.resource, name) }
    switch target.subresource {
    case "", "status": break
    case "scale": return .tree(200, scale(of: object))
    default: throw .notDone("GET of the subresource \(target.subresource)")
    }
    switch form {
    case .whole: return .tree(200, shown(object, target), warnings: Self.deprecation(of: target))
    case .partial: return .tree(200, Self.partial(object))
    case .table(let includes): return .tree(200, table([object], target, version: nil, includesObject: includes))
    case .yaml: return .text(200, shown(object, target).yamlText, contentType: "application/yaml")
    }
  }

  static func deprecation(of target: Target) -> [String] {
    target.resource.kind == "Endpoints"
      ? ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"] : []
  }

  func list(_ request: StandRequest, _ target: Target) throws(StatusError) -> StandAnswer {
    let form = try Representation(accept: request.accept, includeObject: request.query["includeObject"] ?? "")
    if request.accept.split(separator: ",").first?.contains("as=PartialObjectMetadata;") == true {
      throw StatusError(
        code: 406, reason: "NotAcceptable",
        message:
          "you requested PartialObjectMetadata, but the requested object is a list (*\(Self.goPackage(target)).\(target.resource.kind)List)"
      )
    }
    let selection = try self.selection(request, target)
    let page = try self.page(request, target, selection)
    var metadata: Tree = ["resourceVersion": .string("\(page.version)")]
    if let token = page.token {
      metadata["continue"] = .string(token)
      if selection.isEmpty { metadata["remainingItemCount"] = .number(Double(page.remaining)) }
    } else if target.resource.isCustom {
      metadata["continue"] = ""
    }
    let whole = listTree(page.items, metadata, target)
    switch form {
    case .whole: return .tree(200, whole, warnings: Self.deprecation(of: target))
    case .yaml: return .text(200, whole.yamlText, contentType: "application/yaml")
    case .partial:
      return .tree(
        200,
        [
          "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
          "items": .array(page.items.map(Self.partial)),
        ])
    case .table(let includes):
      var table = table(page.items, target, version: page.version, includesObject: includes)
      table["metadata"] = metadata
      return .tree(200, table)
    }
  }

  private func listTree(_ items: [Tree], _ metadata: Tree, _ target: Target) -> Tree {
    let shown = items.map { item in
      var item = self.shown(item, target)
      if !target.resource.isCustom {
        item["kind"] = nil
        item["apiVersion"] = nil
      }
      return item
    }
    return [
      "kind": .string(target.resource.kind + "List"), "apiVersion": .string(target.apiVersion), "metadata": metadata,
      "items": .array(shown),
    ]
  }

  private static func goPackage(_ target: Target) -> String {
    target.resource.group.isEmpty ? "core" : String(target.resource.group.prefix { $0 != "." })
  }

  func selection(_ request: StandRequest, _ target: Target) throws(StatusError) -> Selection {
    var fields = request.query["fieldSelector"] ?? ""
    if let name = target.name { fields = "metadata.name=\(name)" }
    return try Selection(
      labelSelector: request.query["labelSelector"] ?? "", fieldSelector: fields, target.resource)
  }

  struct Page {
    var items: [Tree]
    var version: Int
    var token: String?
    var remaining = 0
  }

  private func page(_ request: StandRequest, _ target: Target, _ selection: Selection) throws(StatusError) -> Page {
    let limit = request.query["limit"].flatMap { Int($0) } ?? 0
    let given = request.query["resourceVersion"] ?? ""
    let match = request.query["resourceVersionMatch"] ?? ""
    var at = store.version
    var start: String?
    if let token = request.query["continue"], !token.isEmpty {
      if !given.isEmpty, given != "0" {
        throw .badRequest("specifying resource version is not allowed when using continue")
      }
      let (version, key) = try Self.readToken(token)
      start = key
      if version >= 0 {
        guard version >= store.compacted else {
          var error = StatusError(
            code: 410, reason: "Expired",
            message:
              "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list."
          )
          error.continueToken = Self.token(version: -1, key: key)
          throw error
        }
        at = version
      }
    } else if !given.isEmpty {
      guard let version = Int(given), version >= 0 else {
        throw .badRequest(
          "invalid resource version: resourceVersion: Invalid value: \"\(given)\": strconv.ParseUint: parsing \"\(given)\": invalid syntax"
        )
      }
      if version > store.version {
        throw StatusError(
          code: 504, reason: "Timeout",
          message: "Timeout: Too large resource version: \(version), current: \(store.version)",
          causes: [.init(reason: "ResourceVersionTooLarge", message: "Too large resource version")], retryAfter: 1)
      }
      if match == "Exact" {
        guard version >= store.compacted else {
          throw StatusError(
            code: 410, reason: "Expired", message: "The resourceVersion for the provided list is too old.")
        }
        at = version
      }
    }
    let namespace = target.namespace
    let all =
      at == store.version
      ? store.list(target.resource, namespace: namespace)
      : store.list(target.resource, namespace: namespace, at: at)
    var rest = all.filter(selection.matches)[...]
    func place(_ object: Tree) -> String {
      let name = object["metadata"]?["name"]?.string ?? ""
      return namespace == nil && target.resource.isNamespaced
        ? "\(object["metadata"]?["namespace"]?.string ?? "")/\(name)" : name
    }
    if let start { rest = rest.drop { place($0) <= start } }
    // Version 0 is answered from a cache that knows no pages.
    guard limit > 0, given != "0", rest.count > limit else { return Page(items: Array(rest), version: at) }
    let items = Array(rest.prefix(limit))
    return Page(
      items: items, version: at, token: items.last.map { Self.token(version: at, key: place($0)) },
      remaining: rest.count - limit)
  }

  /// base64 of JSON, where the next page begins behind the key.
  private static func token(version: Int, key: String) -> String {
    let tree: Tree = ["v": "meta.k8s.io/v1", "rv": .number(Double(version)), "start": .string("\(key)\u{0}")]
    return Base64.encode(tree.jsonBytes).filter { $0 != "=" }
  }

  private static func readToken(_ token: String) throws(StatusError) -> (version: Int, key: String) {
    let padded = token + String(repeating: "=", count: (4 - token.utf8.count % 4) % 4)
    guard let bytes = Base64.decode(padded), let tree = (try? JSONParser.parse(bytes)).map({ Tree($0) }),
      let version = tree["rv"]?.integer, let start = tree["start"]?.string
    else {
      throw .badRequest(
        "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value")
    }
    var key = start.hasPrefix("/") ? String(start.dropFirst()) : start
    if key.hasSuffix("\u{0}") { key.removeLast() }
    return (version, key)
  }
}

extension Tree {
  /// JSON, which is YAML.
  var yamlText: String { json.description + "\n" }
}
