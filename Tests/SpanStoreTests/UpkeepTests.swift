import Dispatch
import FleetModel
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import SpanStore

/// What goes on beside the taking of spans: syncs, heads that make way, merges, what is dropped.
@Suite("upkeep of a span store", .timeLimit(.minutes(5))) struct UpkeepTests {
  private static let second: Int64 = 1_000_000_000
  /// The wall clock of a ``SimulatedTime``.
  private static let now: Int64 = 1_700_000_000 * second

  private static func span(_ id: UInt64, trace: UInt64, state: SpanState = .completed, start: Int64 = now) throws
    -> Span
  {
    var span = Span(
      traceID: try #require(TraceID(high: 7, low: trace)), spanID: try #require(SpanID(rawValue: id)),
      operation: "chat", agent: "writer", state: state, start: start, end: state.hasEnded ? start + 1000 : nil)
    span.attributes = [SpanAttribute("url.path", .string("/v1/\(id)/\(trace)"))]
    return span
  }

  private static func batch(
    _ ids: ClosedRange<UInt64>, trace: UInt64? = nil, state: SpanState = .completed, start: Int64 = now
  ) throws -> SpanBatch {
    try #require(SpanBatch(try ids.map { try span($0, trace: trace ?? $0, state: state, start: start) }))
  }

  private static func store(
    _ files: any FileSystem, _ time: SimulatedTime = SimulatedTime(),
    _ change: (inout SpanStoreConfiguration) -> Void = { _ in }, note: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> DiskSpanStore {
    var configuration = SpanStoreConfiguration(directory: "/data/spans")
    change(&configuration)
    return try DiskSpanStore(configuration, files: files, time: time, note: note)
  }

  /// Senders that send again as soon as they are answered leave room on the thread for syncs, rotation and the end.
  @Test func intakeUnderSteadyLoadGivesOthersTheirTurn() async throws {
    struct State {
      var queue: SpanIntakeQueue?
      var commits = 0
      var commitsBeforeTurn: Int?
    }
    let state = Mutex(State())
    let batch = try Self.batch(1...1)
    let mostCommits = 200
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    let queue = SpanIntakeQueue(label: "test") { _ throws(SpanStoreError) in
      let (queue, commits) = state.withLock { state in
        state.commits += 1
        return (state.queue, state.commits)
      }
      guard let queue else { return }
      if commits == 1 {
        queue.work.queue.async { state.withLock { $0.commitsBeforeTurn = $0.commits } }
      }
      if commits == mostCommits {
        queue.work.queue.async { end.finish() }
      } else {
        // The next one waits before this one is done.
        Task.immediate { try await queue.append(batch) }
      }
    }
    state.withLock { $0.queue = queue }
    try await queue.append(batch)
    for await _ in ended {}
    state.withLock { $0.queue = nil }
    #expect(state.withLock { $0.commitsBeforeTurn }.map { $0 < mostCommits } == true)
  }

  /// What was acknowledged is synced in time however long a segment takes to be written.
  @Test func theLogIsSyncedWhileASegmentIsWritten() async throws {
    let gate = DispatchSemaphore(value: 0)
    let (waiting, waits) = AsyncStream.makeStream(of: Void.self)
    let (syncs, synced) = AsyncStream.makeStream(of: String.self)
    let files = WatchedFileSystem(SimulatedFileSystem(seed: 1)) { operation, path in
      let name = path.lastComponent?.string ?? ""
      if operation == .create, name.hasSuffix(".new") {
        waits.finish()
        gate.wait()
        gate.signal()
      }
      if operation == .sync, name.hasPrefix("log-") { synced.yield(name) }
    }
    let time = SimulatedTime()
    let store = try Self.store(files, time) { $0.headSize = 20_000 }
    let running = Task { try await store.run() }
    try await store.append(try Self.batch(1...200))
    for await _ in waiting {}
    // The store's first syncs are over when it sleeps.
    await time.waitForSleepers()
    try await store.append(try Self.batch(201...201))
    time.advance(by: .seconds(1))
    for await name in syncs where name == "log-0000000000000002" { break }
    gate.signal()
    running.cancel()
    _ = await running.result
    try store.close()
  }

  /// A head that has made way is as durable as the live one, though its segment cannot be written.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func aSealedHeadIsSyncedWithoutItsSegment(seed: UInt64) async throws {
    let files = SimulatedFileSystem(seed: seed)
    files.fail(.create, suffix: ".new", times: 1000)
    var store = try Self.store(files) { $0.headSize = 20_000 }
    try await store.append(try Self.batch(1...200))
    try await store.append(try Self.batch(201...201))
    #expect(files.content(of: "/data/spans/log-0000000000000002") != nil)
    await store.journal.syncing.run { [journal = store.journal] in journal.sync() }
    files.healFaults()
    files.crash()
    store = try Self.store(files)
    var lost: [UInt64] = []
    for trace in 1...201 as ClosedRange<UInt64> {
      if try await store.spans(of: try #require(TraceID(high: 7, low: trace))).isEmpty { lost.append(trace) }
    }
    #expect(lost.isEmpty)
    try store.close()
  }

  /// Copies of spans in flight do not make a head full: it would make way at once, and the next too.
  @Test func manySpansInFlightDoNotFillEachHead() async throws {
    let files = SimulatedFileSystem(seed: 1)
    let store = try Self.store(files) { $0.headSize = 50_000 }
    try await store.append(try Self.batch(1...600, state: .active))
    for id in 1001...1100 as ClosedRange<UInt64> { try await store.append(try Self.batch(id...id)) }
    let newest = try files.names(in: "/data/spans").filter { $0.hasPrefix("log-") }.max()
    #expect(newest == "log-0000000000000002")
    #expect(await store.openSpans().count == 600)
    try store.close()
  }

  /// Those that started last go along to the next log; the others stay as spans, and are followed no longer.
  @Test func spansInFlightThatAreTooManyAreForgotten() async throws {
    let files = SimulatedFileSystem(seed: 1)
    let store = try Self.store(files) { $0.headSize = 20_000 }
    for id in 1...2000 as ClosedRange<UInt64> where id % 50 == 0 {
      let ids = id - 49...id
      let spans = try ids.map { try Self.span($0, trace: $0, state: .active, start: Self.now + Int64($0)) }
      try await store.append(try #require(SpanBatch(spans)))
    }
    try await store.compact()
    let open = await store.openSpans().map(\.key.spanID.rawValue)
    #expect(open.count < 1000 && open.count > 100)
    #expect(open == Array(UInt64(2001 - open.count)...2000))
    #expect(try await store.spans(of: try #require(TraceID(high: 7, low: 1))).map(\.state) == [.active])
    #expect(store.statistics().headBytes < 300_000)
    try store.close()
  }

  /// What is dropped for its size is a small part of what is kept.
  @Test func retentionBySizeDropsInSmallParts() async throws {
    let files = SimulatedFileSystem(seed: 1)
    let most: UInt64 = 60_000
    let store = try Self.store(files) { $0.retentionSize = most }
    var isFull = false
    for round in 1...120 as ClosedRange<UInt64> {
      try await store.append(try Self.batch(round * 100...round * 100 + 40, start: Self.now + Int64(round)))
      try await store.compact()
      // The log that made way is closed there: until then its bytes are in use.
      await store.journal.syncing.run { [journal = store.journal] in journal.sync() }
      #expect(files.usedBytes <= most)
      if files.usedBytes > most * 3 / 4 { isFull = true }
      if isFull { #expect(files.usedBytes > most * 3 / 4, "round \(round)") }
    }
    #expect(isFull)
    try store.close()
  }

  /// A segment that is larger than all that may be kept stays until there is a newer one.
  @Test func theNewestSegmentStaysWhateverItsSize() async throws {
    let notes = Mutex<[String]>([])
    let store = try Self.store(SimulatedFileSystem(seed: 1)) {
      $0.retentionSize = 2000
    } note: { note in
      notes.withLock { $0.append(note) }
    }
    for round in 1...4 as ClosedRange<UInt64> {
      try await store.append(try Self.batch(round * 1000...round * 1000 + 500, start: Self.now + Int64(round)))
      try await store.compact()
      try await store.compact()
      #expect(store.statistics().segmentSpans == 501)
      #expect(try await store.spans(of: try #require(TraceID(high: 7, low: round * 1000))).count == 1)
    }
    #expect(notes.withLock { $0.count { $0.contains("tracing.retention_size") } } == 1)
    try store.close()
  }

  /// The live log counts: a bound of size is one of the disk.
  @Test func logsCountTowardsTheBoundOfSize() async throws {
    let files = SimulatedFileSystem(seed: 1)
    let store = try Self.store(files) { $0.retentionSize = 500_000 }
    for round in 1...40 as ClosedRange<UInt64> {
      try await store.append(try Self.batch(round * 1000...round * 1000 + 900, start: Self.now + Int64(round)))
      try await store.compact()
    }
    try await store.append(try Self.batch(9000...9900))
    #expect(store.statistics().logBytes > 80_000)
    #expect(files.usedBytes > 500_000)
    await store.upkeep.round()
    await store.journal.syncing.run { [journal = store.journal] in journal.sync() }
    #expect(files.usedBytes <= 500_000)
    #expect(store.statistics().segments >= 1)
    try store.close()
  }

  /// What a head took whose log cannot be synced is not safe before it is a segment: that does not wait for more spans.
  @Test func aHeadWhoseLogWasGivenUpMakesWay() async throws {
    let files = SimulatedFileSystem(seed: 1)
    let time = SimulatedTime()
    var store = try Self.store(files, time)
    try await store.append(try Self.batch(1...20))
    files.fail(.sync, suffix: "log-0000000000000001")
    let running = Task { [store] in try await store.run() }
    await time.waitForSleepers(2)
    time.advance(by: .seconds(10))
    while files.content(of: "/data/spans/segment-0000000000000001-0000000000000001") == nil { await Task.yield() }
    running.cancel()
    _ = await running.result
    files.crash()
    store = try Self.store(files)
    #expect(try await store.search(TraceQuery(range: 0..<Int64.max, limit: 100)).count == 20)
    try store.close()
  }

  /// Where spans are kept for an hour, a head does not live for six.
  @Test func aHeadIsNoOlderThanPartOfTheRetention() async throws {
    let time = SimulatedTime()
    let store = try Self.store(SimulatedFileSystem(seed: 1), time) { $0.retention = .seconds(3600) }
    try await store.append(try Self.batch(1...20))
    time.advance(by: .seconds(901))
    try store.journal.rotateIfDue()
    #expect(store.core.live.isEmpty)
    try store.close()
  }

  /// One span that nobody ends keeps no segments from being merged.
  @Test func aSpanInFlightForDaysDoesNotEndMerging() async throws {
    let files = SimulatedFileSystem(seed: 1)
    let store = try Self.store(files)
    try await store.append(try Self.batch(1...1, state: .active, start: Self.now - 3 * 86_400 * Self.second))
    for round in 1...16 as ClosedRange<UInt64> {
      try await store.append(try Self.batch(round * 100...round * 100 + 20))
      try await store.compact()
    }
    #expect(store.statistics().segments < 8)
    #expect(await store.openSpans().count == 1)
    try store.close()
  }
}
