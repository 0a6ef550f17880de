import FleetModel
import HTTPTypes
import NIOCore

/// A refusal of the Alertmanager API. It has two shapes: what the request's form lacks is
/// `{"code":602,"message":"0.labels in body is required"}`, what its content lacks is a text, `"silence not found"`.
struct AlertmanagerError: Error, Sendable, Hashable, CustomStringConvertible {
  enum Shape: Sendable, Hashable {
    /// The code is the status, or one of ``FormCode`` with status 422.
    case form(code: Int)
    case text
    /// The status says it all.
    case empty
  }

  /// The codes of go-openapi that Alertmanager's clients meet
  /// (<https://github.com/go-openapi/errors/blob/master/schema.go>).
  enum FormCode: Int, Sendable {
    case invalidType = 601
    case required = 602
    case tooFewItems = 612
  }

  var status: HTTPResponse.Status
  var shape: Shape
  var message: String
  var headers: HTTPFields = [:]

  static func badRequest(_ message: String) -> Self { Self(status: .badRequest, shape: .text, message: message) }

  static func notFound(_ message: String) -> Self { Self(status: .notFound, shape: .text, message: message) }

  static func form(_ code: FormCode, _ message: String) -> Self {
    Self(status: .unprocessableContent, shape: .form(code: code.rawValue), message: message)
  }

  /// The body is not what it is to be.
  static func unreadable(_ what: String, _ problem: String) -> Self {
    Self(status: .badRequest, shape: .form(code: 400), message: "parsing \(what) body failed, because \(problem)")
  }

  var description: String { message }

  var response: APIResponse {
    var response: APIResponse
    switch shape {
    case .form(let code):
      let document: JSONValue = ["code": .number(Double(code)), "message": .string(message)]
      response = .text(document.description, status: status, contentType: APIResponse.json)
    case .text:
      response = .text(JSONValue.string(message).description + "\n", status: status, contentType: APIResponse.json)
    case .empty: response = APIResponse(status: status, contentType: "", content: .bytes(ByteBuffer()))
    }
    response.headers = headers
    return response
  }
}

extension APIError {
  /// The same refusal as a client of the Alertmanager API reads it.
  var alertmanagerResponse: APIResponse {
    AlertmanagerError(status: code.status, shape: .form(code: code.status.code), message: message, headers: headers)
      .response
  }
}

extension APIRequest {
  /// The bytes of a body that is declared as JSON.
  ///
  /// - Parameter what: how messages call it.
  func jsonBytes(_ what: String) throws(AlertmanagerError) -> ByteBuffer {
    guard let body = rawBody else { preconditionFailure("BUG: this route takes a body") }
    guard body.bytes.readableBytes > 0 else { throw .form(.required, "\(what) in body is required") }
    let essence = body.contentType.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    guard essence == "application/json" else {
      let shown = essence.isEmpty ? "application/octet-stream" : String(essence.prefix(100))
      throw AlertmanagerError(
        status: .unsupportedMediaType, shape: .form(code: 415),
        message: "unsupported media type \"\(shown)\", only [application/json] are allowed")
    }
    return body.bytes
  }
}
