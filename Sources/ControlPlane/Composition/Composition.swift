import Alerting
import DeployPlan
import FleetModel
import Ingest
import LocalRuntime
public import Logging
import Platform
import SampleStore
public import ServiceLifecycle
import Synchronization
import SystemPackage

/// One running Skep: everything joined, in the order in which things flow through it.
///
/// 1. The path of a sample: collection, store, rules, handlers.
/// 2. The path of a span: OTLP or the plain API, store, those who watch.
/// 3. The path of an alert: rules or API, routes and groups, receivers.
/// 4. The path of a system: its file, its processes or named instances, and what changes when the file does.
/// 5. The servers, over all of them.
///
/// Swapping the store for another engine is a change in ``SampleKeeper`` and nowhere else.
public final class Composition: Service {
  private let configuration: ControlPlaneConfiguration
  private let lock: DirectoryLock
  private let samples: SamplePath
  private let traces: TracePath
  private let notifications: NotificationPath
  private let system: SystemPath
  /// `nil` where no pods are looked for.
  private let cluster: ClusterWatching?
  /// What the agents that are started here bring; `nil` where none are.
  private let firstDeployment: (LocalDeployments, FleetSystem)?
  private let deploymentInfo: DeploymentInfo
  private let servers: Servers
  private let exchange: ExchangeClient
  private let logger: Logger

  /// Puts everything together, opens the store and starts nothing. Blocks for as long as opening takes.
  ///
  /// - Parameter onListening: is told the addresses once all servers are bound to them.
  /// - Throws: what is wrong with the data directory, its files, the tokens or certificates, each naming its mend.
  public init(
    _ configuration: ControlPlaneConfiguration, logger: Logger,
    onListening: @escaping @Sendable (ListeningAddresses) -> Void
  ) throws {
    self.configuration = configuration
    self.logger = logger
    lock = try DirectoryLock(directory: configuration.dataDirectory)
    exchange = try Self.exchangeClient()
    let hub = EventHub()
    let deaths = DeathListener()
    let processes = LocalProcesses()
    let listening = Arrival<ListeningAddresses>()
    let ruleFiles = configuration.ruleFiles.read()
    if let problem = ruleFiles.diagnostics.first(where: { $0.level == .error }) { throw problem }
    samples = try SamplePath(
      system: configuration.system, systemFile: configuration.systemFile?.absolute.string ?? "system.yaml",
      fileGroups: ruleFiles.groups, stateDirectory: configuration.dataDirectory, http: exchange, time: SystemTime(),
      logger: logger
    ) { event in
      hub.publish(.instance(event))
      // Who drains is not watched any more, and still at work: its process tells its end.
      if case .removed(let agent, let instance, _) = event, processes.isEnding(agent, instance) { return }
      deaths.tell { $0.handle(event) }
    }
    traces = try TracePath(
      system: configuration.system, stateDirectory: configuration.dataDirectory, registry: samples.registry,
      watches: [samples.spanMetrics], time: SystemTime(), logger: logger
    ) { hub.publish(.spansLost($0)) }
    deaths.listener = traces.lost
    samples.rules.addHandler(named: "events") { hub.publish(.alert($0)) }
    let isEncrypted = configuration.security.tls != nil
    let notifications = try NotificationPath(
      NotificationFiles(configuration.system, file: configuration.systemFile), rules: samples.rules,
      externalURL: configuration.listen.url(isEncrypted: isEncrypted), stateDirectory: configuration.dataDirectory,
      logger: logger)
    self.notifications = notifications
    let loaded = LoadedSystem(try configuration.shownSystem(), configuration.system, at: samples.time.now())
    let marks = try DeploymentMarks(
      file: configuration.dataDirectory.appending(DataDirectory.deployments), logger: logger)
    let deployments = LocalDeployments(
      marks: marks, time: SystemTime(), starter: HostName.own.map { "skep up on \($0)" } ?? "skep up")
    firstDeployment = configuration.runsAgents ? (deployments, configuration.system) : nil
    deploymentInfo = DeploymentInfo(
      marks: marks, appender: samples.keeper.appender, time: SystemTime(), logger: logger)
    system = try Self.systemPath(
      configuration, samples: samples, traces: traces, notifications: notifications, loaded: loaded,
      deployments: configuration.runsAgents ? deployments : nil, exchange: exchange, listening: listening,
      processes: processes, logger: logger)
    cluster =
      configuration.discoversPods
      ? ClusterWatching(
        loaded: loaded, registry: samples.registry, marks: marks, time: SystemTime(), logger: logger) : nil
    let fleet = LiveFleet(
      samples: samples, local: system.local, hub: hub, notifications: notifications.service)
    let store = LiveStore(samples: samples, spans: traces.keeper, dataDirectory: configuration.dataDirectory)
    let queries = QueryService(
      source: samples.store, exemplars: samples.exemplars, time: SystemTime(), logger: logger)
    let catalogue = FleetCatalogue(samples, system: configuration.system, now: queries.now)
    let status = LiveStatus(configuration, samples: samples, loaded: loaded)
    let alertmanager = LiveAlertmanager(
      service: notifications.service, time: SystemTime(), startedAt: samples.time.now(), version: configuration.version)
    let boards = BoardReader(
      fleet: fleet, queries: queries, spans: traces.intake, marks: marks, system: configuration.system.name,
      time: SystemTime())
    let traceService = TraceService(
      reader: traces.reader, prices: configuration.system.prices, marks: marks, time: SystemTime())
    let reports = ReportReader(
      samples: samples, queries: queries, traces: traceService, marks: marks, system: configuration.system,
      sizesInstances: !configuration.runsAgents)
    let instruments = StoreInstruments(samples.keeper, exemplars: samples.exemplars)
    let reception = OTLPReception(spans: traces.intake, points: OTLPMetricsIntake(samples.remoteWrite))
    let routes =
      PrometheusRoutes.queries(queries) + ReadRoutes(operations: queries).routes
      + PrometheusRoutes.status(status, store: store) + LintRoutes(operations: catalogue).routes
      + AlertmanagerRoutes.all(alertmanager) + OTLPRoutes(reception: reception).routes
      + SpanRoutes(intake: traces.intake, time: SystemTime()).routes
      + JaegerRoutes(reader: traces.reader, time: SystemTime()).routes
      + TraceRoutes.all(traceService) + ReportRoutes(read: { try await reports.report($0, agent: $1) }).routes
      + DeploymentRoutes(marks: marks).routes
    servers = try Servers(configuration, reception: reception, logger: logger) { security in
      RouteTable.fleet(
        operations: fleet, store: store,
        metrics: { [ownMetrics = configuration.ownMetrics] in
          instruments.update()
          return ownMetrics() + DeploymentInfo.exposition(of: marks.inForce(at: SystemTime().now()))
        }, sessions: security.sessions, isEncrypted: security.isEncrypted, look: { await boards.board() },
        further: routes)
    } onListening: { addresses in
      notifications.listens(at: addresses.main.url(isEncrypted: isEncrypted))
      onListening(addresses)
      listening.arrive(addresses)
    }
  }

