import Glibc
import NIOCore
import NIOPosix

/// Sends the ends of log files and then what is added to them.
///
/// Files are opened anew for each look, so that one that is replaced or cut is followed without a notice from anybody: a new
/// inode or a shorter file is read from its beginning.
struct LogFollowing {
  struct File: Hashable, Sendable {
    var path: String
    /// Put before each line where there are several files.
    var name: String
  }

  /// What one look reads at most of one file.
  static let chunk = 256 << 10
  /// How far back the last lines are looked for.
  static let longestTail = 4 << 20

  private struct Place: Sendable {
    var inode: UInt64
    var offset: Int64
    /// The part of a line whose end has not been written yet; only kept where lines get a name.
    var partial: [UInt8] = []
  }

  private var lines: Int
  private var places: [String: Place] = [:]

  init(lines: Int) { self.lines = lines }

  /// What one look at all files found.
  enum Progress: Sendable, Hashable {
    case nothing
    /// Everything new has been sent.
    case caughtUp
    /// Some file had more than one look reads.
    case more
  }

  /// Sends what is new in `files`.
  mutating func step(files: [File], into sink: StreamSink) async throws -> Progress {
    var progress = Progress.nothing
    for file in files {
      let place = places[file.path]
      let lines = lines
      let look = try await NIOThreadPool.singleton.runIfActive {
        Self.look(at: file.path, from: place?.offset, inode: place?.inode, lines: lines)
      }
      guard let look else { continue }
      var next = Place(
        inode: look.inode, offset: look.end, partial: place?.inode == look.inode ? place?.partial ?? [] : [])
      if !look.bytes.isEmpty {
        if progress != .more { progress = look.bytes.count == Self.chunk ? .more : .caughtUp }
        if files.count == 1 {
          try await sink.send(ByteBuffer(bytes: next.partial + look.bytes))
          next.partial = []
        } else {
          try await sink.send(Self.named(look.bytes, file.name, partial: &next.partial))
        }
      }
      places[file.path] = next
    }
    return progress
  }

  private static func named(_ bytes: [UInt8], _ name: String, partial: inout [UInt8]) -> ByteBuffer {
    var buffer = ByteBuffer()
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      buffer.writeString("\(name) | ")
      buffer.writeBytes(partial)
      buffer.writeBytes(rest[...end])
      partial = []
      rest = rest[(end + 1)...]
    }
    partial += rest
    if partial.count > chunk {
      buffer.writeString("\(name) | ")
      buffer.writeBytes(partial)
      buffer.writeString("\n")
      partial = []
    }
    return buffer
  }

  private struct Look: Sendable {
    var inode: UInt64
    var bytes: [UInt8]
    /// Where the next look begins.
    var end: Int64
  }

  /// `nil` while there is no such file, or it cannot be read.
  private static func look(at path: String, from offset: Int64?, inode: UInt64?, lines: Int) -> Look? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let size = Int64(status.st_size)
    let start: Int64
    if let offset, inode == UInt64(status.st_ino), offset <= size {
      start = offset
    } else {
      start = offset == nil ? beginning(ofLast: lines, in: descriptor, size: size) : 0
    }
    let bytes = read(descriptor, from: start, count: Int(min(size - start, Int64(chunk))))
    return Look(inode: UInt64(status.st_ino), bytes: bytes, end: start + Int64(bytes.count))
  }

  /// The offset at which the last `lines` lines begin.
  private static func beginning(ofLast lines: Int, in descriptor: Int32, size: Int64) -> Int64 {
    guard lines > 0 else { return size }
    var position = size
    var remaining = lines
    while position > 0, size - position < Int64(longestTail) {
      let count = min(position, 64 << 10)
      let block = read(descriptor, from: position - count, count: Int(count))
      guard block.count == Int(count) else { return size }
      for index in block.indices.reversed() where block[index] == UInt8(ascii: "\n") {
        let offset = position - count + Int64(index)
        // The end of the last line separates nothing.
        if offset == size - 1 { continue }
        remaining -= 1
        if remaining == 0 { return offset + 1 }
      }
      position -= count
    }
    return position
  }

  private static func read(_ descriptor: Int32, from offset: Int64, count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
    }
  }
}
