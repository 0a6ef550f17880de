import AlertLogic
import Alerting
import FleetHealth
import FleetModel
import Ingest
import LocalRuntime
import Platform

/// What the HTTP API asks, answered by the running parts.
struct LiveFleet: FleetOperations {
  let samples: SamplePath
  let local: LocalFleet?
  let hub: EventHub
  let notifications: NotificationService

  private var engine: RuleEngine { samples.rules }
  private var registry: AgentRegistry { samples.registry }

  func now() -> Timestamp { samples.time.now() }

  // MARK: Agents

  func agents() async -> [AgentReport] {
    let usage = await samples.usage.usage(at: now())
    let alerts = engineAlertsByAgent()
    return registry.snapshot().map { report(on: $0, usage: usage, alerts: alerts) }
  }

  func agent(_ id: AgentID) async -> AgentReport? {
    guard let snapshot = registry.snapshot(of: id) else { return nil }
    return report(on: snapshot, usage: await samples.usage.usage(at: now()), alerts: engineAlertsByAgent())
  }

  private func engineAlertsByAgent() -> [String: Int] {
    var counts: [String: Int] = [:]
    for alert in engine.alerts(.active) {
      for agent in Set(alert.affectedAgents) { counts[agent, default: 0] += 1 }
    }
    return counts
  }

  private func report(
    on snapshot: AgentSnapshot, usage: [String: UsageReader.Usage], alerts: [String: Int]
  ) -> AgentReport {
    let name = snapshot.agentID.name
    let score = HealthScore(
      usage: usage[name]?.average, status: snapshot.status, activeAlerts: alerts[name] ?? 0)
    return AgentReport(
      snapshot: snapshot, healthScore: Double(score.value),
      scoreParts: score.parts.map { FleetAPI.ScorePart(reason: $0.reason, points: Double($0.points)) },
      cpuUsage: usage[name]?.latest.cpu, memoryUsage: usage[name]?.latest.memory)
  }

  func register(_ target: CollectionTarget) async throws(RegistrationError) -> RegistrationOutcome {
    try registry.register(target)
  }

  func deregister(_ id: AgentID) async -> Bool { registry.deregister(id) }

  func heartbeat(_ id: AgentID, instance: String?) async throws(RegistrationError) {
    try registry.heartbeat(id, instance: instance)
  }

  func overview() async -> OverviewInputs {
    var totals = samples.collection.totals()
    totals.samplesCollected += samples.remoteWrite.samplesWritten
    return OverviewInputs(
      now: now(), agents: await agents(), alerts: engine.alerts(.all), totals: totals,
      collectionInterval: samples.collectionInterval, storeFailure: samples.keeper.failure)
  }

  // MARK: Alerts and rules

  func alerts(_ filter: AlertFilter) async -> [Alert] { engine.alerts(filter) }

  func suppressions(of alerts: [Alert]) async -> [String: AlertSuppression] {
    var ids: [LabelSet: String] = [:]
    for alert in alerts where alert.state == .firing {
      ids[NotifiedAlert(alert, url: "", at: alert.activeSince).labels] = alert.id
    }
    guard !ids.isEmpty else { return [:] }
    var suppressions: [String: AlertSuppression] = [:]
    for standing in notifications.alerts(where: { ids[$0.labels] != nil }) where standing.state == .suppressed {
      guard let id = ids[standing.alert.labels] else { continue }
      suppressions[id] = AlertSuppression(silencedBy: standing.silencedBy, inhibitedBy: standing.inhibitedBy)
    }
    return suppressions
  }

  func rules() async -> [AlertRule] { samples.ruleSet.alertRules }

  func addRule(_ rule: AlertRule) async throws(RuleError) { try samples.ruleSet.add(rule) }

  func removeRule(named name: String) async -> Bool { samples.ruleSet.remove(named: name) }

  // MARK: Samples, processes, events

  func recentSamples(agentID: String?, metricName: String?, limit: Int) async -> [RecentSample] {
    let held = samples.collection.recent.read(agentID: agentID, metricName: metricName, limit: limit)
    guard held.count < limit else { return held }
    return await samples.history.read(agentID: agentID, metricName: metricName, limit: limit - held.count) + held
  }

  func localInstances() async -> [LocalInstance] { local?.snapshot() ?? [] }

  func events() async -> AsyncStream<FleetEvent> { hub.subscribe() }

  /// None: the store is open before the server listens, and what fails later is mended while it serves.
  func obstacles() async -> [String] { [] }

  func troubles() async -> [String] {
    samples.keeper.failure.map { ["the sample store takes no samples: \($0)"] } ?? []
  }
}
