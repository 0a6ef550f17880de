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

/// The path of a sample: collection or remote write → store → rules → handlers.
public struct SamplePath: Sendable {
  public let keeper: SampleKeeper
  public let rules: RuleEngine
  /// All rules, those that are evaluated in groups among them.
  public let ruleSet: RuleSet
  let ruleGroups: RuleGroups
  public let registry: AgentRegistry
  public let collection: CollectionService
  public let remoteWrite: RemoteWriteIntake
  /// Requests by example: what they were part of.
  public let exemplars: ExemplarStore
  /// Series of the spans that are shown to it.
  public let spanMetrics: SpanMetrics
  /// What metrics mean: type, help and unit.
  public let metadata: MetadataStore
  let upkeep: StoreUpkeep
  let usage: UsageReader
  let history: RecentHistory
  let time: any TimeSource
  let collectionInterval: Duration

  /// Where the samples can be read.
  public var store: any SeriesSource { keeper.source }

  /// Puts the parts together, opens the store and starts nothing. Blocks for as long as opening takes.
  ///
  /// - Parameters:
  ///   - systemFile: its name, which the groups of its rules bear.
  ///   - fileGroups: of Prometheus rule files.
  ///   - stateDirectory: where samples, registrations and alerts outlive a restart; `nil` keeps them in memory.
  ///   - onEvent: is told what becomes of instances, after the rules were.
  /// - Throws: ``RuleError``, ``RuleGroupError``, `StoreError`, or what is wrong with the state files.
  public init(
    system: FleetSystem, systemFile: String = "system.yaml", fileGroups: [RuleGroup] = [], stateDirectory: FilePath?,
    http: any HTTPExchanger, time: any TimeSource, logger: Logger,
    onEvent: @escaping @Sendable (InstanceEvent) -> Void = { _ in }
  ) throws {
    let state = { (name: String) in stateDirectory.map { StateFile($0.appending(name)) } }
    let keeper: SampleKeeper =
      if let stateDirectory {
        .disk(
          try DurableStore(system.storeConfiguration(in: stateDirectory), time: time) { logger.note($0) })
      } else {
        .memory(HeadStore(system.headConfiguration))
      }
    let exemplars = try ExemplarStore(
      system.exemplarConfiguration(in: stateDirectory), of: keeper.appender, time: time
    ) { logger.note($0) }
    let metadata = MetadataStore()
    var options = RuleEngineOptions()
    options.metricType = { metadata.type(ofSeries: $0) }
    let rules = try RuleEngine(
      rules: system.alertRules.filter(\.isDecidedOnArrival), state: state("alerts.json"), time: time, logger: logger,
      options: options)
    let groups = RuleGroups(
      source: keeper.source, appender: keeper.appender, engine: rules, time: time, logger: logger,
      defaultInterval: system.monitoring.collectionInterval)
    ruleSet = try RuleSet(
      engine: rules, groups: groups, alertRules: system.alertRules,
      recorded: system.recordingRules.map(\.recordedRule), fileGroups: fileGroups, file: systemFile,
      defaultInterval: system.monitoring.collectionInterval)
    ruleGroups = groups
    self.keeper = keeper
    self.exemplars = exemplars
    self.rules = rules
    self.metadata = metadata
    registry = try AgentRegistry(state: state("registry.json"), time: time)
    let loops = CollectionLoops()
    let ingest = system.ingestConfiguration
    collection = CollectionService(
      configuration: ingest, registry: registry, appender: keeper.appender, watch: rules, http: http,
      resources: ProcResourceReader(), time: EventLoopTime(), logger: logger, metadata: metadata,
      exemplars: exemplars, executor: loops.executor
    ) { event in
      rules.handle(event)
      onEvent(event)
    }
    remoteWrite = RemoteWriteIntake(
      limits: ingest.limits, retention: ingest.retention, appender: keeper.appender, watch: rules,
      metadata: metadata, exemplars: exemplars, time: time)
    var ofSpans = SpanMetricsConfiguration()
    ofSpans.interval = system.monitoring.collectionInterval
    spanMetrics = SpanMetrics(
      ofSpans, appender: keeper.appender, exemplars: exemplars, watch: rules, metadata: metadata, time: time,
      logger: logger)
    upkeep = StoreUpkeep(keeper: keeper, exemplars: exemplars, time: time)
    usage = UsageReader(source: keeper.source)
    history = RecentHistory(source: keeper.source, end: time.now())
    self.time = time
    collectionInterval = system.monitoring.collectionInterval
  }

  /// What runs, in the order in which it starts; it is stopped in the opposite one.
  public var services: [any Service] { [upkeep, rules, ruleGroups, spanMetrics, collection] }

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
        samplesCollected: totals.samplesCollected + remoteWrite.samplesWritten,
        agentMetricPairs: totals.agentMetricPairs,
        collectionInterval: collectionInterval),
      at: time.now())
  }
}

extension AlertRule {
  fileprivate var isDecidedOnArrival: Bool { if case .expression = condition { false } else { true } }
}

extension FleetSystem {
  var headConfiguration: HeadConfiguration {
    var configuration = HeadConfiguration()
    configuration.retention = monitoring.retention
    configuration.maximumBytes = monitoring.retentionSize
    configuration.maximumSeries = limits.seriesTotal
    return configuration
  }

  func exemplarConfiguration(in dataDirectory: FilePath?) -> ExemplarConfiguration {
    var configuration = ExemplarConfiguration(directory: dataDirectory?.appending(DataDirectory.exemplars))
    configuration.maximum = storage.maximumExemplars
    configuration.outOfOrderWindow = storage.outOfOrderWindow
    return configuration
  }

  func storeConfiguration(in dataDirectory: FilePath) -> StoreConfiguration {
    var configuration = StoreConfiguration(directory: dataDirectory.appending(DataDirectory.store))
    configuration.syncInterval = storage.fsyncInterval
    configuration.outOfOrderWindow = storage.outOfOrderWindow
    configuration.retention = monitoring.retention
    configuration.maximumBytes = monitoring.retentionSize
    configuration.maximumSeries = limits.seriesTotal
    return configuration
  }
}

/// What lies where in a data directory.
enum DataDirectory {
  static let store = "store"
  static let spans = "spans"
  static let exemplars = "exemplars"
  static let snapshots = "snapshots"
  static let notifications = "notifications.sqlite"
  static let logs = "logs"
  static let deployments = "deployments.json"
}
