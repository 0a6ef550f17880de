import HTTPTypes

/// One operation of the API: what it takes, who may use it, what it answers, and the code that does it. The routes that are
/// served and the OpenAPI document both come from these values.
struct APIRoute: Sendable {
  enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case delete = "DELETE"
  }

  /// One parameter of the query.
  struct Parameter: Sendable {
    enum Kind: Sendable, Hashable {
      case text
      case integer(ClosedRange<Int>, default: Int?)
      /// `true`, `false`, or the name alone for `true`.
      case flag
      case choice([String], default: String)
    }

    var name: String
    var kind: Kind
    var summary: String
  }

  struct Body: Sendable {
    /// A schema of ``APISchemas``.
    var schema: String
    var example: JSONValue
    var isRequired = true
  }

  /// One answer.
  struct Answer: Sendable {
    enum Content: Sendable, Hashable {
      case none
      case json(schema: String)
      case text(String)
    }

    var status: Int
    var summary: String
    var content: Content
  }

  var method: Method
  /// With parameters in braces, each a whole segment: `/fleet/v1/agents/{agent_id}`.
  var path: String
  /// Unique; how generated clients name it.
  var operationID: String
  var summary: String
  var access: Access
  var parameters: [Parameter] = []
  var body: Body?
  /// The answers of success; refusals are common to all routes.
  var answers: [Answer]
  var handle: @Sendable (APIRequest) async throws -> APIResponse
}

/// A request that has passed the checks its route declares.
struct APIRequest: Sendable {
  var principal: Principal
  /// Decoded segments of the path, by name.
  var path: [String: String] = [:]
  /// Checked values of the query, by name.
  var query: [String: String] = [:]
  /// `nil` where the route takes none or the client sent none.
  var body: JSONValue?

  /// The path's segment called `name`.
  func segment(_ name: String) -> String {
    guard let value = path[name] else { preconditionFailure("BUG: no segment {\(name)} in this route's path") }
    return value
  }

  func text(_ name: String) -> String? { query[name] }
  func integer(_ name: String) -> Int? { query[name].flatMap { Int($0) } }
  func flag(_ name: String) -> Bool { query[name] == "true" }
}
