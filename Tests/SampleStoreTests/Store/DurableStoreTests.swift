import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SampleStore

/// The store on real files, through its public face.
@Suite struct DurableStoreTests {
  static let start: Int64 = 1_700_000_000_000
  static let everything = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))

  static func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: start + seconds * 1000) }

  let scratch: ScratchDirectory
  let events = EventList()
  let clock = SimulatedTime(start: DurableStoreTests.time(20_000))

  init() throws { scratch = try ScratchDirectory() }

  func open(
    _ name: String = "store", files: any FileSystem = SystemFileSystem(),
    _ edit: (inout StoreConfiguration) -> Void = { _ in }
  ) throws -> DurableStore {
    var configuration = StoreConfiguration(directory: scratch.path.appending(name))
    edit(&configuration)
    return try DurableStore(configuration, files: files, time: clock) { [events] in events.add($0) }
  }

  static func fill(_ store: DurableStore, series: Int = 20, seconds: Range<Int64>) throws {
    let references = try (0..<series).map { index in
      try store.reference(for: LabelSet(["__name__": "m\(index % 3)", "i": "\(index)"]))
    }
    for second in seconds {
      let batch = references.enumerated().map { Sample(series: $1, value: Double(second * 10) + Double($0)) }
      #expect(try store.append(batch, at: time(second)).appended == series)
    }
  }

  static func expect(_ store: DurableStore, series: Int = 20, _ seconds: Range<Int64>) async throws {
    let found = try await store.select([], from: everything.0, through: everything.1)
    #expect(found.count == series)
    for series in found {
      let index = Double(series.labels["i"] ?? "") ?? -1
      #expect(series.samples.timestamps == seconds.map { time($0).milliseconds })
      #expect(series.samples.values == seconds.map { Double($0 * 10) + index })
    }
  }

  @Test func whatIsTakenIsThereAfterARestart() async throws {
    var store = try open()
    try Self.fill(store, seconds: 0..<300)
    try await Self.expect(store, 0..<300)
    // Nobody closes it, as after kill -9.
    store = try open()
    try await Self.expect(store, 0..<300)
    try Self.fill(store, seconds: 300..<400)
    #expect(try store.flush(everything: true))
    try Self.fill(store, seconds: 400..<500)
    try store.checkpoint()
    try Self.fill(store, seconds: 500..<600)
    store.close()
    #expect(throws: AppendError.closed) { try store.append([], at: Self.time(700)) }
    try await Self.expect(store, 0..<600)
    store = try open()
    try await Self.expect(store, 0..<600)
    #expect(store.statistics.blocks == 1)
    #expect(events.all.allSatisfy { $0.level == .info })
  }

  @Test func compactionLeavesOneBlockAndAShortLog() async throws {
    let store = try open()
    for part in 0..<5 {
      try Self.fill(store, seconds: Int64(part) * 100..<Int64(part + 1) * 100)
      #expect(try store.flush(everything: true))
    }
    try Self.fill(store, seconds: 500..<700)
    try await store.compact()
    try await Self.expect(store, 0..<700)
    let statistics = try await store.statistics(labels: 2)
    #expect(statistics.blocks.count == 1)
    #expect(statistics.blocks.first?.samples == 14_000)
    #expect(statistics.head.samples == 0)
    #expect(statistics.series == 20 && statistics.samples == 14_000)
    #expect(statistics.labels.map(\.name) == ["i", "__name__"] && statistics.labels.map(\.count) == [20, 3])
    #expect(statistics.metrics.map(\.name) == ["m0", "m1"] && statistics.metrics.map(\.count) == [7, 7])
    #expect(statistics.pairs.map(\.name) == ["__name__=\"m0\"", "__name__=\"m1\""])
    #expect(statistics.logBytes < 200)
    #expect(statistics.oldest == Self.time(0) && statistics.newest == Self.time(699))
    store.close()
    let check = try DurableStore.check(scratch.path.appending("store"))
    #expect(check.isGood, "\(check)")
    #expect(check.samples == 14_000 && check.series == 20)
  }

  @Test func aSnapshotIsAStoreOfItsOwn() async throws {
    let store = try open()
    try Self.fill(store, seconds: 0..<100)
    try await store.compact()
    try Self.fill(store, seconds: 100..<200)
    let target = scratch.path.appending("copy")
    let summary = try await store.snapshot(to: target)
    #expect(summary.blocks == 1 && summary.series == 20 && summary.samples == 4000)
    await #expect(throws: StoreError.self) { try await store.snapshot(to: target) }
    // What comes after, and what goes, is not its business.
    try Self.fill(store, seconds: 200..<300)
    _ = try await store.delete([], from: Self.everything.0, through: Self.everything.1)
    #expect(try await store.select([], from: Self.everything.0, through: Self.everything.1).isEmpty)
    #expect(try DurableStore.check(target).isGood)
    try await Self.expect(try open("copy"), 0..<200)
  }

  @Test func deletionReachesBlocksAndHead() async throws {
    var store = try open()
    try Self.fill(store, seconds: 0..<100)
    try await store.compact()
    try Self.fill(store, seconds: 100..<200)
    let matcher = LabelMatcher("i", .matches, "1|2|3")
    let summary = try await store.delete([matcher], from: Self.time(50), through: Self.time(149))
    #expect(summary.series == 3 && summary.samples == 300)
    await #expect(throws: InvalidMatcher.self) {
      try await store.delete([LabelMatcher("i", .matches, "(")], from: Self.time(0), through: Self.time(1))
    }
    for _ in 0..<2 {
      let found = try await store.select([matcher], from: Self.everything.0, through: Self.everything.1)
      #expect(found.map(\.samples.count) == [100, 100, 100])
      let others = try await store.select(
        [LabelMatcher("i", .equal, "4")], from: Self.everything.0, through: Self.everything.1)
      #expect(others.map(\.samples.count) == [200])
      #expect(store.catalog.manifest.deletions.isEmpty)
      store = try open()
    }
  }

  @Test func aDamagedBlockIsSetAside() async throws {
    let files = SimulatedFileSystem(seed: 1, directory: scratch.path)
    let store = try open(files: files)
    try Self.fill(store, seconds: 0..<50)
    #expect(try store.flush(everything: true))
    try Self.fill(store, seconds: 50..<100)
    #expect(try store.flush(everything: true))
    let path = scratch.path.appending("store/blocks/0000000001.block")
    // Or the log would still have what the block has.
    try store.checkpoint()
    store.close()
    // In the data, which is verified when it is read.
    try files.flipBit(3, ofByte: 40, in: path)
    let again = try open(files: files)
    try await Self.expect(again, 50..<100)
    #expect(events.all.contains { $0.level == .error && $0.fields["file"]?.contains("0000000001") == true })
    try again.retain(Self.time(100))
    #expect(files.content(of: path) == nil)
    #expect(try files.names(in: path.removingLastComponent()).contains("0000000001.block.corrupt-1"))
    #expect(try await again.statistics().setAside == ["blocks/0000000001.block.corrupt-1"])
    again.close()
    try await Self.expect(try open(files: files), 50..<100)
  }

  @Test func aFullDiskStopsAppendsUntilThereIsSpace() async throws {
    let files = SimulatedFileSystem(seed: 1, directory: scratch.path)
    let store = try open(files: files)
    try Self.fill(store, seconds: 0..<50)
    files.capacity = files.usedBytes
    let reference = try store.reference(for: LabelSet(["__name__": "m0", "i": "0"]))
    let failed = #expect(throws: AppendError.self) {
      try store.append([Sample(series: reference, value: 1)], at: Self.time(50))
    }
    #expect(failed?.description.contains("free space") == true)
    #expect(store.failure?.contains("no space") == true)
    await #expect(throws: AppendError.self) { try await store.acknowledge() }
    #expect(throws: FileError.self) { try store.recover() }
    files.capacity = nil
    try store.recover()
    #expect(store.failure == nil)
    // The head had taken it: sent again it is no other sample.
    #expect(try store.append([Sample(series: reference, value: 1)], at: Self.time(50)).appended == 1)
    try await store.acknowledge()
    files.kill()
    let again = try open(files: files)
    let found = try await again.select([], from: Self.everything.0, through: Self.everything.1)
    #expect(found.map(\.samples.count).sorted() == [Int](repeating: 50, count: 19) + [51])
  }

  @Test func filesOfALaterVersionAreRefused() throws {
    let files = SimulatedFileSystem(seed: 1, directory: scratch.path)
    let store = try open(files: files)
    try Self.fill(store, seconds: 0..<5)
    try store.checkpoint()
    store.close()
    let names = ["manifest", "checkpoint-0000000002", "log/0000000002.log"]
    let kinds = [Manifest.kind, CheckpointFile.kind, LogSegmentReader.kind]
    for (name, kind) in zip(names, kinds) {
      let path = scratch.path.appending("store").appending(FilePath(name).components)
      let content = try #require(files.content(of: path))
      let header = FrameFile.header(FrameFile.Kind(magic: kind.magic, version: kind.version + 1))
      try files.put(path, header + content.dropFirst(header.count))
      #expect { try open(files: files) } throws: { if case StoreError.format = $0 { true } else { false } }
      try files.put(path, content)
    }
    _ = try open(files: files)
  }

  @Test func alwaysSyncedMeansSyncedBeforeTheAnswer() async throws {
    let files = SimulatedFileSystem(seed: 5, directory: scratch.path)
    for isRunning in [false, true] {
      let store = try open("always-\(isRunning)", files: files) { $0.syncInterval = nil }
      let upkeep = isRunning ? Task { await store.run() } : nil
      // Upkeep sleeps once it has begun.
      if isRunning { await clock.waitForSleepers(2) }
      try Self.fill(store, seconds: 0..<10)
      await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 { group.addTask { (try? await store.acknowledge()) != nil } }
        for await isAcknowledged in group { #expect(isAcknowledged) }
      }
      upkeep?.cancel()
      files.crash()
      await upkeep?.value
      try await Self.expect(try open("always-\(isRunning)", files: files), 0..<10)
    }
  }

  @Test func runKeepsTheStore() async throws {
    let store = try open { $0.retention = .seconds(24 * 3600) }
    let upkeep = Task { await store.run() }
    await clock.waitForSleepers(3)
    // Much older than the retention, and now.
    try Self.fill(store, series: 3, seconds: -200_000 ..< -199_000)
    try Self.fill(store, series: 3, seconds: 19_000..<19_700)
    for _ in 0..<3 {
      clock.advance(by: .seconds(2 * 3600))
      await clock.waitForSleepers(3)
    }
    upkeep.cancel()
    await upkeep.value
    #expect(throws: AppendError.closed) { try store.append([], at: Self.time(0)) }
    let found = try await store.select([], from: Self.time(-300_000), through: Self.time(-190_000))
    #expect(found.isEmpty)
    #expect(store.statistics.blocks >= 1)
    try await Self.expect(try open { $0.retention = .seconds(24 * 3600) }, series: 3, 19_000..<19_700)
  }
}

extension DurableStore {
  fileprivate var statistics: (blocks: Int, samples: UInt64) {
    (catalog.members.count, catalog.members.reduce(0) { $0 + $1.block.summary.samples })
  }
}
