import HTTPTypes
import HummingbirdCore
import NIOCore
import WireFormats

/// A refusal, as the client gets it.
struct APIError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The words for programs and the status of each.
  enum Code: String, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    case unauthorized
    case forbidden
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case conflict
    case payloadTooLarge = "payload_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case misdirectedRequest = "misdirected_request"
    case internalError = "internal_error"
    case unavailable

    var status: HTTPResponse.Status {
      switch self {
      case .invalidRequest: .badRequest
      case .unauthorized: .unauthorized
      case .forbidden: .forbidden
      case .notFound: .notFound
      case .methodNotAllowed: .methodNotAllowed
      case .conflict: .conflict
      case .payloadTooLarge: .contentTooLarge
      case .unsupportedMediaType: .unsupportedMediaType
      case .misdirectedRequest: .misdirectedRequest
      case .internalError: .internalServerError
      case .unavailable: .serviceUnavailable
      }
    }
  }

  var code: Code
  var message: String
  var details: [String]
  var headers: HTTPFields

  init(_ code: Code, _ message: String, details: [String] = [], headers: HTTPFields = [:]) {
    self.code = code
    self.message = message
    self.details = details
    self.headers = headers
  }

  var description: String { message }

  var response: APIResponse {
    let envelope = FleetAPI.ErrorEnvelope(
      error: FleetAPI.ErrorEnvelope.Failure(code: code.rawValue, message: message, details: details))
    // The envelope holds strings alone, which always encode.
    let body = (try? FleetJSON.encode(envelope)).map { ByteBuffer(bytes: $0) } ?? ByteBuffer()
    var response = APIResponse(status: code.status, contentType: APIResponse.json, content: .bytes(body))
    response.headers = headers
    return response
  }

  /// As a client of that API reads it.
  ///
  /// - Parameter contentType: of the request.
  func response(in style: APIRoute.Style, contentType: String? = nil) -> APIResponse {
    switch style {
    case .fleet: response
    case .prometheus: prometheusResponse
    case .alertmanager: alertmanagerResponse
    case .otlp: otlpResponse(as: OTLPEncoding(contentType: contentType ?? "") ?? .json)
    case .jaeger: jaegerResponse
    }
  }
}
