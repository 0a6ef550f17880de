public import FleetModel
import Ingest

extension FleetAPI {
  /// `GET /fleet/v1/overview`.
  public struct OverviewAnswer: Codable, Sendable, Hashable {
    public var systemOverview: Overview

    enum CodingKeys: String, CodingKey { case systemOverview = "system_overview" }
  }

  public struct Overview: Codable, Sendable, Hashable {
    public var timestamp: Time
    public var agents: AgentTotals
    public var alerts: AlertTotals
    public var metrics: MetricTotals
    /// Why the store takes no samples at present; `null` if it does.
    @ExplicitNull public var storeFailure: String?

    enum CodingKeys: String, CodingKey {
      case timestamp, agents, alerts, metrics
      case storeFailure = "store_failure"
    }
  }

  public struct AgentTotals: Codable, Sendable, Hashable {
    public var totalAgents = 0
    public var activeAgents = 0
    public var unhealthyAgents = 0
    public var lostAgents = 0
    public var pendingAgents = 0
    /// By agent id.
    public var agentsDetail: [String: AgentDetail] = [:]

    enum CodingKeys: String, CodingKey {
      case totalAgents = "total_agents"
      case activeAgents = "active_agents"
      case unhealthyAgents = "unhealthy_agents"
      case lostAgents = "lost_agents"
      case pendingAgents = "pending_agents"
      case agentsDetail = "agents_detail"
    }
  }

  public struct AgentDetail: Codable, Sendable, Hashable {
    public var status: AgentStatus
    @ExplicitNull public var lastHeartbeatSecondsAgo: Double?
    @ExplicitNull public var registrationTime: Time?
    @ExplicitNull public var healthScore: Double?
    /// How many there are.
    public var instances: Int
    public var activeInstances: Int
    @ExplicitNull public var cpuUsage: Double?
    @ExplicitNull public var memoryUsage: Double?
    @ExplicitNull public var lastError: String?

    enum CodingKeys: String, CodingKey {
      case status
      case lastHeartbeatSecondsAgo = "last_heartbeat_seconds_ago"
      case registrationTime = "registration_time"
      case healthScore = "health_score"
      case instances
      case activeInstances = "active_instances"
      case cpuUsage = "cpu_usage"
      case memoryUsage = "memory_usage"
      case lastError = "last_error"
    }
  }

  public struct AlertTotals: Codable, Sendable, Hashable {
    /// Firing and resolved ones that the history still holds.
    public var totalAlerts: Int
    public var activeAlerts: Int
    /// Active ones by severity.
    public var criticalAlerts: Int
    public var warningAlerts: Int
    public var infoAlerts: Int
    public var emergencyAlerts: Int

    enum CodingKeys: String, CodingKey {
      case totalAlerts = "total_alerts"
      case activeAlerts = "active_alerts"
      case criticalAlerts = "critical_alerts"
      case warningAlerts = "warning_alerts"
      case infoAlerts = "info_alerts"
      case emergencyAlerts = "emergency_alerts"
    }
  }

  public struct MetricTotals: Codable, Sendable, Hashable {
    public var totalMetricsCollected: Int
    /// Distinct pairs of agent and metric.
    public var uniqueMetricTypes: Int
    public var collectionIntervalSeconds: Double

    enum CodingKeys: String, CodingKey {
      case totalMetricsCollected = "total_metrics_collected"
      case uniqueMetricTypes = "unique_metric_types"
      case collectionIntervalSeconds = "collection_interval_seconds"
    }
  }
}

extension FleetAPI.Overview {
  /// O(agents + their instances).
  init(_ inputs: OverviewInputs) {
    var agents = FleetAPI.AgentTotals()
    agents.totalAgents = inputs.agents.count
    agents.agentsDetail.reserveCapacity(inputs.agents.count)
    for report in inputs.agents {
      let detail = FleetAPI.AgentDetail(report, now: inputs.now)
      switch detail.status {
      case .active: agents.activeAgents += 1
      case .unhealthy: agents.unhealthyAgents += 1
      case .lost: agents.lostAgents += 1
      case .pending: agents.pendingAgents += 1
      }
      agents.agentsDetail[report.snapshot.agentID.name] = detail
    }
    self.init(
      timestamp: FleetAPI.Time(inputs.now), agents: agents, alerts: FleetAPI.AlertTotals(inputs.alerts),
      metrics: FleetAPI.MetricTotals(
        totalMetricsCollected: inputs.totals.samplesCollected, uniqueMetricTypes: inputs.totals.agentMetricPairs,
        collectionIntervalSeconds: inputs.collectionInterval.seconds),
      storeFailure: inputs.storeFailure)
  }
}

extension FleetAPI.AgentDetail {
  init(_ report: AgentReport, now: Timestamp) {
    let snapshot = report.snapshot
    self.init(
      status: snapshot.status, lastHeartbeatSecondsAgo: snapshot.lastSeen.map { max(0, (now - $0).seconds) },
      registrationTime: snapshot.registeredAt.map(FleetAPI.Time.init), healthScore: report.healthScore,
      instances: snapshot.instances.count, activeInstances: snapshot.instances.count { $0.status == .active },
      cpuUsage: report.cpuUsage, memoryUsage: report.memoryUsage, lastError: snapshot.lastError)
  }
}

extension FleetAPI.AlertTotals {
  /// Pending alerts do not count: they are not alerts yet.
  init(_ alerts: [Alert]) {
    let fired = alerts.filter { $0.state != .pending }
    let active = fired.filter { $0.state == .firing }
    let count = { (severity: Severity) in active.count { $0.severity == severity } }
    self.init(
      totalAlerts: fired.count, activeAlerts: active.count, criticalAlerts: count(.critical),
      warningAlerts: count(.warning), infoAlerts: count(.info), emergencyAlerts: count(.emergency))
  }
}
