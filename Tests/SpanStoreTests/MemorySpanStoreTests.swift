import FleetModel
import Testing

@testable import SpanStore

@Suite struct MemorySpanStoreTests {
  private static func span(_ number: UInt64, trace: UInt64, state: SpanState, start: Int64 = 1_000) throws -> Span {
    Span(
      traceID: try #require(TraceID(high: 1, low: trace)), spanID: try #require(SpanID(rawValue: number)),
      operation: "plan", agent: "planner", state: state, start: start, end: state == .active ? nil : start + 1)
  }

  /// Spans that come later take the place of what has ended, not of what is in flight.
  @Test func whatIsInFlightOutlivesTheMemoryOfItsTime() async throws {
    let store = MemorySpanStore(capacity: 4 << 20)
    let root = try Self.span(1, trace: 1, state: .active)
    let ended = try Self.span(2, trace: 1, state: .completed)
    try await store.append(try #require(SpanBatch([root, ended])))
    for round in 1...100 as ClosedRange<UInt64> {
      let spans = try (1...1_000 as ClosedRange<UInt64>).map {
        try Self.span($0, trace: round * 10_000 + $0, state: .completed)
      }
      try await store.append(try #require(SpanBatch(spans)))
    }
    #expect(try await store.spans(of: root.traceID).map(\.spanID) == [root.spanID])
    #expect(await store.openSpans().map(\.key.spanID) == [root.spanID])
    let finished = try await store.finish(
      root.spanID, of: nil, at: 5_000, state: .completed, statusMessage: "", attributes: [])
    #expect(finished.end == 5_000)
    #expect(await store.openSpans().isEmpty)
  }
}
