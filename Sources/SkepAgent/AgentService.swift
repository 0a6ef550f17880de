import FleetModel
import FoundationEssentials
public import Hummingbird
public import Logging
public import MetricExposition
import NIOCore
public import ServiceLifecycle
public import UnixSignals

/// Runs an agent: serves its metrics, health, readiness and own routes, and keeps it registered with the control plane.
///
/// ```swift
/// let registry = MetricRegistry()
/// MetricsSystem.bootstrap(registry)
/// let agent = AgentService(configuration: try .fromEnvironment(), registry: registry) { router in
///   router.post("/work") { _, _ in
///     Counter(label: "agent_messages_received_total").increment()
///     return "done"
///   }
/// }
/// try await agent.runUntilStopped()
/// ```
///
/// | path | answer |
/// | --- | --- |
/// | `GET /metrics` | the registry, as Prometheus text or OpenMetrics by `Accept` |
/// | `GET /health` | 200, or 503 where a liveness check fails |
/// | `GET /ready` | 200, or 503 where a readiness check fails or the agent is stopping |
///
/// Its end:
///
/// 1. Graceful shutdown begins: it is no longer ready, and goes on serving and sending heartbeats for `drainDelay`.
/// 2. It waits until no run is in flight (``runs``), for `drainTimeout` at most.
/// 3. It deregisters, closes its port, lets requests that are left end for `shutdownGrace` and cancels the rest.
/// 4. The tracer sends the spans that are left.
///
/// A second signal to ``runUntilStopped(with:signals:)`` ends the waiting: what is in flight then has `shutdownGrace`.
public struct AgentService: Service {
  private let configuration: AgentConfiguration
  private let registry: MetricRegistry
  private let checks: HealthChecks
  private let logger: Logger
  private let routes: @Sendable (Router<BasicRequestContext>) -> Void
  private let onListening: @Sendable (Int) async -> Void
  private let tracer: SkepTracer?
  /// What is in flight: requests to the agent's own routes, open spans of its tracer, and what the agent counts itself.
  public let runs: RunsInFlight

  /// - Parameters:
  ///   - tracer: runs with the agent, and gets a span for each request to the agent's own routes, within the trace that the
  ///     request's headers name. Whoever wants other libraries to use it bootstraps `InstrumentationSystem` with it.
  ///   - routes: adds the agent's own routes. Middleware that it adds applies to `/metrics`, `/health` and `/ready` too.
  ///   - onListening: told the port once it is open.
  public init(
    configuration: AgentConfiguration, registry: MetricRegistry, checks: HealthChecks = HealthChecks(),
    tracer: SkepTracer? = nil, logger: Logger? = nil,
    routes: @escaping @Sendable (Router<BasicRequestContext>) -> Void = { _ in },
    onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    self.configuration = configuration
    self.registry = registry
    self.checks = checks
    self.tracer = tracer
    runs = tracer?.runs ?? RunsInFlight()
    self.routes = routes
    self.onListening = onListening
    var logger = logger ?? Logger(label: "skep.agent")
    logger[metadataKey: "agent_id"] = "\(configuration.agentID)"
    self.logger = logger
  }

  /// Serves until graceful shutdown or cancellation.
  ///
  /// - Throws: when the port cannot be opened.
  public func run() async throws {
    guard let tracer else { return try await serve() }
    tracer.exporter.hold()
    // The tracer outlives the agent: what ends while the agent stops is to be sent as well.
    let (ends, ended) = AsyncStream.makeStream(of: Never.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await tracer.exporter.run { work in
          await withTaskGroup(of: Void.self) { loops in
            loops.addTask { await work() }
            for await _ in ends {}
            loops.cancelAll()
          }
        }
      }
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await serve()) } catch { outcome = .failure(error) }
      ended.finish()
      try await group.waitForAll()
      try outcome.get()
    }
  }

  private func serve() async throws {
    let (ports, portFound) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
    let port = configuration.port
    var application = Application(
      router: router(), server: .http1(configuration: .init(idleTimeout: .seconds(75))),
      configuration: .init(address: .hostname(configuration.host, port: port), serverName: nil),
      onServerRunning: { channel in
        let bound = channel.localAddress?.port ?? port
        tracer?.exporter.release(instance: configuration.instance(port: bound))
        await onListening(bound)
        portFound.yield(bound)
        portFound.finish()
      }, logger: quietLogger)
    application.logger = quietLogger
    // The group stops its members one after the other, the last first: the announcer drains before the port closes.
    var group = ServiceGroupConfiguration(
      services: [application, Announcer(agent: configuration, ports: ports, runs: runs, logger: logger)],
      logger: quietLogger)
    let farewell = configuration.server == nil ? .zero : configuration.registration.farewellTimeout
    group.maximumGracefulShutdownDuration =
      configuration.drainDelay + configuration.drainTimeout + farewell + configuration.shutdownGrace
    let service = ServiceGroup(configuration: group)
    try await withThrowingTaskGroup(of: Bool.self) { tasks in
      tasks.addTask {
        try await service.run()
        return true
      }
      tasks.addTask { [runs, grace = farewell + configuration.shutdownGrace] in
        await runs.untilCutShort()
        try? await Task.sleep(for: grace)
        return false
      }
      defer { tasks.cancelAll() }
      while let isOver = try await tasks.next(), !isOver, !runs.isCutShort {}
    }
  }

  /// Runs the agent and `others` until SIGTERM or SIGINT, then stops them all gracefully.
  public func runUntilStopped(
    with others: [any Service] = [], signals: [UnixSignal] = [.sigterm, .sigint]
  ) async throws {
    // The first is the last to be stopped.
    let group = ServiceGroup(
      configuration: .init(
        services: [SecondSignal(signals: signals, runs: runs), self] + others, gracefulShutdownSignals: signals,
        logger: quietLogger))
    try await group.run()
  }

  /// For the libraries below, whose chatter on start and stop says nothing to whoever runs an agent.
  private var quietLogger: Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
  }

  private func router() -> Router<BasicRequestContext> {
    let router = Router(context: BasicRequestContext.self)
    router.add(middleware: RunCount(runs: runs))
    if let tracer { router.add(middleware: RequestSpans(tracer: tracer)) }
    routes(router)
    let registry = registry
    let checks = checks
    let runs = runs
    router.get("/metrics") { request, _ in
      let format = ExpositionFormat.negotiated(accept: request.headers[values: .accept].joined(separator: ","))
      return Response(
        status: .ok, headers: [.contentType: format.contentType],
        body: .init(byteBuffer: ByteBuffer(bytes: registry.render(format: format))))
    }
    router.get("/health") { _, _ in try Self.response(await HealthReport.make(of: checks.liveness)) }
    router.get("/ready") { _, _ in
      try Self.response(runs.isDraining ? .stopping : await HealthReport.make(of: checks.readiness))
    }
    return router
  }

  private static func response(_ report: HealthReport) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return Response(
      status: report.isPassing ? .ok : .serviceUnavailable, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(report))))
  }
}
