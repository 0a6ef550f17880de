import FleetModel
import Platform
import SystemPackage

/// The write-ahead log: files `NNNNNNNNNN.log` of framed records in one directory, written at the end of the newest.
///
/// Not safe to use from several threads at once, but that ``sync()`` may run beside ``write(_:)``.
final class WriteAheadLog: @unchecked Sendable {
  let directory: FilePath

  /// Begins segment `number`, which must not exist. Its header is written and synced, and the directory.
  init(files: any FileSystem, directory: FilePath, beginning number: UInt64) throws(FileError) {
    fatalError("to be written")
  }

  /// The segment that is written to.
  var segment: UInt64 { fatalError("to be written") }
  /// Bytes in the segment.
  var segmentBytes: UInt64 { fatalError("to be written") }

  /// Appends framed records in one write. After a failure call nothing but ``begin(segment:)``.
  func write(_ records: UnsafeRawBufferPointer) throws(FileError) { fatalError("to be written") }

  /// See ``OutputFile/sync()``. After a failure call nothing but ``begin(segment:)``.
  func sync() throws(FileError) { fatalError("to be written") }

  /// Goes on in a new segment; all of the old one is synced first unless it failed.
  func begin(segment: UInt64) throws(FileError) { fatalError("to be written") }

  /// Syncs and closes.
  func close() throws(FileError) { fatalError("to be written") }

  /// The numbers of the segments in a directory, rising.
  static func segments(in directory: FilePath, _ files: any FileSystem) throws(FileError) -> [UInt64] {
    fatalError("to be written")
  }

  static func path(of segment: UInt64, in directory: FilePath) -> FilePath { fatalError("to be written") }

  /// Reads a segment up to its end or the first record that is torn or does not agree with its checksum.
  static func replay(
    _ segment: UInt64, in directory: FilePath, _ files: any FileSystem, into consumer: inout some LogConsumer & ~Copyable
  ) throws(FileError) -> ReplayEnd {
    fatalError("to be written")
  }
}

/// How the reading of a segment ended.
struct ReplayEnd: Sendable, Equatable {
  var records = 0
  var samples = 0
  /// Bytes that were good, the header among them.
  var goodBytes: UInt64 = 0
  var bytes: UInt64 = 0
  /// `nil` where the segment is whole; otherwise what is wrong with the record at `goodBytes`.
  var flaw: String?
}

/// Is told of the records of a log in their order.
protocol LogConsumer: ~Copyable {
  mutating func series(_ number: UInt32, encodedLabels: UnsafeRawBufferPointer)
  mutating func samples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64)
  mutating func lateSamples(_ samples: UnsafeBufferPointer<Sample>, at time: Int64)
  mutating func deletion(of numbers: [UInt32], from: Int64, through: Int64)
}
