import FleetModel
import HTTPTypes

/// A refusal of Jaeger's query API, in its shape: the envelope of all its answers, with the error in place of the data
/// (jaegertracing/jaeger `cmd/jaeger/internal/extension/jaegerquery/internal/http_handler.go`).
struct JaegerError: Error, Sendable, Hashable, CustomStringConvertible {
  var status: HTTPResponse.Status
  var message: String
  var headers: HTTPFields = [:]

  static func badRequest(_ message: String) -> Self { Self(status: .badRequest, message: message) }

  var description: String { message }

  var response: APIResponse {
    let document: JSONValue = [
      "data": .null, "total": 0, "limit": 0, "offset": 0,
      "errors": [["code": .number(Double(status.code)), "msg": .string(message)]],
    ]
    var response = APIResponse.text(document.description, status: status, contentType: APIResponse.json)
    response.headers = headers
    return response
  }
}

extension APIError {
  /// The same refusal as a client of Jaeger's API reads it.
  var jaegerResponse: APIResponse { JaegerError(status: code.status, message: message, headers: headers).response }
}
