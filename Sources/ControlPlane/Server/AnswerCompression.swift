import HTTPTypes
import NIOCore
import Platform

/// Compresses answers for clients that take gzip (RFC 9110 section 12.5.3).
enum AnswerCompression {
  /// Shorter answers go as they are: they fit into a packet or two.
  static let minimumBytes = 4096
  /// Longer ones are compressed apart from Swift's own threads, which they would hold for milliseconds.
  private static let longBytes = 1 << 18
  private static let thread = WorkThread(label: "skep.compression")

  /// Answers beyond this go as they are: compressing them would hold up all others for seconds.
  private static let mostBytes = 16 << 20

  /// `response` compressed, where that is worth it.
  static func apply(to response: APIResponse, accepted: String?) async -> APIResponse {
    guard case .bytes(let bytes) = response.content, bytes.readableBytes >= minimumBytes, isText(response.contentType),
      response.headers[.contentEncoding] == nil
    else { return response }
    var response = response
    response.headers[.vary] = "Accept-Encoding"
    guard accepts(accepted ?? ""), bytes.readableBytes <= mostBytes else { return response }
    let packed =
      bytes.readableBytes < longBytes
      ? compress(bytes) : await withTaskExecutorPreference(thread) { await compressApart(bytes) }
    if let packed {
      response.content = .bytes(packed)
      response.headers[.contentEncoding] = "gzip"
    }
    return response
  }

  private static func isText(_ type: String) -> Bool { type.hasPrefix("application/json") || type.hasPrefix("text/") }

  /// Whether `header` names gzip, or everything, with a weight above zero.
  static func accepts(_ header: String) -> Bool {
    var accepts = false
    for item in header.split(separator: ",") {
      let parts = item.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
      guard let coding = parts.first, coding == "gzip" || coding == "*" else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      if coding == "gzip" { return weight > 0 }
      accepts = weight > 0
    }
    return accepts
  }

  private static func compressApart(_ bytes: ByteBuffer) async -> ByteBuffer? { compress(bytes) }

  private static func compress(_ bytes: ByteBuffer) -> ByteBuffer? {
    var packed = ByteBuffer()
    let bound = Gzip.bound(bytes.readableBytes)
    packed.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
      bytes.withUnsafeReadableBytes { Gzip.compress($0, to: target) } ?? 0
    }
    return packed.readableBytes > 0 ? packed : nil
  }
}
