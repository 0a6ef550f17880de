public import DeployPlan
public import FleetModel

/// What server-side apply did.
public struct Applied: Sendable, Hashable {
  /// As it is now; under dry run, as it would be.
  public var object: LiveObject
  /// What the server warns of: fields that are deprecated, policies that are not kept.
  public var warnings: [String]
  /// Whether there was none before. Where an answer was lost and the request sent again, the first may have made it.
  public var created: Bool

  public init(object: LiveObject, warnings: [String], created: Bool) {
    self.object = object
    self.warnings = warnings
    self.created = created
  }
}

/// What becomes of the objects that one owns when it is deleted.
public enum DeletePropagation: String, Sendable, Hashable, CaseIterable {
  /// They are deleted after it.
  case background = "Background"
  /// They are deleted first; until then it is there.
  case foreground = "Foreground"
  /// They stay.
  case orphan = "Orphan"
}

extension ClusterClient {
  /// Applies an object: server-side apply, with unknown and doubled fields refused.
  ///
  /// - Parameters:
  ///   - manager: who owns the fields that the object has.
  ///   - force: fields that others own are taken from them.
  ///   - dryRun: the server does all but store it.
  /// - Throws: ``ClusterError``; `fieldConflict` says in its causes which fields others own.
  public func apply(
    _ object: JSONValue, manager: String = "skep", force: Bool = false, dryRun: Bool = false
  ) async throws(ClusterError) -> Applied {
    let (answer, request) = try await send(.patch, LiveObject(object), "application/apply-patch+yaml") { resource, id in
      resource.path(namespace: id.namespace, name: id.name)
        + RequestPath.query([
          "fieldManager": manager, "force": force ? "true" : nil, "dryRun": dryRun ? "All" : nil,
          "fieldValidation": "Strict",
        ])
    }
    return Applied(
      object: LiveObject(try await json(answer, of: request)), warnings: answer.warnings, created: answer.status == 201)
  }

  /// See ``apply(_:manager:force:dryRun:)-(JSONValue,_,_,_)``.
  public func apply(
    _ manifest: Manifest, manager: String = "skep", force: Bool = false, dryRun: Bool = false
  ) async throws(ClusterError) -> Applied {
    try await apply(manifest.json, manager: manager, force: force, dryRun: dryRun)
  }

  /// Makes a new object; never sent again after a failure that leaves open whether it was made.
  ///
  /// - Throws: ``ClusterError``: `alreadyExists` if there is one of that name.
  public func create(
    _ object: JSONValue, manager: String = "skep", dryRun: Bool = false
  ) async throws(ClusterError) -> LiveObject {
    let (answer, request) = try await send(.post, LiveObject(object), "application/json") { resource, id in
      resource.path(namespace: id.namespace) + Self.writing(manager, dryRun)
    }
    return LiveObject(try await json(answer, of: request))
  }

  /// Puts an object in the place of the one there.
  ///
  /// With `metadata.uid` and `metadata.resourceVersion` it is this one and this state of it. For some kinds (Lease) a server
  /// makes anew what is gone unless `uid` is given.
  ///
  /// - Throws: ``ClusterError``: `conflict` if it is another by now. Never sent again after a failure that leaves open whether
  ///   it was replaced.
  public func replace(
    _ object: JSONValue, manager: String = "skep", dryRun: Bool = false
  ) async throws(ClusterError) -> LiveObject {
    let (answer, request) = try await send(.put, LiveObject(object), "application/json") { resource, id in
      resource.path(namespace: id.namespace, name: id.name) + Self.writing(manager, dryRun)
    }
    return LiveObject(try await json(answer, of: request))
  }

  /// - Parameter version: of its group; `nil` for the one that the server prefers.
  /// - Returns: `nil` if there is none, or no namespace of that name.
  /// - Throws: ``ClusterError``: `kindNotServed` if the server does not know the kind.
  public func get(_ id: Manifest.ID, version: String? = nil) async throws(ClusterError) -> LiveObject? {
    do throws(ClusterError) {
      let (answer, request) = try await asking(ResourceKind(id, version: version)) { resource throws(ClusterError) in
        ClusterRequest(
          method: .get, path: try Self.path(resource, id), subject: id.description, repetition: .harmless,
          isSecret: id.isSecret, isUrgent: id.isLease)
      }
      return LiveObject(try await json(answer, of: request))
    } catch  where error.kind == .notFound {
      return nil
    }
  }

