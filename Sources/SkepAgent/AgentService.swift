import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import Glibc
public import Hummingbird
public import Logging
public import MetricExposition
import NIOCore
public import ServiceLifecycle
import Synchronization
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
/// On graceful shutdown it is no longer ready, deregisters, goes on serving for `drainDelay`, then closes its port, lets
/// requests in flight end for `shutdownGrace` and cancels the rest. At last the tracer sends the spans that are left.
public struct AgentService: Service {
  private let configuration: AgentConfiguration
  private let registry: MetricRegistry
  private let checks: HealthChecks
  private let logger: Logger
  private let routes: @Sendable (Router<BasicRequestContext>) -> Void
  private let onListening: @Sendable (Int) async -> Void
  private let tracer: SkepTracer?

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
    let stop = StopFlag()
    let (ports, portFound) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
    let port = configuration.port
    var application = Application(
      router: router(stop), server: .http1(configuration: .init(idleTimeout: .seconds(75))),
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
      services: [application, Announcer(agent: configuration, ports: ports, stop: stop, logger: logger)],
      logger: quietLogger)
    group.maximumGracefulShutdownDuration =
      configuration.drainDelay + (configuration.server == nil ? .zero : configuration.registration.farewellTimeout)
      + configuration.shutdownGrace
    try await ServiceGroup(configuration: group).run()
  }

  /// Runs the agent and `others` until SIGTERM or SIGINT, then stops them all gracefully.
  public func runUntilStopped(
    with others: [any Service] = [], signals: [UnixSignal] = [.sigterm, .sigint]
  ) async throws {
    let group = ServiceGroup(
      configuration: .init(services: [self] + others, gracefulShutdownSignals: signals, logger: quietLogger))
    try await group.run()
  }

  /// For the libraries below, whose chatter on start and stop says nothing to whoever runs an agent.
  private var quietLogger: Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
  }

  private func router(_ stop: StopFlag) -> Router<BasicRequestContext> {
    let router = Router(context: BasicRequestContext.self)
    if let tracer { router.add(middleware: RequestSpans(tracer: tracer)) }
    routes(router)
    let registry = registry
    let checks = checks
    router.get("/metrics") { request, _ in
      let format = ExpositionFormat.negotiated(accept: request.headers[values: .accept].joined(separator: ","))
      return Response(
        status: .ok, headers: [.contentType: format.contentType],
        body: .init(byteBuffer: ByteBuffer(bytes: registry.render(format: format))))
    }
    router.get("/health") { _, _ in try Self.response(await HealthReport.make(of: checks.liveness)) }
    router.get("/ready") { _, _ in
      try Self.response(stop.isStopping ? .stopping : await HealthReport.make(of: checks.readiness))
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

/// Tells the control plane that the agent is there, and on shutdown that it is not.
private struct Announcer: Service {
  let agent: AgentConfiguration
  let ports: AsyncStream<Int>
  let stop: StopFlag
  let logger: Logger

  func run() async throws {
    try await withGracefulShutdownHandler {
      if let server = agent.server {
        try await announce(to: server)
      } else {
        try? await gracefulShutdown()
      }
      if stop.isStopping { try? await Task.sleep(for: agent.drainDelay) }
    } onGracefulShutdown: {
      stop.set()
    }
  }

  private func announce(to server: String) async throws {
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .quiet)
    let machine = await cancelWhenGracefulShutdown { [self] in
      var iterator = ports.makeAsyncIterator()
      guard let port = await iterator.next() else { return RegistrationMachine(policy: agent.registration) }
      return await loop(http, server, port: port, timeout: agent.registration.requestTimeout).run()
    }
    await loop(http, server, port: agent.port, timeout: agent.registration.farewellTimeout).leave(machine)
    try await http.shutdown()
  }

  private func loop(_ http: HTTPClient, _ server: String, port: Int, timeout: Duration) -> RegistrationLoop {
    let address = agent.address(port: port)
    return RegistrationLoop(
      client: ControlPlaneClient(
        http: http, server: server, tokenFile: agent.tokenFile, agentID: agent.agentID, timeout: timeout),
      registration: ControlPlaneClient.Registration(
        agentID: agent.agentID.name, metricsEndpoint: address + "/metrics", healthEndpoint: address + "/health",
        pid: getpid(), labels: agent.labels),
      policy: agent.registration, logger: logger)
  }
}
