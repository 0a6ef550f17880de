import FleetModel
import HTTPTypes
import NIOCore

/// One operation of the API: what it takes, who may use it, what it answers, and the code that does it. The routes that are
/// served and the OpenAPI document both come from these values.
struct APIRoute: Sendable {
  enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
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
      /// May be given several times; read from ``APIRequest/form``.
      case texts
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
    /// Before and after decompression, where it is not the server's own bound.
    var maximumBytes: Int?
    /// The option that raises ``maximumBytes``.
    var option: String?
  }

  /// A body that is not JSON; the route itself looks at its type and encoding.
  struct RawBody: Sendable {
    /// For the description.
    var contentType: String
    var maximumBytes: Int
    /// A schema of ``APISchemas``, where it is JSON after all and the route reads it faster than a ``JSONValue`` would.
    var schema: String?
  }

  /// How parameters are read and what refusals look like.
  enum Style: Sendable, Hashable {
    /// Skep's own: declared parameters are checked, refusals are ``FleetAPI/ErrorEnvelope``.
    case fleet
    /// Prometheus': the query and, of a POST, the form in the body are one; the route reads them from
    /// ``APIRequest/form``. Refusals are ``PrometheusError``.
    case prometheus
    /// Alertmanager's: the query is read from ``APIRequest/form``, refusals are ``AlertmanagerError``.
    case alertmanager
    /// OTLP/HTTP: refusals are a `google.rpc.Status` in the encoding of the request.
    case otlp
    /// Jaeger's query API: the query is read from ``APIRequest/form``, refusals are ``JaegerError``.
    case jaeger
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
  /// Whether the route is told who asks though it is open: ``APIRequest/visitor``.
  var knowsVisitor = false
  var style = Style.fleet
  /// Whether the work may take longer than the server's request timeout.
  var takesLong = false
  /// Whether the work is cancelled when the client leaves: it serves nobody else. Only where ``takesLong``.
  var stopsWithClient = false
  var parameters: [Parameter] = []
  var body: Body?
  var rawBody: RawBody?
  /// The answers of success; refusals are common to all routes.
  var answers: [Answer]
  var handle: @Sendable (APIRequest) async throws -> APIResponse
}

/// A request that has passed the checks its route declares.
struct APIRequest: Sendable {
  /// Who asks an open route, as far as it can be told.
  struct Visitor: Sendable {
    /// Whether the server asks anybody who they are.
    var isAsked: Bool
    /// `nil` who has not shown it.
    var principal: Principal?
    var session: ConsoleSessions.Session?
    /// The `X-CSRF-Token` header.
    var csrfToken: String?
  }

  var principal: Principal
  /// Where the route wants to know.
  var visitor: Visitor?
  /// The `If-None-Match` header.
  var entityTags: String?
  /// Decoded segments of the path, by name.
  var path: [String: String] = [:]
  /// Checked values of the query, by name.
  var query: [String: String] = [:]
  /// All parameters as they were sent, of a POST in Prometheus' style those in its body too.
  var form = FormFields()
  /// `nil` where the route takes none or the client sent none.
  var body: JSONValue?
  /// Where the route takes one; without bytes where the client sent none.
  var rawBody: RawBody?

  struct RawBody: Sendable {
    var bytes: ByteBuffer
    var contentType: String
    var contentEncoding: String
  }

  /// The path's segment called `name`.
  func segment(_ name: String) -> String {
    guard let value = path[name] else { preconditionFailure("BUG: no segment {\(name)} in this route's path") }
    return value
  }

  func text(_ name: String) -> String? { query[name] }
  func integer(_ name: String) -> Int? { query[name].flatMap { Int($0) } }
  func flag(_ name: String) -> Bool { query[name] == "true" }
}
