import DeployPlan
import FleetModel
import Glibc
import LocalRuntime
import Logging
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Answers for agents that have no HTTP server: by the port that is asked.
final class FakeAgents: HTTPExchanger {
  private let answer: @Sendable (_ port: Int, _ path: String) -> Int?

  /// - Parameter answer: a status, or `nil` for no connection.
  init(_ answer: @escaping @Sendable (_ port: Int, _ path: String) -> Int? = { _, _ in 200 }) { self.answer = answer }

  func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse {
    let rest = request.url.dropFirst("http://127.0.0.1:".count)
    let port = Int(rest.prefix { $0 != "/" }) ?? 0
    guard let status = answer(port, String(rest.drop { $0 != "/" })) else {
      throw HTTPExchangeError.cannotConnect("refused")
    }
    return HTTPExchangeResponse(status: status)
  }
}

/// A fleet of shell scripts in a directory of its own.
struct FleetHarness: Sendable {
  let scratch: ScratchDirectory
  let fleet: LocalFleet
  private let history: History

  final class History: Sendable {
    let targets = Mutex<[LocalTargets]>([])
  }

  init(
    _ agents: [AgentSpec], http: FakeAgents = FakeAgents(), guardian: LocalFleet.GuardianSource? = nil
  ) throws {
    let scratch = try ScratchDirectory()
    let history = History()
    self.scratch = scratch
    self.history = history
    fleet = LocalFleet(
      system: Self.system(agents), workingDirectory: scratch.path, logDirectory: scratch.path.appending("logs"),
      baseEnvironment: ["EXTRA": "base"], guardian: try guardian ?? .executable(BuiltExecutable.path("fleet-parent")),
      http: http, time: SystemTime(), random: SystemRandom(),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      onChange: { targets in history.targets.withLock { $0.append(targets) } })
  }

  static func system(_ agents: [AgentSpec]) -> FleetSystem {
    var system = FleetSystem(name: "test")
    system.agents = agents
    return system
  }

  /// Every list of targets to be watched so far.
  var announced: [[CollectionTarget]] { told.map(\.watched) }

  /// All that was told so far.
  var told: [LocalTargets] { history.targets.withLock { $0 } }

  func log(_ name: String) -> String { scratch.read("logs/\(name).log") ?? "" }

  /// Runs the fleet for as long as `body` takes, then cancels it and waits for its end.
  func running(_ body: () async throws -> Void) async throws {
    let run = Task { try await fleet.run() }
    let result: Result<Void, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    run.cancel()
    try await run.value
    try result.get()
  }
}

func script(_ name: String, _ text: String, replicas: Int = 1, ports: [Int] = [], version: String = "1") throws
  -> AgentSpec
{
  var spec = AgentSpec(agentID: try AgentID(name))
  spec.command = ["/bin/sh", "-c", text]
  spec.ports = ports
  spec.environment = [.init(name: "VERSION", value: .text(version))]
  spec.scaling.initialReplicas = replicas
  spec.scaling.initialReplicasGiven = true
  return spec
}

/// Waits until `condition` holds; fails the test after a time that only a hang takes.
func eventually(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) async throws {
  for _ in 0..<30_000 {
    if try condition() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("never came true: \(what)", sourceLocation: sourceLocation)
  throw CancellationError()
}

/// Whether the process has ended, even if nobody has reaped it.
func isGone(_ pid: Int32) -> Bool { ProcResourceReader().process(pid) == nil }
