public import Alerting
public import DeployPlan
public import FleetHealth
public import FleetModel
public import Ingest
public import Logging
public import Platform
public import SampleStore
public import ServiceLifecycle
public import SystemPackage

/// The path of a sample: collection → store → rules → handlers.
public struct SamplePath: Sendable {
  public let store: HeadStore
  public let rules: RuleEngine
  public let registry: AgentRegistry
  public let collection: CollectionService
  let upkeep: StoreUpkeep
  let usage: UsageReader
  let time: any TimeSource
  let collectionInterval: Duration

  /// Puts the parts together and starts nothing.
  ///
  /// - Parameters:
  ///   - stateDirectory: where registrations and alerts outlive a restart; `nil` keeps them in memory.
  ///   - onEvent: is told what becomes of instances, after the rules were.
  /// - Throws: ``RuleError``, or what is wrong with the state files.
  public init(
    system: FleetSystem, stateDirectory: FilePath?, http: any HTTPExchanger, time: any TimeSource, logger: Logger,
    onEvent: @escaping @Sendable (InstanceEvent) -> Void = { _ in }
  ) throws {
    let state = { (name: String) in stateDirectory.map { StateFile($0.appending(name)) } }
    let store = HeadStore(system.headConfiguration)
    let rules = try RuleEngine(rules: system.alertRules, state: state("alerts.json"), time: time, logger: logger)
    self.store = store
    self.rules = rules
    registry = try AgentRegistry(state: state("registry.json"), time: time)
    let loops = CollectionLoops()
    collection = CollectionService(
      configuration: system.ingestConfiguration, registry: registry, appender: store, watch: rules, http: http,
      resources: ProcResourceReader(), time: EventLoopTime(), logger: logger, executor: loops.executor
    ) { event in
      rules.handle(event)
      onEvent(event)
    }
    upkeep = StoreUpkeep(store: store, time: time)
    usage = UsageReader(source: store)
    self.time = time
    collectionInterval = system.monitoring.collectionInterval
  }

  /// What runs, in the order in which it starts; it is stopped in the opposite one.
  public var services: [any Service] { [rules, upkeep, collection] }

  /// How the fleet fares now.
  public func overview() async -> SystemOverview { await overview(usage: usage.usage(at: time.now())) }

  func overview(usage: [String: UsageReader.Usage]) -> SystemOverview {
    let agents = registry.snapshot()
    let averages = agents.compactMap { agent in usage[agent.agentID.name].map { (agent.agentID, $0.average) } }
    let totals = collection.totals()
    return SystemOverview(
      agents: agents, activeAlerts: rules.alerts(.active), resolvedAlerts: rules.alerts(.resolved).count,
      usage: Dictionary(averages, uniquingKeysWith: { $1 }),
      metrics: SystemOverview.Metrics(
        samplesCollected: totals.samplesCollected, agentMetricPairs: totals.agentMetricPairs,
        collectionInterval: collectionInterval),
      at: time.now())
  }
}

extension FleetSystem {
  var headConfiguration: HeadConfiguration {
    var configuration = HeadConfiguration()
    configuration.retention = monitoring.retention
    configuration.maximumBytes = monitoring.retentionSize
    configuration.maximumSeries = limits.seriesTotal
    return configuration
  }
}

/// Drops what is past its retention, once a minute.
struct StoreUpkeep: Service {
  let store: HeadStore
  let time: any TimeSource

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await time.sleep(for: .seconds(60))
        store.expire(now: time.now())
      }
    }
  }
}
