import Alerting
import DeployPlan
import FleetModel
import Ingest
import LocalRuntime
import Logging
import Platform
import ServiceLifecycle
import SystemPackage

/// Goes over to a changed system file: its rules, its receivers and routes, its named instances and its processes. A file with mistakes changes nothing
/// and is named in the log.
struct SystemFileFollower: Service {
  let file: FilePath
  let environment: String?
  let runsAgents: Bool
  let rules: RuleSet
  let ruleFiles: RuleFileFollower
  let notifications: NotificationPath
  let registry: AgentRegistry
  let local: LocalFleet?
  let current: FleetSystem
  let loaded: LoadedSystem
  /// `nil` where nothing is started here.
  let deployments: LocalDeployments?
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var current = current
      for await change in FileWatcher(file, time: SystemTime()) {
        guard change == .changed else {
          logger.warning("the system file is gone; keeping what it said", metadata: ["file": "\(file)"])
          continue
        }
        if let changed = await read() {
          await apply(changed, after: current)
          loaded.replace(with: changed.text, changed.system, at: SystemTime().now())
          await deployments?.note(changed.system)
          current = changed.system
        } else {
          loaded.refuse(at: SystemTime().now())
        }
      }
    }
  }

  private struct Changed {
    let system: FleetSystem
    /// As it may be shown.
    let text: String
    let notificationFiles: NotificationFiles
    let notifications: NotificationFiles.Reading
  }

  private func read() async -> Changed? {
    guard let bytes = try? await StateFile(file).readOffPool() else {
      logger.error("the system file cannot be read; keeping what it said", metadata: ["file": "\(file)"])
      return nil
    }
    let reading = SystemFile.readWithRules(bytes: bytes, file: file.string, environment: environment)
    var problems = reading.diagnostics
    if let system = reading.system { problems += system.unsupported }
    let files = reading.system.map { NotificationFiles($0, file: file, places: reading.places) }
    let notifications = await BlockingWork.files.run { files?.read() }
    problems += notifications?.diagnostics ?? []
    for problem in problems {
      logger.log(level: problem.level == .error ? .error : .warning, "\(problem)", metadata: ["file": "\(file)"])
    }
    guard let system = reading.system, let files, let notifications, !problems.contains(where: { $0.level == .error })
    else {
      logger.error("the system file has mistakes; keeping the one before", metadata: ["file": "\(file)"])
      return nil
    }
    return Changed(
      system: system,
      text: SystemFile.shown(String(decoding: bytes, as: UTF8.self), environment: environment) ?? "",
      notificationFiles: files, notifications: notifications)
  }

  private func apply(_ change: Changed, after current: FleetSystem) async {
    let changed = change.system
    logger.notice("the system file changed", metadata: ["file": "\(file)"])
    do throws(RuleError) {
      try rules.replace(
        current.alertRules, with: changed.alertRules, recorded: changed.recordingRules.map(\.recordedRule))
    } catch {
      logger.error("the changed rules are not active, those before are: \(error)")
    }
    if changed.ruleFiles != current.ruleFiles { ruleFiles.follow(RuleFileSet(changed.ruleFiles, beside: file)) }
    registry.replaceTargets(of: .systemFile, with: changed.namedTargets(startedHere: runsAgents))
    await local?.apply(changed)
    if changed.notificationPolicy != current.notificationPolicy
      || changed.alertmanagerConfig != current.alertmanagerConfig
    {
      do { try await notifications.apply(change.notificationFiles, change.notifications) } catch {
        logger.error("the changed receivers and routes are not active, those before are: \(error)")
      }
    }
    if changed.monitoring != current.monitoring || changed.limits != current.limits
      || changed.storage != current.storage
    {
      logger.warning("changes of monitoring, limits and storage take effect at the next start")
    }
  }
}
