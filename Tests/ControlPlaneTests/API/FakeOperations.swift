import Alerting
import FleetHealth
import FleetModel
import Ingest
import Synchronization
import SystemPackage

@testable import ControlPlane
@testable import LocalRuntime

/// A fleet in memory whose every answer a test can set.
final class FakeOperations: FleetOperations {
  static let start = Timestamp(milliseconds: 1_790_000_000_000)

  struct State: Sendable {
    var now = FakeOperations.start
    var agents: [AgentID: [CollectionTarget]] = [:]
    var heartbeats: [String] = []
    var alerts: [Alert] = []
    var suppressions: [String: AlertSuppression] = [:]
    var rules: [AlertRule] = []
    var samples: [RecentSample] = []
    var instances: [LocalInstance] = []
    var obstacles: [String] = []
    var troubles: [String] = []
    var listeners: [AsyncStream<FleetEvent>.Continuation] = []
  }

  let state = Mutex(State())

  func now() -> Timestamp { state.withLock { $0.now } }

  private static func report(_ id: AgentID, _ targets: [CollectionTarget]) -> AgentReport {
    AgentReport(
      snapshot: AgentSnapshot(
        agentID: id,
        instances: targets.map {
          InstanceSnapshot(
            target: $0, status: .active, registeredAt: start, lastSeen: start - .seconds(3), lastCollection: start,
            samplesCollected: 12, seriesCount: 4)
        }),
      healthScore: 85, scoreParts: [FleetAPI.ScorePart(reason: "mean CPU above 60 %", points: -15)], cpuUsage: 61.5)
  }

  func agents() async -> [AgentReport] {
    state.withLock { $0.agents.sorted { $0.key < $1.key }.map { Self.report($0.key, $0.value) } }
  }

  func agent(_ id: AgentID) async -> AgentReport? { state.withLock { $0.agents[id].map { Self.report(id, $0) } } }

  func register(_ target: CollectionTarget) async throws(RegistrationError) -> RegistrationOutcome {
    if target.metricsEndpoint?.contains("169.254.") == true {
      throw .forbiddenEndpoint(target.metricsEndpoint ?? "", reason: "it is a link-local address")
    }
    return state.withLock { state in
      var targets = state.agents[target.agentID] ?? []
      defer { state.agents[target.agentID] = targets }
      if let index = targets.firstIndex(where: { $0.instance == target.instance }) {
        targets[index] = target
        return .updated
      }
      targets.append(target)
      return .created
    }
  }

  func deregister(_ id: AgentID) async -> Bool { state.withLock { $0.agents.removeValue(forKey: id) != nil } }

  func heartbeat(_ id: AgentID, instance: String?) async throws(RegistrationError) {
    let known = state.withLock { state in
      state.heartbeats.append("\(id) \(instance ?? "all")")
      return state.agents[id] != nil
    }
    if !known { throw .unknownAgent(id) }
  }

  func overview() async -> OverviewInputs {
    var totals = CollectionTotals()
    totals.samplesCollected = 240
    totals.agentMetricPairs = 20
    let agents = await agents()
    return state.withLock {
      OverviewInputs(now: $0.now, agents: agents, alerts: $0.alerts, totals: totals, collectionInterval: .seconds(30))
    }
  }

  func alerts(_ filter: AlertFilter) async -> [Alert] {
    state.withLock { state in
      state.alerts.filter { alert in
        switch filter {
        case .all: true
        case .active: alert.state == .firing
        case .pending: alert.state == .pending
        case .resolved: alert.state == .resolved
        }
      }
    }
  }

  func suppressions(of alerts: [Alert]) async -> [String: AlertSuppression] { state.withLock { $0.suppressions } }

  func rules() async -> [AlertRule] { state.withLock { $0.rules } }

  func addRule(_ rule: AlertRule) async throws(RuleError) {
    _ = try ExpressionRule(rule)
    let isKnown = state.withLock { state in
      if state.rules.contains(where: { $0.name == rule.name }) { return true }
      state.rules.append(rule)
      return false
    }
    if isKnown { throw .duplicateName(rule.name) }
  }

