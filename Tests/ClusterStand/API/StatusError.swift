/// An answer that is a `Status` telling of a failure.
struct StatusError: Error, Hashable {
  struct Cause: Hashable {
    var reason = ""
    var message: String
    var field = ""
  }

  var code: Int
  /// Empty where the server gives none.
  var reason: String
  var message: String
  var name = ""
  var group = ""
  var kind = ""
  var causes: [Cause] = []
  var retryAfter: Int?
  /// A token to go on with an expired list.
  var continueToken: String?
  /// Some refusals come with details that are empty.
  var hasEmptyDetails = false

  var tree: Tree {
    var metadata: Tree = [:]
    if let continueToken { metadata["continue"] = .string(continueToken) }
    var tree: Tree = [
      "kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure", "message": .string(message),
      "code": .number(Double(code)),
    ]
    if !reason.isEmpty { tree["reason"] = .string(reason) }
    var details: [String: Tree] = [:]
    if !name.isEmpty { details["name"] = .string(name) }
    if !group.isEmpty { details["group"] = .string(group) }
    if !kind.isEmpty { details["kind"] = .string(kind) }
    if !causes.isEmpty {
      details["causes"] = .array(
        causes.map { cause in
          var tree: Tree = ["message": .string(cause.message)]
          if !cause.reason.isEmpty { tree["reason"] = .string(cause.reason) }
          if !cause.field.isEmpty { tree["field"] = .string(cause.field) }
          return tree
        })
    }
    if let retryAfter { details["retryAfterSeconds"] = .number(Double(retryAfter)) }
    if !details.isEmpty || hasEmptyDetails { tree["details"] = .object(details) }
    return tree
  }
}

extension StatusError {
  static func badRequest(_ message: String) -> StatusError {
    StatusError(code: 400, reason: "BadRequest", message: message)
  }

  /// The 500 that means a wrong request.
  static func withoutReason(_ message: String) -> StatusError { StatusError(code: 500, reason: "", message: message) }

  static func notFound(_ resource: Resource, _ name: String) -> StatusError {
    StatusError(
      code: 404, reason: "NotFound", message: "\(resource.qualified) \"\(name)\" not found", name: name,
      group: resource.group, kind: resource.plural)
  }

  static func alreadyExists(_ resource: Resource, _ name: String, isBeingDeleted: Bool) -> StatusError {
    let start = isBeingDeleted ? "object is being deleted: " : ""
    return StatusError(
      code: 409, reason: "AlreadyExists", message: "\(start)\(resource.qualified) \"\(name)\" already exists",
      name: name, group: resource.group, kind: resource.plural)
  }

  static func conflict(_ resource: Resource, _ name: String, _ why: String) -> StatusError {
    StatusError(
      code: 409, reason: "Conflict",
      message: "Operation cannot be fulfilled on \(resource.qualified) \"\(name)\": \(why)", name: name,
      group: resource.group, kind: resource.plural)
  }

  static func modified(_ resource: Resource, _ name: String) -> StatusError {
    conflict(
      resource, name, "the object has been modified; please apply your changes to the latest version and try again")
  }

  static func invalid(_ kind: String, group: String, _ name: String, _ causes: [Cause]) -> StatusError {
    let told = causes.map { $0.field.isEmpty ? $0.message : "\($0.field): \($0.message)" }
    let list = told.count == 1 ? told[0] : "[\(told.joined(separator: ", "))]"
    let qualified = group.isEmpty ? kind : "\(kind).\(group)"
    return StatusError(
      code: 422, reason: "Invalid", message: "\(qualified) \"\(name)\" is invalid: \(list)", name: name, group: group,
      kind: kind, causes: causes)
  }

  static func forbidden(_ resource: Resource, _ name: String, _ why: String, causes: [Cause] = []) -> StatusError {
    let object = name.isEmpty ? resource.qualified : "\(resource.qualified) \"\(name)\""
    return StatusError(
      code: 403, reason: "Forbidden", message: "\(object) is forbidden: \(why)", name: name, group: resource.group,
      kind: resource.plural, causes: causes)
  }

  static let unauthorized = StatusError(code: 401, reason: "Unauthorized", message: "Unauthorized")

  static let methodNotAllowed = StatusError(
    code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource",
    hasEmptyDetails: true)

  /// What this stand does not do. A real server does; a test that meets this fails.
  static func notDone(_ what: String) -> StatusError {
    StatusError(
      code: 501, reason: "NotImplemented", message: "cluster stand: \(what) is not done here; add it to ClusterStand")
  }
}
