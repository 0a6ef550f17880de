import NIOCore
import Platform

/// How a message was packed (the header `grpc-encoding`).
enum GRPCEncoding: String, Sendable {
  case identity
  case gzip

  /// What the server takes, as `grpc-accept-encoding` says it.
  static let accepted = "identity,gzip"
}

/// The one message of a unary call as it stands on the wire.
struct GRPCPackedMessage: Sendable {
  var bytes: [UInt8]
  var isCompressed: Bool

  /// The message itself; takes as long as decompressing takes.
  ///
  /// - Throws: ``GRPCFailure`` where it is damaged, or has more than `limit` bytes.
  consuming func unpacked(_ encoding: GRPCEncoding, limit: Int) async throws(GRPCFailure) -> [UInt8] {
    guard isCompressed else { return bytes }
    guard encoding == .gzip else {
      throw GRPCFailure(.internalError, "the message is marked as compressed, and grpc-encoding does not say how")
    }
    do throws(Gzip.Failure) { return try await MessageWork.incoming.decompressed(bytes, limit: limit) } catch {
      switch error {
      case .malformed: throw GRPCFailure(.invalidArgument, "the message is not gzip, or is damaged")
      case .tooLong: throw GRPCMessageReader.tooLarge(limit)
      case .noMemory: throw GRPCFailure(.unavailable, "there is no memory for the message; send it again later")
      }
    }
  }
}

/// Puts the message of a unary call together from what comes in
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests>): a byte that says whether it is compressed, four
/// of its length, big-endian, and the message.
struct GRPCMessageReader: Sendable {
  /// More than this is not set aside on the word of a header alone.
  private static let firstReserve = 256 << 10

  private let limit: Int
  private var prefix: [UInt8] = []
  private var expected: Int?
  private var bytes: [UInt8] = []

  /// - Parameter limit: bytes that a message may have, before and after decompression.
  init(limit: Int) { self.limit = limit }

  /// Bytes held.
  var count: Int { bytes.count }

  mutating func append(_ part: ByteBuffer) throws(GRPCFailure) {
    var part = part.readableBytesView
    while prefix.count < 5, let byte = part.popFirst() { prefix.append(byte) }
    guard prefix.count == 5 else { return }
    let length: Int
    if let expected {
      length = expected
    } else {
      guard prefix[0] <= 1 else {
        throw GRPCFailure(.internalError, "a message begins with the flag \(prefix[0]); it is 0 or 1")
      }
      length = prefix[1...].reduce(0) { $0 << 8 | Int($1) }
      guard length <= limit else { throw Self.tooLarge(limit) }
      expected = length
      bytes.reserveCapacity(min(length, Self.firstReserve))
    }
    guard bytes.count + part.count <= length else {
      throw GRPCFailure(.internalError, "there is more after the message; the call takes one message")
    }
    bytes.append(contentsOf: part)
  }

  /// The message, once the client has sent all that it sends.
  consuming func finish() throws(GRPCFailure) -> GRPCPackedMessage {
    guard let expected, prefix.count == 5 else {
      throw GRPCFailure(.internalError, "the call has no message; it takes one")
    }
    guard bytes.count == expected else {
      throw GRPCFailure(.internalError, "the message breaks off after \(bytes.count) of \(expected) bytes")
    }
    return GRPCPackedMessage(bytes: bytes, isCompressed: prefix[0] == 1)
  }

  static func tooLarge(_ limit: Int) -> GRPCFailure {
    GRPCFailure(.resourceExhausted, "the message has more than \(limit) bytes; send less or raise limits.body_size")
  }

  /// A message as it goes out, not compressed.
  static func framed(_ message: [UInt8], allocator: ByteBufferAllocator) -> ByteBuffer {
    var buffer = allocator.buffer(capacity: message.count + 5)
    buffer.writeInteger(UInt8(0))
    buffer.writeInteger(UInt32(truncatingIfNeeded: message.count))
    buffer.writeBytes(message)
    return buffer
  }
}

/// The header `grpc-timeout`: at most eight digits and a unit.
enum GRPCTimeout {
  /// - Returns: `nil` for what is not one.
  static func parse(_ text: String) -> TimeAmount? {
    guard let unit = text.utf8.last, (2...9).contains(text.utf8.count), let value = Int64(text.dropLast()), value >= 0
    else { return nil }
    switch unit {
    case UInt8(ascii: "H"): return .seconds(value * 3600)
    case UInt8(ascii: "M"): return .seconds(value * 60)
    case UInt8(ascii: "S"): return .seconds(value)
    case UInt8(ascii: "m"): return .milliseconds(value)
    case UInt8(ascii: "u"): return .microseconds(value)
    case UInt8(ascii: "n"): return .nanoseconds(value)
    default: return nil
    }
  }
}
