import NIOCore
import NIOPosix

/// One buffer into which all connections of an event loop read, one after the other: a thousand idle connections hold no
/// memory for what they may receive.
///
/// A channel takes the buffer before it reads; its handler gives it back once it has taken the bytes out. Where nobody gives
/// it back (there was nothing to read, or TLS kept it) the next read makes a new one.
final class ReceiveBuffer {
  static let capacity = 64 << 10

  // Every thread has a value of its own.
  private nonisolated(unsafe) static let ofThread = ThreadSpecificVariable<ReceiveBuffer>()

  /// The one of the current thread, which must be an event loop's.
  static var current: ReceiveBuffer {
    if let known = ofThread.currentValue { return known }
    let new = ReceiveBuffer()
    ofThread.currentValue = new
    return new
  }

  private var free: ByteBuffer?
  let bodies = BodyMemory()

  private init() {}

  fileprivate func take(_ allocator: ByteBufferAllocator) -> ByteBuffer {
    guard var buffer = free else { return allocator.buffer(capacity: Self.capacity) }
    free = nil
    buffer.clear()
    return buffer
  }

  /// Whoever else still refers to `buffer` must have let go of it when the next read begins; otherwise that makes a copy.
  func giveBack(_ buffer: ByteBuffer) {
    if buffer.capacity == Self.capacity { free = buffer }
  }
}

/// Gives a channel its loop's ``ReceiveBuffer`` for each read.
///
/// NIO keeps the first buffer that a channel reads into for the channel's life, so the first one is tiny. It must be told to
/// read one message at a time (`maxMessagesPerRead`), or it keeps more.
struct SharedReceiveAllocator: RecvByteBufferAllocator {
  private static let firstCapacity = 64
  private var hasRead = false

  func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
    hasRead ? ReceiveBuffer.current.take(allocator) : allocator.buffer(capacity: Self.firstCapacity)
  }

  /// - Returns: that the next buffer may be larger, so that no buffer is used again but by ``buffer(allocator:)``.
  mutating func record(actualReadBytes: Int) -> Bool {
    hasRead = true
    return true
  }
}

/// The last few bodies of an event loop, whose memory the next ones take: by then whoever got them has read them, and a
/// fresh allocation of their size costs more than reading does. A body that somebody still holds is left to him.
final class BodyMemory {
  private static let count = 16
  /// A larger one is not kept.
  private static let maximumCapacity = 128 << 10

  /// Oldest first.
  private var bodies: [[UInt8]] = []

  /// An empty array, with room for about as much as other bodies had.
  func take() -> [UInt8] {
    guard bodies.count >= Self.count else { return [] }
    var body = bodies.removeFirst()
    body.removeAll(keepingCapacity: true)
    return body
  }

  /// Notes a body that is handed out.
  func note(_ body: [UInt8]) {
    if body.capacity <= Self.maximumCapacity, bodies.count < Self.count { bodies.append(body) }
  }
}