  /// Deletes an object, or begins to: one with finalizers, and one deleted in the foreground, stays until all is done.
  ///
  /// - Parameters:
  ///   - uid: it is only deleted if it is still this one.
  ///   - resourceVersion: it is only deleted if nothing has changed since.
  /// - Returns: whether there was one to delete.
  /// - Throws: ``ClusterError``: `conflict` if `uid` or `resourceVersion` no longer holds.
  @discardableResult
  public func delete(
    _ id: Manifest.ID, version: String? = nil, propagation: DeletePropagation = .background, uid: String? = nil,
    resourceVersion: String? = nil, dryRun: Bool = false
  ) async throws(ClusterError) -> Bool {
    var options: [JSONValue.Member] = [
      .init(key: "apiVersion", value: "v1"), .init(key: "kind", value: "DeleteOptions"),
      .init(key: "propagationPolicy", value: .string(propagation.rawValue)),
    ]
    let conditions = [("uid", uid), ("resourceVersion", resourceVersion)].compactMap { key, value in
      value.map { JSONValue.Member(key: key, value: .string($0)) }
    }
    if !conditions.isEmpty { options.append(.init(key: "preconditions", value: .object(conditions))) }
    if dryRun { options.append(.init(key: "dryRun", value: ["All"])) }
    let body = JSONValue.object(options).bytes
    do throws(ClusterError) {
      _ = try await asking(ResourceKind(id, version: version)) { resource throws(ClusterError) in
        ClusterRequest(
          method: .delete, path: try Self.path(resource, id), subject: id.description,
          contentType: "application/json", body: body,
          // A second one without it could hit what somebody has made since.
          repetition: uid == nil ? .harmful : .harmless, isSecret: id.isSecret)
      }
      return true
    } catch  where error.kind == .notFound {
      return false
    }
  }

  // MARK: Inside

  private static func writing(_ manager: String, _ dryRun: Bool) -> String {
    RequestPath.query([
      "fieldManager": manager, "dryRun": dryRun ? "All" : nil, "fieldValidation": "Strict",
    ])
  }

  /// Sends an object as a body.
  private func send(
    _ method: ClusterRequest.Method, _ object: LiveObject, _ contentType: String,
    _ path: (APIResource, Manifest.ID) -> String
  ) async throws(ClusterError) -> (ClusterAnswer, ClusterRequest) {
    let id = object.id
    let body = object.json.bytes
    return try await asking(ResourceKind(apiVersion: object.apiVersion, kind: object.kind)) {
      resource throws(ClusterError) in
      // For its checks.
      _ = try Self.path(resource, id)
      return ClusterRequest(
        method: method, path: path(resource, id), subject: id.description, contentType: contentType, body: body,
        repetition: method == .patch ? .harmless : .harmful, isSecret: id.isSecret, isUrgent: id.isLease)
    }
  }

  /// The path of an object.
  ///
  /// - Throws: ``ClusterError`` where name and namespace are not what the kind needs.
  static func path(
    _ resource: APIResource, _ id: Manifest.ID, subresource: String? = nil
  ) throws(ClusterError) -> String {
    func refusal(_ message: String) -> ClusterError {
      ClusterError(.invalid, request: id.description, message: message)
    }
    if id.name.isEmpty { throw refusal("the object has no name; give it metadata.name") }
    if resource.isNamespaced, id.namespace.isEmpty {
      throw refusal("an object of this kind is in a namespace; give it metadata.namespace")
    }
    if !resource.isNamespaced, !id.namespace.isEmpty {
      throw refusal("an object of this kind belongs to the cluster; remove metadata.namespace")
    }
    return resource.path(namespace: id.namespace, name: id.name, subresource: subresource)
  }
}

extension Manifest.ID {
  var isSecret: Bool { group.isEmpty && kind == "Secret" }
  var isLease: Bool { group == "coordination.k8s.io" && kind == "Lease" }
}
