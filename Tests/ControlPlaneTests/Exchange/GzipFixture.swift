import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTPCompression

/// Makes gzip bodies with the real compressor.
enum GzipFixture {
  /// `mebibytes` MiB of zero bytes, compressed.
  static func zeros(mebibytes: Int) -> [UInt8]? {
    let channel = EmbeddedChannel(handler: HTTPResponseCompressor(initialByteBufferCapacity: 1024))
    let request = HTTPRequestHead(
      version: .http1_1, method: .GET, uri: "/", headers: ["Accept-Encoding": "gzip"])
    guard (try? channel.writeInbound(HTTPServerRequestPart.head(request))) != nil else { return nil }
    let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Content-Type": "text/plain"])
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    let block = ByteBuffer(repeating: 0, count: 1 << 20)
    for _ in 0..<mebibytes { channel.write(HTTPServerResponsePart.body(.byteBuffer(block)), promise: nil) }
    channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
    var packed: [UInt8] = []
    while let part = try? channel.readOutbound(as: HTTPServerResponsePart.self) {
      if case .body(.byteBuffer(var buffer)) = part, let bytes = buffer.readBytes(length: buffer.readableBytes) {
        packed += bytes
      }
    }
    _ = try? channel.finish()
    return packed.isEmpty ? nil : packed
  }
}
