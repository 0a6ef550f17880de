import Alerting
import FleetModel
import HTTPTypes
import Ingest
import NIOCore
import Testing

@testable import ControlPlane

/// The routes that tell of Skep itself over a fleet that a test sets.
struct StatusBench: StatusOperations {
  /// 2026-11-23T01:02:03.004Z
  static let start = Timestamp(milliseconds: 1_795_395_723_004)

  var instances: [WatchedTarget] = []
  var groups: [RuleGroupStatus] = []
  var urls: [String] = []
  var loaded = LoadedConfiguration(yaml: "system: demo\n", loadedAt: StatusBench.start)
  var shownFlags: [String: String] = [:]
  let metadata = MetadataStore()
  let store = FakeStoreOperations()

  func now() -> Timestamp { StatusBench.start + .seconds(60) }
  func targets() -> [WatchedTarget] { instances }
  func ruleGroups() -> [RuleGroupStatus] { groups }
  func alertmanagers() -> [String] { urls }
  func configuration() -> LoadedConfiguration { loaded }
  func flags() -> [String: String] { shownFlags }

  func runtime() -> RuntimeFacts {
    RuntimeFacts(
      startedAt: StatusBench.start, workingDirectory: "/srv", hostName: "box", processors: 4, threads: 7,
      retention: .seconds(15 * 86_400), retentionSize: 1024, keepsExemplars: true, version: "0.0.1")
  }

  /// What `METHOD /path?query` answers, as its status and body.
  func ask(_ request: String) async throws -> (status: Int, body: String) {
    let words = request.split(separator: " ", maxSplits: 1)
    let target = try RequestTarget(String(words[1]))
    let table = RouteTable(PrometheusRoutes.status(self, store: store))
    guard case .route(let route, let path) = table.match(method: String(words[0]), path: target.segments) else {
      return (404, "")
    }
    var work = APIRequest(principal: Principal(role: .operator), path: path)
    try work.form.add(encoded: target.query)
    let response: APIResponse
    do { response = try await route.handle(work) } catch let error as PrometheusError {
      response = error.response
    } catch let error as APIError { response = error.prometheusResponse }
    guard case .bytes(let body) = response.content else { return (response.status.code, "") }
    return (response.status.code, String(buffer: body))
  }

  /// The answer to a GET, without what every success begins with.
  func data(_ path: String) async throws -> String {
    let (status, body) = try await ask("GET /api/v1/" + path)
    let start = "{\"status\":\"success\",\"data\":"
    guard status == 200, body.hasPrefix(start) else { return "\(status) \(body)" }
    return String(body.dropFirst(start.count).dropLast())
  }

  /// The words of a refusal of a GET.
  func refusal(_ path: String) async throws -> String {
    let (status, body) = try await ask("GET /api/v1/" + path)
    let document = try JSONParser.parse(Array(body.utf8))
    guard status != 200, case .string(let type)? = document["errorType"], case .string(let error)? = document["error"]
    else { return "\(status) \(body)" }
    return "\(status) \(type): \(error)"
  }

  static func target(
    _ agent: String, _ instance: String, labels: [String: String] = [:], result: CollectionResult? = nil
  ) throws -> WatchedTarget {
    WatchedTarget(
      instance: InstanceSnapshot(
        target: CollectionTarget(
          agentID: try AgentID(agent), instance: instance, metricsEndpoint: "http://\(instance)/m?x=1", labels: labels),
        status: .active, registeredAt: StatusBench.start,
        lastCollection: result.map { _ in StatusBench.start + .milliseconds(500) }, collectionResult: result),
      interval: .seconds(30), timeout: .seconds(10))
  }
}
