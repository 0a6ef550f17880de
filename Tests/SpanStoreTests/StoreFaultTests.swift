import FleetModel
import Platform
import SpanStore
import SystemPackage
import TestSupport
import Testing

@Suite("a span store on a bad disk") struct StoreFaultTests {
  private static let directory: FilePath = "/data/spans"

  private static func open(_ files: SimulatedFileSystem, headSize: Int = 100_000) throws -> DiskSpanStore {
    var configuration = SpanStoreConfiguration(directory: directory)
    configuration.headSize = headSize
    return try DiskSpanStore(configuration, files: files, time: SimulatedTime(), note: { _ in })
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func aFullDiskRefusesAndLosesNothing(seed: UInt64) async throws {
    let files = SimulatedFileSystem(seed: seed)
    let random = RandomSpans(seed: seed)
    var plain = PlainSpans()
    var store = try Self.open(files)
    files.capacity = UInt64(30_000 + random.below(100_000))
    var refused = 0
    for round in 0..<120 {
      let spans = random.batch(20)
      let batch = try #require(SpanBatch(spans))
      do throws(SpanStoreError) {
        try await store.append(batch)
        plain.append(spans)
      } catch .storage {
        refused += 1
        #expect(store.failure != nil)
      } catch {
        Issue.record("\(error)")
      }
      if round == 90 {
        try await StoreComparison.compare(store, plain, random, "full")
        files.capacity = nil
      }
    }
    #expect(refused > 0)
    try await store.compact()
    #expect(store.failure == nil)
    try await StoreComparison.compare(store, plain, random, "room again")
    try store.close()
    files.kill()
    store = try Self.open(files)
    try await StoreComparison.compare(store, plain, random, "reopened")
    try store.close()
  }

  /// The logs of before go when their segments are there: not before a log tells of what is in flight.
  @Test func aFullDiskAtTheStartLosesNoSpanInFlight() async throws {
    let files = SimulatedFileSystem(seed: 2)
    var store = try Self.open(files, headSize: 10_000_000)
    var span = RandomSpans(seed: 2).span()
    span.state = .active
    span.end = nil
    try await store.append(try #require(SpanBatch([span])))
    try store.close()
    files.kill()
    files.fail(.create, suffix: "log-0000000000000002", with: .noSpace)
    store = try Self.open(files, headSize: 10_000_000)
    #expect(store.failure != nil)
    await #expect(throws: SpanStoreError.self) { try await store.compact() }
    #expect(await store.openSpans().count == 1)
    // Without a log there is nothing to close.
    try store.close()
    files.kill()
    store = try Self.open(files, headSize: 10_000_000)
    #expect(await store.openSpans().count == 1)
    try await store.compact()
    #expect(store.failure == nil)
    #expect(await store.openSpans().count == 1)
    try store.close()
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func aTornTailIsLeftOut(seed: UInt64) async throws {
    let files = SimulatedFileSystem(seed: seed)
    let random = RandomSpans(seed: seed)
    let store = try Self.open(files, headSize: 10_000_000)
    var batches: [[Span]] = []
    var sizes: [Int] = []
    let log = Self.directory.appending("log-0000000000000001")
    for _ in 0..<10 {
      batches.append(random.batch(10))
      try await store.append(try #require(SpanBatch(batches[batches.count - 1])))
      sizes.append(try #require(files.content(of: log)).count)
    }
    try store.close()
    let whole = try #require(files.content(of: log))
    let cut = 17 + random.below(whole.count - 17)
    try files.put(log, Array(whole[..<cut]))
    var plain = PlainSpans()
    for (batch, size) in zip(batches, sizes) where size <= cut { plain.append(batch) }
    let reopened = try Self.open(files)
    try await StoreComparison.compare(reopened, plain, random, "cut at \(cut)")
    try await reopened.compact()
    let names = try files.names(in: Self.directory)
    #expect(!names.contains { $0.hasSuffix(".damaged") }, "a write that was cut short is no damage")
    try reopened.close()
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func flippedBitsInSegmentsAreFoundAndTheRestServed(seed: UInt64) async throws {
    let files = SimulatedFileSystem(seed: seed)
    let random = RandomSpans(seed: seed)
    var plain = PlainSpans()
    var store = try Self.open(files, headSize: 10_000_000)
    for _ in 0..<3 {
      let spans = random.batch(200)
      try await store.append(try #require(SpanBatch(spans)))
      plain.append(spans)
      try await store.compact()
    }
    try store.close()
    let segments = try files.names(in: Self.directory).filter { $0.hasPrefix("segment-") }
    #expect(segments.count == 3)
    try files.flipBits(1, in: Self.directory.appending(segments[random.below(3)]))
    store = try Self.open(files)
    // What is found is a version that was stored, and two of three segments are served.
    for trace in plain.traces {
      let found = try await store.spans(of: trace)
      let known = Set((plain.versions[trace] ?? []).map(\.spanID))
      #expect(Set(found.map(\.spanID)).isSubset(of: known))
    }
    // Said of a block at once; a file is set aside at the start where its footer is damaged, else when it is merged.
    let isSetAside = try files.names(in: Self.directory).contains { $0.hasSuffix(".damaged") }
    #expect(isSetAside || store.statistics().damagedBlocks == 1)
    let spans = random.batch(50)
    try await store.append(try #require(SpanBatch(spans)))
    for _ in 0..<3 { try await store.compact() }
    for trace in Set(spans.map(\.traceID)) {
      let found = try await store.spans(of: trace)
      #expect(!found.isEmpty)
    }
    try store.close()
  }

  /// A segment that could not be read once must not be taken for the leftover of a merge that went on without it.
  @Test func aSegmentThatCouldNotBeReadOnceIsThereTheNextTime() async throws {
    let files = SimulatedFileSystem(seed: 4)
    let random = RandomSpans(seed: 4)
    var plain = PlainSpans()
    func add(_ store: DiskSpanStore) async throws {
      let spans = random.batch(50)
      try await store.append(try #require(SpanBatch(spans)))
      plain.append(spans)
      try await store.compact()
    }
    var store = try Self.open(files, headSize: 10_000_000)
    for _ in 0..<3 { try await add(store) }
    try store.close()
    let segments = try files.names(in: Self.directory).filter { $0.hasPrefix("segment-") }.sorted()
    files.fail(.map, suffix: segments[1])
    store = try Self.open(files, headSize: 10_000_000)
    // Two, and soon a third of what was in flight: it was in the log.
    #expect((2...3).contains(store.statistics().segments))
    for _ in 0..<6 { try await add(store) }
    // The later ones were merged.
    #expect(store.statistics().segments < 6)
    try store.close()
    store = try Self.open(files, headSize: 10_000_000)
    for trace in plain.traces {
      let found = try await store.spans(of: trace)
      #expect(found.map(\.spanID) == plain.spans(of: trace).map(\.spanID))
    }
    try store.close()
  }

  /// What a later Skep wrote is refused and left as it is, down to the last file.
  @Test(arguments: ["log-0000000000000003", "segment-0000000000000001-0000000000000001"])
  func filesOfALaterVersionAreRefused(name: String) async throws {
    let files = SimulatedFileSystem(seed: 1)
    let random = RandomSpans(seed: 1)
    let store = try Self.open(files, headSize: 10_000_000)
    for _ in 0..<2 {
      try await store.append(try #require(SpanBatch(random.batch(10))))
      try await store.compact()
      try await store.append(try #require(SpanBatch(random.batch(10))))
    }
    try store.close()
    let path = Self.directory.appending(name)
    var bytes = try #require(files.content(of: path))
    bytes.replaceSubrange(8..<12, with: [7, 0, 0, 0])
    let checksum = bytes[..<12].withUnsafeBytes { CRC32C.checksum($0) }
    bytes.replaceSubrange(12..<16, with: withUnsafeBytes(of: checksum.littleEndian) { Array($0) })
    try files.put(path, bytes)
    try files.put(Self.directory.appending("segment-0000000000000009-0000000000000009.new"), [1])
    let names = try files.names(in: Self.directory)
    let error = #expect(throws: SpanStoreError.self) { _ = try Self.open(files) }
    guard case .format(let refused, version: 7, known: 1) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(refused == path.string)
    #expect(try files.names(in: Self.directory) == names)
    #expect(files.content(of: path) == bytes)
  }

  @Test func aFlippedBitInTheMidstOfALogSetsTheRestAside() async throws {
    let files = SimulatedFileSystem(seed: 3)
    let random = RandomSpans(seed: 3)
    var store = try Self.open(files, headSize: 10_000_000)
    for _ in 0..<10 { try await store.append(try #require(SpanBatch(random.batch(10)))) }
    try store.close()
    let log = Self.directory.appending("log-0000000000000001")
    try files.flipBit(3, ofByte: try #require(files.content(of: log)).count / 2, in: log)
    store = try Self.open(files)
    try await store.compact()
    #expect(try files.names(in: Self.directory).contains("log-0000000000000001.damaged"))
    #expect(store.statistics().segmentSpans > 0)
    try store.close()
  }
}
