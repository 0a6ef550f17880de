import FleetModel
import Platform
import SpanStore
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("outlines of traces") struct OutlineTests {
  private struct Refused: Error {}

  private static func store(seed: UInt64) async throws -> (DiskSpanStore, PlainSpans) {
    let random = RandomSpans(seed: seed)
    let store = try DiskSpanStore(
      SpanStoreConfiguration(directory: "/data/spans"), files: SimulatedFileSystem(seed: seed), time: SimulatedTime(),
      note: { _ in })
    var plain = PlainSpans()
    for _ in 0..<2 {
      let spans = random.batch(100)
      try await store.append(try #require(SpanBatch(spans)))
      plain.append(spans)
      try await store.compact()
    }
    return (store, plain)
  }

  /// The visit does not outlive its call, on whichever thread that ends, and however.
  @Test func manyAreAskedForAtOnce() async throws {
    let (store, plain) = try await Self.store(seed: 1)
    let traces = Set(plain.traces)
    try await withThrowingTaskGroup { group in
      for number in 0..<200 {
        group.addTask {
          let seen = Mutex<Set<TraceID>>([])
          do {
            try await store.outlines(matching: TraceQuery(range: Int64.min..<Int64.max)) { outlines, _ in
              if number % 5 == 0 { throw Refused() }
              seen.withLock { $0.formUnion(outlines.map(\.traceID)) }
            }
            #expect(seen.withLock { $0 } == traces)
          } catch is Refused {
            #expect(number % 5 == 0)
          }
        }
      }
      try await group.waitForAll()
    }
    try store.close()
  }

  @Test func cancelledTasksEnd() async throws {
    let (store, _) = try await Self.store(seed: 2)
    await withTaskGroup { group in
      for _ in 0..<50 {
        group.addTask {
          withUnsafeCurrentTask { $0?.cancel() }
          await #expect(throws: CancellationError.self) {
            try await store.outlines(matching: TraceQuery(range: Int64.min..<Int64.max)) { _, _ in }
          }
        }
      }
    }
    try store.close()
  }
}
