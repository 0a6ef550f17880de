import Platform
import ServiceLifecycle

/// All servers of a Skep: those of OTLP's ports bind first, so that all are there when the main one says that it listens. They are shut
/// down at the same time.
struct Servers: Service {
  let otlp: [OTLPListener]
  let main: FleetServer

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
      try await group.waitForAll()
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
