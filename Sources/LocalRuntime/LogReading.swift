import Glibc
import Platform
import Synchronization
import SystemPackage

/// Where a ``LogFollower`` is in its file. Calls block and come one at a time.
final class LogReading: Sendable {
  private struct State {
    var descriptor: Int32 = -1
    /// Files that were filled since the last look, to be read before the one that has the path now; oldest first.
    var rotated: [Int32] = []
    var offset = 0
    var partial: [UInt8] = []
    var hasBegun = false
  }

  private static let longestLine = 1 << 20
  private static let chunk = 64 << 10

  private let path: FilePath
  private let lastLines: Int
  private let state = Mutex(State())

  init(_ path: FilePath, lastLines: Int) {
    self.path = path
    self.lastLines = lastLines
  }

  deinit {
    state.withLock { state in
      for descriptor in state.rotated + [state.descriptor] where descriptor >= 0 { close(descriptor) }
    }
  }

  /// The lines that have come since the last call; empty if none has.
  ///
  /// - Parameter unfinished: whether a last line without an end counts as one.
  func lines(unfinished: Bool) throws(FileError) -> [String] {
    try state.withLock { state throws(FileError) in
      var lines: [String] = []
      if !state.hasBegun {
        state.hasBegun = true
        lines += try begin(&state)
      }
      while lines.isEmpty {
        if state.descriptor < 0 {
          state.descriptor = state.rotated.isEmpty ? try open(path) : state.rotated.removeFirst()
          state.offset = 0
        }
        guard state.descriptor >= 0 else { break }
        if try readOn(&state, into: &lines) { continue }
        guard hasBeenReplaced(&state) else { break }
        // The writer moved on, so the old file gets no more: take what came between the two looks.
        while try readOn(&state, into: &lines) {}
        flush(&state, into: &lines)
        if state.rotated.isEmpty { state.rotated = filesAfter(state.descriptor) }
        close(state.descriptor)
        state.descriptor = -1
      }
      if unfinished, lines.isEmpty { flush(&state, into: &lines) }
      return lines
    }
  }

  /// Finds where the last lines begin; gives those that lie in the rotated file.
  private func begin(_ state: inout State) throws(FileError) -> [String] {
    state.descriptor = try open(path)
    var wanted = lastLines
    if state.descriptor >= 0 {
      let (offset, found) = Self.startOfLastLines(state.descriptor, wanted)
      state.offset = offset
      wanted -= found
    }
    guard wanted > 0, case let older = try open(RotatingLog.rotated(path, 1)), older >= 0 else { return [] }
    var rotated = State(descriptor: older, offset: Self.startOfLastLines(older, wanted).offset)
    defer { close(older) }
    var lines: [String] = []
    while try readOn(&rotated, into: &lines) {}
    flush(&rotated, into: &lines)
    return lines
  }

  private func open(_ path: FilePath) throws(FileError) -> Int32 {
    let descriptor = path.withPlatformString { Glibc.open($0, O_RDONLY | O_CLOEXEC) }
    if descriptor >= 0 || errno == ENOENT { return descriptor }
    throw FileError(path: path, operation: "read", errno: Errno(rawValue: errno))
  }

  /// Reads one chunk; false at the end of the file.
  private func readOn(_ state: inout State, into lines: inout [String]) throws(FileError) -> Bool {
    var buffer = [UInt8](repeating: 0, count: Self.chunk)
    var count: Int
    repeat {
      count = pread(state.descriptor, &buffer, buffer.count, off_t(state.offset))
    } while count < 0 && errno == EINTR
    if count < 0 { throw FileError(path: path, operation: "read", errno: Errno(rawValue: errno)) }
    guard count > 0 else { return false }
    state.offset += count
    var rest = buffer[..<count]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      state.partial += rest[..<end]
      lines.append(String(decoding: state.partial, as: UTF8.self))
      state.partial.removeAll()
      rest = rest[(end + 1)...]
    }
    state.partial += rest
    if state.partial.count >= Self.longestLine { flush(&state, into: &lines) }
    return true
  }

  private func flush(_ state: inout State, into lines: inout [String]) {
    guard !state.partial.isEmpty else { return }
    lines.append(String(decoding: state.partial, as: UTF8.self))
    state.partial.removeAll()
  }

  /// Whether another file has the path now. One that was cut short in place is read from its beginning.
  private func hasBeenReplaced(_ state: inout State) -> Bool {
    var here = stat()
    var there = stat()
    guard fstat(state.descriptor, &here) == 0 else { return false }
    if Int(clamping: here.st_size) < state.offset { state.offset = 0 }
    // While the path is empty the old file may still be written to.
    guard path.withPlatformString({ stat($0, &there) }) == 0 else { return false }
    return here.st_ino != there.st_ino || here.st_dev != there.st_dev
  }

  /// The rotated files that were written after the one behind `descriptor`, which was rotated itself; none if it is gone.
  private func filesAfter(_ descriptor: Int32) -> [Int32] {
    var own = stat()
    guard fstat(descriptor, &own) == 0 else { return [] }
    var files: [Int32] = []
    for number in 1..<RotatingLog.files {
      let path = RotatingLog.rotated(path, number)
      let opened = path.withPlatformString { Glibc.open($0, O_RDONLY | O_CLOEXEC) }
      guard opened >= 0 else { break }
      var status = stat()
      if fstat(opened, &status) == 0, status.st_ino == own.st_ino, status.st_dev == own.st_dev {
        close(opened)
        return files.reversed()
      }
      files.append(opened)
    }
    for file in files { close(file) }
    return []
  }

  /// Where the last `count` lines begin, and how many there are. Reads backwards, as much as it needs.
  private static func startOfLastLines(_ descriptor: Int32, _ count: Int) -> (offset: Int, found: Int) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return (0, 0) }
    let size = Int(clamping: status.st_size)
    guard count > 0, size > 0 else { return (size, 0) }
    var buffer = [UInt8](repeating: 0, count: chunk)
    var end = size
    var found = 0
    while end > 0 {
      let start = max(end - chunk, 0)
      let read = pread(descriptor, &buffer, end - start, off_t(start))
      guard read == end - start else { return (end, found) }
      for index in stride(from: read - 1, through: 0, by: -1) where buffer[index] == UInt8(ascii: "\n") {
        // The end of the last line begins no further one.
        if start + index == size - 1 { continue }
        found += 1
        if found == count { return (start + index + 1, found) }
      }
      end = start
    }
    return (0, found + 1)
  }
}
