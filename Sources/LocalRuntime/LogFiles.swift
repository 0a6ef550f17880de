import Glibc
import SystemPackage

/// The open log files, one for each path: two processes of one instance, the old and the new during a roll, share it.
struct LogFiles: ~Copyable {
  private final class Entry {
    var log: RotatingLog
    var reported = false

    init(_ path: FilePath) { log = RotatingLog(path) }
  }

  private static let chunk = 64 << 10
  /// Read from one process before the others have their turn.
  private static let chunksAtOnce = 16

  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: LogFiles.chunk, alignment: 16)
  private var entries: [FilePath: Entry] = [:]
  private var troubles: [String] = []

  deinit { buffer.deallocate() }

  /// Moves what is there from the pipe `output` to the log; closes the pipe, and sets it to -1, at its end.
  mutating func copy(from output: inout Int32, to path: FilePath) {
    guard output >= 0 else { return }
    let entry = entries[path] ?? Entry(path)
    entries[path] = entry
    for _ in 0..<Self.chunksAtOnce {
      let count = read(output, buffer.baseAddress, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { break }
      if count <= 0 {
        close(output)
        output = -1
        break
      }
      entry.log.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    if entry.log.lostBytes > 0, !entry.reported {
      entry.reported = true
      troubles.append("cannot write \(path): output of the agent is lost; free space or choose another directory")
    }
  }

  /// Closes the files that no process writes any more.
  mutating func keep(_ paths: Set<FilePath>) {
    if entries.count > paths.count { entries = entries.filter { paths.contains($0.key) } }
  }

  mutating func takeTroubles() -> [String] {
    defer { troubles = [] }
    return troubles
  }
}
