import FleetModel
import TestSupport
import Testing

@testable import SpanStore

/// Which versions of a span are written, and in which order.
@Suite("putting a trace together") struct TraceAssemblyTests {
  private static func version(
    _ number: Int, keys: [String], state: SpanState = .completed, id: UInt64 = 1
  ) throws -> Span {
    var span = Span(
      traceID: try #require(TraceID(high: 0, low: 1)), spanID: try #require(SpanID(rawValue: id)), operation: "chat",
      agent: "writer", state: state, start: Int64(number), end: state.hasEnded ? Int64(number) + 1 : nil)
    span.attributes = keys.map { SpanAttribute($0, .int(Int64(number))) }
    return span
  }

  /// - Returns: the starts of the rows that are kept, in their order.
  private static func arrange(_ spans: [Span]) throws -> [Int64] {
    var packed = PackedSpans()
    packed.append(try #require(SpanBatch(spans)))
    var rows = (0..<UInt32(spans.count)).map { $0 }
    TraceAssembly.arrange(&rows, packed)
    return rows.map { packed.rows[Int($0)].start }
  }

  @Test func aVersionThatSaysNothingMoreIsLeftOut() throws {
    let spans = [
      try Self.version(1, keys: ["a"], state: .active), try Self.version(2, keys: ["a", "b"]),
      try Self.version(3, keys: ["b"]), try Self.version(4, keys: ["c"], state: .lost),
      try Self.version(5, keys: ["b"], state: .active),
    ]
    // The start is covered by the first end, that has `a` alone; the loss has `c` alone; the late start has nothing.
    #expect(try Self.arrange(spans) == [2, 3, 4])
  }

  /// A sender that gives all its spans one id costs what others cost.
  @Test func oneIDForEverySpanIsOneRow() throws {
    let spans = try (0..<40_000).map { try Self.version($0, keys: ["a"]) }
    #expect(try Self.arrange(spans) == [39_999])
  }

  /// What is left out makes no difference to the joined span, whatever the versions name.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func theJoinedSpanStaysTheSame(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    let spans = try (0..<60).map { number in
      let keys = (0..<8).filter { _ in random.next() % 3 == 0 }.map { "key-\($0)" }
      let states: [SpanState] = [.active, .lost, .completed, .error]
      return try Self.version(number, keys: keys, state: states[Int(random.next() % 4)])
    }
    let kept = Set(try Self.arrange(spans))
    #expect(kept.count < spans.count)
    let joined = SpanJoin.one(spans.filter { kept.contains($0.start) })
    let expected = SpanJoin.one(spans)
    #expect(joined.start == expected.start && joined.state == expected.state)
    #expect(Set(joined.attributes) == Set(expected.attributes))
  }
}
