import FleetModel
import Platform
import SpanStore
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("a span store says what it was told") struct StoreModelTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func inMemory(seed: UInt64) async throws {
    let random = RandomSpans(seed: seed)
    let store = MemorySpanStore(capacity: 64 << 20)
    var plain = PlainSpans()
    for _ in 0..<20 {
      let spans = random.batch(1 + random.below(40))
      try await store.append(try #require(SpanBatch(spans)))
      plain.append(spans)
    }
    try await StoreComparison.compare(store, plain, random, "seed \(seed)")
  }

  /// Random batches, ends before starts, duplicates; heads become segments and are merged; the process or the machine ends
  /// anywhere.
  @Test(arguments: 1...16 as ClosedRange<UInt64>)
  func onDisk(seed: UInt64) async throws {
    let random = RandomSpans(seed: seed)
    let files = SimulatedFileSystem(seed: seed)
    var configuration = SpanStoreConfiguration(directory: "/data/spans")
    configuration.headSize = [30_000, 120_000, 400_000][random.below(3)]
    configuration.fsyncInterval = nil
    var plain = PlainSpans()
    var store = try DiskSpanStore(configuration, files: files, time: SimulatedTime(), note: { _ in })
    for round in 0..<60 {
      let spans = random.batch(1 + random.below(60))
      let isInterrupted = random.happens(15)
      if isInterrupted {
        files.interrupt(random.happens(50) ? .powerLoss : .processDeath, after: 1 + random.below(30))
      }
      do {
        try await store.append(try #require(SpanBatch(spans)))
        plain.append(spans)
        if random.happens(20) { try await store.compact() }
      } catch let error as SpanStoreError {
        guard case .storage = error, isInterrupted else { throw error }
        // Not acknowledged: whether it is there is found out, and then it stays so.
      }
      if isInterrupted {
        try? store.close()
        files.restart()
        store = try DiskSpanStore(configuration, files: files, time: SimulatedTime(), note: { _ in })
        plain = try await settle(plain, spans, store)
      }
      if round % 20 == 19 { try await StoreComparison.compare(store, plain, random, "seed \(seed), round \(round)") }
    }
    try await store.compact()
    try await StoreComparison.compare(store, plain, random, "seed \(seed), compacted")
    try store.close()
  }

  /// A batch that was under way when all ended is there whole or not at all.
  private func settle(_ plain: PlainSpans, _ spans: [Span], _ store: DiskSpanStore) async throws -> PlainSpans {
    var with = plain
    with.append(spans)
    for trace in Set(spans.map(\.traceID)) {
      let found = try await store.spans(of: trace)
      if found == plain.spans(of: trace), found != with.spans(of: trace) { return plain }
    }
    return with
  }
}
