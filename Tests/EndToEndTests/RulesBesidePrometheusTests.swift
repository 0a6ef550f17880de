import AsyncHTTPClient
import ControlPlane
import FleetModel
import Foundation
import NIOCore
import NIOHTTP1
import Platform
import SystemPackage
import TestSupport
import Testing
import WireFormats

/// The same rule file and the same pushed samples in Debian's Prometheus and in Skep: the same series come of it.
@Suite("rules beside a Prometheus", .timeLimit(.minutes(3)))
struct RulesBesidePrometheusTests {
  private static let rules = """
    groups:
    - name: load
      interval: 1s
      rules:
      - {record: "agent:load:sum", expr: "sum by (agent_id) (load)", labels: {team: fleet}}
      - {record: "load:count", expr: "count(load)"}
      - {alert: High, expr: "agent:load:sum > 10", for: 2s, labels: {severity: page, who: "{{ $labels.agent_id }}"}}
      - {alert: Some, expr: "load{zone='a'} > 5", keep_firing_for: 1s}
      - {record: "alerts:firing", expr: "count by (alertname) (ALERTS{alertstate='firing'})"}
    - name: broken
      interval: 1s
      rules:
      - {record: "never", expr: "load + on () load"}
    """

  /// `keep_firing_for` came after the Prometheus of Debian 12.
  private static var oldRules: String { rules.replacing(", keep_firing_for: 1s", with: "") }

  private static let metrics = [
    "agent:load:sum", "load:count", "ALERTS", "ALERTS_FOR_STATE", "alerts:firing", "never",
  ]

  /// By the labels of each series that ever was: whether it is there now, and its value. Of `ALERTS_FOR_STATE`, which has
  /// times, not the value.
  private typealias Found = [String: String]

  private struct Problem: Error, CustomStringConvertible { let description: String }

  private static func push(_ values: [(agent: String, zone: String, value: Double)], to url: String) async throws {
    let now = SystemTime().now().milliseconds
    let series = values.map {
      WriteRequestBytes.Series(
        [("__name__", "load"), ("agent_id", $0.agent), ("zone", $0.zone)], [(now, $0.value)])
    }
    var request = HTTPClientRequest(url: url + "/api/v1/write")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/x-protobuf")
    request.headers.add(name: "Content-Encoding", value: "snappy")
    request.headers.add(name: "X-Prometheus-Remote-Write-Version", value: "0.1.0")
    request.body = .bytes(WriteRequestBytes.message(series).withUnsafeBytes { SnappyBlock.encode($0) })
    let response = try await HTTPClient.patient.execute(request, timeout: .seconds(30))
    guard (200..<300).contains(response.status.code) else {
      throw Problem(description: "\(url) answered \(response.status)")
    }
  }

  private struct Answer: Decodable {
    struct Series: Decodable {
      var metric: [String: String]
      var value: [Value]?
      var values: [[Value]]?
    }

    enum Value: Decodable {
      case number(Double)
      case text(String)

      init(from decoder: any Decoder) throws {
        let one = try decoder.singleValueContainer()
        if let text = try? one.decode(String.self) {
          self = .text(text)
        } else {
          self = .number(try one.decode(Double.self))
        }
      }
    }

    struct Body: Decodable { var result: [Series] }

    var data: Body
  }

  private static func ask(_ url: String, _ query: String) async throws -> [Answer.Series] {
    let text = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let response = try await HTTPClient.patient.execute(
      HTTPClientRequest(url: "\(url)/api/v1/query?query=\(text)"), timeout: .seconds(30))
    let body = try await response.body.collect(upTo: 32 << 20)
    return try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView)).data.result
  }

  private static func found(_ url: String) async throws -> Found {
    var found: Found = [:]
    for metric in metrics {
      for series in try await ask(url, "last_over_time({__name__=\"\(metric)\"}[1h])") {
        found["\(LabelSet(series.metric))"] = "over"
      }
      for series in try await ask(url, "{__name__=\"\(metric)\"}") {
        guard case .text(let value)? = series.value?.last else { continue }
        found["\(LabelSet(series.metric))"] = metric == "ALERTS_FOR_STATE" ? "there" : value
      }
    }
    // Of two evaluations that a busy machine held up, the second finds the alert firing: it never was pending.
    return found.filter { !($0.value == "over" && $0.key.contains("alertstate=\"pending\"")) }
  }

  @Test(.enabled(if: Program.exists("prometheus"), "needs Debian's prometheus: `make test-tools`"))
  func giveTheSame() async throws {
    let scratch = try ScratchDirectory()
    let prometheusPort = try ReservedPort()
    func write(_ name: String, _ text: String) throws -> String {
      let path = scratch.path.appending(name).string
      try Data(text.utf8).write(to: URL(filePath: path))
      return path
    }
    let version = try Program.run("prometheus", ["--version"]).output
    let isOld = String(decoding: version, as: UTF8.self).contains("version 2.")
    _ = try write("rules.yml", isOld ? Self.oldRules : Self.rules)
    let configuration = try write(
      "prometheus.yml", "global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\n")
    let system = try write("system.yaml", "system: t\nrule_files: [rules.yml]\n")
    let prometheus = try Program(
      "prometheus",
      [
        "--config.file=\(configuration)", "--storage.tsdb.path=\(scratch.path.appending("tsdb").string)",
        "--web.listen-address=127.0.0.1:\(prometheusPort.port)", "--web.enable-remote-write-receiver",
        "--log.level=error",
      ])
    defer { prometheus.stop() }
    let server = try StoreLifeTests.Server(scratch.path.appending("data").string, ["--config", system])
    defer { server.program.stop() }
    let urls = ["http://127.0.0.1:\(prometheusPort.port)", server.url]

    // One agent is loaded, then the other, then none.
    let phases: [[(agent: String, zone: String, value: Double)]] = [
      [("planner", "a", 8), ("planner", "b", 9), ("critic", "a", 1)],
      [("planner", "a", 1), ("planner", "b", 1), ("critic", "a", 20)],
      [("planner", "a", 1), ("critic", "a", 2)],
    ]
    for (phase, loaded) in zip(phases, ["planner", "critic", nil]) {
      for url in urls { try await Self.eventually("\(url) takes samples") { try await Self.push(phase, to: url) } }
      try await Self.eventually("both give the same in a phase of \(phase)") {
        let (one, other) = (try await Self.found(urls[0]), try await Self.found(urls[1]))
        let active = one.filter { $0.key.hasPrefix("ALERTS{") && $0.value == "1" }.keys
        let isThere = loaded.map { agent in
          let labels = ["agent_id=\"\(agent)\"", "alertname=\"High\"", "alertstate=\"firing\""]
          return active.contains { key in labels.allSatisfy { key.contains($0) } }
        }
        guard isThere ?? active.isEmpty else { throw Problem(description: "Prometheus is not there yet: \(active)") }
        let keys = Set(one.keys).union(other.keys).filter { one[$0] != other[$0] }
        guard keys.isEmpty else {
          let differences = keys.sorted().map { "\($0): \(one[$0] ?? "never"), Skep \(other[$0] ?? "never")" }
          throw Problem(description: differences.joined(separator: "\n"))
        }
      }
    }
  }

  /// Tries for a minute; the last problem is told.
  private static func eventually(_ what: String, _ body: () async throws -> Void) async throws {
    var last: any Error = CancellationError()
    for _ in 0..<300 {
      do { return try await body() } catch { last = error }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw Problem(description: "it did not come to pass that \(what): \(last)")
  }
}
