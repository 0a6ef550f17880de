import AsyncHTTPClient
import FleetModel
import FoundationEssentials
import Hummingbird
import Logging
import MetricExposition
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing
import Tracing

@testable import SkepAgent

/// A stop waits for what is in flight, and for no longer than it may.
@Suite struct DrainTests {
  @Test func countsWhatIsInFlight() async {
    let runs = RunsInFlight()
    await runs.untilIdle()
    let run = runs.begin()
    var second: RunsInFlight.Run? = runs.begin()
    #expect(second != nil && runs.count == 2)
    run.end()
    run.end()
    #expect(runs.count == 1)
    second = nil
    #expect(runs.count == 0, "what nobody can end any more has ended")
    await runs.track { #expect(runs.count == 1) }
    await runs.untilIdle()
  }

  @Test func waitsForTheLastOneOrTheSecondCall() async {
    let runs = RunsInFlight()
    let tokens = (0..<100).map { _ in runs.begin() }
    await withTaskGroup(of: Void.self) { tasks in
      for _ in 0..<3 { tasks.addTask { await runs.untilIdle() } }
      for token in tokens { tasks.addTask { token.end() } }
    }
    let stuck = runs.begin()
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await runs.untilIdle() }
      tasks.addTask { await runs.untilCutShort() }
      tasks.addTask { runs.cutShort() }
    }
    #expect(runs.count == 1)
    stuck.end()
  }

  @Test func spansAreRunsUntilTheyEnd() throws {
    let agent = AgentConfiguration(agentID: try AgentID("planner"))
    // Whether anybody records them or not.
    let tracer = SkepTracer(.fromEnvironment(agent: agent))
    let span = tracer.startSpan("work", context: .topLevel, ofKind: .internal)
    #expect(tracer.runs.count == 1)
    span.end()
    span.end()
    #expect(tracer.runs.count == 0)
    _ = tracer.startSpan("forgotten", context: .topLevel, ofKind: .internal)
    #expect(tracer.runs.count == 0)
  }

  /// An agent with the route `/work`, which answers when the gate is opened; `body` gets its address and what stops it.
  private func withAgent(
    _ configuration: AgentConfiguration, gate: Gate,
    body: @escaping @Sendable (String, ServiceGroup, AgentService) async throws -> Void
  ) async throws {
    var silent = Logger(label: "test")
    silent.logLevel = .critical
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let agent = AgentService(configuration: configuration, registry: MetricRegistry(), logger: silent) { router in
      router.get("/work") { _, _ in
        await gate.pass()
        return "done"
      }
    } onListening: {
      found.yield($0)
    }
    let group = ServiceGroup(configuration: .init(services: [agent], logger: silent))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let port = await iterator.next() ?? 0
      try await body("http://127.0.0.1:\(port)", group, agent)
      try await tasks.waitForAll()
    }
  }

  private func configuration(server: String? = nil) throws -> AgentConfiguration {
    var configuration = AgentConfiguration(agentID: try AgentID("planner"), port: 0, server: server)
    configuration.drainTimeout = .seconds(3600)
    configuration.registration.heartbeatInterval = .milliseconds(20)
    configuration.registration.requestTimeout = .seconds(300)
    configuration.registration.farewellTimeout = .seconds(300)
    return configuration
  }

  @Test func aRequestInFlightIsAnsweredBeforeTheAgentLeaves() async throws {
    let plane = FakeControlPlane { call, before in call.path == "/fleet/v1/agents" && before == 0 ? .created : .ok }
    let gate = Gate()
    try await plane.serve { port in
      try await withAgent(try configuration(server: "http://127.0.0.1:\(port)"), gate: gate) { address, group, agent in
        async let answer = get(address + "/work")
        try await eventually("the work has begun") { agent.runs.count == 1 }
        try await eventually("it is registered") { plane.calls.contains { $0.path.hasSuffix("/heartbeat") } }
        await group.triggerGracefulShutdown()
        try await eventually("not ready") { try await get(address + "/ready").status == 503 }
        #expect(agent.runs.isDraining)
        let before = plane.calls.count
        try await eventually("it goes on telling that it is there") { plane.calls.count > before + 2 }
        #expect(!plane.calls.contains { $0.method == "DELETE" })
        gate.open()
        #expect(try await answer.body == "done")
      }
      #expect(plane.calls.contains { $0.method == "DELETE" })
    }
  }

  @Test func whatIsInFlightForTooLongIsCancelled() async throws {
    var configuration = try configuration()
    configuration.drainTimeout = .milliseconds(50)
    configuration.shutdownGrace = .milliseconds(50)
    let gate = Gate()
    let asked = Mutex<Task<Void, Never>?>(nil)
    try await withAgent(configuration, gate: gate) { address, group, agent in
      // Asks from outside the agent's life; awaited below.
      asked.withLock { $0 = Task { _ = try? await get(address + "/work") } }
      try await eventually("the work has begun") { agent.runs.count == 1 }
      await group.triggerGracefulShutdown()
    }
    await asked.withLock { $0 }?.value
  }

  @Test func aSecondCallIsNotMadeToWait() async throws {
    var configuration = try configuration()
    configuration.shutdownGrace = .milliseconds(50)
    let gate = Gate()
    let asked = Mutex<Task<Void, Never>?>(nil)
    try await withAgent(configuration, gate: gate) { address, group, agent in
      asked.withLock { $0 = Task { _ = try? await get(address + "/work") } }
      try await eventually("the work has begun") { agent.runs.count == 1 }
      await group.triggerGracefulShutdown()
      try await eventually("not ready") { try await get(address + "/ready").status == 503 }
      agent.runs.cutShort()
    }
    await asked.withLock { $0 }?.value
  }

  @Test(arguments: [("0", 0), ("30", 30), ("604800", 604_800)])
  func theTimeToDrainComesFromTheEnvironment(text: String, seconds: Int64) throws {
    let configuration = try AgentConfiguration(environment: ["AGENT_ID": "a", "DRAIN_TIMEOUT": text])
    #expect(configuration.drainTimeout == .seconds(seconds))
  }

  @Test(arguments: ["30s", "-1", "1.5", "99999999999", " 3"])
  func whatIsNoNumberOfSecondsIsNamed(text: String) {
    let problem = #expect(throws: AgentConfiguration.Problem.self) {
      try AgentConfiguration(environment: ["AGENT_ID": "a", "DRAIN_TIMEOUT": text])
    }
    #expect(problem?.variable == "DRAIN_TIMEOUT")
  }
}

/// Lets through whoever waits, or is cancelled, once it is open.
final class Gate: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream(of: Void.self) }

  func open() { continuation.finish() }

  func pass() async { for await _ in stream {} }
}
