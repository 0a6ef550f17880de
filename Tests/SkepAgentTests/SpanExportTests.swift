import FleetModel
import FoundationEssentials
import Hummingbird
import Logging
import MetricExposition
import ServiceLifecycle
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Tracing
import WireFormats

@testable import SkepAgent

extension FakeControlPlane {
  /// The spans of the calls to `/v1/traces` from the given one on, each call's together.
  func batches(from first: Int = 0) throws -> [[FleetModel.Span]] {
    try calls.dropFirst(first).filter { $0.path == "/v1/traces" }.map { call in
      let batch = try OTLPTraceDecoder().decode(call.bytes, as: .protobuf).batch
      return (0..<batch.count).map(batch.span(at:))
    }
  }

  /// The spans of the calls to `/fleet/v1/spans`.
  func starts() throws -> [StartedSpan] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try calls.filter { $0.path == "/fleet/v1/spans" }.flatMap {
      try decoder.decode([StartedSpan].self, from: Data($0.bytes))
    }
  }
}

struct StartedSpan: Decodable {
  let traceId: String
  let spanId: String
  let parentSpanId: String?
  let operation: String
  let agentId: String
  let startTime: String
  let status: String
  let kind: String
}

@Suite struct SpanExportTests {
  /// Nothing is due before the test says so, and no call is given up, however busy the machine is.
  private func configuration(port: Int) throws -> TracerConfiguration {
    let agent = AgentConfiguration(agentID: try AgentID("planner"), port: 7601, server: "http://127.0.0.1:\(port)")
    var configuration = TracerConfiguration(agent: agent)
    configuration.startMessages = .never
    configuration.batchDelay = .seconds(3600)
    configuration.requestTimeout = .seconds(300)
    configuration.flushTimeout = .seconds(300)
    configuration.retry.first = .milliseconds(5)
    configuration.retry.longest = .milliseconds(20)
    return configuration
  }

