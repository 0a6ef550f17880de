import DeployPlan
import FleetModel
import Platform
import SpanStore
import Testing
import TraceAnalysis

@testable import ControlPlane

/// Traces as `/fleet/v1` tells them, over a store in memory.
@Suite struct TraceRouteTests {
  /// 2026-11-23T01:00:00Z.
  static let hour: Int64 = 1_795_395_600_000_000_000

  struct Traces: TraceOperations {
    var store = MemorySpanStore()
    var prices = TokenPrices(models: [TokenPrices.Price(model: "gpt-*", input: 2, output: 8, cachedInput: 1)])

    var reader: any SpanReader { store }
    func now() -> Timestamp { Timestamp(nanoseconds: hour + 600_000_000_000) }
    func run<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value { try await work() }
    func runLong<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value {
      try await work()
    }
  }

  /// A request to a gateway that asks a planner, which asks a model, and a writer.
  static func request(
    _ number: UInt64, at start: Int64, writer: Int64 = 10_000_000, split: Bool = false, version: String = "1"
  ) throws -> [Span] {
    let trace = try #require(TraceID(high: 7, low: number))
    func span(
      _ id: UInt64, _ parent: UInt64, _ agent: String, _ operation: String, _ kind: SpanKind, _ from: Int64, _ to: Int64
    ) throws -> Span {
      var span = Span(
        traceID: trace, spanID: try #require(SpanID(rawValue: number << 8 | id)),
        parentID: parent == 0 ? nil : SpanID(rawValue: number << 8 | parent), operation: operation, agent: agent,
        kind: kind, state: .completed, start: start + from, end: start + to)
      span.resource = [SpanAttribute("service.version", .string(version))]
      return span
    }
    let end = 40_000_000 + writer
    var model = try span(3, 2, "planner", "chat gpt-5", .client, 5_000_000, 25_000_000)
    model.attributes = [
      SpanAttribute("gen_ai.operation.name", .string("chat")), SpanAttribute("gen_ai.request.model", .string("gpt-5")),
      SpanAttribute("gen_ai.usage.input_tokens", .int(1_000)), SpanAttribute("gen_ai.usage.output_tokens", .int(100)),
      SpanAttribute("gen_ai.usage.cache_read.input_tokens", .int(500)),
      SpanAttribute("gen_ai.conversation.id", .string("c-\(number % 2)")),
    ]
    var writerSpan = try span(5, 4, "writer", "write", .server, 31_000_000, 31_000_000 + writer)
    if split {
      writerSpan.traceID = try #require(TraceID(high: 8, low: number))
      writerSpan.parentID = nil
    }
    return [
      try span(1, 0, "gateway", "request", .server, 0, end),
      try span(2, 1, "planner", "plan", .server, 2_000_000, end - 2_000_000),
      model, try span(4, 2, "planner", "POST /write", .client, 30_000_000, 32_000_000 + writer), writerSpan,
    ]
  }

