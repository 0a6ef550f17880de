/// Runs work that grows with a message: that of small ones where it is asked for, that of large ones on one thread of its own, one
/// message at a time. On the few threads that run Swift's tasks it would keep all others from theirs.
public struct MessageWork: Sendable {
  /// For messages that the outside sends: decompressing and decoding them.
  public static let incoming = MessageWork(label: "skep.messages")

  /// What has more bytes is large: some milliseconds of work.
  public static let largeBytes = 256 << 10

  private let large: BlockingWork

  public init(label: String) { large = BlockingWork(label: label) }

  /// Runs `body` and returns what it returns. Does not react to cancellation.
  ///
  /// - Parameter bytes: how large the message is.
  public func run<Value: Sendable, Failure: Error>(
    on bytes: Int, _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    if bytes <= Self.largeBytes { return try body() }
    return try await large.run(body)
  }

  /// The bytes of a gzip message, at most `limit` of them.
  ///
  /// What is small on the wire may be large: it is tried as a small one first, which is little work to do twice.
  public func decompressed(_ message: [UInt8], limit: Int) async throws(Gzip.Failure) -> [UInt8] {
    if message.count <= Self.largeBytes {
      do throws(Gzip.Failure) {
        return try Self.decompress(message, limit: min(limit, Self.largeBytes))
      } catch {
        guard case .tooLong = error, limit > Self.largeBytes else { throw error }
      }
    }
    return try await large.run { () throws(Gzip.Failure) in try Self.decompress(message, limit: limit) }
  }

  private static func decompress(_ message: [UInt8], limit: Int) throws(Gzip.Failure) -> [UInt8] {
    let result = message.withUnsafeBytes { packed -> Result<[UInt8], Gzip.Failure> in
      do throws(Gzip.Failure) { return .success(try Gzip.decompress(packed, limit: limit)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
