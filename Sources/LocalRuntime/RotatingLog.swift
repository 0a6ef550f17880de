import Glibc
import SystemPackage

/// An append-only file that is renamed to `NAME.1` when it has grown to its limit, `NAME.1` to `NAME.2` and so on; the
/// oldest is lost. Cut between lines, unless a line is longer than 64 KiB.
///
/// Belongs to one thread, which it may block. On a full disk what cannot be written is lost and the agent runs on.
struct RotatingLog: ~Copyable {
  /// How many there are at most, the current one included, unless told otherwise.
  static let files = 3
  private static let longestLine = 64 << 10

  private let path: FilePath
  private let limit: Int
  private let files: Int
  private var descriptor: Int32 = -1
  private var size = 0
  private var endsWithLine = true
  private(set) var lostBytes = 0

  /// - Parameters:
  ///   - limit: bytes in one file.
  ///   - files: how many there are at most, the current one included.
  init(_ path: FilePath, limit: Int = 10 << 20, files: Int = RotatingLog.files) {
    self.path = path
    self.limit = limit
    self.files = max(files, 1)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    open()
    if size + rest.count > limit, size > 0 {
      if endsWithLine {
        rotate()
      } else if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        // What was begun is ended in the old file.
        write(UnsafeRawBufferPointer(rebasing: rest[...end]))
        rest = rest[(end + 1)...]
        rotate()
      } else if size + rest.count > limit + Self.longestLine {
        rotate()
      }
    }
    write(UnsafeRawBufferPointer(rebasing: rest))
  }

  private mutating func write(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    open()
    var offset = 0
    while offset < bytes.count, descriptor >= 0 {
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
      if count < 0 {
        if errno == EINTR { continue }
        break
      }
      offset += count
    }
    size += offset
    endsWithLine = bytes.last == UInt8(ascii: "\n")
    lostBytes += bytes.count - offset
  }

  private mutating func open() {
    guard descriptor < 0 else { return }
    descriptor = path.withPlatformString { Glibc.open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640) }
    var status = stat()
    size = descriptor >= 0 && fstat(descriptor, &status) == 0 ? Int(clamping: status.st_size) : 0
  }

  private mutating func rotate() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    size = 0
    endsWithLine = true
    if files == 1 { _ = path.withPlatformString { unlink($0) } }
    for number in stride(from: files - 1, to: 0, by: -1) {
      let old = number == 1 ? path : Self.rotated(path, number - 1)
      _ = old.withPlatformString { old in Self.rotated(path, number).withPlatformString { rename(old, $0) } }
    }
  }

  static func rotated(_ path: FilePath, _ number: Int) -> FilePath {
    path.removingLastComponent().appending((path.lastComponent?.string ?? "log") + ".\(number)")
  }
}
