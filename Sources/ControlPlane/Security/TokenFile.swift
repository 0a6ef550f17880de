import FleetModel
import Glibc
import Logging
import NIOPosix
import Platform
import Synchronization

/// The tokens in force: those of a file, read again when it changes.
final class TokenFile: Sendable {
  static let pollInterval: Duration = .seconds(2)

  /// Tells one content of the file from another without reading it.
  private struct Version: Sendable, Hashable {
    var inode: UInt64
    var size: Int64
    var modifiedSeconds: Int
    var modifiedNanoseconds: Int
  }

  private struct State: Sendable {
    var version: Version
    var tokens: TokenList
  }

  private struct Reading: Sendable {
    var version: Version
    var mode: UInt32
    var text: String
  }

  let path: String
  private let logger: Logger
  private let state: Mutex<State>

  /// Reads the file; blocks for as long.
  ///
  /// - Throws: ``SecurityError``.
  init(path: String, logger: Logger) throws(SecurityError) {
    self.path = path
    self.logger = logger
    let reading = try Self.read(path)
    state = Mutex(State(version: reading.version, tokens: try TokenList(reading.text, file: path)))
    Self.warn(ofMode: reading.mode, path: path, logger: logger)
  }

  func principal(for token: some StringProtocol) -> Principal? {
    let tokens = state.withLock { $0.tokens }
    return tokens.principal(for: token)
  }

  /// Whose token has this hash.
  func principal(for digest: SHA256Digest) -> Principal? {
    let tokens = state.withLock { $0.tokens }
    return tokens.principal(for: digest)
  }

  /// Follows the file until cancelled. A file that is gone or wrong leaves the old tokens in force and is logged once.
  func follow(time: any TimeSource) async throws {
    var lastProblem: SecurityError?
    while true {
      try await time.sleep(for: Self.pollInterval)
      let problem = try await NIOThreadPool.singleton.runIfActive { self.refresh() }
      if let problem, problem != lastProblem {
        logger.error("keeping the old tokens", metadata: ["error": "\(problem)"])
      }
      lastProblem = problem
    }
  }

  /// Reads the file if it has changed; blocks for as long.
  ///
  /// - Returns: why the old tokens stay in force, if they do.
  func refresh() -> SecurityError? {
    do {
      let known = state.withLock { $0.version }
      if try Self.version(of: path) == known { return nil }
      let reading = try Self.read(path)
      let tokens = try TokenList(reading.text, file: path)
      state.withLock { $0 = State(version: reading.version, tokens: tokens) }
      Self.warn(ofMode: reading.mode, path: path, logger: logger)
      logger.notice("tokens read again", metadata: ["file": "\(path)", "tokens": "\(tokens.count)"])
      return nil
    } catch {
      return error
    }
  }

  /// Says so if others than the owner can read a file of secrets.
  static func warn(ofMode mode: UInt32, path: String, logger: Logger) {
    if mode & 0o077 != 0 {
      logger.warning("\(path) can be read by others; make it private with chmod 600 \(path)")
    }
  }

  private static func failure(_ path: String) -> SecurityError {
    .unreadable(file: path, reason: String(cString: strerror(errno)))
  }

  private static func version(of path: String) throws(SecurityError) -> Version {
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure(path) }
    return version(status)
  }

  private static func version(_ status: stat) -> Version {
    Version(
      inode: UInt64(status.st_ino), size: Int64(status.st_size), modifiedSeconds: status.st_mtim.tv_sec,
      modifiedNanoseconds: status.st_mtim.tv_nsec)
  }

  private static func read(_ path: String) throws(SecurityError) -> Reading {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= 1 << 20 else {
      throw .unreadable(file: path, reason: "it is not a regular file of at most 1 MiB")
    }
    let size = Int(status.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
      initialized = size == 0 ? 0 : max(0, pread(descriptor, buffer.baseAddress, size, 0))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .unreadable(file: path, reason: "it is not UTF-8 text")
    }
    return Reading(version: version(status), mode: status.st_mode, text: text)
  }
}
