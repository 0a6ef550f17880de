public import FleetModel

extension FleetAPI {
  /// `POST /fleet/v1/agents`.
  public struct Registration: Codable, Sendable, Hashable {
    public var agentID: String
    /// `nil` takes `HOST:PORT` of the metrics endpoint, else of the health endpoint, else `AGENT_ID:PID`,
    /// else the agent's id.
    public var instance: String?
    public var metricsEndpoint: String?
    public var healthEndpoint: String?
    public var pid: Int32?
    public var labels: [String: String]?

    public init(
      agentID: String, instance: String? = nil, metricsEndpoint: String? = nil, healthEndpoint: String? = nil,
      pid: Int32? = nil, labels: [String: String]? = nil
    ) {
      self.agentID = agentID
      self.instance = instance
      self.metricsEndpoint = metricsEndpoint
      self.healthEndpoint = healthEndpoint
      self.pid = pid
      self.labels = labels
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case agentID = "agent_id"
      case instance
      case metricsEndpoint = "metrics_endpoint"
      case healthEndpoint = "health_endpoint"
      case pid, labels
    }
  }

  /// `POST /fleet/v1/agents/ID/heartbeat`; the body may be left out.
  public struct Heartbeat: Codable, Sendable, Hashable {
    /// `nil` means all instances of the agent.
    public var instance: String?

    public init(instance: String? = nil) { self.instance = instance }
  }

  /// `GET /fleet/v1/agents`.
  public struct AgentList: Codable, Sendable, Hashable {
    /// Sorted by id.
    public var agents: [Agent]
  }

  /// `GET /fleet/v1/agents/ID`.
  public struct Agent: Codable, Sendable, Hashable {
    public var agentID: String
    /// The worst of its instances.
    public var status: AgentStatus
    @ExplicitNull public var registrationTime: Time?
    @ExplicitNull public var lastHeartbeat: Time?
    @ExplicitNull public var lastHeartbeatSecondsAgo: Double?
    /// Of the first instance that has one.
    @ExplicitNull public var metricsEndpoint: String?
    @ExplicitNull public var healthEndpoint: String?
    @ExplicitNull public var lastError: String?
    /// 0 to 100; `nil` where none is known.
    @ExplicitNull public var healthScore: Double?
    public var scoreParts: [ScorePart]
    /// Percent, the mean over its instances; `nil` before the first collection.
    @ExplicitNull public var cpuUsage: Double?
    @ExplicitNull public var memoryUsage: Double?
    /// Sorted by `instance`.
    public var instances: [Instance]

    enum CodingKeys: String, CodingKey {
      case agentID = "agent_id"
      case status
      case registrationTime = "registration_time"
      case lastHeartbeat = "last_heartbeat"
      case lastHeartbeatSecondsAgo = "last_heartbeat_seconds_ago"
      case metricsEndpoint = "metrics_endpoint"
      case healthEndpoint = "health_endpoint"
      case lastError = "last_error"
      case healthScore = "health_score"
      case scoreParts = "score_parts"
      case cpuUsage = "cpu_usage"
      case memoryUsage = "memory_usage"
      case instances
    }
  }

  /// One reason why a score is not 100.
  public struct ScorePart: Codable, Sendable, Hashable {
    public var reason: String
    /// Negative.
    public var points: Double
  }

  public struct Instance: Codable, Sendable, Hashable {
    public var instance: String
    public var status: AgentStatus
    @ExplicitNull public var pid: Int32?
    @ExplicitNull public var metricsEndpoint: String?
    @ExplicitNull public var healthEndpoint: String?
    @ExplicitNull public var lastError: String?
    public var registrationTime: Time
    @ExplicitNull public var lastHeartbeat: Time?
    @ExplicitNull public var lastCollection: Time?
    public var samplesCollected: Int
    public var series: Int
    public var labels: [String: String]

    enum CodingKeys: String, CodingKey {
      case instance, status, pid
      case metricsEndpoint = "metrics_endpoint"
      case healthEndpoint = "health_endpoint"
      case lastError = "last_error"
      case registrationTime = "registration_time"
      case lastHeartbeat = "last_heartbeat"
      case lastCollection = "last_collection"
      case samplesCollected = "samples_collected"
      case series, labels
    }
  }
}

extension FleetAPI.Agent {
  init(_ report: AgentReport, now: Timestamp) {
    let snapshot = report.snapshot
    self.init(
      agentID: snapshot.agentID.name, status: snapshot.status,
      registrationTime: snapshot.registeredAt.map(FleetAPI.Time.init),
      lastHeartbeat: snapshot.lastSeen.map(FleetAPI.Time.init),
      lastHeartbeatSecondsAgo: snapshot.lastSeen.map { max(0, (now - $0).seconds) },
      metricsEndpoint: snapshot.instances.lazy.compactMap(\.target.metricsEndpoint).first,
      healthEndpoint: snapshot.instances.lazy.compactMap(\.target.healthEndpoint).first,
      lastError: snapshot.lastError, healthScore: report.healthScore, scoreParts: report.scoreParts,
      cpuUsage: report.cpuUsage, memoryUsage: report.memoryUsage,
      instances: snapshot.instances.map(FleetAPI.Instance.init))
  }
}

extension FleetAPI.Instance {
  init(_ snapshot: InstanceSnapshot) {
    self.init(
      instance: snapshot.target.instance, status: snapshot.status, pid: snapshot.target.pid,
      metricsEndpoint: snapshot.target.metricsEndpoint, healthEndpoint: snapshot.target.healthEndpoint,
      lastError: snapshot.lastError, registrationTime: FleetAPI.Time(snapshot.registeredAt),
      lastHeartbeat: snapshot.lastSeen.map(FleetAPI.Time.init),
      lastCollection: snapshot.lastCollection.map(FleetAPI.Time.init), samplesCollected: snapshot.samplesCollected,
      series: snapshot.seriesCount, labels: snapshot.target.labels)
  }
}
