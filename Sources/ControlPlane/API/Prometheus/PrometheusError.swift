import FleetModel
import HTTPTypes
import NIOCore

/// A refusal of the Prometheus API, in its shape: `{"status":"error","errorType":…,"error":…}`
/// (<https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview>).
struct PrometheusError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The words of `errorType`, and the status of each as Prometheus' `web/api/v1/api.go` gives it.
  enum Kind: String, Sendable, CaseIterable {
    case badData = "bad_data"
    case execution
    case timeout
    case canceled
    case internalError = "internal"
    case unavailable
    case notFound = "not_found"
    case notAcceptable = "not_acceptable"

    var status: HTTPResponse.Status {
      switch self {
      case .badData: .badRequest
      case .execution: .unprocessableContent
      case .timeout, .unavailable: .serviceUnavailable
      case .canceled: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
      case .internalError: .internalServerError
      case .notFound: .notFound
      case .notAcceptable: .notAcceptable
      }
    }
  }

  var kind: Kind
  var message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  var description: String { message }

  var response: APIResponse { Self.response(kind.rawValue, message, kind.status) }

  static func response(_ type: String, _ message: String, _ status: HTTPResponse.Status) -> APIResponse {
    let document: JSONValue = ["status": "error", "errorType": .string(type), "error": .string(message)]
    return .text(document.description, status: status, contentType: APIResponse.json)
  }
}

extension APIError {
  /// The same refusal as a client of the Prometheus API reads it.
  var prometheusResponse: APIResponse {
    let type =
      switch code {
      case .invalidRequest, .payloadTooLarge, .unsupportedMediaType, .methodNotAllowed, .misdirectedRequest,
        .conflict:
        PrometheusError.Kind.badData.rawValue
      case .notFound: PrometheusError.Kind.notFound.rawValue
      case .internalError: PrometheusError.Kind.internalError.rawValue
      case .unavailable: PrometheusError.Kind.unavailable.rawValue
      case .unauthorized, .forbidden: code.rawValue
      }
    var response = PrometheusError.response(type, message, code.status)
    response.headers = headers
    return response
  }
}
