import ControlPlane
import DeployPlan
import FleetModel
import Foundation
import Ingest
import Logging
import Platform
import SampleStore
import ServiceLifecycle
import TestSupport
import Testing

/// Four agents that know nothing of Skep, collected side by side; what is stored is compared with what the formats' own
/// reference parsers make of the very bodies that were served.
@Suite("foreign agents, side by side")
struct ForeignAgentsTests {
  private static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/foreign_agents.py").path

  private static var hasTools: Bool {
    Program.exists("prometheus-node-exporter") && Program.exists("python3")
      && (try? Program.run("python3", ["-c", "import prometheus_client"]).status) == 0
  }

  private struct Ports: Decodable {
    let client: Int
    let openmetrics: Int
    let json: Int
  }

  @Test(.enabled(if: hasTools, "needs prometheus-node-exporter and PyPI's prometheus-client: `make test-tools`"))
  func whatIsStoredIsWhatTheyServed() async throws {
    let python = try Program("python3", [Self.script, "serve"])
    defer { python.stop() }
    let ports = try JSONDecoder().decode(Ports.self, from: Data(try #require(python.line()).utf8))
    let node = try Program(
      "prometheus-node-exporter", ["--web.listen-address=127.0.0.1:0"], readsStandardError: true)
    defer { node.stop() }
    let agents = [
      ("python", ports.client), ("openmetrics", ports.openmetrics), ("json", ports.json),
      ("node", try Self.port(of: node)),
    ]

    let exchange = RecordingExchanger(try ExchangeClient())
    var system = FleetSystem(name: "foreign")
    system.monitoring.collectionInterval = .seconds(10)
    system.monitoring.collectionTimeout = .seconds(10)
    let time = SimulatedTime(start: SystemTime().now())
    let samples = try SamplePath(
      system: system, stateDirectory: nil, http: exchange, time: time, logger: Logger(label: "test"))
    for (name, port) in agents {
      _ = try samples.registry.register(
        CollectionTarget(
          agentID: AgentID(name), instance: "127.0.0.1:\(port)", metricsEndpoint: "http://127.0.0.1:\(port)/metrics"))
    }
    try await Self.run(
      samples, time, exchange, until: { agents.allSatisfy { Self.collections(of: $0.0, samples) >= 3 } })

    for (name, port) in agents {
      try await Self.compare(
        agent: name, bodies: exchange.bodies(of: "http://127.0.0.1:\(port)/metrics"), store: samples.store)
    }
  }

  private static func collections(of agent: String, _ samples: SamplePath) -> Int {
    samples.collection.recent.read(agentID: agent, metricName: "up", limit: 10_000).count { $0.value == 1 }
  }

  /// Runs the services until `done`, or for a time that only a hang takes. While an agent is asked, time stands still: no
  /// answer comes too late, however slow the machine is.
  private static func run(
    _ samples: SamplePath, _ time: SimulatedTime, _ exchange: RecordingExchanger,
    until done: @escaping @Sendable () -> Bool
  ) async throws {
    let logger = Logger(label: "test")
    let group = ServiceGroup(services: samples.services, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      for _ in 0..<30_000 {
        if done() { break }
        if !exchange.isUnderWay { time.advance(by: .milliseconds(250)) }
        try await Task.sleep(for: .milliseconds(10))
      }
      let clock = Task {
        while !Task.isCancelled {
          time.advance(by: .milliseconds(250))
          try? await Task.sleep(for: .milliseconds(10))
        }
      }
      await group.triggerGracefulShutdown()
      let end = await tasks.nextResult()
      clock.cancel()
      await clock.value
      try end?.get()
    }
    #expect(done(), "not every agent was collected")
  }

  private struct Served: Decodable {
    let name: String
    let labels: [String: String]
    let value: String
  }

  private static func compare(
    agent: String, bodies: [RecordingExchanger.Recorded], store: any SeriesSource
  ) async throws {
    for (number, recorded) in bodies.enumerated() {
      let kind =
        recorded.contentType.contains("openmetrics")
        ? "openmetrics" : recorded.contentType.contains("json") ? "json" : "text"
      let parsed = try Program.run("python3", [script, "parse", kind], input: Data(recorded.body))
      #expect(parsed.status == 0)
      let served = try JSONDecoder().decode([Served].self, from: parsed.output)
      #expect(!served.isEmpty)
      for sample in served { try await expectStored(sample, agent: agent, collection: number, store: store) }
    }
  }

  private static func expectStored(
    _ sample: Served, agent: String, collection: Int, store: any SeriesSource
  ) async throws {
    var labels = sample.labels
    // As Prometheus 3 does, bounds are stored as OpenMetrics writes them: 1 as 1.0.
    for bound in ["le", "quantile"] {
      if let text = labels[bound], Int(text) != nil { labels[bound] = text + ".0" }
    }
    labels[LabelSet.metricName] = sample.name
    labels["agent_id"] = agent
    let matchers = labels.map { LabelMatcher($0.key, .equal, $0.value) }
    let found = try await store.select(
      matchers, from: Timestamp(milliseconds: 0), through: Timestamp(milliseconds: .max))
    // Matchers let series with further labels through: only `instance` may be one.
    let series = found.filter { $0.labels.removing("instance") == LabelSet(labels) }
    // A collection that came too late under load ended the series for once.
    guard series.count == 1, let values = series.first?.samples.values.filter({ !StaleMarker.isStale($0) }) else {
      Issue.record("\(agent): \(LabelSet(labels)) is stored \(series.count) times")
      return
    }
    let expected = Double(sample.value.replacing("inf", with: "infinity")) ?? .nan
    // The bodies of one agent come in the order of their timestamps; a last one may have been fetched and not stored.
    guard collection < values.count else { return }
    let stored = values[collection]
    #expect(
      stored == expected || (stored.isNaN && expected.isNaN),
      "\(agent): \(LabelSet(labels)) served \(expected), stored \(stored)")
  }

  /// node-exporter says in its log where it listens.
  private static func port(of node: Program) throws -> Int {
    while let line = node.line() {
      if let match = line.firstMatch(of: /address=127\.0\.0\.1:(\d+)/) { return try #require(Int(match.1)) }
    }
    throw CancellationError()
  }
}