  /// Ten requests in the hour before, fast; forty within the last hour of which the last ten lost the context.
  static func filled() async throws -> Traces {
    let traces = Traces()
    var spans: [Span] = []
    for number in 1...60 as ClosedRange<UInt64> {
      let isOld = number <= 20
      let start = hour - (isOld ? 5_000 : 2_000) * 1_000_000_000 + Int64(number) * 1_370_000_000
      spans += try request(
        number, at: start,
        writer: isOld ? 10_000_000 + Int64(number % 7) * 500_000 : 60_000_000 + Int64(number) * 100_000,
        split: number > 50, version: isOld ? "1" : "2")
    }
    var running = try request(99, at: hour + 599_000_000_000, version: "2")[0]
    (running.end, running.state) = (nil, .active)
    spans.append(running)
    try await traces.store.append(try #require(SpanBatch(spans)))
    return traces
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var path: String
    var status: Int
    var expects: [String]

    init(_ path: String, _ status: Int, _ expects: String...) {
      self.path = path
      self.status = status
      self.expects = expects
    }

    var testDescription: String { path }
  }

  static let trace = "0000000000000007000000000000001e"

  static let cases: [Case] = [
    Case("/fleet/v1/traces?limit=2", 200, #""status":"active""#, #""root_agent_id":"gateway""#),
    Case("/fleet/v1/traces?status=active", 200, #""trace_id":"00000000000000070000000000000063""#),
    Case("/fleet/v1/traces?agent_id=writer&min_duration=62s", 200, #"{"traces":[]}"#),
    Case("/fleet/v1/traces?agent_id=writer&min_duration=62ms&limit=1", 200, #""span_count":"#),
    Case(
      "/fleet/v1/traces?attribute=service.version=1&window=2h&limit=1", 200,
      #""agents":{"gateway":1,"planner":3,"writer":1}"#),
    Case("/fleet/v1/traces?attribute=service.version", 400, "expected NAME=VALUE"),
    Case("/fleet/v1/traces?attribute=a=1&attribute=a=2", 400, "names \\\"a\\\" twice"),
    Case("/fleet/v1/traces?window=soon", 400, "expected a duration such as 5m"),
    Case("/fleet/v1/traces?window=5m&start=2026-11-23T00:00:00Z", 400, "give one"),
    Case("/fleet/v1/traces?start=2026-11-23T02:00:00Z", 400, "start is not before end"),
    Case("/fleet/v1/traces?end=noon", 400, "expected a time such as"),
    Case("/fleet/v1/traces?end=2999-01-01T00:00:00Z", 400, "expected a time from 1970-01-01T00:00:00Z to 2262-04-11"),
    Case("/fleet/v1/traces?end=1969-01-01T00:00:00Z", 400, "expected a time from 1970-01-01T00:00:00Z to 2262-04-11"),
    Case("/fleet/v1/traces?window=300y", 400, "of at most 292y"),
    Case("/fleet/v1/traces?window=292y", 200, #""trace_id":"#),
    Case("/fleet/v1/traces?status=odd", 400, "expected one of any, active"),
    Case(
      "/fleet/v1/traces/\(trace)", 200, #""parent_span_id":null"#, #""operation":"chat gpt-5""#, #""duration_ms":20"#),
    Case("/fleet/v1/traces/00000000000000010000000000000001", 404, #""message":"trace not found""#),
    Case("/fleet/v1/traces/xyz", 400, "it has 32 hex digits"),
    Case(
      "/fleet/v1/traces/\(trace)/analysis", 200, #""total_spans":5"#, #""completed_spans":5"#, #""critical_path":[{"#,
      #""agent_participation":{"gateway":{"#, #""longest_operations":[{"#, #""cost":0.0023"#),
    Case("/fleet/v1/traces/\(trace)/analysis?tree=true", 200, #""tree":[{"#, #""parent":null"#),
    Case("/fleet/v1/traces/00000000000000010000000000000001/analysis", 404, #""message":"trace not found""#),
    Case(
      "/fleet/v1/traces/00000000000000070000000000000063/analysis", 409, #""message":"no completed spans in trace""#),
    Case(
      "/fleet/v1/critical-path", 200, #""p50_determinant":{"agent_id":"writer","operation":"write"}"#,
      #""requests":40"#,
      #""unfinished_requests":1"#, #""fragments":10"#, #""faster_percent":50"#),
    Case("/fleet/v1/critical-path?end=2020-01-01T00:00:00Z", 200, #""requests":0"#, #""p50_determinant":null"#),
    Case("/fleet/v1/call-graph", 200, #""caller":"planner""#, #""caller":null"#, #""calls_per_second":"#),
    Case(
      "/fleet/v1/trace-audit", 200, #""caller":"planner""#, #""callee":"writer""#,
      #""linked_calls":30,"lost_calls":10"#,
      #""known_call_site":10"#, #""confidence":"high""#),
    Case("/fleet/v1/trace-audit?window=1m", 200, #""edges":[]"#),
    Case("/fleet/v1/trace-audit?agent_id=writer", 200, #""linked_calls":30,"lost_calls":10"#),
    Case("/fleet/v1/trace-audit?agent_id=planner", 200, #""linked_calls":30,"lost_calls":10"#),
    Case("/fleet/v1/trace-audit?agent_id=nobody", 200, #""edges":[]"#),
    Case("/fleet/v1/trace-audit?operation=write", 400, "an audit reads all traces"),
    Case("/fleet/v1/trace-audit?min_duration=1ms", 400, "an audit reads all traces"),
    Case(
      "/fleet/v1/usage", 200, #""input_tokens":40000"#, #""cached_tokens":20000"#, #""name":"c-0""#,
      #""currency":"USD""#),
    Case(
      "/fleet/v1/traces/compare?baseline_end=2026-11-23T00:10:00Z&window=40m", 200, #""changed":true"#,
      #""operation":"write""#),
    Case(
      "/fleet/v1/traces/compare?window=2h&attribute=service.version=2&baseline_attribute=service.version=1", 200,
      #""changed":true"#, #""traces":20"#, #""traces":51"#),
  ]

  @Test func everyRouteAnswers() async throws {
    let traces = try await Self.filled()
    let routes = TraceRoutes.all(traces)
    try await ServerHarness.with(routes: routes) { server in
      for expected in Self.cases {
        let answer = try await server.ask("GET", expected.path)
        #expect(answer.status == expected.status, "\(expected.path): \(answer.body.prefix(300))")
        for text in expected.expects {
          #expect(answer.body.contains(text), "\(expected.path): no \(text) in \(answer.body.prefix(1_500))")
        }
        let route = try #require(
          RouteTable(routes).routes.first { route in
            let known = route.path.split(separator: "/")
            let asked = expected.path.prefix { $0 != "?" }.split(separator: "/")
            return known.count == asked.count
              && zip(known, asked).allSatisfy { $0 == $1 || ($0.hasPrefix("{") && $1 != "compare") }
          })
        let value = try #require(answer.json)
        guard case .json(let schema)? = route.answers.first?.content else { continue }
        #expect(
          SchemaCheck.problems(of: value, against: answer.status == 200 ? schema : "ErrorEnvelope") == [],
          "\(expected.path)")
      }
    }
  }

  /// A request is listed by an agent whose clock is hours off, but not by one that is more than a day off.
  @Test func clocksThatAreOffHideNoTraceFromTheList() async throws {
    let traces = Traces()
    for (number, hours) in [(1, -3), (2, 5), (3, -30)] as [(UInt64, Int64)] {
      var spans = try Self.request(number, at: Self.hour + 300_000_000_000)
      for index in spans.indices where spans[index].agent == "writer" {
        spans[index].start += hours * 3_600_000_000_000
        spans[index].end = spans[index].end.map { $0 + hours * 3_600_000_000_000 }
      }
      try await traces.store.append(try #require(SpanBatch(spans)))
    }
    try await ServerHarness.with(routes: TraceRoutes.all(traces)) { server in
      let found = try await server.ask("GET", "/fleet/v1/traces?agent_id=writer&window=10m").body
      for number in 1...2 { #expect(found.contains("0000000000000007000000000000000\(number)"), "\(found)") }
      #expect(!found.contains("00000000000000070000000000000003"))
      let one = try await server.ask("GET", "/fleet/v1/traces?agent_id=writer&window=10m&limit=1")
      guard case .array(let listed)? = one.json?["traces"] else { throw CancellationError() }
      #expect(listed.count == 1)
      let failed = try await server.ask("GET", "/fleet/v1/traces?agent_id=writer&window=10m&status=error")
      #expect(failed.body == #"{"traces":[]}"#)
    }
  }

  /// The sections of the critical path fill the root's time.
  @Test func theCriticalPathFillsTheRoot() async throws {
    let traces = try await Self.filled()
    try await ServerHarness.with(routes: TraceRoutes.all(traces)) { server in
      let answer = try await server.ask("GET", "/fleet/v1/traces/\(Self.trace)/analysis")
      let analysis = try FleetJSON.decode(FleetAPI.TraceAnalysis.self, from: Array(answer.body.utf8))
      let sum = analysis.criticalPath.reduce(0) { $0 + $1.durationMilliseconds }
      #expect(abs(sum - analysis.rootMilliseconds) < 1e-6)
      let byAgent = analysis.agentParticipation.values.reduce(0) { $0 + $1.criticalPathMilliseconds }
      #expect(abs(byAgent - analysis.rootMilliseconds) < 1e-6)
      #expect(analysis.tree == nil)
    }
  }

  /// A clock that is hours off, or a span that claims to be from 1970, takes no request out of the window, whatever span is asked for.
  @Test func clocksThatAreOffHideNoRequest() async throws {
    let traces = Traces()
    var spans: [Span] = []
    for number in 1...20 as ClosedRange<UInt64> {
      var request = try Self.request(number, at: Self.hour + Int64(number) * 1_000_000_000)
      let writer = try #require(request.indices.last)
      // Ten with a writer whose clock is two hours behind, ten with a step of the planner's from 1970.
      let late = number > 10 ? request[writer].start - 1 : 7_200_000_000_000
      request[writer].start -= late
      if number <= 10 { request[writer].end = request[writer].end.map { $0 - late } }
      spans += request
    }
    try await traces.store.append(try #require(SpanBatch(spans)))
    try await ServerHarness.with(routes: TraceRoutes.all(traces)) { server in
      for filter in ["", "&agent_id=writer", "&agent_id=writer&operation=write", "&agent_id=planner&min_duration=5ms"] {
        let path = "/fleet/v1/critical-path?start=2026-11-23T01:00:00Z" + filter
        let answer = try await server.ask("GET", path)
        #expect(answer.body.contains(#""requests":20,"#), "\(path): \(answer.body.prefix(500))")
      }
      let none = try await server.ask("GET", "/fleet/v1/critical-path?start=2026-11-23T01:00:00Z&agent_id=nobody")
      #expect(none.body.contains(#""requests":0,"#))
      let earlier = try await server.ask("GET", "/fleet/v1/critical-path?window=1h&end=2026-11-23T00:00:00Z")
      #expect(earlier.body.contains(#""requests":0,"#))
    }
  }

  /// Few analyses run at a time; those that nobody waits for any more give their place back.
  @Test func analysesWaitForTheirTurn() async throws {
    let service = TraceService(reader: MemorySpanStore(), prices: PriceTable(), time: SystemTime(), concurrency: 1)
    let (stream, started) = AsyncStream.makeStream(of: Void.self)
    let (release, releasing) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        try await service.run {
          started.yield()
          for await _ in release { break }
          return 1
        }
      }
      for await _ in stream { break }
      let waiting = Task { try await service.run { 2 } }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      releasing.yield()
      let first = try await group.next()
      #expect(first == 1)
    }
    let last = try await service.run { 3 }
    #expect(last == 3)
  }
}
