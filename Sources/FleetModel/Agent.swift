/// How an agent or one of its instances fares.
public enum AgentStatus: String, Sendable, Hashable, CaseIterable, Codable {
  /// Known, not yet heard of.
  case pending
  case active
  /// A collection or health check failed.
  case unhealthy
  /// No sign of life for three intervals.
  case lost
}

/// One instance that is to be watched: what a collection loop needs to know.
public struct CollectionTarget: Sendable, Hashable {
  public var agentID: AgentID
  /// The label `instance`; `HOST:PORT` unless the source says otherwise. Unique within an agent.
  public var instance: String
  /// Absolute URL of the metrics; `nil` collects only system metrics and health.
  public var metricsEndpoint: String?
  /// Absolute URL of the health check; `nil` checks none.
  public var healthEndpoint: String?
  /// The process on this machine, where known.
  public var pid: Int32?
  /// Free labels, carried to every series of this instance.
  public var labels: [String: String]
  /// Between two collections; `nil` takes the system's default.
  public var interval: Duration?
  public var timeout: Duration?
  /// Whether the agent's own labels win over the target's, as Prometheus' `honor_labels`.
  public var honorLabels: Bool

  public init(
    agentID: AgentID, instance: String, metricsEndpoint: String? = nil, healthEndpoint: String? = nil,
    pid: Int32? = nil, labels: [String: String] = [:], interval: Duration? = nil, timeout: Duration? = nil,
    honorLabels: Bool = false
  ) {
    self.agentID = agentID
    self.instance = instance
    self.metricsEndpoint = metricsEndpoint
    self.healthEndpoint = healthEndpoint
    self.pid = pid
    self.labels = labels
    self.interval = interval
    self.timeout = timeout
    self.honorLabels = honorLabels
  }
}

/// Who named a target. Each source replaces its own targets as a whole and never another's.
public enum TargetSource: Sendable, Hashable {
  case systemFile
  case localRuntime
  /// `register` by the API or the library; kept over a restart.
  case registration
  /// A Prometheus `file_sd` file, by path.
  case fileDiscovery(String)
  case kubernetes
}

/// What became of one collection from one instance, its health check and the look at its process.
public struct CollectionResult: Sendable, Hashable {
  /// As the series `up` says it.
  public var isUp: Bool
  public var duration: Duration
  /// All that failed, in words; `nil` if nothing did.
  public var failure: String?

  public init(isUp: Bool, duration: Duration, failure: String? = nil) {
    self.isUp = isUp
    self.duration = duration
    self.failure = failure
  }
}

/// What the registry knows of one instance at one moment.
public struct InstanceSnapshot: Sendable, Hashable {
  public var target: CollectionTarget
  public var status: AgentStatus
  /// Why it is not active, in words.
  public var lastError: String?
  public var registeredAt: Timestamp
  /// The last good collection, health check or heartbeat.
  public var lastSeen: Timestamp?
  public var lastCollection: Timestamp?
  /// What became of that collection; `nil` before the first.
  public var collectionResult: CollectionResult?
  public var samplesCollected: Int
  public var seriesCount: Int

  public init(
    target: CollectionTarget, status: AgentStatus, lastError: String? = nil, registeredAt: Timestamp,
    lastSeen: Timestamp? = nil, lastCollection: Timestamp? = nil, collectionResult: CollectionResult? = nil,
    samplesCollected: Int = 0, seriesCount: Int = 0
  ) {
    self.target = target
    self.status = status
    self.lastError = lastError
    self.registeredAt = registeredAt
    self.lastSeen = lastSeen
    self.lastCollection = lastCollection
    self.collectionResult = collectionResult
    self.samplesCollected = samplesCollected
    self.seriesCount = seriesCount
  }
}

/// What the registry knows of one agent at one moment.
public struct AgentSnapshot: Sendable, Hashable {
  public var agentID: AgentID
  /// Sorted by `instance`; never empty.
  public var instances: [InstanceSnapshot]

  public init(agentID: AgentID, instances: [InstanceSnapshot]) {
    self.agentID = agentID
    self.instances = instances
  }

  /// The worst of its instances: unhealthy, then lost, then pending, then active.
  public var status: AgentStatus {
    let order: [AgentStatus] = [.unhealthy, .lost, .pending]
    return order.first { status in instances.contains { $0.status == status } } ?? .active
  }

  public var registeredAt: Timestamp? { instances.map(\.registeredAt).min() }
  public var lastSeen: Timestamp? { instances.compactMap(\.lastSeen).max() }
  public var lastError: String? { instances.first { $0.lastError != nil }?.lastError }
}

/// A change of an instance that the rest of Skep acts on: the health alert, the event stream.
public enum InstanceEvent: Sendable, Hashable {
  /// A collection or health check failed (each time), or the instance was lost.
  case failed(agentID: AgentID, instance: String, status: AgentStatus, error: String, at: Timestamp)
  /// The first good sign of life after a failure, or at all.
  case recovered(agentID: AgentID, instance: String, at: Timestamp)
  /// No longer watched.
  case removed(agentID: AgentID, instance: String, at: Timestamp)
}
