import Alerting
import DeployPlan
import FleetModel
import Ingest
import LocalRuntime
import Logging
import Platform
import ServiceLifecycle
import Synchronization
import SystemPackage

/// The parts that a system file passes.
struct SystemPath: Sendable {
  let local: LocalFleet?
  let services: [any Service]
}

extension Composition {
  /// System file → processes or named instances → registry; again whenever the file changes.
  static func systemPath(
    _ configuration: ControlPlaneConfiguration, samples: SamplePath, traces: TracePath,
    notifications: NotificationPath, loaded: LoadedSystem, deployments: LocalDeployments?, exchange: ExchangeClient,
    listening: Arrival<ListeningAddresses>, processes: LocalProcesses, logger: Logger
  ) throws -> SystemPath {
    let registry = samples.registry
    registry.replaceTargets(
      of: .systemFile, with: configuration.system.namedTargets(startedHere: configuration.runsAgents))
    // Whatever the runtime ran before this start is gone; what it starts now it names itself.
    registry.replaceTargets(of: .localRuntime, with: [])
    var local: LocalFleet?
    if configuration.runsAgents {
      let now = SystemTime().now()
      for agent in configuration.system.agents where !agent.command.isEmpty {
        traces.lost.earlierRunEnded(of: agent.agentID, before: now)
      }
      local = LocalFleet(
        system: configuration.system, workingDirectory: configuration.systemDirectory,
        logDirectory: configuration.dataDirectory.appending(DataDirectory.logs),
        baseEnvironment: [:],
        http: exchange, time: SystemTime(), random: SystemRandom(), logger: logger
      ) { [processes, lost = traces.lost] targets in
        processes.note(ending: targets.ending)
        registry.replaceTargets(of: .localRuntime, with: targets.watched)
        for dead in processes.ended(now: targets) {
          lost.processEnded(of: dead.agentID, instance: dead.instance, at: SystemTime().now())
        }
      }
    }
    var services: [any Service] = []
    if let local {
      let isEncrypted = configuration.security.tls != nil
      services.append(
        AfterListening(listening: listening, service: local) { addresses in
          local.setBaseEnvironment(addresses.agentEnvironment(isEncrypted: isEncrypted))
        })
    }
    let ruleFiles = RuleFileFollower(
      configuration.ruleFiles, rules: samples.ruleSet, time: SystemTime(), logger: logger)
    services.append(ruleFiles)
    if let file = configuration.systemFile {
      services.append(
        SystemFileFollower(
          file: file, environment: configuration.environment, runsAgents: configuration.runsAgents,
          rules: samples.ruleSet, ruleFiles: ruleFiles,
          notifications: notifications, registry: registry, local: local, current: configuration.system, loaded: loaded,
          deployments: deployments, logger: logger))
    }
    return SystemPath(local: local, services: services)
  }
}

extension ControlPlaneConfiguration {
  /// The system file without its secrets; what it would say where there is none. Blocks while it is read.
  func shownSystem() throws -> String {
    let bytes = try systemFile.flatMap { try StateFile($0).read() }
    let shown = bytes.flatMap { SystemFile.shown(String(decoding: $0, as: UTF8.self), environment: environment) }
    return shown ?? "system: \(system.name)\n"
  }

  /// Where relative commands of agents begin.
  fileprivate var systemDirectory: FilePath {
    let folder = systemFile?.removingLastComponent() ?? "."
    return folder.isEmpty ? "." : folder
  }
}

extension ListeningAddresses {
  /// What every agent of this machine finds in its environment beside its own: where Skep is, and takes spans and metrics.
  fileprivate func agentEnvironment(isEncrypted: Bool) -> [String: String] {
    var address = main
    if ["0.0.0.0", "::", "*", ""].contains(main.host) { address = ListenAddress(port: main.port) }
    let url = "\(isEncrypted ? "https" : "http")://\(address)"
    return [
      "SKEP_SERVER": url, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    ]
  }
}

/// Tells which processes of the local runtime have ended since it last spoke, and which are about to.
final class LocalProcesses: Sendable {
  private struct State {
    var running: [String: (target: CollectionTarget, pid: Int32)] = [:]
    var ending: Set<String> = []
  }

  private let state = Mutex(State())

  /// Notes who was asked to end and still runs.
  func note(ending targets: [CollectionTarget]) {
    state.withLock { $0.ending = Set(targets.map { Self.key($0.agentID, $0.instance) }) }
  }

  /// Whether the process of an instance that is not watched any more still has time for its runs in flight.
  func isEnding(_ agent: AgentID, _ instance: String) -> Bool {
    state.withLock { $0.ending.contains(Self.key(agent, instance)) }
  }

  /// - Returns: the instances whose process is gone, also where another one runs in its place already.
  func ended(now targets: LocalTargets) -> [CollectionTarget] {
    state.withLock { state in
      let pids = Dictionary(
        (targets.ending + targets.watched).compactMap { target in target.pid.map { (target, $0) } }.map {
          (Self.key($0.0.agentID, $0.0.instance), (target: $0.0, pid: $0.1))
        }, uniquingKeysWith: { $1 })
      let dead = state.running.filter { pids[$0.key]?.pid != $0.value.pid }.map(\.value.target)
      state.running = pids
      return dead
    }
  }

  private static func key(_ agent: AgentID, _ instance: String) -> String { "\(agent)/\(instance)" }
}
