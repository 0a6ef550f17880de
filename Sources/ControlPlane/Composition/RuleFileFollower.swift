import Alerting
import DeployPlan
import FleetModel
import Logging
import Platform
import ServiceLifecycle
import Synchronization
import SystemPackage

/// Goes over to changed rule files. Files with mistakes change nothing and are named in the log.
final class RuleFileFollower: Service {
  private static let interval: Duration = .seconds(1)

  private struct State {
    var files: RuleFileSet
    /// `nil` where they are to be read whatever they are.
    var seen: [String: FileIdentity]?
  }

  private let rules: RuleSet
  private let time: any TimeSource
  private let logger: Logger
  private let state: Mutex<State>

  /// - Parameter files: as they were read when `rules` was made.
  init(_ files: RuleFileSet, rules: RuleSet, time: any TimeSource, logger: Logger) {
    self.rules = rules
    self.time = time
    self.logger = logger
    state = Mutex(State(files: files, seen: files.state()))
  }

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await self.time.sleep(for: Self.interval)
        await self.look()
      }
    }
  }

  /// Follows other files from now on, and reads them at the next look.
  func follow(_ files: RuleFileSet) { state.withLock { $0 = State(files: files, seen: nil) } }

  /// Looks once.
  func look() async {
    let (files, seen) = state.withLock { ($0.files, $0.seen) }
    let found = await BlockingWork.files.run { () -> ([String: FileIdentity], RuleFileSet.Reading?) in
      let now = files.state()
      return (now, now == seen ? nil : files.read())
    }
    guard let reading = found.1 else { return }
    state.withLock { $0.seen = found.0 }
    take(reading)
  }

  private func take(_ reading: RuleFileSet.Reading) {
    for problem in reading.diagnostics {
      logger.log(level: problem.level == .error ? .error : .warning, "\(problem)")
    }
    guard reading.isValid else {
      return logger.error("rule files have mistakes; keeping the rules before")
    }
    do throws(RuleGroupError) {
      try rules.setFileGroups(reading.groups)
      logger.notice("rule files changed", metadata: ["groups": "\(reading.groups.count)"])
    } catch {
      logger.error("rule files cannot be evaluated; keeping the rules before", metadata: ["problem": "\(error)"])
    }
  }
}
