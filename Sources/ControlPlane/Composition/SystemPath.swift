import Alerting
import DeployPlan
import FleetModel
import Ingest
import LocalRuntime
import Logging
import Platform
import ServiceLifecycle
import SystemPackage

/// The parts that a system file passes.
struct SystemPath: Sendable {
  let local: LocalFleet?
  let services: [any Service]
}

extension Composition {
  /// System file → processes or named instances → registry; again whenever the file changes.
  static func systemPath(
    _ configuration: ControlPlaneConfiguration, samples: SamplePath, notifications: NotificationPath,
    loaded: LoadedSystem, exchange: ExchangeClient, logger: Logger
  ) throws -> SystemPath {
    let registry = samples.registry
    registry.replaceTargets(
      of: .systemFile, with: configuration.system.namedTargets(startedHere: configuration.runsAgents))
    // Whatever the runtime ran before this start is gone; what it starts now it names itself.
    registry.replaceTargets(of: .localRuntime, with: [])
    var local: LocalFleet?
    if configuration.runsAgents {
      local = LocalFleet(
        system: configuration.system, workingDirectory: configuration.systemDirectory,
        logDirectory: configuration.dataDirectory.appending(DataDirectory.logs),
        baseEnvironment: configuration.agentEnvironment,
        http: exchange, time: SystemTime(), random: SystemRandom(), logger: logger
      ) { registry.replaceTargets(of: .localRuntime, with: $0) }
    }
    var services: [any Service] = []
    if let local { services.append(local) }
    let ruleFiles = RuleFileFollower(
      configuration.ruleFiles, rules: samples.ruleSet, time: SystemTime(), logger: logger)
    services.append(ruleFiles)
    if let file = configuration.systemFile {
      services.append(
        SystemFileFollower(
          file: file, runsAgents: configuration.runsAgents, rules: samples.ruleSet, ruleFiles: ruleFiles,
          notifications: notifications, registry: registry, local: local, current: configuration.system, loaded: loaded,
          logger: logger))
    }
    return SystemPath(local: local, services: services)
  }
}

extension ControlPlaneConfiguration {
  /// The system file without its secrets; what it would say where there is none. Blocks while it is read.
  func shownSystem() throws -> String {
    let bytes = try systemFile.flatMap { try StateFile($0).read() }
    return bytes.flatMap { SystemFile.shown(String(decoding: $0, as: UTF8.self)) } ?? "system: \(system.name)\n"
  }

  /// Where relative commands of agents begin.
  fileprivate var systemDirectory: FilePath {
    let folder = systemFile?.removingLastComponent() ?? "."
    return folder.isEmpty ? "." : folder
  }

  /// What every agent finds in its environment beside its own: where Skep is.
  fileprivate var agentEnvironment: [String: String] {
    guard listen.port != 0 else { return [:] }
    let url = "\(security.tls == nil ? "http" : "https")://\(listen)"
    return ["SKEP_SERVER": url, "OTEL_EXPORTER_OTLP_ENDPOINT": url]
  }
}
