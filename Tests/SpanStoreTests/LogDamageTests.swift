import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SpanStore

/// Logs that are not what was written.
@Suite("damage in a log of spans") struct LogDamageTests {
  private static let log: FilePath = "/data/spans/log-0000000000000001"

  private static func open(
    _ files: SimulatedFileSystem, fsyncInterval: Duration? = .seconds(1)
  ) throws -> DiskSpanStore {
    var configuration = SpanStoreConfiguration(directory: "/data/spans")
    configuration.fsyncInterval = fsyncInterval
    return try DiskSpanStore(configuration, files: files, time: SimulatedTime(), note: { _ in })
  }

  /// A length leads the reader astray: what follows is not lost for that.
  @Test(arguments: 0..<32)
  func aFlippedBitInALengthSetsTheLogAside(bit: Int) async throws {
    let files = SimulatedFileSystem(seed: 3)
    let random = RandomSpans(seed: 3)
    var store = try Self.open(files)
    for _ in 0..<4 { try await store.append(try #require(SpanBatch(random.batch(10)))) }
    let second = try #require(files.content(of: Self.log)).count
    for _ in 0..<4 { try await store.append(try #require(SpanBatch(random.batch(10)))) }
    try store.close()
    try files.flipBit(bit % 8, ofByte: second + bit / 8, in: Self.log)
    store = try Self.open(files)
    try await store.compact()
    #expect(try files.names(in: "/data/spans").contains("log-0000000000000001.damaged"))
    #expect(store.statistics().segmentSpans > 0)
    try store.close()
  }

  /// Frames whose checksum is right and whose bytes are not are refused or read, whatever they say.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func framesThatMakeNoSenseAreRefused(seed: UInt64) throws {
    let random = RandomSpans(seed: seed)
    var packed = PackedSpans()
    packed.append(try #require(SpanBatch(random.batch(12))))
    var frame = GrowingMemory<UInt8>()
    LogFrame.append(packed, since: PackedSpans.Mark(), to: &frame)
    let whole = Array(frame.raw)
    for _ in 0..<600 {
      var bytes = whole
      for _ in 0...random.below(3) { bytes[8 + random.below(bytes.count - 8)] = UInt8(random.below(256)) }
      let checksum = bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[8...])) }
      bytes.replaceSubrange(4..<8, with: withUnsafeBytes(of: checksum.littleEndian) { Array($0) })
      let head = Head()
      let file = LogFrame.header + bytes
      let replay = file.withUnsafeBytes { head.replay($0) }
      head.seal()
      #expect(replay.rows == 0 || replay.flaw == nil)
      var query = TraceQuery(range: Int64.min..<Int64.max, limit: 100)
      query.minimumDuration = 1
      let sources = SpanSources(sources: [head])
      for summary in sources.search(query) { _ = sources.spans(of: summary.traceID) }
      query.attributes = ["agent.id": "agent-1"]
      _ = sources.search(query)
    }
  }

  /// A batch that was refused as its sync failed does not come back with the next life of the process.
  @Test func aBatchWhoseSyncFailedIsNotThereAfterARestart() async throws {
    let files = SimulatedFileSystem(seed: 5)
    let random = RandomSpans(seed: 5)
    var store = try Self.open(files, fsyncInterval: nil)
    var plain = PlainSpans()
    let first = random.batch(10)
    try await store.append(try #require(SpanBatch(first)))
    plain.append(first)
    files.fail(.sync, suffix: "log-0000000000000001")
    let refused = random.batch(10)
    let batch = try #require(SpanBatch(refused))
    await #expect(throws: SpanStoreError.self) { try await store.append(batch) }
    try? store.close()
    files.kill()
    store = try Self.open(files)
    for trace in Set((first + refused).map(\.traceID)) {
      let found = try await store.spans(of: trace)
      #expect(found == plain.spans(of: trace))
    }
    try store.close()
  }
}
