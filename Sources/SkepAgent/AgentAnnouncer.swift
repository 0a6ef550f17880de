import AsyncHTTPClient
import FleetModel
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// Tells the control plane that the agent is there, waits on shutdown for what is in flight, and says that it is gone.
struct Announcer: Service {
  let agent: AgentConfiguration
  let ports: AsyncStream<Int>
  let runs: RunsInFlight
  let logger: Logger

  func run() async throws {
    try await withGracefulShutdownHandler {
      if let server = agent.server {
        try await announce(to: server)
      } else {
        await drain()
      }
    } onGracefulShutdown: {
      runs.startDraining()
    }
  }

  private func announce(to server: String) async throws {
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: .quiet)
    let machine = await withTaskGroup(of: RegistrationMachine?.self) { tasks in
      tasks.addTask {
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else { return RegistrationMachine(policy: agent.registration) }
        return await loop(http, server, port: port, timeout: agent.registration.requestTimeout).run()
      }
      tasks.addTask {
        await drain()
        return nil
      }
      // The registration ends with the draining alone: until then the agent is at work, and seen to be.
      var machine = RegistrationMachine(policy: agent.registration)
      for await ended in tasks {
        if let ended { machine = ended } else { tasks.cancelAll() }
      }
      return machine
    }
    await loop(http, server, port: agent.port, timeout: agent.registration.farewellTimeout).leave(machine)
    try await http.shutdown()
  }

  /// Returns when the agent has been told to stop and nothing is in flight any more, or may take no longer.
  private func drain() async {
    guard (try? await gracefulShutdown()) != nil else { return }
    await first {
      await runs.untilCutShort()
    } or: {
      try? await Task.sleep(for: agent.drainDelay)
    }
    guard agent.drainTimeout > .zero, !runs.isCutShort, runs.count > 0 else { return }
    logger.info("waiting for what is in flight", metadata: ["runs": "\(runs.count)", "for": "\(agent.drainTimeout)"])
    await first {
      await runs.untilIdle()
    } or: {
      try? await Task.sleep(for: agent.drainTimeout)
    }
    if runs.count > 0 { logger.warning("stopping while work is in flight", metadata: ["runs": "\(runs.count)"]) }
  }

  private func first(
    _ one: @escaping @Sendable () async -> Void, or other: @escaping @Sendable () async -> Void
  ) async {
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask(operation: one)
      tasks.addTask(operation: other)
      await tasks.next()
      tasks.cancelAll()
    }
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

/// Cuts the draining short when a signal comes that had come before.
struct SecondSignal: Service {
  let signals: [UnixSignal]
  let runs: RunsInFlight

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: signals)
    await cancelWhenGracefulShutdown {
      var isFirst = true
      for await _ in signals {
        if !isFirst { runs.cutShort() }
        isFirst = false
      }
    }
  }
}
