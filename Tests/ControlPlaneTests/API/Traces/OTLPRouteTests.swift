import FleetModel
import Ingest
import NIOHTTP1
import Platform
import SpanStore
import Testing
import WireFormats

@testable import ControlPlane

@Suite struct OTLPRouteTests {
  static let protobuf = [("content-type", "application/x-protobuf")]

  @Test(arguments: OTLPEncoding.allCases) func spansAreTaken(encoding: OTLPEncoding) async throws {
    let fixture = SpanFixture()
    try await ServerHarness.with(routes: fixture.routes) { server in
      let spans = [SpanFixture.span(1), SpanFixture.span(2, parent: 1, operation: "chat")]
      let body = OTLPTraceEncoder.encode(SpanFixture.batch(spans), as: encoding)
      let answer = try await server.ask(
        "POST", "/v1/traces", headers: [("content-type", encoding.contentType)], bytes: body)
      #expect(answer.status == 200 && answer.headers.first(name: "content-type") == encoding.contentType)
      #expect(answer.body == (encoding == .json ? "{}" : ""))
      let stored = try await fixture.store.memory.spans(of: spans[0].traceID)
      #expect(stored.map(\.operation).sorted() == ["chat", "plan"])
      #expect(fixture.watch.spans.count == 2)
    }
  }

  @Test func gzipIsTakenWithinTheLimit() async throws {
    var limits = SpanLimits()
    limits.bodyBytes = 100_000
    let fixture = SpanFixture(limits: limits)
    try await ServerHarness.with(routes: fixture.routes) { server in
      let headers = Self.protobuf + [("content-encoding", "gzip")]
      let good = GRPCServerTests.zipped(SpanFixture.protobuf([SpanFixture.span(1)]))
      let taken = try await server.ask("POST", "/v1/traces", headers: headers, bytes: good)
      #expect(taken.status == 200)
      let bomb = GRPCServerTests.zipped([UInt8](repeating: 0, count: 5 << 20))
      #expect(try await server.ask("POST", "/v1/traces", headers: headers, bytes: bomb).status == 413)
      #expect(try await server.ask("POST", "/v1/traces", headers: headers, bytes: [1, 2, 3]).status == 400)
      let long = [UInt8](repeating: 0, count: 200_000)
      #expect(try await server.ask("POST", "/v1/traces", headers: Self.protobuf, bytes: long).status == 413)
      let snappy = Self.protobuf + [("content-encoding", "snappy")]
      #expect(try await server.ask("POST", "/v1/traces", headers: snappy, bytes: good).status == 415)
    }
  }

  @Test func aRefusalIsAStatusInTheEncodingOfTheRequest() async throws {
    let fixture = SpanFixture()
    try await ServerHarness.with(routes: fixture.routes) { server in
      let json = try await server.ask("POST", "/v1/traces", body: "{")
      #expect(json.status == 400 && json.json?["code"] == 3)
      let protobuf = try await server.ask("POST", "/v1/traces", headers: Self.protobuf, bytes: [0x0a, 0xff])
      #expect(protobuf.status == 400 && protobuf.headers.first(name: "content-type") == "application/x-protobuf")
      #expect(protobuf.body.utf8.starts(with: [0x08, 3, 0x12]))
      let text = try await server.ask("POST", "/v1/traces", headers: [("content-type", "text/plain")], bytes: [1])
      #expect(text.status == 415 && text.json?["message"] != nil)
      let other = try await server.ask("GET", "/v1/traces")
      #expect(other.status == 405 && other.headers.first(name: "allow") == "POST" && other.json?["code"] == 12)
    }
  }

  @Test func aFullDiskAsksToComeAgain() async throws {
    let fixture = SpanFixture()
    try await ServerHarness.with(routes: fixture.routes) { server in
      fixture.store.fail(with: .storage("no space left"))
      let body = SpanFixture.protobuf([SpanFixture.span(1)])
      let answer = try await server.ask("POST", "/v1/traces", headers: Self.protobuf, bytes: body)
      #expect(answer.status == 503 && answer.headers.first(name: "retry-after") == "5")
      #expect(fixture.watch.spans.isEmpty)
      fixture.store.fail(with: nil)
      #expect(try await server.ask("POST", "/v1/traces", headers: Self.protobuf, bytes: body).status == 200)
    }
  }

