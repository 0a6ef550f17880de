import FleetModel
import Ingest
import Platform
import Testing

@testable import ControlPlane

@Suite struct JaegerRouteTests {
  static func populated() async throws -> SpanFixture {
    let fixture = SpanFixture()
    var root = SpanFixture.span(trace: 0xabc, 1, agent: "planner", operation: "plan", milliseconds: 100)
    root.attributes = [
      SpanAttribute("text", .string("\"quoted\"")), SpanAttribute("count", .int(.max)),
      SpanAttribute("flag", .bool(true)),
      SpanAttribute("share", .double(0.5)), SpanAttribute("no", .double(.nan)),
    ]
    root.events = [SpanEvent(time: root.start, name: "began", attributes: [SpanAttribute("k", .int(1))])]
    var call = SpanFixture.span(
      trace: 0xabc, 2, parent: 1, agent: "critic", operation: "judge", milliseconds: 50, state: .error)
    call.kind = .server
    call.statusMessage = "no"
    call.links = [SpanLink(traceID: root.traceID, spanID: root.spanID)]
    let running = SpanFixture.span(trace: 0xdef, 3, agent: "planner", operation: "plan", milliseconds: nil)
    _ = try await fixture.intake.take(SpanFixture.batch([root, call, running]))
    return fixture
  }

