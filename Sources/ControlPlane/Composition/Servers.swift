import Logging
import Platform
import ServiceLifecycle

/// All servers of a Skep: those of OTLP's ports bind first, so that all are there when the main one says that it listens. They are shut
/// down at the same time.
struct Servers: Service {
  private let otlp: [OTLPListener]
  private let main: FleetServer

  /// Reads the tokens and certificates; blocks for as long.
  ///
  /// - Parameters:
  ///   - table: what the main one serves.
  ///   - reception: takes what comes to OTLP's ports.
  ///   - onListening: is told the addresses once all servers are bound to them.
  /// - Throws: ``SecurityError``.
  init(
    _ configuration: ControlPlaneConfiguration, reception: OTLPReception, logger: Logger,
    table: (ServerSecurity) -> RouteTable, onListening: @escaping @Sendable (ListeningAddresses) -> Void
  ) throws {
    var serving = FleetServerConfiguration()
    serving.address = configuration.listen
    serving.security = configuration.security
    try serving.security.check(listeningOn: serving.address)
    let security = try ServerSecurity(serving.security, logger: logger)
    let choices = [(OTLPListener.Kind.grpc, configuration.otlpGRPC), (.http, configuration.otlpHTTP)]
    let otlp = try choices.compactMap { [serving] in
      try OTLPListener(
        $0.0, $0.1, configuration: serving, security: security, reception: reception, logger: logger)
    }
    self.otlp = otlp
    main = FleetServer(
      configuration: serving, security: security, table: table(security), time: SystemTime(), logger: logger
    ) { address in
      var addresses = ListeningAddresses(main: address)
      for listener in otlp {
        let bound = try? await listener.bound.wait()
        switch listener.kind {
        case .grpc: addresses.otlpGRPC = bound ?? nil
        case .http: addresses.otlpHTTP = bound ?? nil
        }
      }
      onListening(addresses)
    }
  }

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for listener in otlp { group.addTask { try await listener.run() } }
      group.addTask {
        do {
          try await cancelWhenGracefulShutdown {
            for listener in otlp { _ = try await listener.bound.wait() }
          }
        } catch is CancellationError {
          return
        }
        try await main.run()
      }
      // The first that fails ends the others.
      for try await _ in group {}
    }
  }
}

/// A service that starts once the servers listen: what it starts finds them there.
struct AfterListening<Wrapped: Service>: Service {
  let listening: Arrival<ListeningAddresses>
  let service: Wrapped
  let prepare: @Sendable (ListeningAddresses) -> Void

  func run() async throws {
    let addresses: ListeningAddresses
    do { addresses = try await cancelWhenGracefulShutdown { try await listening.wait() } } catch is CancellationError {
      return
    }
    prepare(addresses)
    try await service.run()
  }
}
