import FleetModel
import Platform
import SpanStore
import SystemPackage
import TestSupport
import Testing

@Suite("spans in flight") struct OpenSpanTests {
  private static func span(_ id: UInt64, trace: UInt64 = 1, state: SpanState = .active) throws -> Span {
    var span = Span(
      traceID: try #require(TraceID(high: 0, low: trace)), spanID: try #require(SpanID(rawValue: id)),
      operation: "chat", agent: "writer", state: state, start: 1000, end: state.hasEnded ? 2000 : nil)
    span.attributes = [SpanAttribute("a", .int(1)), SpanAttribute("b", .int(1))]
    span.resource = [SpanAttribute("service.instance.id", .string("one"))]
    return span
  }

  private static func open(_ files: SimulatedFileSystem) throws -> DiskSpanStore {
    try DiskSpanStore(
      SpanStoreConfiguration(directory: "/data/spans"), files: files,
      time: SimulatedTime(start: Timestamp(milliseconds: 0)), note: { _ in })
  }

  @Test func anEndMergesAttributesAndTellsItsTwoErrors() async throws {
    let files = SimulatedFileSystem(seed: 1)
    let store = try Self.open(files)
    try await store.append(try #require(SpanBatch([try Self.span(1), try Self.span(2), try Self.span(2, trace: 2)])))
    let one = try #require(SpanID(rawValue: 1))
    let two = try #require(SpanID(rawValue: 2))
    #expect(await store.openSpans().count == 3)
    #expect(await store.openSpans().first?.instance == "one")
    let ended = try await store.finish(
      one, of: nil, at: 5000, state: .error, statusMessage: "no", attributes: [SpanAttribute("b", .int(2))])
    #expect(ended.attributes == [SpanAttribute("a", .int(1)), SpanAttribute("b", .int(2))])
    #expect(ended.end == 5000 && ended.state == .error && ended.statusMessage == "no")
    #expect(try await store.spans(of: ended.traceID).first { $0.spanID == one } == ended)
    await #expect(throws: SpanStoreError.finishedSpan(one)) {
      try await store.finish(one, of: nil, at: 1, state: .ok, statusMessage: "", attributes: [])
    }
    await #expect(throws: SpanStoreError.finishedSpan(one)) {
      try await store.finish(one, of: ended.traceID, at: 1, state: .ok, statusMessage: "", attributes: [])
    }
    // Two traces have one of that id.
    await #expect(throws: SpanStoreError.unknownSpan(two)) {
      try await store.finish(two, of: nil, at: 1, state: .ok, statusMessage: "", attributes: [])
    }
    try store.close()
  }

  @Test func aLostSpanCanStillEndAndSpansInFlightOutliveHeadsAndLives() async throws {
    let files = SimulatedFileSystem(seed: 1)
    var store = try Self.open(files)
    let spans = [try Self.span(1), try Self.span(2), try Self.span(3), try Self.span(4, state: .ok)]
    try await store.append(try #require(SpanBatch(spans)))
    let keys = spans.map { SpanKey(traceID: $0.traceID, spanID: $0.spanID) }
    for _ in 0..<3 {
      try await store.compact()
      try store.close()
      files.crash()
      store = try Self.open(files)
      #expect(await store.openSpans().map(\.key) == Array(keys[..<3]))
    }
    #expect(try await store.markLost([keys[0], keys[1], keys[3]], at: 9000) == 2)
    #expect(await store.openSpans().map(\.key) == [keys[2]])
    #expect(try await store.markLost([keys[0]], at: 9000) == 0)
    let lost = try await store.spans(of: spans[1].traceID).filter { $0.state == .lost }
    #expect(lost.map(\.events) == Array(repeating: [SpanEvent(time: 9000, name: "skep.lost")], count: 2))
    #expect(lost.allSatisfy { $0.end == nil })
    try await store.append(try #require(SpanBatch([try Self.span(1, state: .completed)])))
    let states = try await store.spans(of: spans[0].traceID).map(\.state)
    #expect(states == [.completed, .lost, .active, .ok])
    // An end that came before its start: nothing is in flight.
    try await store.append(try #require(SpanBatch([try Self.span(4)])))
    #expect(await store.openSpans().map(\.key) == [keys[2]])
    try store.close()
  }

  @Test func oldSegmentsAreDroppedWhole() async throws {
    let files = SimulatedFileSystem(seed: 1)
    let time = SimulatedTime(start: Timestamp(milliseconds: 2_000_000_000))
    var configuration = SpanStoreConfiguration(directory: "/data/spans")
    configuration.retention = .seconds(1_000_000)
    let store = try DiskSpanStore(configuration, files: files, time: time, note: { _ in })
    let day: Int64 = 86_400_000_000_000
    for number in 1...20 as ClosedRange<UInt64> {
      var span = try Self.span(number, trace: number, state: .ok)
      span.start = Int64(number) * day
      span.end = span.start
      try await store.append(try #require(SpanBatch([span])))
      try await store.compact()
    }
    // It is the 23rd day, and 11.6 days are kept.
    let found = try await store.search(TraceQuery(range: 0..<Int64.max, limit: 100))
    #expect(found.map(\.start).min() == 12 * day)
    #expect(found.count == 9)
    #expect(store.statistics().segments == 9)
    try store.close()
  }
}
