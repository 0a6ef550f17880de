import FleetHealth
import FleetModel
import Testing

@Suite struct SystemOverviewTests {
  let now = Timestamp(milliseconds: 1_700_000_100_000)

  func agent(_ name: String, _ status: AgentStatus, seenSecondsAgo: Int64?) throws -> AgentSnapshot {
    let id = try AgentID(name)
    let instance = InstanceSnapshot(
      target: CollectionTarget(agentID: id, instance: "\(name):1"), status: status,
      registeredAt: now - .seconds(3600), lastSeen: seenSecondsAgo.map { now - .seconds($0) })
    return AgentSnapshot(agentID: id, instances: [instance])
  }

  func alert(_ id: String, _ severity: Severity, agents: [String], fired: Bool = true, resolved: Bool = false) -> Alert
  {
    Alert(
      id: id, name: id, severity: severity, description: "", affectedAgents: agents, activeSince: now,
      firedAt: fired ? now : nil, resolvedAt: resolved ? now : nil)
  }

  func overview() throws -> SystemOverview {
    SystemOverview(
      agents: [
        try agent("coder", .active, seenSecondsAgo: 2), try agent("critic", .unhealthy, seenSecondsAgo: -5),
        try agent("planner", .lost, seenSecondsAgo: 100), try agent("writer", .pending, seenSecondsAgo: nil),
      ],
      activeAlerts: [
        alert("a", .critical, agents: ["critic"]), alert("b", .warning, agents: ["critic", "critic"]),
        alert("c", .emergency, agents: ["critic", "coder"]), alert("d", .info, agents: []),
        alert("pending", .critical, agents: ["coder"], fired: false),
        alert("over", .critical, agents: ["coder"], resolved: true),
      ],
      resolvedAlerts: 7,
      usage: [try AgentID("coder"): AverageUsage(cpu: 70, memory: 10), try AgentID("critic"): AverageUsage()],
      metrics: SystemOverview.Metrics(samplesCollected: 9, agentMetricPairs: 3, collectionInterval: .seconds(30)),
      at: now)
  }

  @Test func countsAgentsByStatus() throws {
    let agents = try overview().agents
    #expect(
      [agents.total, agents.active, agents.unhealthy, agents.lost, agents.pending] == [4, 1, 1, 1, 1])
  }

  @Test func countsFiringAlertsAlone() throws {
    let alerts = try overview().alerts
    #expect([alerts.total, alerts.active] == [11, 4])
    #expect([alerts.info, alerts.warning, alerts.critical, alerts.emergency] == [1, 1, 1, 1])
  }

  @Test func scoresEachAgent() throws {
    let details = try overview().agents.details
    // coder: cpu −15, one alert; critic: status −50, three alerts (one names it twice); the others have no metrics.
    #expect(details.map(\.healthScore.value) == [75, 20, 0, 0])
  }

  @Test func secondsSinceTheLastSignOfLifeAreNeverNegative() throws {
    #expect(try overview().agents.details.map(\.lastHeartbeatSecondsAgo) == [2, 0, 100, nil])
  }
}
