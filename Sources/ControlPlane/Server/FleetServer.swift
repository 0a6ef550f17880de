import FleetModel
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Platform
public import ServiceLifecycle

/// The HTTP server of Skep.
///
/// Its life: 1. construction reads the tokens and certificates and refuses what would be unsafe; 2. ``run()`` binds, reports
/// the bound address, then serves; 3. on a graceful shutdown it takes no new connection, ends streams, lets answers in
/// progress finish and closes what is still open after the configured grace; 4. ``run()`` returns. Cancelling the task skips
/// the grace.
public final class FleetServer: Service {
  private let configuration: FleetServerConfiguration
  private let security: ServerSecurity
  private let runner: ExchangeRunner
  private let connections = Connections()
  private let time: any TimeSource
  private let logger: Logger
  private let onListening: @Sendable (ListenAddress) async -> Void

  /// Reads the files that the configuration names; blocks for as long.
  ///
  /// - Parameters:
  ///   - metrics: Skep's own metrics as Prometheus text.
  ///   - routes: further ones, such as other APIs.
  ///   - onListening: is told the bound address before the first request is served.
  /// - Throws: ``SecurityError``.
  convenience init(
    configuration: FleetServerConfiguration, operations: any FleetOperations, store: any StoreOperations,
    metrics: @escaping @Sendable () async -> String, look: @escaping BoardLook, routes: [APIRoute] = [],
    time: any TimeSource, logger: Logger,
    onListening: @escaping @Sendable (ListenAddress) async -> Void
  ) throws(SecurityError) {
    try configuration.security.check(listeningOn: configuration.address)
    let security = try ServerSecurity(configuration.security, time: time, logger: logger)
    self.init(
      configuration: configuration, security: security,
      table: RouteTable.fleet(
        operations: operations, store: store, metrics: metrics, sessions: security.sessions,
        isEncrypted: security.isEncrypted, look: look, further: routes),
      time: time,
      logger: logger, onListening: onListening)
  }

  /// A server of these routes alone, whose address somebody has checked.
  init(
    configuration: FleetServerConfiguration, security: ServerSecurity, table: RouteTable, time: any TimeSource,
    logger: Logger, onListening: @escaping @Sendable (ListenAddress) async -> Void
  ) {
    self.security = security
    self.configuration = configuration
    self.time = time
    self.logger = logger
    self.onListening = onListening
    runner = ExchangeRunner(
      handler: RequestHandler(
        table: table, policy: security.policy, maximumBodyBytes: configuration.maximumBodyBytes,
        looksForCertificates: security.looksForCertificates, logger: logger),
      connections: connections, configuration: configuration, time: time, logger: logger)
  }

  /// How clients reach a server that listens on `address`.
  public func url(for address: ListenAddress) -> String {
    (security.tls == nil ? "http://" : "https://") + address.description
  }

  /// Serves until a graceful shutdown or cancellation. To be called once.
  ///
  /// - Throws: ``FleetServerError`` if it cannot listen.
  public func run() async throws {
    let server = try makeServer()
    try await withTaskCancellationHandler {
      try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
          do { try await server.run() } catch { throw Self.explain(error, self.configuration.address) }
          return true
        }
        group.addTask { [connections, configuration, time] in
          try await gracefulShutdown()
          try await time.sleep(for: configuration.shutdownGrace)
          connections.closeAll()
          return false
        }
        group.addTask { [connections, configuration, time] in
          let pause = min(max(configuration.requestTimeout / 4, .milliseconds(10)), .seconds(1))
          while true {
            try await time.sleep(for: pause)
            connections.closeOverdue(at: time.monotonic())
          }
        }
        if let tokens = security.tokens {
          group.addTask { [time] in
            try await tokens.follow(time: time)
            return false
          }
        }
        defer { group.cancelAll() }
        while let serverHasEnded = try await group.next(), !serverHasEnded {}
      }
    } onCancel: {
      connections.closeAll()
    }
  }

  private func makeServer() throws -> any Service {
    var http = HTTP1Channel.Configuration(
      additionalChannelHandlers: [ConnectionObserver(connections: self.connections)],
      idleTimeout: TimeAmount(configuration.idleTimeout))
    http.httpDecoder = HTTP1Channel.Configuration.DecoderConfiguration(
      maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 200)
    let plain = HTTPServerBuilder.http1(configuration: http)
    let builder = if let tls = security.tls { try HTTPServerBuilder.tls(plain, tlsConfiguration: tls) } else { plain }
    // What the library tells of its own life repeats ours.
    var libraryLogger = logger
    libraryLogger.logLevel = max(logger.logLevel, .warning)
    let address = configuration.address
    return try builder.buildServer(
      configuration: ServerConfiguration(
        address: .hostname(address.host, port: address.port),
        availableConnectionsDelegate: MaximumAvailableConnections(
          configuration.maximumConnections, logger: libraryLogger)),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: libraryLogger
    ) { [runner] request, writer, channel in
      try await runner.run(request, writer, on: channel)
    } onServerRunning: { [onListening] channel in
      await onListening(ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port))
    }
  }

  private static func explain(_ error: any Error, _ address: ListenAddress) -> any Error {
    if error is CancellationError { return error }
    return FleetServerError(error, listeningOn: address)
  }
}
