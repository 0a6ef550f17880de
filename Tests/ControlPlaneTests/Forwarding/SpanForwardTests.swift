import DeployPlan
import FleetModel
import Ingest
import Logging
import MetricExposition
import Platform
import ServiceLifecycle
import TestSupport
import Testing
import WireFormats

@testable import ControlPlane

@Suite struct SpanForwardTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func forwarding<Result: Sendable>(
    to endpoint: String, headers: [String: SecretText] = [:],
    _ body: @escaping @Sendable (SpanForward) async throws -> Result
  ) async throws -> Result {
    var options = TracingOptions.Forward()
    options.endpoint = endpoint
    options.headers = headers
    // On a starved machine an answer takes long: a try that was given up is sent again, and arrives twice.
    options.timeout = .seconds(3600)
    let forward = try SpanForward(options, index: 0, time: SystemTime(), logger: logger)
    let group = ServiceGroup(configuration: .init(services: [forward], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body(forward)) } catch { result = .failure(error) }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return try result.get()
    }
  }

  /// From one Skep to another, whose store fails at first.
  @Test func whatArrivesIsSentOnUntilItIsTaken() async throws {
    let fixture = SpanFixture()
    try await ServerHarness.with(routes: fixture.routes) { server in
      fixture.store.fail(with: .storage("no space left"))
      try await Self.forwarding(to: server.url) { forward in
        let running = SpanFixture.span(3, milliseconds: nil)
        forward.observe(SpanFixture.batch([running]))
        forward.observe(SpanFixture.batch([SpanFixture.span(1), running, SpanFixture.span(2, parent: 1)]))
        fixture.store.fail(with: nil)
        while fixture.watch.spans.count < 2 { try await SystemTime().sleep(for: .milliseconds(10)) }
      }
      #expect(fixture.watch.spans.map(\.spanID.rawValue) == [1, 2])
    }
  }

  /// Runs until `atTheEnd`, which is called once a graceful shutdown has begun, and then to its end.
  ///
  /// - Returns: its own metrics.
  private static func shutDown(
    _ server: ServerHarness, time: SimulatedTime, spans: ClosedRange<UInt64>, began: AsyncStream<Void>,
    atTheEnd: @escaping @Sendable () async -> Void
  ) async throws -> String {
    var options = TracingOptions.Forward()
    options.endpoint = server.url
    options.timeout = .seconds(3600)
    var bare = MetricRegistry.Options()
    bare.includesProcess = false
    let registry = MetricRegistry(options: bare)
    let forward = try SpanForward(options, index: 0, time: time, logger: logger, factory: registry)
    let group = ServiceGroup(configuration: .init(services: [forward], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      for id in spans { forward.observe(SpanFixture.batch([SpanFixture.span(id)])) }
      _ = await began.first { _ in true }
      await group.triggerGracefulShutdown()
      // Tries watch the time, and so does the farewell.
      await time.waitForSleepers(min(spans.count, 4) + 1)
      await atTheEnd()
      try await tasks.waitForAll()
    }
    return String(decoding: registry.render(format: .prometheusText), as: UTF8.self)
  }

  /// A route that takes spans once it may.
  private static func slow(_ began: AsyncStream<Void>.Continuation, _ blocked: AsyncStream<Void>) -> APIRoute {
    APIRoute(
      method: .post, path: "/v1/traces", operationID: "slow", summary: "Slow", access: .open, style: .otlp,
      rawBody: APIRoute.RawBody(contentType: "application/x-protobuf", maximumBytes: 1 << 20),
      answers: [.init(status: 204, summary: "Taken", content: .none)]
    ) { _ in
      began.yield()
      for await _ in blocked {}
      return .noContent
    }
  }

  /// The time of the farewell stands still here: a try that is under way must be let come to its end.
  @Test func whatIsUnderWayAtTheEndIsLetFinish() async throws {
    let (begins, began) = AsyncStream.makeStream(of: Void.self)
    let (blocked, release) = AsyncStream.makeStream(of: Void.self)
    let time = SimulatedTime()
    try await ServerHarness.with(routes: [Self.slow(began, blocked)]) { server in
      let metrics = try await Self.shutDown(server, time: time, spans: 1...1, began: begins) { release.finish() }
      #expect(metrics.contains("skep_span_forward_spans_total{forward=\"0\"} 1"), "\(metrics)")
    }
  }

  /// Once the farewell is over, whatever the back end does.
  @Test func aBackEndThatHangsHoldsNothingUp() async throws {
    let (begins, began) = AsyncStream.makeStream(of: Void.self)
    let (blocked, release) = AsyncStream.makeStream(of: Void.self)
    let time = SimulatedTime()
    try await ServerHarness.with(routes: [Self.slow(began, blocked)]) { server in
      let metrics = try await Self.shutDown(server, time: time, spans: 1...6, began: begins) {
        time.advance(by: .seconds(1))
      }
      #expect(
        metrics.contains("skep_span_forward_dropped_total{forward=\"0\",reason=\"shutdown\"} 6"), "\(metrics)")
      release.finish()
    }
  }

  @Test func theLineHasABound() {
    let batch = SpanFixture.batch([SpanFixture.span(1), SpanFixture.span(2)])
    let size = SpanQueue.size(of: batch)
    var queue = SpanQueue(limit: size * 3 + 1)
    for _ in 0..<3 { #expect(queue.add(batch, at: .zero) == 0) }
    #expect(queue.add(batch, at: .seconds(1)) == 2 && queue.bytes == size * 3)
    #expect(queue.take()?.arrived == .zero)
    #expect(queue.take()?.arrived == .zero)
    #expect(queue.take()?.arrived == .seconds(1))
    #expect(queue.take() == nil && queue.isEmpty && queue.bytes == 0)
    var small = SpanQueue(limit: size - 1)
    #expect(small.add(batch, at: .zero) == 2 && small.isEmpty)
    // What left the front does not stay in memory.
    for _ in 0..<1_000 {
      _ = queue.add(batch, at: .zero)
      _ = queue.take()
    }
    #expect(queue.isEmpty && queue.bytes == 0)
  }

  @Test(arguments: [
    ("http://a:4318", "http://a:4318/v1/traces"), ("http://a:4318/", "http://a:4318/v1/traces"),
    ("http://a/otlp", "http://a/otlp/v1/traces"), ("http://a/v1/traces", "http://a/v1/traces"),
  ]) func theSignalHasAPath(endpoint: String, url: String) { #expect(SpanForward.url(endpoint) == url) }
}
