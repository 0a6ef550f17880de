import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import SpanStore

/// A trace that never ends: a constant trace id, a session of days.
@Suite("a trace of very many spans") struct LongTraceTests {
  private static func span(_ id: UInt64, state: SpanState = .completed, trace: UInt64 = 1) throws -> Span {
    let start = 1_700_000_000_000_000_000 + Int64(id) * 1000
    var span = Span(
      traceID: try #require(TraceID(high: 7, low: trace)), spanID: try #require(SpanID(rawValue: id)),
      parentID: id == 1 ? nil : SpanID(rawValue: id - 1), operation: "chat", agent: "writer", state: state,
      start: start, end: state.hasEnded ? start + 10 : nil)
    span.attributes = [SpanAttribute("tokens", .int(Int64(id % 100)))]
    return span
  }

  @Test func mergesTakeItsBlocksOverAndEverySpanStays() async throws {
    let files = SimulatedFileSystem(seed: 1)
    var store = try DiskSpanStore(
      SpanStoreConfiguration(directory: "/data/spans"), files: files, time: SimulatedTime(), note: { _ in })
    let perSegment: UInt64 = 17_000
    var rows = 0
    for part in 0..<4 as Range<UInt64> {
      // The first of each part was in flight in the part before.
      var spans = try (1...perSegment).map { try Self.span(part * perSegment + $0) }
      spans.append(try Self.span((part + 1) * perSegment + 1, state: .active))
      spans.append(try Self.span(part + 1, trace: 2))
      rows += spans.count
      try await store.append(try #require(SpanBatch(spans)))
      try await store.compact()
    }
    #expect(store.statistics().segments == 1)
    #expect(store.statistics().segmentSpans <= rows)
    for _ in 0..<2 {
      let found = try await store.spans(of: try #require(TraceID(high: 7, low: 1)))
      #expect(found.count == Int(4 * perSegment + 1))
      let isRight = found.dropLast().allSatisfy { $0.state == .completed && $0.attributes.count == 1 }
      #expect(isRight && found.last?.state == .active)
      #expect(Array(found.map(\.spanID.rawValue)) == Array(1...4 * perSegment + 1))
      #expect(found.dropFirst().allSatisfy { $0.parentID?.rawValue == $0.spanID.rawValue - 1 })
      #expect(try await store.spans(of: try #require(TraceID(high: 7, low: 2))).count == 4)
      try store.close()
      store = try DiskSpanStore(
        SpanStoreConfiguration(directory: "/data/spans"), files: files, time: SimulatedTime(), note: { _ in })
    }
    let last = try #require(SpanID(rawValue: 4 * perSegment + 1))
    let ended = try await store.finish(
      last, of: nil, at: .max, state: .ok, statusMessage: "", attributes: [SpanAttribute("b", .bool(true))])
    #expect(ended.attributes.count == 2 && ended.state == .ok)
    try store.close()
  }
}
