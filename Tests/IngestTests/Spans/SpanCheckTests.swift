import FleetModel
import Testing

@testable import Ingest

@Suite struct SpanCheckTests {
  private static let second: Int64 = 1_000_000_000
  private static let day = 86_400 * second
  private static let now = Timestamp(milliseconds: 1_700_000_000_000)

  /// The ids of a span are no leave to make it another agent's.
  @Test func spansInFlightOfOthersAreNotTakenOver() throws {
    let trace = try #require(TraceID(high: 1, low: 2))
    let ids = try ([3, 4] as [UInt64]).map { try #require(SpanID(rawValue: $0)) }
    let spans = ids.map {
      Span(traceID: trace, spanID: $0, operation: "plan", agent: "planner", start: Self.now.nanoseconds)
    }
    var batch = try #require(SpanBatch(spans))
    var outcome = SpanOutcome()
    SpanCheck(
      SpanLimits(), from: try AgentID("planner"), now: Self.now,
      inFlightOfOthers: [SpanKey(traceID: trace, spanID: ids[0])]
    ).run(on: &batch, &outcome)
    #expect(batch.spans.map(\.spanID) == [ids[1]])
    #expect(outcome.refused == [.forbidden: 1])
  }

  /// Starts and ends, from now.
  @Test(
    arguments: [
      (-second, 0, nil), (0, day, nil), (0, day + 1, .future), (day + 1, day + 2, .future),
      (0, Int64.max - now.nanoseconds, .future), (-8 * day, -8 * day, .old),
    ] as [(Int64, Int64, SpanOutcome.Reason?)])
  func clocksThatAreFarOffAreRefused(start: Int64, end: Int64, reason: SpanOutcome.Reason?) throws {
    let span = Span(
      traceID: try #require(TraceID(high: 1, low: 2)), spanID: try #require(SpanID(rawValue: 3)), operation: "plan",
      agent: "planner", state: .completed, start: Self.now.nanoseconds + start, end: Self.now.nanoseconds + end)
    var batch = try #require(SpanBatch([span]))
    var outcome = SpanOutcome()
    SpanCheck(SpanLimits(), from: nil, now: Self.now).run(on: &batch, &outcome)
    #expect(batch.count == (reason == nil ? 1 : 0))
    #expect(outcome.refused == (reason.map { [$0: 1] } ?? [:]))
  }
}
