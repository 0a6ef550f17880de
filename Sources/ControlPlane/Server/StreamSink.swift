import NIOCore
import Platform

/// Where the producer of a streamed answer puts its parts. A part waits until the client has taken those before it.
struct StreamSink: Sendable {
  /// Parts that wait for the client at most.
  static let depth = 16

  let continuation: AsyncStream<ByteBuffer>.Continuation
  let time: any TimeSource

  /// - Throws: `CancellationError` once nobody reads any more.
  func send(_ part: ByteBuffer) async throws {
    while true {
      switch continuation.yield(part) {
      case .enqueued: return
      case .dropped: try await pause(.milliseconds(20))
      case .terminated: throw CancellationError()
      @unknown default: throw CancellationError()
      }
    }
  }

  func send(_ text: String) async throws { try await send(ByteBuffer(string: text)) }

  /// - Throws: `CancellationError` once nobody reads any more.
  func pause(_ duration: Duration) async throws { try await time.sleep(for: duration) }
}
