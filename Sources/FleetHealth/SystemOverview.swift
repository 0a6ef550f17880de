public import FleetModel

/// The state of a whole fleet at one moment: what `GET /fleet/v1/overview` and `skep status` show.
public struct SystemOverview: Sendable, Hashable {
  public struct AgentDetail: Sendable, Hashable {
    public var agentID: AgentID
    public var status: AgentStatus
    /// `nil` if there was no sign of life yet; never negative, also where clocks disagree.
    public var lastHeartbeatSecondsAgo: Double?
    public var registrationTime: Timestamp?
    public var healthScore: HealthScore
    public var instances: [InstanceSnapshot]
  }

  public struct Agents: Sendable, Hashable {
    public var total: Int
    public var active: Int
    public var unhealthy: Int
    public var lost: Int
    public var pending: Int
    /// In the order of the snapshots.
    public var details: [AgentDetail]
  }

  public struct Alerts: Sendable, Hashable {
    /// All alerts that have fired and are still known, resolved ones among them.
    public var total: Int
    public var active: Int
    public var info: Int
    public var warning: Int
    public var critical: Int
    public var emergency: Int
  }

  public struct Metrics: Sendable, Hashable {
    public var samplesCollected: Int
    /// Distinct pairs of agent and metric.
    public var agentMetricPairs: Int
    public var collectionInterval: Duration

    public init(samplesCollected: Int, agentMetricPairs: Int, collectionInterval: Duration) {
      self.samplesCollected = samplesCollected
      self.agentMetricPairs = agentMetricPairs
      self.collectionInterval = collectionInterval
    }
  }

  public var timestamp: Timestamp
  public var agents: Agents
  public var alerts: Alerts
  public var metrics: Metrics

  /// - Parameters:
  ///   - activeAlerts: those that fire; pending and resolved ones among them are left out.
  ///   - resolvedAlerts: how many are in the history.
  ///   - usage: the averages of each agent over the window; an agent that is missing had no samples at all.
  public init(
    agents snapshots: [AgentSnapshot], activeAlerts: [Alert], resolvedAlerts: Int, usage: [AgentID: AverageUsage],
    metrics: Metrics, at time: Timestamp
  ) {
    let firing = activeAlerts.filter { $0.state == .firing }
    var alertsOfAgent: [String: Int] = [:]
    for alert in firing {
      for agent in Set(alert.affectedAgents) { alertsOfAgent[agent, default: 0] += 1 }
    }
    let details = snapshots.map { snapshot in
      AgentDetail(
        agentID: snapshot.agentID, status: snapshot.status,
        lastHeartbeatSecondsAgo: snapshot.lastSeen.map { max(0, (time - $0).seconds) },
        registrationTime: snapshot.registeredAt,
        healthScore: HealthScore(
          usage: usage[snapshot.agentID], status: snapshot.status,
          activeAlerts: alertsOfAgent[snapshot.agentID.name] ?? 0),
        instances: snapshot.instances)
    }
    func count(_ status: AgentStatus) -> Int { details.count { $0.status == status } }
    func count(_ severity: Severity) -> Int { firing.count { $0.severity == severity } }
    timestamp = time
    agents = Agents(
      total: details.count, active: count(.active), unhealthy: count(.unhealthy), lost: count(.lost),
      pending: count(.pending), details: details)
    alerts = Alerts(
      total: firing.count + resolvedAlerts, active: firing.count, info: count(.info), warning: count(.warning),
      critical: count(.critical), emergency: count(.emergency))
    self.metrics = metrics
  }
}
