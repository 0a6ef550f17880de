import DeployPlan
import FleetModel
import Ingest
import Logging
import Platform
import ServiceLifecycle
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