  @Test func aTraceIsShownAsJaegerDoes() async throws {
    let fixture = try await Self.populated()
    try await ServerHarness.with(routes: fixture.routes) { server in
      // Leading zeros may be left out.
      let answer = try await server.ask("GET", "/api/traces/abc")
      guard case .array(let traces)? = answer.json?["data"], let trace = traces.first,
        case .array(let spans)? = trace["spans"], spans.count == 2
      else { throw Failure.noTrace }
      #expect(trace["traceID"] == "00000000000000000000000000000abc")
      #expect(
        trace["processes"]?["p1"]?["serviceName"] == "planner" && trace["processes"]?["p2"]?["serviceName"] == "critic")
      let (root, call) = (spans[0], spans[1])
      #expect(root["references"] == [] && root["duration"] == 100_000 && root["processID"] == "p1")
      #expect(
        call["references"] == [
          ["refType": "CHILD_OF", "traceID": "00000000000000000000000000000abc", "spanID": "0000000000000001"],
          ["refType": "FOLLOWS_FROM", "traceID": "00000000000000000000000000000abc", "spanID": "0000000000000001"],
        ])
      guard case .array(let tags)? = call["tags"] else { throw Failure.noTrace }
      #expect(tags.contains(["key": "span.kind", "type": "string", "value": "server"]))
      #expect(tags.contains(["key": "error", "type": "bool", "value": true]))
      #expect(tags.contains(["key": "otel.status_description", "type": "string", "value": "no"]))
      #expect(answer.body.contains(#"{"key":"count","type":"int64","value":9223372036854775807}"#))
      #expect(answer.body.contains(#"{"key":"text","type":"string","value":"\"quoted\""}"#))
      #expect(answer.body.contains(#"{"key":"event","type":"string","value":"began"}"#))
      let open = try await server.ask("GET", "/api/traces/00000000000000000000000000000def")
      #expect(open.status == 200 && open.body.contains("has not ended"))
      let none = try await server.ask("GET", "/api/traces/123")
      #expect(none.status == 404)
      #expect(
        none.body
          == #"{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}"#)
      #expect(try await server.ask("GET", "/api/traces/xyz").status == 400)
    }
  }

  /// How many traces each search finds; `nil` for a search that is refused.
  @Test(
    arguments: [
      ("service=planner", 2), ("service=critic", 1), ("service=nobody", 0), ("service=planner&operation=plan", 2),
      ("service=planner&operation=all&limit=1", 1), ("service=critic&tags=%7B%22error%22%3A%22true%22%7D", 1),
      ("service=planner&tags=%7B%22error%22%3A%22true%22%7D", 0), ("service=planner&tags=%7B%22count%22%3A1%7D", 0),
      ("service=planner&tag=flag:true", 1), ("service=critic&tag=span.kind:server", 1),
      ("service=critic&tag=span.kind:client", 0), ("service=planner&minDuration=99ms", 1),
      ("service=planner&minDuration=0.2s", 0), ("service=critic&maxDuration=50ms", 1),
      ("service=critic&maxDuration=1ms", 0),
      ("service=planner&lookback=1h", 2), ("service=planner&start=1&end=2", 0),
      ("traceID=abc&traceID=def", 2), ("", nil), ("service=planner&limit=x", nil),
      ("service=planner&minDuration=soon", nil),
      ("service=planner&start=x", nil), ("service=planner&tags=x", nil), ("service=planner&tag=x", nil),
      ("service=planner&tag=span.kind:odd", nil), ("service=planner&start=5&end=2", nil),
      ("service=planner&end=9223372036854775807&start=0", 2),
    ] as [(String, Int?)]) func searchesFind(query: String, count: Int?) async throws
  {
    let fixture = try await Self.populated()
    try await ServerHarness.with(routes: fixture.routes) { server in
      let answer = try await server.ask("GET", "/api/traces?\(query)")
      guard let count else {
        #expect(answer.status == 400 && answer.json?["data"] == .null, "\(answer.body)")
        return
      }
      guard case .array(let traces)? = answer.json?["data"] else { throw Failure.noTrace }
      #expect(answer.status == 200 && traces.count == count)
    }
  }

  @Test func anAnswerHasABound() async throws {
    let fixture = try await Self.populated()
    // Later than the trace that is there: the latest come first.
    let start = SystemTime().now().nanoseconds - 500_000_000
    let more = (1...4 as ClosedRange<UInt64>).map {
      SpanFixture.span(trace: 0x100 + $0, 1, agent: "critic", start: start)
    }
    _ = try await fixture.intake.take(SpanFixture.batch(more))
    func routes(_ spans: Int) -> [APIRoute] {
      JaegerRoutes(
        reader: fixture.store.memory, time: SystemTime(), bounds: JaegerTraces.Bounds(spans: spans, bytes: 1 << 20)
      ).routes
    }
    for (bound, count, leftOut) in [(3, 3, 2), (1, 1, 4), (6, 5, 0)] {
      try await ServerHarness.with(routes: routes(bound)) { server in
        let answer = try await server.ask("GET", "/api/traces?service=critic")
        guard case .array(let traces)? = answer.json?["data"] else { throw Failure.noTrace }
        #expect(answer.status == 200 && traces.count == count)
        if leftOut == 0 {
          #expect(answer.json?["errors"] == .null)
        } else {
          #expect(answer.body.contains("at most \(bound) spans or 1 MiB: \(leftOut) of"), "\(answer.body.suffix(300))")
        }
      }
    }
  }

  @Test func agentsOperationsAndCallsAreListed() async throws {
    let fixture = try await Self.populated()
    try await ServerHarness.with(routes: fixture.routes) { server in
      for (path, data) in Self.lists {
        let answer = try await server.ask("GET", path)
        #expect(answer.json?["data"] == data, "\(path): \(answer.body)")
      }
      for path in ["/api/operations", "/api/dependencies?endTs=x"] {
        let answer = try await server.ask("GET", path)
        #expect(answer.status == 400)
      }
    }
  }

  private static let lists: [(String, JSONValue)] = [
    ("/api/services", ["critic", "planner"]), ("/api/services/critic/operations", ["judge"]),
    ("/api/operations?service=critic", [["name": "judge", "spanKind": "server"]]),
    ("/api/operations?service=critic&spanKind=client", []),
    ("/api/dependencies", [["parent": "planner", "child": "critic", "callCount": 1]]),
    ("/api/dependencies?endTs=1000&lookback=1000", []),
  ]

  @Test(
    arguments: [
      ("1h", 3_600_000_000_000), ("1.5s", 1_500_000_000), ("100us", 100_000), ("100µs", 100_000),
      ("2d", 172_800_000_000_000),
      ("1h30m", 5_400_000_000_000), ("0", 0), ("", nil), ("5", nil), ("s", nil), ("-1s", nil), ("1e9h", nil),
      ("99999999999h", nil),
    ] as [(String, Int64?)]) func durationsAreRead(text: String, expected: Int64?)
  {
    #expect(GoDurationText.parse(text) == expected)
  }

  enum Failure: Error { case noTrace }
}
