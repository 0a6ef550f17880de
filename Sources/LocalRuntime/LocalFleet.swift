public import DeployPlan
public import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle
import Synchronization
public import SystemPackage

/// Runs the agents of a system file as processes of this machine and keeps them running.
///
/// An agent without `command` is not started. Each instance has a process group, a port (`PORT`) and a log file of its own;
/// ``SupervisorMachine`` says how it is probed and restarted, ``RollPlanner`` how a change reaches it, ``Guardian`` what
/// becomes of it when Skep is killed. Everything is decided in one loop, ``FleetLoop``, inside ``run()``.
public final class LocalFleet: Service {
  /// The executable that serves as ``Guardian``.
  public enum GuardianSource: Sendable, Hashable {
    /// The running one, whose main calls ``Guardian/runIfAsked(_:)``.
    case thisExecutable
    case executable(FilePath)
    /// Agents outlive a `kill -9` of this process.
    case none
  }

  struct Published: Sendable {
    var instances: [LocalInstance] = []
    var rolls: [LocalRoll] = []
    var hasRun = false
  }

  private let launch: Mutex<LaunchSettings>
  private let guardian: GuardianSource
  private let environment: FleetLoop.Environment
  private let events: AsyncStream<FleetLoop.Event>
  private let published: Mutex<Published>

  /// - Parameters:
  ///   - workingDirectory: where agents run and relative commands are found: the system file's directory.
  ///   - logDirectory: holds `AGENT-N.log` of each instance; created where missing.
  ///   - baseEnvironment: added for each agent, after `AGENT_ID`, `NAMESPACE` and `PORT`.
  ///   - guardian: who ends the agents when this process is killed.
  ///   - onChange: is told of the instances that others are to know of whenever one starts, stops, ends or moves. Called from one
  ///     task, in order.
  public init(
    system: FleetSystem, workingDirectory: FilePath, logDirectory: FilePath, baseEnvironment: [String: String],
    guardian: GuardianSource = .thisExecutable, http: any HTTPExchanger, time: any TimeSource,
    random: any RandomSource, logger: Logger, onChange: @escaping @Sendable (LocalTargets) -> Void
  ) {
    let (events, continuation) = AsyncStream.makeStream(of: FleetLoop.Event.self)
    // First in the queue, so that a system applied before `run()` comes after it.
    continuation.yield(.apply(system))
    launch = Mutex(
      LaunchSettings(
        namespace: system.namespace, workingDirectory: workingDirectory, logDirectory: logDirectory,
        baseEnvironment: baseEnvironment, inherited: OwnEnvironment.read()))
    self.guardian = guardian
    self.events = events
    published = Mutex(Published())
    environment = FleetLoop.Environment(
      probe: InstanceProbe(http: http), time: time, random: random, logger: logger, onChange: onChange,
      events: continuation)
  }

  private var settings: LaunchSettings { launch.withLock { $0 } }

  /// Changes what is added for each agent, as known when it is about to ``run()``.
  public func setBaseEnvironment(_ variables: [String: String]) { launch.withLock { $0.baseEnvironment = variables } }

  /// Goes over to a changed system: starts what is new, stops what left, rolls over what changed, one instance at a time. An
  /// instance that is to end for it has the agent's `drain_timeout` for its runs in flight.
  ///
  /// Returns at once; ``rolls()`` and ``snapshot()`` tell how it gets on. A further call supersedes what an earlier one has
  /// not finished. A change that does not work stops at the first instance and leaves the others alone.
  public func apply(_ system: FleetSystem) async { environment.events.yield(.apply(system)) }

  /// Where the output of an instance is found, for whoever follows it from another process; see ``LogFollower``.
  public static func logFile(of agent: AgentID, ordinal: Int, in logDirectory: FilePath) -> FilePath {
    LaunchSettings.logFile(of: agent, ordinal: ordinal, in: logDirectory)
  }

  /// All instances, by agent and ordinal.
  public func snapshot() -> [LocalInstance] { published.withLock { $0.instances } }

  /// The agents that are on their way to what was last applied; empty when all are there.
  public func rolls() -> [LocalRoll] { published.withLock { $0.rolls } }

  /// Supervises until cancelled or gracefully shut down, then ends every process: SIGTERM, after 3 s SIGKILL.
  ///
  /// - Throws: ``LocalFleetError`` if it cannot begin.
  public func run() async throws {
    let isFirst = published.withLock { published in
      defer { published.hasRun = true }
      return !published.hasRun
    }
    guard isFirst else { throw LocalFleetError.alreadyRan }
    try await prepareLogDirectory()
    let host = ProcessHost(guardian: try guardianLink()) { [events = environment.events] report in
      events.yield(.report(report))
    }
    // A task of its own, because cancellation must not reach it: it has processes to end. Awaited right below.
    let supervision = Task { try await self.supervise(host) }
    try await withTaskCancellationHandler {
      try await withGracefulShutdownHandler {
        try await supervision.value
      } onGracefulShutdown: {
        self.environment.events.yield(.shutDown)
      }
    } onCancel: {
      environment.events.yield(.shutDown)
    }
  }

  private func supervise(_ host: ProcessHost) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      let (ready, becameReady) = AsyncStream.makeStream(of: Void.self)
      group.addTask {
        defer { becameReady.finish() }
        try await host.run { becameReady.yield(()) }
      }
      var readiness = ready.makeAsyncIterator()
      if await readiness.next() != nil {
        await loop(host)
        host.end()
      }
      try await group.waitForAll()
    }
  }

  private func loop(_ host: ProcessHost) async {
    await withDiscardingTaskGroup { group in
      var loop = FleetLoop(settings: settings, host: host, environment: environment)
      for await event in events {
        loop.handle(event, in: &group)
        let state = loop.published()
        published.withLock { published in
          published.instances = state.instances
          published.rolls = state.rolls
        }
        if loop.isOver { break }
      }
      // Probes and timers of instances that are no more.
      group.cancelAll()
    }
  }

  private func guardianLink() throws -> GuardianLink? {
    let token = "\(environment.random.next())-\(environment.random.next())"
    guard let executable = guardianExecutable else { return nil }
    if settings.inherited[Guardian.selfVariable] != nil {
      throw LocalFleetError.guardianUnavailable(
        "this process was itself started as one; call Guardian.runIfAsked() first in its main")
    }
    return GuardianLink(executable: executable, token: token, environment: settings.inherited)
  }

  private var guardianExecutable: FilePath? {
    switch guardian {
    // The kernel's link also works when the file has been replaced or removed by a new build.
    case .thisExecutable: "/proc/self/exe"
    case .executable(let path): path
    case .none: nil
    }
  }

  private func prepareLogDirectory() async throws {
    let directory = settings.logDirectory
    try await BlockingWork.files.run { () throws(LocalFleetError) in
      do throws(FileError) {
        try DirectoryCreation.create(directory)
      } catch {
        throw .unusableLogDirectory("\(error)")
      }
    }
  }
}
