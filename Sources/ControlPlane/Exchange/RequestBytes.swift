import NIOCore
import Platform

/// A request as it goes over the connection.
enum RequestBytes {
  static func of(_ request: HTTPExchangeRequest, to endpoint: Endpoint) -> ByteBuffer {
    var text = "\(request.method.rawValue) \(endpoint.target) HTTP/1.1\r\nHost: \(endpoint.hostHeader)\r\n"
    let namesItself = request.headers.contains { $0.name.lowercased() == "user-agent" }
    if !namesItself { add("User-Agent", "skep", to: &text) }
    // Over loopback compressing costs both ends more than the bytes do.
    if !endpoint.origin.isLoopback { add("Accept-Encoding", "gzip", to: &text) }
    for field in request.headers { add(field.name, field.value, to: &text) }
    if request.method == .post { add("Content-Length", "\(request.body.count)", to: &text) }
    text += "\r\n"
    var buffer = ByteBufferAllocator().buffer(capacity: text.utf8.count + request.body.count)
    buffer.writeString(text)
    buffer.writeBytes(request.body)
    return buffer
  }

  /// Leaves out a field with control characters, which would begin another field, or another request.
  private static func add(_ name: String, _ value: String, to text: inout String) {
    func isClean(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 } }
    if isClean(name), isClean(value) { text += "\(name): \(value)\r\n" }
  }
}
