import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import Logging
import MetricExposition
import Metrics
import ServiceLifecycle
import SkepAgent
import Tracing

/// One member of the example team; the role says which.
@main
struct ResearchAgent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "research-agent",
    abstract: "A member of the research team: does its part of each piece of work and hands it on.",
    discussion: """
      The next member's address comes from the environment: RESEARCHER_URL, CODER_URL, CRITIC_URL, WRITER_URL. \
      AGENT_ID, PORT, HOST, SKEP_SERVER and SKEP_TOKEN_FILE are read as by every agent.
      """)

  @Option(help: "planner, researcher, coder, critic or writer.")
  var role: Role

  @Option(help: "Where to listen; 0 picks a free port. Default: PORT, else 8080.")
  var port: Int?

  @Option(help: "How many requests the planner starts per minute; 0 starts none.")
  var requestsPerMinute = 30.0

  @Option(help: "Multiplies every latency.")
  var latencyScale = 1.0

  @Option(help: "The share of model calls that fail.")
  var failureRate = 0.02

  @Option(help: "The share of work that the critic sends back.")
  var revisionRate = 0.2

  func validate() throws {
    if let port, !(0...65_535).contains(port) { throw ValidationError("--port \(port) is not between 0 and 65535") }
    guard (0...6000).contains(requestsPerMinute) else {
      throw ValidationError("--requests-per-minute \(requestsPerMinute) is not between 0 and 6000")
    }
    guard (0...1000).contains(latencyScale) else {
      throw ValidationError("--latency-scale \(latencyScale) is not between 0 and 1000")
    }
    for (name, share) in [("--failure-rate", failureRate), ("--revision-rate", revisionRate)]
    where !(0...1).contains(share) {
      throw ValidationError("\(name) \(share) is not between 0 and 1")
    }
  }

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    var agent: AgentConfiguration
    let plan: MisbehaviourPlan
    do {
      agent = try AgentConfiguration(environment: environment, defaultAgentID: role.rawValue)
      plan = try MisbehaviourPlan.parse(environment["MISBEHAVE"] ?? "", now: .now)
    } catch {
      throw ValidationError("\(error)")
    }
    if let port { agent.port = port }
    agent.labels = ["role": role.rawValue]
    try await serve(agent, plan: plan, next: role.next.flatMap { environment[$0.addressVariable] })
  }

  private func serve(_ agent: AgentConfiguration, plan: MisbehaviourPlan, next: String?) async throws {
    let logger = Logger(label: "research-agent")
    var registryOptions = MetricRegistry.Options()
    registryOptions.onProblem = { logger.warning("\($0)") }
    let registry = MetricRegistry(options: registryOptions)
    TeamMetrics.describe(in: registry)
    MetricsSystem.bootstrap(registry)

    let tracer = SkepTracer(.fromEnvironment(agent: agent), logger: logger)
    InstrumentationSystem.bootstrap(tracer)
    var options = HTTPClient.Configuration()
    // The members put the context into their requests themselves, since they may be told to leave it out.
    options.tracing.tracer = nil
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: options)
    let misbehaviour = MisbehaviourSwitch(plan)
    let member = TeamMember(
      settings: TeamSettings(
        role: role, nextAddress: next, latencyScale: latencyScale, failureRate: failureRate, revisionRate: revisionRate),
      http: http, misbehaviour: misbehaviour, metrics: TeamMetrics(), logger: logger)
    let routes = TeamRoutes(member: member, misbehaviour: misbehaviour)
    let host = agent.host
    let service = AgentService(
      configuration: agent, registry: registry, tracer: tracer, logger: logger, routes: { routes.add(to: $0) },
      onListening: { port in
        print("listening on http://\(host):\(port)")
        // A pipe is buffered by blocks; whoever started this waits for the line.
        fflush(nil)
      })
    var others: [any Service] = [WasteService(misbehaviour: misbehaviour)]
    if role == .planner, requestsPerMinute > 0 {
      others.append(RequestStarter(member: member, perMinute: requestsPerMinute, logger: logger))
    }
    let outcome: Result<Void, any Error>
    do {
      outcome = .success(try await service.runUntilStopped(with: others))
    } catch {
      outcome = .failure(error)
    }
    try await http.shutdown()
    try outcome.get()
  }
}
