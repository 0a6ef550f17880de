import FleetModel
import Platform
import Synchronization
import SystemPackage

/// The write-ahead log: files `NNNNNNNNNN.log` of framed records in one directory, written at the end of the newest. Their
/// form: ``FrameFile``, ``LogRecord``.
///
/// Not safe to use from several threads at once, but that ``sync()`` may run beside ``write(_:)``.
// Unchecked: its owner (``LogGate``) writes under a lock, and syncs and changes segments on one queue.
final class WriteAheadLog: @unchecked Sendable {
  let directory: FilePath
  private let files: any FileSystem
  private var file: any OutputFile
  /// The segment that is written to.
  private(set) var segment: UInt64
  /// Bytes in the segment.
  private(set) var segmentBytes: UInt64
  /// Nobody knows what a file holds after a failure: the first is repeated to whoever goes on.
  private let failure = Mutex<FileError?>(nil)

  /// Begins segment `number`, which must not exist. Its header is written and synced, and the directory.
  init(files: any FileSystem, directory: FilePath, beginning number: UInt64) throws(FileError) {
    self.files = files
    self.directory = directory
    (file, segmentBytes) = try Self.make(segment: number, in: directory, files)
    segment = number
  }

  /// Appends framed records in one write. After a failure call nothing but ``begin(segment:)``.
  func write(_ records: UnsafeRawBufferPointer) throws(FileError) {
    if let earlier = failure.withLock({ $0 }) { throw earlier }
    guard !records.isEmpty else { return }
    try noting { () throws(FileError) in try file.write(records, at: segmentBytes) }
    segmentBytes += UInt64(records.count)
  }

  /// See ``OutputFile/sync()``. After a failure call nothing but ``begin(segment:)``.
  func sync() throws(FileError) {
    if let earlier = failure.withLock({ $0 }) { throw earlier }
    try noting { () throws(FileError) in try file.sync() }
  }

  /// Goes on in a new segment; all of the old one is synced first unless it failed. If this throws, it changed nothing but
  /// that the log may have failed.
  func begin(segment number: UInt64) throws(FileError) {
    let hasFailed = failure.withLock { $0 != nil }
    if !hasFailed { try sync() }
    let (next, bytes) = try Self.make(segment: number, in: directory, files)
    let old = file
    file = next
    segment = number
    segmentBytes = bytes
    failure.withLock { $0 = nil }
    // What it was to keep is synced, or known to be lost.
    try? old.close()
  }

  /// Syncs and closes.
  func close() throws(FileError) {
    do throws(FileError) {
      try sync()
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }

  private func noting(_ body: () throws(FileError) -> Void) throws(FileError) {
    do throws(FileError) {
      try body()
    } catch {
      failure.withLock { $0 = $0 ?? error }
      throw error
    }
  }

  private static func make(
    segment number: UInt64, in directory: FilePath, _ files: any FileSystem
  ) throws(FileError) -> (any OutputFile, UInt64) {
    let path = path(of: number, in: directory)
    let file = try files.create(path)
    do throws(FileError) {
      let beginning = beginning(of: number)
      try writeAll(beginning, to: file)
      try file.sync()
      try files.syncDirectory(directory)
      return (file, UInt64(beginning.count))
    } catch {
      try? file.close()
      try? files.remove(path)
      throw error
    }
  }

  private static func writeAll(_ bytes: [UInt8], to file: any OutputFile) throws(FileError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(FileError) in try file.write(bytes, at: 0) }
    }
    try result.get()
  }

  /// Header and first record.
  private static func beginning(of number: UInt64) -> [UInt8] {
    var bytes = FrameFile.header(LogSegmentReader.kind)
    var payload = [LogRecord.Kind.segment.rawValue]
    withUnsafeBytes(of: number.littleEndian) { payload.append(contentsOf: $0) }
    payload.withUnsafeBytes { FrameFile.append($0, to: &bytes) }
    return bytes
  }
}

// MARK: Reading

extension WriteAheadLog {
  /// The numbers of the segments in a directory, rising.
  static func segments(in directory: FilePath, _ files: any FileSystem) throws(FileError) -> [UInt64] {
    try files.names(in: directory).compactMap(number(ofName:)).sorted()
  }

  static func path(of segment: UInt64, in directory: FilePath) -> FilePath {
    let digits = String(segment)
    return directory.appending(String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".log")
  }

  private static func number(ofName name: String) -> UInt64? {
    guard name.hasSuffix(".log"), case let digits = name.dropLast(4), digits.utf8.count >= 10,
      digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
    else { return nil }
    // One name for each number, and room to count on.
    guard let number = UInt64(digits), number < UInt64(Int64.max), path(of: number, in: "").string == name else {
      return nil
    }
    return number
  }

  /// Reads a segment up to its end or the first record that is torn or does not agree with its checksum.
  ///
  /// - Throws: only if the file cannot be read at all.
  static func replay(
    _ segment: UInt64, in directory: FilePath, _ files: any FileSystem,
    into consumer: inout some LogConsumer & ~Copyable
  ) throws(FileError) -> ReplayEnd {
    let bytes = try files.read(path(of: segment, in: directory))
    return bytes.withUnsafeBytes { LogSegmentReader.replay($0, segment: segment, into: &consumer) }
  }
}