  private var silent: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }

  @Test func aFullBatchIsSentAndTheRestAtTheEnd() async throws {
    let plane = FakeControlPlane { _, _ in .ok }
    try await plane.serve { port in
      var configuration = try configuration(port: port)
      configuration.batchSize = 4
      configuration.headers = ["x-key": "k"]
      let tracer = SkepTracer(configuration, logger: silent)
      try await running(tracer) {
        for number in 0..<6 { tracer.startSpan("span \(number)").end() }
        try await eventually("the first batch") { !plane.calls.isEmpty }
      }
    }
    let batches = try plane.batches()
    #expect(batches.flatMap { $0 }.map(\.operation) == (0..<6).map { "span \($0)" })
    #expect(batches.first?.count == 4)
    #expect(plane.calls.allSatisfy { $0.contentType == "application/x-protobuf" && $0.method == "POST" })
    let span = try #require(batches.first?.first)
    #expect(span.agent == "planner")
    #expect(span.resource.contains(.init("service.instance.id", .string("127.0.0.1:7601"))))
    #expect(span.state == .completed)
  }

  @Test func aBatchThatDoesNotFillIsSentAfterItsDelay() async throws {
    let plane = FakeControlPlane { _, _ in .ok }
    try await plane.serve { port in
      var configuration = try configuration(port: port)
      configuration.batchDelay = .milliseconds(10)
      let tracer = SkepTracer(configuration, logger: silent)
      try await running(tracer) {
        tracer.startSpan("alone").end()
        try await eventually("the span") { !plane.calls.isEmpty }
      }
    }
    #expect(try plane.batches().map { $0.map(\.operation) } == [["alone"]])
  }

  @Test func whatIsNotTakenIsSentAgainAndWhatIsRefusedIsNot() async throws {
    let plane = FakeControlPlane { call, before in
      before < 3 ? .serviceUnavailable : before == 3 ? .ok : before == 4 ? .badRequest : .ok
    }
    try await plane.serve { port in
      var configuration = try configuration(port: port)
      configuration.batchSize = 2
      let tracer = SkepTracer(configuration, logger: silent)
      try await running(tracer) {
        for name in ["a", "b", "c", "d", "e"] { tracer.startSpan(name).end() }
        try await eventually("both batches") { plane.calls.count >= 5 }
      }
    }
    let sent = try plane.batches().map { $0.map(\.operation) }
    #expect(sent == [["a", "b"], ["a", "b"], ["a", "b"], ["a", "b"], ["c", "d"], ["e"]])
  }

  /// Only the span that is too large is lost, not those that were sent with it.
  @Test func whatIsTooLargeIsSentInHalves() async throws {
    let plane = FakeControlPlane { call, _ in call.bytes.count > 40_000 ? .contentTooLarge : .ok }
    try await plane.serve { port in
      let tracer = SkepTracer(try configuration(port: port), logger: silent)
      for number in 0..<9 {
        let span = tracer.startSpan("span \(number)")
        span.attributes["text"] = String(repeating: "a", count: number == 4 ? 50_000 : 9_000)
        span.end()
      }
      await tracer.flush(within: .seconds(300))
    }
    let taken = try zip(plane.calls, plane.batches()).filter { $0.0.bytes.count <= 40_000 }.flatMap { $0.1 }
    #expect(taken.map(\.operation) == [0, 1, 2, 3, 5, 6, 7, 8].map { "span \($0)" })
  }

  /// Spans wait while nobody answers, and go out once somebody does.
  @Test func survivesAControlPlaneThatIsAway() async throws {
    let reserved = try ReservedPort()
    let port = reserved.port
    var configuration = try configuration(port: port)
    configuration.batchSize = 1
    let tracer = SkepTracer(configuration, logger: silent)
    let plane = FakeControlPlane { _, _ in .ok }
    try await running(tracer) {
      tracer.startSpan("early").end()
      try await plane.serve(port: port) { _ in
        try await eventually("the span") { !plane.calls.isEmpty }
      }
    }
    withExtendedLifetime(reserved) {}
    #expect(try plane.batches().first?.map(\.operation) == ["early"])
  }

  @Test func spansThatTakeLongAreToldOfBeforeTheirEndAndOthersAreNot() async throws {
    let plane = FakeControlPlane { _, before in before == 0 ? .serviceUnavailable : .created }
    try await plane.serve { port in
      var configuration = try configuration(port: port)
      configuration.startMessages = .toTheReceiverOfSpans
      configuration.startMessageDelay = .milliseconds(40)
      let tracer = SkepTracer(configuration, logger: silent)
      try await running(tracer) {
        // What ends at once is not told of, as nobody has looked yet: starting and ending takes no turn of any loop.
        let long = tracer.startSpan("long", ofKind: .server)
        long.attributes["gen_ai.agent.name"] = "lead \"1\""
        long.attributes["n"] = 3
        let child = tracer.startSpan("child", context: long.context)
        try await eventually("two starts") {
          try plane.starts().contains { $0.operation == "child" } && plane.calls.count > 1
        }
        child.end()
        long.end()
      }
      let starts = try plane.starts()
      let ends = try plane.batches().flatMap { $0 }
      #expect(ends.map(\.operation) == ["child", "long"])
      for start in starts {
        let end = try #require(ends.first { "\($0.spanID)" == start.spanId })
        #expect(start.traceId == "\(end.traceID)")
        #expect(start.parentSpanId == end.parentID?.description)
        #expect(start.status == "active")
        #expect(start.agentId == end.agent)
        #expect(start.kind == "\(end.kind)")
        let seconds = try #require(RFC3339.parse(start.startTime))
        #expect(seconds.milliseconds == end.start / 1_000_000)
      }
      #expect(starts.contains { $0.operation == "long" && $0.agentId == "lead \"1\"" })
    }
  }

  @Test func tokensGoToTheControlPlaneAlone() async throws {
    do {
      let directory = try ScratchDirectory()
      let file = try directory.write("token", "secret\n").string
      let plane = FakeControlPlane { _, _ in .ok }
      let collector = FakeControlPlane { _, _ in .ok }
      try await plane.serve { port in
        try await collector.serve { other in
          for endpoint in [port, other] {
            var configuration = try configuration(port: port)
            configuration.tokenFile = file
            configuration.endpoint = "http://127.0.0.1:\(endpoint)/v1/traces"
            let tracer = SkepTracer(configuration, logger: silent)
            try await running(tracer) { tracer.startSpan("work").end() }
          }
        }
      }
      #expect(plane.calls.map(\.authorization) == ["Bearer secret"])
      #expect(collector.calls.map(\.authorization) == [nil])
    }
  }

  @Test func anAgentsRequestsAreSpansWithinTheirTrace() async throws {
    let plane = FakeControlPlane { _, _ in .ok }
    let trace = "0af7651916cd43dd8448eb211c80319c"
    try await plane.serve { port in
      var agent = AgentConfiguration(agentID: try AgentID("planner"), port: 0, server: "http://127.0.0.1:\(port)")
      agent.registration.farewellTimeout = .seconds(300)
      agent.shutdownGrace = .seconds(300)
      var configuration = TracerConfiguration(agent: agent, environment: [:])
      configuration.startMessages = .never
      configuration.batchDelay = .seconds(3600)
      configuration.requestTimeout = .seconds(300)
      configuration.flushTimeout = .seconds(300)
      let tracer = SkepTracer(configuration, logger: silent)
      let (ports, found) = AsyncStream.makeStream(of: Int.self)
      let service = AgentService(
        configuration: agent, registry: MetricRegistry(), tracer: tracer, logger: silent,
        routes: { router in
          router.post("/jobs/:id") { _, _ in
            await withAgentSpan("planner", conversation: "c-1", tracer: tracer) { _ in
              await withChatSpan(model: "large-1", provider: "acme", tracer: tracer) { chat in
                chat.record(TokenUsage(input: 10, output: 3, cachedInput: 4))
              }
              _ = try? await withToolSpan("search", callID: "call-1", tracer: tracer) { _ in throw CancellationError() }
            }
            return "done"
          }
          router.get("/broken") { _, _ -> String in throw HTTPError(.badGateway) }
        }, onListening: { found.yield($0) })
      let bound = try await running(service) { () async throws -> Int in
        var iterator = ports.makeAsyncIterator()
        let bound = await iterator.next() ?? 0
        let address = "http://127.0.0.1:\(bound)"
        #expect(
          try await post(address + "/jobs/7", headers: [("traceparent", "00-\(trace)-b7ad6b7169203331-01")]).status
            == 200)
        #expect(try await get(address + "/broken").status == 502)
        #expect(try await get(address + "/health").status == 200)
        return bound
      }
      let spans = try plane.batches().flatMap { $0 }
      let byName = Dictionary(uniqueKeysWithValues: spans.map { ($0.operation, $0) })
      #expect(
        Set(byName.keys) == [
          "POST /jobs/{id}", "GET /broken", "invoke_agent planner", "chat large-1", "execute_tool search",
        ])
      let request = try #require(byName["POST /jobs/{id}"])
      #expect("\(request.traceID)" == trace)
      #expect(request.parentID?.description == "b7ad6b7169203331")
      #expect(request.kind == .server)
      #expect(request.attributes.contains(.init("http.response.status_code", .int(200))))
      #expect(request.resource.contains(.init("service.instance.id", .string("127.0.0.1:\(bound)"))))
      let invoke = try #require(byName["invoke_agent planner"])
      #expect(invoke.parentID == request.spanID)
      #expect(invoke.attributes.contains(.init("gen_ai.conversation.id", .string("c-1"))))
      let chat = try #require(byName["chat large-1"])
      #expect(chat.parentID == invoke.spanID)
      #expect(chat.kind == .client)
      #expect(
        chat.attributes == [
          .init("gen_ai.operation.name", .string("chat")), .init("gen_ai.provider.name", .string("acme")),
          .init("gen_ai.request.model", .string("large-1")), .init("gen_ai.usage.cache_read.input_tokens", .int(4)),
          .init("gen_ai.usage.input_tokens", .int(10)), .init("gen_ai.usage.output_tokens", .int(3)),
        ])
      let tool = try #require(byName["execute_tool search"])
      #expect(tool.state == .error)
      #expect(tool.attributes.contains(.init("error.type", .string("Swift.CancellationError"))))
      let broken = try #require(byName["GET /broken"])
      #expect(broken.state == .error)
      #expect(broken.attributes.contains(.init("http.response.status_code", .int(502))))
    }
  }
}
