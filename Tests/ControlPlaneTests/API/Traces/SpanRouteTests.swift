import FleetModel
import Ingest
import Platform
import Testing

@testable import ControlPlane

@Suite struct SpanRouteTests {
  private static func text(_ value: JSONValue?) -> String? {
    if case .string(let text)? = value { text } else { nil }
  }

  @Test func aSpanStartsRunsAndEnds() async throws {
    let fixture = SpanFixture()
    try await ServerHarness.with(routes: fixture.routes) { server in
      let started = try await server.ask(
        "POST", "/fleet/v1/spans",
        body:
          #"{"operation":"invoke_agent planner","agent_id":"planner","instance":"i1","metadata":{"a":1,"b":[1,{"c":null}]}}"#
      )
      #expect(started.status == 201 && started.json?["accepted"] == 1)
      let open = try await server.ask("GET", "/fleet/v1/spans?state=active&agent_id=planner")
      guard case .array(let spans)? = open.json?["spans"], let span = spans.first else { throw Failure.noSpan }
      #expect(span["operation"] == "invoke_agent planner" && span["instance"] == "i1" && span["status"] == "active")
      #expect(try await server.ask("GET", "/fleet/v1/spans?agent_id=critic").json?["total"] == 0)
      let id = Self.text(span["span_id"]) ?? ""
      let ended = try await server.ask(
        "POST", "/fleet/v1/spans/\(id)/finish",
        body: #"{"status":"error","status_message":"no luck","metadata":{"a":2,"d":1.5}}"#)
      #expect(ended.status == 200 && ended.json?["status"] == "error" && ended.json?["status_message"] == "no luck")
      #expect(ended.json?["metadata"]?["a"] == 2 && ended.json?["metadata"]?["d"] == 1.5)
      #expect(ended.json?["metadata"]?["b"] == [1, ["c": .null]])
      #expect(try await server.ask("POST", "/fleet/v1/spans/\(id)/finish").status == 409)
      #expect(try await server.ask("POST", "/fleet/v1/spans/00000000000000ff/finish").status == 404)
      #expect(try await server.ask("POST", "/fleet/v1/spans/x/finish").status == 400)
      #expect(try await server.ask("GET", "/fleet/v1/spans").json?["total"] == 0)
      #expect(fixture.watch.spans.map(\.state) == [.active, .error])
    }
  }

  @Test func anArrayTakesWhatIsGood() async throws {
    let fixture = SpanFixture()
    try await ServerHarness.with(routes: fixture.routes) { server in
      let body = """
        [{"operation":"a","agent_id":"x","start_time":"2026-01-01T00:00:00Z","end_time":"2026-01-01T00:00:01Z"},
         {"operation":"b","agent_id":"x","trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"00f067aa0ba902b7"},
         {"operation":"c"}]
        """
      let answer = try await server.ask("POST", "/fleet/v1/spans", body: body)
      #expect(answer.status == 201 && answer.json?["accepted"] == 1 && answer.json?["rejected"] == 2, "\(answer.body)")
      #expect(
        answer.json?["spans"] == [["span_id": "00f067aa0ba902b7", "trace_id": "0af7651916cd43dd8448eb211c80319c"]])
    }
  }

