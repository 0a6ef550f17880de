import HTTPTypes
import NIOCore

/// What a route answers.
struct APIResponse: Sendable {
  static let json = "application/json"
  static let text = "text/plain; charset=utf-8"

  enum Content: Sendable {
    case bytes(ByteBuffer)
    /// Sent as it comes, until the producer returns, the client leaves or the server shuts down.
    case stream(@Sendable (StreamSink) async throws -> Void)
  }

  var status: HTTPResponse.Status
  var contentType: String
  var content: Content
  var headers: HTTPFields = [:]
  /// Whether a stream that did not come to its end breaks off, so that nobody takes the part for all of it.
  var isWholeOrBroken = false

  static func json(_ message: some Encodable, status: HTTPResponse.Status = .ok) throws -> APIResponse {
    APIResponse(status: status, contentType: json, content: .bytes(ByteBuffer(bytes: try FleetJSON.encode(message))))
  }

  static func text(_ text: String, status: HTTPResponse.Status = .ok, contentType: String = text) -> APIResponse {
    APIResponse(status: status, contentType: contentType, content: .bytes(ByteBuffer(string: text)))
  }

  static func stream(
    contentType: String, _ produce: @escaping @Sendable (StreamSink) async throws -> Void
  ) -> APIResponse {
    APIResponse(status: .ok, contentType: contentType, content: .stream(produce))
  }

  static let noContent = APIResponse(status: .noContent, contentType: "", content: .bytes(ByteBuffer()))
}