  /// Runs until the surrounding service group ends it or a part fails, then stops everything within five seconds: the
  /// server first, then collection, then the agents, then what the rules still have to say and
  /// what is still to be sent, and last the store.
  public func run() async throws {
    if let (deployments, system) = firstDeployment { await deployments.note(system) }
    let services: [any Service] =
      [samples.upkeep] + traces.services + notifications.services
      + [samples.rules, samples.ruleGroups, MemoryUpkeep(time: SystemTime()), samples.spanMetrics, deploymentInfo]
      + system.services + (cluster.map { [$0] } ?? []) + [samples.collection, servers]
    var group = ServiceGroupConfiguration(
      services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
      logger: logger)
    group.maximumGracefulShutdownDuration = .milliseconds(4_500)
    group.maximumCancellationDuration = .seconds(10)
    try await ServiceGroup(configuration: group).run()
    await notifications.shutDown()
    await exchange.shutDown()
  }

  private static func exchangeClient() throws -> ExchangeClient {
    var configuration = ExchangeClient.Configuration()
    configuration.refusal = { EndpointPolicy.refusal(ofAddress: $0) }
    return try ExchangeClient(configuration: configuration)
  }
}

/// Passes on what becomes of instances to those who follow their spans, who come to be after the registry does.
private final class DeathListener: Sendable {
  private let state = Mutex<LostSpans?>(nil)

  var listener: LostSpans? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }

  func tell(_ body: (LostSpans) -> Void) { listener.map(body) }
}