  @Test func anEndIsNotBeforeTheStart() async throws {
    let fixture = SpanFixture()
    let running = SpanFixture.span(0xb7, milliseconds: nil)
    _ = try await fixture.intake.take(SpanFixture.batch([running]))
    try await ServerHarness.with(routes: fixture.routes) { server in
      func finish(_ end: Int64) async throws -> ServerHarness.Answer {
        try await server.ask(
          "POST", "/fleet/v1/spans/\(running.spanID)/finish",
          body: #"{"end_time":"\#(RFC3339.format(nanoseconds: end))"}"#)
      }
      let early = try await finish(running.start - 5)
      #expect(early.status == 400 && early.body.contains("it ends 5 ns before it starts"), "\(early.body)")
      #expect(try await server.ask("GET", "/fleet/v1/spans").json?["total"] == 1)
      #expect(try await finish(running.start).json?["duration_ms"] == 0)
    }
  }

  /// As large as the system file allows, as it is or in gzip.
  @Test func bodiesHaveTheBoundOfOTLP() async throws {
    var limits = SpanLimits()
    limits.bodyBytes = 3 << 20
    let fixture = SpanFixture(limits: limits)
    @Sendable func spans(_ count: Int) -> [UInt8] {
      let span = #"{"operation":"a","agent_id":"x","metadata":{"text":"\#(String(repeating: "y", count: 1000))"}}"#
      return Array("[\([String](repeating: span, count: count).joined(separator: ","))]".utf8)
    }
    try await ServerHarness.with(routes: fixture.routes) { server in
      let json = [("content-type", "application/json")]
      let gzip = json + [("content-encoding", "gzip")]
      let large = try await server.ask("POST", "/fleet/v1/spans", headers: json, bytes: spans(2500))
      #expect(large.status == 201 && large.json?["accepted"] == 2500)
      let packed = GRPCServerTests.zipped(spans(2500))
      #expect(try await server.ask("POST", "/fleet/v1/spans", headers: gzip, bytes: packed).status == 201)
      for (headers, body) in [(json, spans(3500)), (gzip, GRPCServerTests.zipped(spans(3500)))] {
        let answer = try await server.ask("POST", "/fleet/v1/spans", headers: headers, bytes: body)
        #expect(answer.status == 413 && answer.body.contains("limits.body_size"), "\(answer.body)")
      }
      #expect(try await server.ask("POST", "/fleet/v1/spans", headers: gzip, bytes: [1, 2]).status == 400)
      let snappy = json + [("content-encoding", "snappy")]
      #expect(try await server.ask("POST", "/fleet/v1/spans", headers: snappy, bytes: spans(1)).status == 415)
    }
  }

  /// What is wrong with a span is said, all of it.
  @Test(arguments: [
    (#"{"agent_id":"x"}"#, "operation"), (#"{"operation":"x"}"#, "agent_id"),
    (#"{"operation":"x","agent_id":"x","trace_id":"12"}"#, "32 hex digits"),
    (#"{"operation":"x","agent_id":"x","span_id":"0000000000000000"}"#, "16 hex digits"),
    (#"{"operation":"x","agent_id":"x","start_time":"yesterday"}"#, "RFC 3339"),
    (#"{"operation":"x","agent_id":"x","start_time":"1969-01-01T00:00:00Z"}"#, "1970"),
    (
      #"{"operation":"x","agent_id":"x","start_time":"2026-01-01T00:00:01Z","end_time":"2026-01-01T00:00:00Z"}"#,
      "end_time is before start_time"
    ), (#"{"operation":"x","agent_id":"x","status":"completed"}"#, "no end_time"),
    (#"{"operation":"x","agent_id":"x","duration_ms":-1}"#, "milliseconds from 0"),
    (#"{"operation":"x","agent_id":"x","kind":"odd"}"#, "server"),
    (#"{"operation":"x","agent_id":"x","metadata":[]}"#, "an object"),
    (#"{"operation":"x","agent_id":"x","logs":[{"timestamp":1}]}"#, "logs[0]"),
    (#"{"operation":"x","agent_id":"x","links":[{"trace_id":"0af7651916cd43dd8448eb211c80319c"}]}"#, "span_id"),
    (#"{"operation":"x","agent_id":"x","opperation":"x"}"#, "did you mean"), ("7", "a number"),
  ]) func mistakesAreNamed(body: String, word: String) async throws {
    let fixture = SpanFixture()
    try await ServerHarness.with(routes: fixture.routes) { server in
      let answer = try await server.ask("POST", "/fleet/v1/spans", body: body)
      #expect(answer.status == 400 && answer.body.contains(word), "\(answer.body)")
      #expect(fixture.watch.spans.isEmpty)
    }
  }

  @Test func timesKeepTheirNanoseconds() throws {
    for (text, again) in [
      ("2026-11-23T01:02:03.004005006Z", nil), ("2026-11-23T01:02:03.004005Z", nil),
      ("2026-11-23T01:02:03.004Z", nil), ("1970-01-01T00:00:00.000000001Z", nil),
      ("2026-11-23T03:02:03.1234567891+02:00", "2026-11-23T01:02:03.123456789Z"),
    ] {
      let time = try #require(RFC3339.parseNanoseconds(text))
      #expect(RFC3339.format(nanoseconds: time) == again ?? text)
    }
    #expect(RFC3339.parseNanoseconds("2300-01-01T00:00:00Z") == nil)
  }

  enum Failure: Error { case noSpan }
}
