import AsyncHTTPClient
import DeployPlan
import FleetModel
import Foundation
import NIOCore
import SystemPackage
import TestSupport
import Testing

/// A fleet under `skep up`, and Debian's Prometheus with what is rendered from the same system file: both raise the same alerts
/// for the same agents.
@Suite("rendered rules beside Skep's own", .timeLimit(.minutes(4)))
struct RenderedRulesTests {
  private struct Problem: Error, CustomStringConvertible { let description: String }

  private struct Fleet {
    let ports: [(agent: String, port: ReservedPort)]

    init() throws {
      ports = try ["planner", "coder", "writer"].map { ($0, try ReservedPort()) }
    }

    private func agent(_ name: String, _ port: Int, _ misbehaviour: String?, isRendered: Bool) -> String {
      let metrics = isRendered ? "    metrics_endpoint: http://127.0.0.1:\(port)/metrics\n" : ""
      let environment = misbehaviour.map { "    environment: {MISBEHAVE: \"\($0)\"}\n" } ?? ""
      return """
          - agent_id: \(name)
            command: ["\(RenderedRulesTests.agent)", "--role", "\(name)", "--port", "$(PORT)"]
            ports: [\(port)]
            health_check: {port: \(port)}
            resources: {cpu_limit: "1"}
            labels: {team: research}

        """ + metrics + environment
    }

    /// - Parameter isRendered: as it is for Prometheus, which finds no pods here: each agent's address stands in the file.
    func file(isRendered: Bool) -> String {
      let agents = zip(ports, [nil, "burn:1", "hang"]).map { entry, misbehaviour in
        agent(entry.agent, entry.port.port, misbehaviour, isRendered: isRendered)
      }
      return """
        system: rendered
        monitoring: {collection_interval: 1s, collection_timeout: 800ms}
        mesh: {type: none}
        agents:
        \(agents.joined())
        recording_rules:
          - {record: "agent:descriptors:max", expr: max by (agent_id) (process_open_fds)}
        alert_rules:
          - name: AgentDown
            description: "{agent_id} is down"
            condition_type: threshold
            metric_name: up
            operator: "=="
            threshold: 0
            for: 2s
            severity: critical
          - name: burns
            description: "{agent_id} uses {value} cores"
            condition_type: rate_of_change
            metric_name: process_cpu_*
            rate_threshold: 0.2
            for: 2s
          - name: busy
            description: "{agent_id} uses {value} %"
            condition_type: threshold
            metric_name: system_cpu_usage
            threshold: 20
            for: 2s
          - name: silent
            description: "nothing is heard of {agent_id}"
            condition_type: absence
            metric_name: process_open_fds
            agent_id: writer
            window: 4s
            severity: emergency
          - name: open
            description: "{agent_id} has {value} descriptors open"
            condition_type: expression
            expr: agent:descriptors:max{agent_id!="coder"} > 0
            severity: info
          - name: huge
            description: "{agent_id} holds {value} bytes"
            condition_type: threshold
            metric_name: process_resident_memory_bytes
            threshold: 1e15

        """
    }
  }

  private static let agent = (try? BuiltExecutable.path("research-agent").string) ?? "research-agent"

  private static let expected: Set<String> = [
    "AgentDown writer", "burns coder", "busy coder", "silent writer", "open planner",
  ]

  private static func json(_ url: String) async throws -> [String: Any] {
    let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(30))
    let body = try await response.body.collect(upTo: 32 << 20)
    guard let object = try JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any] else {
      throw Problem(description: "\(url) answered no object")
    }
    return object
  }

  /// What fires in Prometheus, each with its agent.
  private static func firing(prometheus url: String) async throws -> Set<String> {
    let data = try await json("\(url)/api/v1/alerts")["data"] as? [String: Any]
    let alerts = data?["alerts"] as? [[String: Any]] ?? []
    return Set(
      alerts.filter { $0["state"] as? String == "firing" }.compactMap { $0["labels"] as? [String: String] }
        .map { "\($0["alertname"] ?? "") \($0["agent_id"] ?? "")" })
  }

  /// What fires in Skep by the system's rules; the health of agents it watches without one.
  private static func firing(skep url: String) async throws -> Set<String> {
    let alerts = try await json("\(url)/fleet/v1/alerts?state=active")["alerts"] as? [[String: Any]] ?? []
    return Set(
      alerts.filter { $0["alert_name"] as? String != "Agent Health Issue" }.map { alert in
        "\(alert["alert_name"] as? String ?? "") \((alert["affected_agents"] as? [String] ?? []).joined())"
      })
  }

  @Test(
    .enabled(if: RealPrometheus.isThere, "needs Debian's prometheus: `make test-tools`"))
  func raiseTheSameAlerts() async throws {
    let scratch = try ScratchDirectory()
    let fleet = try Fleet()
    func write(_ name: String, _ text: String) throws -> String {
      let path = scratch.path.appending(name).string
      try Data(text.utf8).write(to: URL(filePath: path))
      return path
    }
    let reading = SystemFile.read(fleet.file(isRendered: true), file: "system.yaml")
    let system = try #require(reading.system, "\(reading.diagnostics)")
    let stack = MonitoringStack(of: system)
    let directory = scratch.path.appending("prometheus").string
    for file in stack.ruleFiles {
      let path = URL(filePath: "\(directory)/\(file.name)")
      try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(file.text.utf8).write(to: path)
    }
    let skep = try Program(
      StoreLifeTests.executable,
      [
        "up", try write("system.yaml", fleet.file(isRendered: false)), "--listen", "127.0.0.1:0", "--data-dir",
        scratch.path.appending("data").string, "--log-level", "error", "--otlp-grpc-listen", "off",
        "--otlp-http-listen", "off",
      ])
    defer { skep.stop() }
    let url = String(try #require(skep.line()?.split(separator: " ").last))
    let prometheus = try RealPrometheus(in: directory, configuration: stack.prometheusConfig)
    defer { prometheus.program.stop() }

    // Agents start, and rules have to hold for a while: the end is what counts, three times in a row.
    var agreements = 0
    var last: (prometheus: Set<String>, skep: Set<String>) = ([], [])
    for _ in 0..<120 where agreements < 3 {
      try await Task.sleep(for: .seconds(1))
      last = (try await Self.firing(prometheus: prometheus.url), try await Self.firing(skep: url))
      agreements = last.prometheus == last.skep && last.skep == Self.expected ? agreements + 1 : 0
    }
    #expect(agreements == 3, "in Prometheus \(last.prometheus.sorted()), in Skep \(last.skep.sorted())")
  }
}