  /// Each bad span of a request is refused by itself, and the others are taken.
  @Test func theRestIsKept() async throws {
    var limits = SpanLimits()
    limits.spanBytes = 1000
    limits.attributes = 5
    limits.events = 2
    let fixture = SpanFixture(limits: limits)
    let now = SystemTime().now().nanoseconds
    var wide = SpanFixture.span(2)
    wide.attributes = (0..<6).map { SpanAttribute("a\($0)", .int(1)) }
    var long = SpanFixture.span(3)
    long.attributes = [SpanAttribute("text", .string(String(repeating: "x", count: 2000)))]
    var eventful = SpanFixture.span(4)
    eventful.events = (0..<3).map { SpanEvent(time: now, name: "e\($0)") }
    let old = SpanFixture.span(5, start: now - 30 * 86_400_000_000_000)
    let future = SpanFixture.span(6, start: now + 3 * 86_400_000_000_000)
    let spans = [SpanFixture.span(1), wide, long, eventful, old, future, SpanFixture.span(7)]
    let outcome = try await fixture.intake.take(SpanFixture.batch(spans))
    #expect(outcome.taken == 2 && outcome.refused == [.limit: 3, .old: 1, .future: 1])
    #expect(outcome.refusedPositions == [1, 2, 3, 4, 5])
    #expect(fixture.watch.spans.map(\.spanID.rawValue) == [1, 7])
    try await ServerHarness.with(routes: fixture.routes) { server in
      let body = OTLPTraceEncoder.encode(SpanFixture.batch(spans), as: .json)
      let answer = try await server.ask(
        "POST", "/v1/traces", headers: [("content-type", "application/json")], bytes: body)
      #expect(answer.status == 200 && answer.json?["partialSuccess"]?["rejectedSpans"] == "5")
    }
  }

  /// An id that is none is the fault of its span, in either encoding.
  @Test func oneBadIDRefusesItsSpanAlone() async throws {
    let fixture = SpanFixture()
    try await ServerHarness.with(routes: fixture.routes) { server in
      let spans = [SpanFixture.span(1), SpanFixture.span(2)]
      let text = String(decoding: OTLPTraceEncoder.encode(SpanFixture.batch(spans), as: .json), as: UTF8.self)
      let id = "\(spans[0].traceID)"
      let first = try #require(text.firstRange(of: id))
      let answer = try await server.ask("POST", "/v1/traces", body: text.replacingCharacters(first, with: "zz"))
      #expect(answer.status == 200 && answer.json?["partialSuccess"]?["rejectedSpans"] == "1", "\(answer.body)")
      #expect(fixture.watch.spans.map(\.spanID) == [spans[1].spanID])
    }
  }

  @Test func anAgentWritesItsOwnAlone() async throws {
    let fixture = SpanFixture()
    let mine = SpanFixture.span(1)
    let other = SpanFixture.span(2, agent: "critic")
    let outcome = try await fixture.intake.take(SpanFixture.batch([mine, other]), from: try AgentID("planner"))
    #expect(outcome.taken == 1 && outcome.refused == [.forbidden: 1])
  }

  @Test func theWholeWayOverGRPC() async throws {
    let fixture = SpanFixture()
    try await GRPCHarness.with(fixture.reception.methods) { server in
      let client = try await GRPCClient(port: server.port)
      let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
      let message = GRPCClient.framed(SpanFixture.protobuf([SpanFixture.span(1)]))
      let answer = try await client.call(path, [message])
      #expect(answer.status == 0 && answer.message.isEmpty && fixture.watch.spans.count == 1)
      #expect(try await client.call(path, [GRPCClient.framed([0x0a, 0xff])]).status == 3)
      fixture.store.fail(with: .storage("no space left"))
      #expect(try await client.call(path, [message]).status == 14)
      let metrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
      #expect(try await client.call(metrics, [GRPCClient.framed([])]).status == 12)
      await client.close()
    }
  }
}

extension String {
  fileprivate func replacingCharacters(_ range: Range<String.Index>, with other: String) -> String {
    self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}