  func removeRule(named name: String) async -> Bool {
    state.withLock { state in
      let before = state.rules.count
      state.rules.removeAll { $0.name == name }
      return state.rules.count < before
    }
  }

  func recentSamples(agentID: String?, metricName: String?, limit: Int) async -> [RecentSample] {
    state.withLock { state in
      let fitting = state.samples.filter {
        (agentID == nil || $0.agentID == agentID) && (metricName == nil || $0.metricName == metricName)
      }
      return fitting.suffix(limit)
    }
  }

  func localInstances() async -> [LocalInstance] { state.withLock { $0.instances } }

  func events() async -> AsyncStream<FleetEvent> {
    let (events, continuation) = AsyncStream.makeStream(of: FleetEvent.self, bufferingPolicy: .bufferingNewest(64))
    state.withLock { $0.listeners.append(continuation) }
    return events
  }

  func troubles() async -> [String] { state.withLock { $0.troubles } }

  func obstacles() async -> [String] { state.withLock { $0.obstacles } }

  func tell(_ event: FleetEvent) {
    for listener in state.withLock({ $0.listeners }) { listener.yield(event) }
  }

  /// One of everything.
  static func populated() throws -> FakeOperations {
    let operations = FakeOperations()
    let planner = try AgentID("planner")
    let target = CollectionTarget(
      agentID: planner, instance: "127.0.0.1:8080", metricsEndpoint: "http://127.0.0.1:8080/metrics",
      healthEndpoint: "http://127.0.0.1:8080/health", pid: 4711, labels: ["team": "research"])
    operations.state.withLock { state in
      state.agents[planner] = [target]
      state.alerts = [
        Alert(
          id: "r:planner:m", name: "r", severity: .critical, description: "d", affectedAgents: ["planner"],
          activeSince: start, firedAt: start + .seconds(1), labels: ["a": "b"], value: .nan),
        Alert(
          id: "old", name: "old", severity: .info, description: "d", affectedAgents: ["planner"], activeSince: start,
          firedAt: start, resolvedAt: start + .seconds(5), runbookURL: "https://example.org/old", value: 2),
        Alert(
          id: "soon", name: "soon", severity: .warning, description: "d", affectedAgents: [], activeSince: start),
      ]
      state.rules = [
        AlertRule(name: "gone", description: "d", condition: .absence(window: .seconds(300)), hold: .seconds(60)),
        AlertRule(
          name: "hot", description: "d", condition: .threshold(.greater, 85), metricName: Glob("cpu*"),
          agentID: Glob("*"), labels: [LabelMatcher("zone", .matches, "eu-\"x\"")], severity: .critical,
          annotations: ["k": "v"], runbookURL: "https://example.org"),
        AlertRule(name: "fast", description: "d", condition: .rateOfChange(.less, -1.5)),
        AlertRule(name: "query", description: "d", condition: .expression("up == 0", interval: .seconds(15))),
      ]
      state.samples = [
        RecentSample(
          agentID: "planner", metricName: "m", metricType: .counter, value: 1.5, timestamp: start, labels: ["x": "y"]),
        RecentSample(
          agentID: "critic", metricName: "n", metricType: .gauge, value: -.infinity, timestamp: start, labels: [:]),
      ]
      state.instances = [
        LocalInstance(
          agentID: planner, ordinal: 0, state: .backingOff, pid: nil, port: 9000, restarts: 2, lastExit: "signal 9",
          logFile: FilePath("/nonexistent/planner-0.log"))
      ]
    }
    return operations
  }
}

extension FakeOperations {
  /// The board of the fake fleet, without figures of the store.
  func board() async -> Board {
    let points = Board.Points(start: now(), step: .seconds(60), count: 30)
    return Board(
      BoardInputs(
        system: "test", agents: await agents().map(\.snapshot), alerts: await alerts(.all), usage: [:],
        calls: [Board.Call(caller: "a", callee: "b", requestRate: 1, errorRate: 0.5, p95Seconds: nil)], points: points),
      at: now())
  }
}
