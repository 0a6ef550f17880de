import FleetModel
import Platform
import Synchronization
import SystemPackage

/// The files of the exemplars: `NNNNNNNNNN.exemplars`, of which the highest that is complete counts. A file is begun with all
/// that is kept then, and appended to until it has grown to several times that; the next one takes its place, and goes on disk
/// whole before the one before is removed.
final class ExemplarFiles: Sendable {
  private struct Output: Sendable {
    var file: any OutputFile
    var bytes: UInt64
    var imageBytes: UInt64
  }

  private struct State: Sendable {
    var output: Output?
    /// Of the file that was begun last.
    var number: UInt64
    /// Files that a newer one makes superfluous.
    var superseded: [FilePath]
  }

  private static let suffix = ".exemplars"
  /// A file is not begun anew before it has grown by so much.
  private static let leastGrowth: UInt64 = 4 << 20

  private let directory: FilePath
  private let files: any FileSystem
  private let state: Mutex<State>

  /// Reads the newest complete file into `ring`. A file that cannot be read is set aside.
  init(
    _ directory: FilePath, _ files: any FileSystem, reading ring: inout ExemplarRing,
    onEvent: (StoreEvent) -> Void
  ) throws(StoreError) {
    self.directory = directory
    self.files = files
    var superseded: [FilePath] = []
    var numbers: [UInt64] = []
    do throws(FileError) {
      try files.createDirectory(directory)
      numbers = try files.names(in: directory).compactMap(Self.number(inName:)).sorted(by: >)
    } catch {
      throw .file("\(error)")
    }
    var isRead = false
    for number in numbers {
      let path = directory.appending(Self.name(number))
      if isRead {
        superseded.append(path)
        continue
      }
      var candidate = ExemplarRing(capacity: ring.capacity, share: ring.share)
      let end: ExemplarRecords.End
      do throws(FileError) {
        let mapped = try files.map(path)
        end = ExemplarRecords.read(mapped.bytes, into: &candidate)
      } catch {
        throw .file("\(error)")
      }
      if let version = end.laterVersion {
        throw .format(
          path: path, reason: "it is of version \(version), of a later Skep; use that one, or remove the file")
      }
      guard end.isComplete else {
        // What was being begun when the process ended, if there is one before it; otherwise damage.
        if number == numbers.last { try Self.setAside(path, end, files, onEvent) } else { superseded.append(path) }
        continue
      }
      if let flaw = end.flaw {
        onEvent(
          StoreEvent(
            .info, "the last exemplars of a file are lost",
            ["file": path.string, "reason": flaw, "exemplars": "\(candidate.count)"]))
      }
      ring = candidate
      isRead = true
      superseded.append(path)
    }
    state = Mutex(State(output: nil, number: numbers.first ?? 0, superseded: superseded))
  }

  private static func setAside(
    _ path: FilePath, _ end: ExemplarRecords.End, _ files: any FileSystem, _ onEvent: (StoreEvent) -> Void
  ) throws(StoreError) {
    do throws(FileError) {
      let aside = try StoreLayout.setAside(path, files)
      onEvent(
        StoreEvent(
          .warning, "a file of exemplars cannot be read and is set aside; exemplars begin anew",
          ["file": aside.string, "reason": end.flaw ?? "it ends before its end"]))
    } catch {
      throw .file("\(error)")
    }
  }

  private static func name(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + suffix
  }

  private static func number(inName name: String) -> UInt64? {
    guard name.hasSuffix(suffix), let number = UInt64(name.dropLast(suffix.count)), number < UInt64(Int64.max),
      Self.name(number) == name
    else { return nil }
    return number
  }

  /// Whether the file has grown so much that it should be begun anew.
  var isOvergrown: Bool {
    state.withLock { state in
      guard let output = state.output else { return true }
      return output.bytes - output.imageBytes > max(Self.leastGrowth, 2 * output.imageBytes)
    }
  }

  /// Begins the next file. To be called on one queue, as all that writes.
  func begin(_ image: [UInt8]) throws(FileError) {
    let number = state.withLock { state in
      state.number += 1
      return state.number
    }
    let path = directory.appending(Self.name(number))
    let file = try files.create(path)
    do throws(FileError) {
      try Self.write(image, to: file, at: 0)
      try file.sync()
      try files.syncDirectory(directory)
    } catch {
      try? file.close()
      try? files.remove(path)
      throw error
    }
    let size = UInt64(image.count)
    let (old, superseded) = state.withLock { state in
      let before = (state.output?.file, state.superseded)
      state.output = Output(file: file, bytes: size, imageBytes: size)
      state.superseded = []
      return before
    }
    try? old?.close()
    for path in superseded + (old.map { [$0.path] } ?? []) { try? files.remove(path) }
  }

  /// Appends one frame. After an error the file is to be begun anew.
  func append(_ payload: [UInt8]) throws(FileError) {
    guard !payload.isEmpty, let output = state.withLock({ $0.output }) else { return }
    var frame: [UInt8] = []
    payload.withUnsafeBytes { FrameFile.append($0, to: &frame) }
    try Self.write(frame, to: output.file, at: output.bytes)
    state.withLock { $0.output?.bytes += UInt64(frame.count) }
  }

  func sync() throws(FileError) { try state.withLock({ $0.output })?.file.sync() }

  private static func write(_ bytes: [UInt8], to file: any OutputFile, at offset: UInt64) throws(FileError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try file.write(bytes, at: offset) }
    }
    try result.get()
  }
}
