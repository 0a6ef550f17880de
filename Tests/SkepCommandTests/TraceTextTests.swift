import ControlPlane
import Testing

@testable import skep

@Suite struct TraceTextTests {
  static func decode<Message: Decodable>(_ type: Message.Type, _ json: String) throws -> Message {
    try FleetJSON.decode(type, from: Array(json.utf8))
  }

  static let window = #"{"start":"2026-11-23T00:00:00.000Z","end":"2026-11-23T01:00:00.000Z","seconds":3600}"#

  @Test func anAuditNamesEdgesEvidenceAndTraces() throws {
    let audit = try Self.decode(
      FleetAPI.TraceAudit.self,
      """
      {"window":\(Self.window),"traces":1200,"spans":24000,"examined_share":0.5,"edges":[{"caller":"planner",
       "callee":"wri\\u001bter","linked_calls":30,"lost_calls":10,"evidence":{"task_id":7,"known_call_site":3},
       "confidence":"high","chance":null,"examples":[{"evidence":"task_id","confidence":"high",
       "start_time":"2026-11-23T00:30:00.000Z","caller":{"trace_id":"aa","span_id":"01","operation":"POST"},
       "callee":{"trace_id":"bb","span_id":"02","operation":"write"}}]}]}
      """)
    #expect(
      AuditText.of(audit) == """
        planner → wri ter  10 of 40 calls lost the context (high confidence)
          7 × has the task id of a span in another trace
          3 × ran within an operation that calls this agent in other traces
            2026-11-23T00:30:00.000Z  caller: trace aa span 01 (POST)
                                      callee: trace bb span 02 (write)

        looked at 1,200 traces with 24,000 spans; for split traces at 50.0 % of the time
        """)
  }

  @Test func anAuditWithoutFindingsSaysSo() throws {
    let audit = try Self.decode(
      FleetAPI.TraceAudit.self,
      #"{"window":\#(Self.window),"traces":3,"spans":9,"examined_share":1,"edges":[]}"#)
    #expect(AuditText.of(audit) == "no edge loses the trace context\n\nlooked at 3 traces with 9 spans")
  }

  @Test func whoDeterminesThePercentilesStandsFirst() throws {
    let path = try Self.decode(
      FleetAPI.FleetCriticalPath.self,
      """
      {"window":\(Self.window),"requests":2500,"spans":50000,"unfinished_requests":2,"fragments":40,"sampled_requests":2000,
       "latency_ms":{"mean":60,"p50":50,"p95":150,"p99":200},
       "p50_determinant":{"agent_id":"searcher","operation":"handle"},
       "p95_determinant":{"agent_id":"reader","operation":"chat"},
       "operations":[{"agent_id":"searcher","operation":"handle","requests":2500,"critical_path_ms":100000,"share":0.5,
       "p50_share":0.6,"p95_share":0.2,"p95_excess_ms":-1.5,
       "what_if":[{"faster_percent":50,"p50_gain_ms":15,"p95_gain_ms":0}]}]}
      """)
    #expect(
      TraceTables.text(of: path) == """
        2,500 requests, p50 50.0 ms, p95 150 ms, p99 200 ms, 2 unfinished
        40 of them begin with an operation that others usually call: parts of requests whose context was lost, see `skep trace audit`
        p50 is determined by searcher, handle
        p95 is determined by reader, chat
        p50, p95 and gains of operations are those of 2,000 requests drawn

        AGENT     OPERATION  REQUESTS   SHARE  OF P50  OF P95    EXCESS  P50 -50%  P95 -50%
        searcher  handle        2,500  50.0 %  60.0 %  20.0 %  -1.50 ms   15.0 ms      0 ns
        """)
  }

  @Test func onlyWhatChangedIsShown() throws {
    let figures = { (rate: Double) in
      #"{"spans":10,"errors":1,"spans_per_second":\#(rate),"error_share":0.1,"#
        + #""latency_ms":{"mean":5,"p50":5,"p95":9,"p99":10}}"#
    }
    let row = { (operation: String, changed: Bool) in
      """
      {"agent_id":"a","operation":"\(operation)","before":\(figures(1)),"after":\(figures(2)),
       "rate":{"probability":0.1,"changed":\(changed)},"errors":{"probability":1,"changed":false},
       "latency":{"probability":1,"changed":false},"changed":\(changed)}
      """
    }
    let side = #"{"window":\#(Self.window),"traces":1,"spans":10}"#
    let comparison = try Self.decode(
      FleetAPI.TraceComparison.self,
      #"{"before":\#(side),"after":\#(side),"operations":[\#(row("x", true)),\#(row("y", false))]}"#)
    let some = TraceTables.text(of: comparison, all: false)
    #expect(some.contains("a      x          1.0/s → 2.0/s") && !some.contains(" y "), "\(some)")
    #expect(TraceTables.text(of: comparison, all: true).contains(" y "))
    let none = #"{"window":\#(Self.window),"traces":0,"spans":0}"#
    let first = try Self.decode(
      FleetAPI.TraceComparison.self, #"{"before":\#(none),"after":\#(side),"operations":[\#(row("x", true))]}"#)
    #expect(TraceTables.text(of: first, all: true).hasSuffix("\n\nno traces before; nothing to compare with"))
  }

  @Test(arguments: [(0.0, "0.00"), (12.345, "12.35"), (0.000_012_34, "0.000012"), (-1.5, "-1.50"), (0.05, "0.050")])
  func amountsShowSomething(amount: (Double, String)) {
    #expect(Wording.amount(amount.0) == amount.1)
  }

  @Test func aTraceIsDrawnWithItsPath() throws {
    let section =
      #"{"span_id":"01","agent_id":"front","operation":"request","start_time":"2026-11-23T00:00:00.000Z","duration_ms":20}"#
    let placed =
      #"{"span_id":"01","parent":null,"agent_id":"front","operation":"request","start_time":"2026-11-23T00:00:00.000Z","#
      + #""end_time":"2026-11-23T00:00:00.020Z","status":"completed","clock_offset_ms":-3,"orphan":true}"#
    let analysis = try Self.decode(
      FleetAPI.TraceAnalysis.self,
      """
      {"trace_id":"0af7651916cd43dd8448eb211c80319c","total_spans":1,"completed_spans":1,"error_spans":0,"active_spans":0,
       "lost_spans":0,"orphan_spans":1,"skewed_spans":1,"total_duration_ms":20,"root_duration_ms":20,
       "average_span_duration_ms":20,"agent_participation":{"front":{"span_count":1,"error_count":0,"active_count":0,
       "lost_count":0,"total_duration_ms":20,"self_time_ms":20,"critical_path_ms":20,"operations":["request"],
       "input_tokens":100,"output_tokens":10}},"critical_path":[\(section)],"longest_operations":[\(section)],
       "what_if":[{"agent_id":"front","operation":"request","critical_path_ms":20,"faster_percent":50,"duration_ms":10}],
       "input_tokens":100,"output_tokens":10,"cached_tokens":0,"cost":0.5,"currency":"EUR","tree":[\(placed)]}
      """)
    let text = TraceText.of(analysis, Waterfall.Style(isUTF8: true, hasColor: false, columns: 100, rows: 20))
    for expected in [
      "1 spans, 1 without their parent, 1 with a clock set right, took 20.0 ms, 100 tokens in, 10 out, 0.50 EUR",
      "front: request (parent missing, clo", "████", "critical path", "10.0 ms (10.0 ms less)",
    ] { #expect(text.contains(expected), "no \(expected) in\n\(text)") }
  }

  /// A request under way is drawn, though there is nothing to analyse.
  @Test func aTraceUnderWayIsDrawn() throws {
    let span = { (id: String, parent: String?, operation: String, second: Int, status: String) in
      """
      {"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"\(id)","parent_span_id":\(parent.map { "\"\($0)\"" } ?? "null"),
       "operation":"\(operation)","agent_id":"front","kind":"server","start_time":"1970-01-01T00:00:0\(second).000Z",
       "end_time":null,"duration_ms":null,"status":"\(status)","status_message":"","metadata":{},"logs":[],"links":[],
       "resource":{}}
      """
    }
    let spans = [
      span("01", nil, "request", 1, "active"), span("02", "01", "plan", 2, "active"),
      span("03", "01", "draft", 3, "lost"), span("04", "02", "search", 4, "active"),
      span("05", "06", "loop", 5, "active"), span("06", "05", "loop", 6, "active"),
    ]
    let trace = try Self.decode(
      FleetAPI.Trace.self,
      #"{"trace_id":"0af7651916cd43dd8448eb211c80319c","spans":[\#(spans.joined(separator: ","))]}"#)
    let text = TraceText.of(
      running: trace, now: 9_000_000_000, Waterfall.Style(isUTF8: true, hasColor: false, columns: 100, rows: 20))
    for expected in ["6 spans, 5 running, 1 lost, none has ended", "front: request", "8.00 s", "running", "▶"] {
      #expect(text.contains(expected), "no \(expected) in\n\(text)")
    }
    let places = ["request", "plan", "search", "draft", "loop"].compactMap {
      text.firstRange(of: ": \($0)")?.lowerBound
    }
    #expect(places.count == 5 && places == places.sorted(), "\(text)")
  }
}
