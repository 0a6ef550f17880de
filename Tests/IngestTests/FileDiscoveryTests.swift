import FleetModel
import Glibc
import Logging
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import Ingest

@Suite struct FileDiscoveryTests {
  private func targets(_ text: String, _ path: String = "agents.yml") throws(DiscoveryFile.Problem)
    -> [CollectionTarget]
  {
    try DiscoveryFile.targets(Array(text.utf8), path: path)
  }

  @Test func readsJSONAndYAMLAlike() throws {
    let json = """
      [{"targets": ["h:1", "h:2"], "labels": {"agent_id": "planner", "team": "a", "__meta_x": "y"}}, {"targets": []}]
      """
    let yaml = """
      - targets: [h:1, 'h:2']
        labels:
          agent_id: planner
          team: a
          __meta_x: y
      - targets: []
      """
    let fromJSON = try targets(json, "agents.json")
    #expect(fromJSON == (try targets(yaml)))
    #expect(fromJSON.map(\.metricsEndpoint) == ["http://h:1/metrics", "http://h:2/metrics"])
    #expect(fromJSON.map(\.instance) == ["h:1", "h:2"])
    #expect(fromJSON.allSatisfy { $0.agentID.name == "planner" && $0.labels == ["team": "a"] })
  }

  @Test func understandsPrometheusLabels() throws {
    let text = """
      - targets: ["h:1"]
        labels:
          job: Node Exporter
          instance: big-host
          __scheme__: https
          __metrics_path__: probe
          __param_target: "a b/c"
          __scrape_interval__: 1m30s
          __scrape_timeout__: 5s
      """
    let target = try #require(try targets(text).first)
    #expect(target.metricsEndpoint == "https://h:1/probe?target=a%20b%2Fc")
    #expect(target.agentID.name == "node-exporter" && target.instance == "big-host")
    #expect(target.interval == .seconds(90) && target.timeout == .seconds(5))
    #expect(target.labels == ["job": "Node Exporter"])
  }

  @Test(arguments: [
    ("Node Exporter", "node-exporter"), ("10.0.0.5:9100", "10-0-0-5-9100"), ("__x__", "x"), ("…", "unnamed"),
    (String(repeating: "a", count: 39) + "-b", String(repeating: "a", count: 39)), ("A_B", "a-b"),
  ])
  func makesNames(_ text: String, _ name: String) { #expect(DiscoveryFile.agentName(from: text) == name) }

  @Test(arguments: [
    ("a.json", "[{\"targets\": [1]}]", "[0].targets[0]"), ("a.json", "[{\"labels\": {}}]", "\"targets\" is missing"),
    ("a.json", "{", "a.json"), ("a.json", "{\"targets\": []}", "expected a list"), ("a.yml", "a: b", "a.yml:1:1"),
    ("a.yml", "- targets: x", "a.yml:1:12"), ("a.yml", "- targets: []\n  lables: {}", "unknown key \"lables\""),
    ("a.yml", "- targets:\n    - [x]", "HOST:PORT"), ("a.yml", "- [", "not YAML"), ("a.yml", "\t- x", "not YAML"),
    ("a.yml", "- targets: [h:1]\n  labels: {agent_id: Bad_Name}", "Bad_Name"),
    ("a.yml", "- targets: [169.254.169.254]", "link-local"), ("a.yml", "- targets: ['h:1/x']", "HOST:PORT"),
    ("a.yml", "- targets: [h:1]\n  labels: {__scrape_interval__: soon}", "soon"),
    ("a.yml", "- targets: [h:1]\n  labels: {bad-name: x}", "bad-name"),
  ])
  func namesThePlace(_ path: String, _ text: String, _ expected: String) {
    do throws(DiscoveryFile.Problem) {
      _ = try targets(text, path)
      Issue.record("taken")
    } catch {
      #expect("\(error.diagnostic)".contains(expected), "\(error.diagnostic)")
    }
  }

  @Test func followsItsFiles() async throws {
    try await withTemporaryDirectory { directory in
      let registry = try AgentRegistry(state: nil, time: SimulatedTime())
      var discovery = FileDiscovery(
        [directory.appending("*.yml").string, directory.appending("one.json").string], registry: registry,
        time: SimulatedTime(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      func names() -> [String] { registry.snapshot().map(\.agentID.name) }
      func write(_ name: String, _ text: String) throws {
        try StateFile(directory.appending(name)).write(Array(text.utf8))
      }

      await discovery.look()
      #expect(names().isEmpty)
      try write("a.yml", "- targets: [h:1]\n  labels: {agent_id: planner}")
      try write("one.json", #"[{"targets": ["h:2"], "labels": {"agent_id": "critic"}}]"#)
      await discovery.look()
      #expect(names() == ["critic", "planner"])
      try write("a.yml", "- targets: [h:1]\n  labels: {agent_id: coder}")
      await discovery.look()
      #expect(names() == ["coder", "critic"])
      try write("a.yml", "- targets: [[")
      await discovery.look()
      #expect(names() == ["coder", "critic"], "a bad file keeps what it had")
      try write("one.json", "[]")
      await discovery.look()
      #expect(names() == ["coder"])
      let path = directory.appending("a.yml").string
      _ = path.withCString { unlink($0) }
      await discovery.look()
      #expect(names().isEmpty)
    }
  }
}
