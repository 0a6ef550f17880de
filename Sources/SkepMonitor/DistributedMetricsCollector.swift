public import Alerting
import ControlPlane
import DeployPlan
public import FleetHealth
public import FleetModel
public import Ingest
public import Logging
import Platform
public import ServiceLifecycle

/// Collects from agents, stores, raises alerts: Skep's engine for Swift programs, without its server.
///
/// ```swift
/// let collector = try DistributedMetricsCollector(collectionInterval: .seconds(30))
/// try collector.register(agent: CollectionTarget(
///   agentID: AgentID("planner"), instance: "127.0.0.1:8080", metricsEndpoint: "http://127.0.0.1:8080/metrics"))
/// try collector.addAlertRule(AlertRule(
///   name: "high-cpu", description: "{agent_id} uses {value} % of its CPU", condition: .threshold(.greater, 85),
///   metricName: Glob("system_cpu_usage")))
/// collector.addAlertHandler { notification in print(notification.alert.description) }
/// try await collector.run()
/// ```
///
/// Everything is in memory and ends with the program.
public final class DistributedMetricsCollector: Service {
  private let samples: SamplePath
  private let exchange: ExchangeClient
  private let reports: ReportReader
  private let logger: Logger

  /// - Parameter collectionInterval: between two collections of one instance; a fetch may take a third of it, at most 10 s.
  /// - Throws: if the system's TLS trust roots cannot be read.
  public init(collectionInterval: Duration = .seconds(30), logger: Logger = Logger(label: "skep")) throws {
    var system = FleetSystem(name: "library")
    system.monitoring.collectionInterval = collectionInterval
    system.monitoring.collectionTimeout = min(.seconds(10), collectionInterval)
    exchange = try ExchangeClient()
    samples = try SamplePath(
      system: system, stateDirectory: nil, http: exchange, time: SystemTime(), logger: logger)
    reports = ReportReader(samples, logger: logger)
    self.logger = logger
  }

  /// Has an instance of an agent watched, or updates it; may be called while running.
  ///
  /// - Throws: ``RegistrationError`` for an endpoint that may not be collected from.
  @discardableResult
  public func register(agent target: CollectionTarget) throws(RegistrationError) -> RegistrationOutcome {
    try samples.registry.register(target)
  }

  /// Stops watching an agent; its series end.
  ///
  /// - Returns: whether there was such an agent.
  @discardableResult
  public func deregister(_ agent: AgentID) -> Bool { samples.registry.deregister(agent) }

  /// - Throws: ``RuleError`` for a second rule of that name, or one that cannot be meant, such as an expression that does not parse.
  public func addAlertRule(_ rule: AlertRule) throws(RuleError) { try samples.ruleSet.add(rule) }

  /// Adds a closure that is called for each alert that fires or resolves. One that throws is tried again; one that hangs
  /// stops no other.
  public func addAlertHandler(_ handler: @escaping @Sendable (AlertNotification) async throws -> Void) {
    samples.rules.addHandler(named: "handler", handler)
  }

  /// How the fleet fares now.
  public func systemOverview() async -> SystemOverview { await samples.overview() }

  /// How the fleet fared over the last `window`, where it goes, and what to do.
  ///
  /// - Throws: where it takes longer than a query may, or the task is cancelled.
  public func performanceReport(window: Duration = .seconds(86_400)) async throws -> PerformanceReport {
    try await reports.report(window)
  }

  /// The last collected samples, oldest first.
  public func recentSamples(agentID: String? = nil, metricName: String? = nil, limit: Int = 100) -> [RecentSample] {
    samples.collection.recent.read(agentID: agentID, metricName: metricName, limit: limit)
  }

  /// Collects until cancelled or gracefully shut down, then flushes what handlers are still to be told.
  public func run() async throws {
    let group = ServiceGroupConfiguration(
      services: samples.services.map {
        ServiceGroupConfiguration.ServiceConfiguration(
          service: $0, successTerminationBehavior: .gracefullyShutdownGroup)
      }, logger: logger)
    try await ServiceGroup(configuration: group).run()
    await exchange.shutDown()
  }
}
