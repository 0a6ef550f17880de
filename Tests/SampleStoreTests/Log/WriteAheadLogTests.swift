import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

@Suite("the write-ahead log")
struct WriteAheadLogTests {
  static let directory: FilePath = "/data"

  /// Writes entries one by one until something throws.
  ///
  /// - Returns: how many were written, and how many of them synced.
  static func write(
    _ entries: [LogEntry], to log: WriteAheadLog, syncEvery: Int
  ) -> (written: Int, synced: Int, error: FileError?) {
    var journal = Journal(isEnabled: true)
    var buffer = JournalBytes()
    var synced = 0
    for (index, entry) in entries.enumerated() {
      do throws(FileError) {
        entry.write(to: &journal)
        journal.exchange(&buffer)
        try log.write(buffer.bytes)
        if (index + 1) % syncEvery == 0 {
          try log.sync()
          synced = index + 1
        }
      } catch {
        return (index, synced, error)
      }
    }
    return (entries.count, synced, nil)
  }

  static func replay(_ segment: UInt64, _ files: any FileSystem) throws -> (end: ReplayEnd, entries: [LogEntry]) {
    var consumer = RecordingConsumer()
    let end = try WriteAheadLog.replay(segment, in: directory, files, into: &consumer)
    return (end, consumer.entries)
  }

  /// Ended anywhere, by either end: what was synced is there, and nothing that was not written.
  @Test(arguments: SimulatedFileSystem.Interruption.allCases)
  func whatWasSyncedIsReplayed(kind: SimulatedFileSystem.Interruption) throws {
    var torn = 0
    for seed in UInt64(1)...300 {
      let random = SeededRandom(seed: seed)
      let entries = (0..<30).map { _ in LogEntry.random(random) }
      let files = SimulatedFileSystem(seed: seed)
      files.interrupt(kind, after: Int(1 + random.next() % 45))
      let log = try? WriteAheadLog(files: files, directory: Self.directory, beginning: 3)
      let syncEvery = Int(1 + random.next() % 6)
      let (written, synced, _) = log.map { Self.write(entries, to: $0, syncEvery: syncEvery) } ?? (0, 0, nil)
      files.restart()
      let segments = try WriteAheadLog.segments(in: Self.directory, files)
      guard log != nil || segments == [3] else { continue }
      #expect(segments == [3], "seed \(seed): the log's name was not made durable")
      let (end, found) = try Self.replay(3, files)
      #expect(found == Array(entries.prefix(found.count)), "seed \(seed)")
      #expect(found.count >= (kind == .powerLoss ? synced : written), "seed \(seed): \(end)")
      // The record in whose midst the end came may be whole.
      #expect(found.count <= written + 1, "seed \(seed)")
      if end.flaw != nil { torn += 1 }
    }
    #expect(torn > 20, "the end hardly ever tears a record: the test is too tame")
  }

  @Test(arguments: [SimulatedFileSystem.Operation.write, .sync])
  func aFailureIsRepeatedUntilANewSegment(operation: SimulatedFileSystem.Operation) throws {
    let files = SimulatedFileSystem(seed: 4)
    let log = try WriteAheadLog(files: files, directory: Self.directory, beginning: 1)
    let entries = LogFlawTests.entries
    #expect(Self.write(Array(entries[..<2]), to: log, syncEvery: 1).synced == 2)
    files.fail(operation, suffix: ".log", with: .noSpace)
    let failed = Self.write(Array(entries[2...]), to: log, syncEvery: 1)
    let error = try #require(failed.error)
    #expect(failed.written == 0 && error.errno == .noSpace)
    #expect(throws: error, "a second sync must not succeed") { try log.sync() }
    #expect(throws: error) { try log.write(UnsafeRawBufferPointer(start: nil, count: 0)) }
    try log.begin(segment: 2)
    #expect(log.segment == 2)
    #expect(Self.write(Array(entries[3...]), to: log, syncEvery: 1).synced == 2)
    files.crash()
    #expect(try WriteAheadLog.segments(in: Self.directory, files) == [1, 2])
    #expect(try Self.replay(1, files).entries.starts(with: entries[..<2]))
    #expect(try Self.replay(2, files).entries == Array(entries[3...]))
  }

  @Test func aSegmentThatCannotBeBegunLeavesTheOldOne() throws {
    let files = SimulatedFileSystem(seed: 4)
    let log = try WriteAheadLog(files: files, directory: Self.directory, beginning: 1)
    let entries = LogFlawTests.entries
    for operation in [SimulatedFileSystem.Operation.create, .write, .syncDirectory] {
      files.fail(operation)
      #expect(throws: FileError.self) { try log.begin(segment: 2) }
      #expect(try WriteAheadLog.segments(in: Self.directory, files) == [1], "\(operation)")
    }
    #expect(Self.write(Array(entries[..<2]), to: log, syncEvery: 9).written == 2)
    try log.begin(segment: 2)
    #expect(Self.write(Array(entries[2...]), to: log, syncEvery: 9).written == 3)
    try log.close()
    files.crash()
    #expect(try Self.replay(1, files).entries == Array(entries[..<2]), "a new segment syncs the old one")
    #expect(try Self.replay(2, files).entries == Array(entries[2...]), "closing syncs")
  }

  @Test func syncsRunBesideWrites() async throws {
    let files = SimulatedFileSystem(seed: 4)
    let log = try WriteAheadLog(files: files, directory: Self.directory, beginning: 1)
    let entries = (0..<400).map { LogEntry.deletion([$0], from: 0, through: 1) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { #expect(Self.write(entries, to: log, syncEvery: .max).written == entries.count) }
      group.addTask { for _ in 0..<400 { try log.sync() } }
      try await group.waitForAll()
    }
    try log.close()
    files.crash()
    #expect(try Self.replay(1, files).entries == entries)
  }

  @Test func otherFilesAreNoSegments() throws {
    let files = SimulatedFileSystem(seed: 4)
    for name in ["12.log", "0000000012.log.new", "00000000012.log", "000000001x.log", "٠000000001.log", ".log", "x"] {
      try files.put(Self.directory.appending(name), [])
    }
    for number: UInt64 in [12_345_678_901, 3, .max] {
      try files.put(WriteAheadLog.path(of: number, in: Self.directory), [])
    }
    #expect(WriteAheadLog.path(of: 3, in: "/d") == "/d/0000000003.log")
    // The greatest number has none after it.
    #expect(try WriteAheadLog.segments(in: Self.directory, files) == [3, 12_345_678_901])
  }

  @Test func aRealDiskDoesItToo() throws {
    let scratch = try ScratchDirectory()
    let files = SystemFileSystem()
    let log = try WriteAheadLog(files: files, directory: scratch.path, beginning: 1)
    #expect(Self.write(LogFlawTests.entries, to: log, syncEvery: 2).written == 5)
    try log.close()
    var consumer = RecordingConsumer()
    let end = try WriteAheadLog.replay(1, in: scratch.path, files, into: &consumer)
    #expect(consumer.entries == LogFlawTests.entries && end.flaw == nil)
    #expect(throws: FileError.self) { try WriteAheadLog(files: files, directory: scratch.path, beginning: 1) }
  }
}
