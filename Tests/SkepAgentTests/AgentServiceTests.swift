import AsyncHTTPClient
import CoreMetrics
import FleetModel
import FoundationEssentials
import Hummingbird
import Logging
import MetricExposition
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import SkepAgent

@Suite struct AgentServiceTests {
  private func configuration(server: String? = nil) throws -> AgentConfiguration {
    var configuration = AgentConfiguration(agentID: try AgentID("planner"), port: 0, server: server, labels: ["a": "b"])
    configuration.registration.heartbeatInterval = .milliseconds(20)
    configuration.registration.firstRetry = .milliseconds(5)
    configuration.registration.longestRetry = .milliseconds(20)
    // However busy the machine is, no call is given up.
    configuration.registration.requestTimeout = .seconds(300)
    configuration.registration.farewellTimeout = .seconds(300)
    configuration.shutdownGrace = .seconds(300)
    return configuration
  }

  private var silent: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }

  /// Runs an agent while `body` talks to it at the address it is given.
  private func withAgent(
    _ configuration: AgentConfiguration, checks: HealthChecks = HealthChecks(),
    registry: MetricRegistry = MetricRegistry(),
    routes: @escaping @Sendable (Router<BasicRequestContext>) -> Void = { _ in },
    body: @escaping @Sendable (String) async throws -> Void
  ) async throws {
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let agent = AgentService(
      configuration: configuration, registry: registry, checks: checks, logger: silent,
      routes: routes, onListening: { found.yield($0) })
    try await running(agent) {
      var iterator = ports.makeAsyncIterator()
      let port = await iterator.next() ?? 0
      try await body("http://127.0.0.1:\(port)")
    }
  }

  @Test func servesMetricsInTheFormatThatIsAskedFor() async throws {
    let registry = MetricRegistry()
    registry.makeCounter(label: "work", dimensions: []).increment(by: 2)
    try await withAgent(try configuration(), registry: registry) { address in
      let text = try await get(address + "/metrics")
      #expect(text.status == 200)
      #expect(text.contentType == "text/plain; version=0.0.4; charset=utf-8")
      #expect(text.body.contains("work_total 2\n"))
      let open = try await get(address + "/metrics", accept: "application/openmetrics-text;version=1.0.0")
      #expect(open.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8")
      #expect(open.body.hasSuffix("# EOF\n"))
    }
  }

  @Test func livenessAndReadinessAreTwoThings() async throws {
    let checks = HealthChecks(
      liveness: ["loop": { nil }], readiness: ["model": { "not loaded" }, "queue": { nil }])
    try await withAgent(try configuration(), checks: checks) { address in
      let health = try await get(address + "/health")
      #expect(health.status == 200)
      #expect(health.body == #"{"checks":{"loop":"ok"},"status":"ok"}"#)
      let ready = try await get(address + "/ready")
      #expect(ready.status == 503)
      #expect(ready.body == #"{"checks":{"model":"not loaded","queue":"ok"},"status":"failing"}"#)
    }
  }

  /// What `docs/agents.md` shows must compile: a trailing closure adds routes.
  @Test func theDocumentedFormAddsRoutes() async throws {
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let checks = HealthChecks(readiness: ["model": { nil }])
    let agent = AgentService(configuration: try configuration(), registry: MetricRegistry(), checks: checks) { router in
      router.get("/greet/:name") { _, context in "hello, \(context.parameters.get("name") ?? "you")" }
    } onListening: {
      found.yield($0)
    }
    try await running(agent) {
      var iterator = ports.makeAsyncIterator()
      let port = await iterator.next() ?? 0
      let answer = try await get("http://127.0.0.1:\(port)/greet/bee")
      #expect(answer.body == "hello, bee")
    }
  }

  @Test func ownRoutesAreServedAndOthersNotFound() async throws {
    let routes: @Sendable (Router<BasicRequestContext>) -> Void = { $0.get("/hello") { _, _ in "hello" } }
    try await withAgent(try configuration(), routes: routes) { address in
      let own = try await get(address + "/hello")
      let other = try await get(address + "/nothing")
      #expect(own.body == "hello")
      #expect(other.status == 404)
    }
  }

  @Test func isNotReadyWhileItDrains() async throws {
    var configuration = try configuration()
    configuration.drainDelay = .seconds(3600)
    configuration.shutdownGrace = .milliseconds(1)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let agent = AgentService(
      configuration: configuration, registry: MetricRegistry(), logger: silent, onListening: { found.yield($0) })
    let group = ServiceGroup(configuration: .init(services: [agent], logger: silent))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      var iterator = ports.makeAsyncIterator()
      let port = await iterator.next() ?? 0
      let address = "http://127.0.0.1:\(port)"
      #expect(try await get(address + "/ready").status == 200)
      await group.triggerGracefulShutdown()
      try await eventually("not ready") { try await get(address + "/ready").status == 503 }
      #expect(try await get(address + "/health").status == 200)
      // The hour of draining is not waited for.
      tasks.cancelAll()
    }
  }

  @Test func aTakenPortIsAnError() async throws {
    try await withAgent(try configuration()) { address in
      var second = try configuration()
      second.port = Int(address.split(separator: ":").last ?? "") ?? 0
      let agent = AgentService(configuration: second, registry: MetricRegistry(), logger: silent)
      await #expect(throws: (any Error).self) { try await agent.run() }
    }
  }

  @Test func registersBeatsAndLeaves() async throws {
    let plane = FakeControlPlane { call, before in call.path == "/fleet/v1/agents" && before == 0 ? .created : .ok }
    let metricsAddress = Mutex("")
    try await plane.serve { port in
      try await withAgent(try configuration(server: "http://127.0.0.1:\(port)/")) { address in
        metricsAddress.withLock { $0 = address }
        try await eventually("three heartbeats") {
          plane.calls.count { $0.path == "/fleet/v1/agents/planner/heartbeat" } >= 3
        }
      }
    }
    let calls = plane.calls
    #expect(calls.first?.method == "POST")
    #expect(calls.first?.path == "/fleet/v1/agents")
    #expect(calls.filter { $0.method == "DELETE" }.map(\.path) == ["/fleet/v1/agents/planner"])
    #expect(calls.count { $0.path == "/fleet/v1/agents" } == 1)
    struct Body: Decodable {
      let agentId: String
      let metricsEndpoint: String
      let healthEndpoint: String
      let pid: Int32
      let labels: [String: String]
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let body = try decoder.decode(Body.self, from: Data((calls.first?.body ?? "").utf8))
    let address = metricsAddress.withLock { $0 }
    #expect(body.agentId == "planner")
    #expect(body.metricsEndpoint == address + "/metrics")
    #expect(body.healthEndpoint == address + "/health")
    #expect(body.pid == ProcessInfo.processInfo.processIdentifier)
    #expect(body.labels == ["a": "b"])
  }

  /// The entry that `skep up` has made must outlive the agent's own registration.
  @Test func leavesAnEntryThatItDidNotMake() async throws {
    let plane = FakeControlPlane { _, _ in .ok }
    try await plane.serve { port in
      try await withAgent(try configuration(server: "http://127.0.0.1:\(port)")) { _ in
        try await eventually("a heartbeat") { plane.calls.count >= 2 }
      }
    }
    #expect(!plane.calls.contains { $0.method == "DELETE" })
  }

  @Test func registersAgainWhenItIsForgotten() async throws {
    let plane = FakeControlPlane { call, before in
      before == 1 ? .notFound : call.path == "/fleet/v1/agents" ? .created : .ok
    }
    try await plane.serve { port in
      try await withAgent(try configuration(server: "http://127.0.0.1:\(port)")) { _ in
        try await eventually("a second registration") { plane.calls.count { $0.path == "/fleet/v1/agents" } == 2 }
      }
    }
  }

  @Test func servesAndKeepsTryingWhileTheControlPlaneIsAway() async throws {
    // Nobody listens there, and nobody else can take it.
    let reserved = try ReservedPort()
    let port = reserved.port
    let plane = FakeControlPlane { _, before in before < 2 ? .serviceUnavailable : .created }
    try await withAgent(try configuration(server: "http://127.0.0.1:\(port)")) { address in
      #expect(try await get(address + "/health").status == 200)
      try await plane.serve(port: port) { _ in
        try await eventually("a heartbeat") { plane.calls.contains { $0.path.hasSuffix("/heartbeat") } }
      }
    }
    withExtendedLifetime(reserved) {}
    #expect(plane.calls.prefix(3).allSatisfy { $0.path == "/fleet/v1/agents" })
  }

  @Test func sendsTheTokenAsItIsInTheFileNow() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "skep-agent-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let file = directory.appending(path: "token")
    try Data("first\n".utf8).write(to: file)
    let plane = FakeControlPlane { call, _ in call.authorization == "Bearer second" ? .created : .unauthorized }
    try await plane.serve { port in
      var configuration = try configuration(server: "http://127.0.0.1:\(port)")
      configuration.tokenFile = file.path
      try await withAgent(configuration) { _ in
        try await eventually("a refusal") { plane.calls.contains { $0.authorization == "Bearer first" } }
        try Data("second\n".utf8).write(to: file)
        try await eventually("a heartbeat") { plane.calls.contains { $0.path.hasSuffix("/heartbeat") } }
      }
    }
  }

  /// A request that never ends must not keep the agent from stopping.
  @Test func requestsThatHangAreCancelledAfterTheGrace() async throws {
    var configuration = try configuration()
    configuration.shutdownGrace = .milliseconds(50)
    let (entries, entered) = AsyncStream.makeStream(of: Void.self)
    let routes: @Sendable (Router<BasicRequestContext>) -> Void = { router in
      router.get("/hang") { _, _ in
        entered.yield()
        try await Task.sleep(for: .seconds(86_400))
        return "late"
      }
    }
    let asked = Mutex<Task<Void, Never>?>(nil)
    try await withAgent(configuration, routes: routes) { address in
      // Asks from outside the agent's life, which must not wait for it; awaited below.
      let task = Task { _ = try? await get(address + "/hang") }
      asked.withLock { $0 = task }
      var iterator = entries.makeAsyncIterator()
      await iterator.next()
    }
    await asked.withLock { $0 }?.value
  }
}

struct Answer: Sendable {
  let status: Int
  let contentType: String?
  let body: String
}

func get(_ url: String, accept: String? = nil, timeout: TimeAmount = .seconds(300)) async throws -> Answer {
  try await send(.init(url: url), accept: accept, timeout: timeout)
}

func post(_ url: String, body: String = "", headers: [(String, String)] = []) async throws -> Answer {
  var request = HTTPClientRequest(url: url)
  request.method = .POST
  request.headers.add(contentsOf: headers)
  request.body = .bytes(ByteBuffer(string: body))
  return try await send(request, accept: nil, timeout: .seconds(300))
}

private func send(_ request: HTTPClientRequest, accept: String?, timeout: TimeAmount) async throws -> Answer {
  var request = request
  if let accept { request.headers.add(name: "accept", value: accept) }
  let response = try await HTTPClient.patient.execute(request, timeout: timeout)
  let body = try await response.body.collect(upTo: 1 << 22)
  return Answer(
    status: Int(response.status.code), contentType: response.headers.first(name: "content-type"),
    body: String(buffer: body))
}
