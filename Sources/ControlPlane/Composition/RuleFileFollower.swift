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
    /// As they were when they were read last; `nil` where they are to be read whatever they are.
    var seen: [String: FileIdentity]?
    /// As they were at the last look. A file that is being written is not taken up before it has come to rest.
    var looked: [String: FileIdentity]?
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
    // Whatever changed since they were read is found at the first looks.
    state = Mutex(State(files: files, seen: files.state().isEmpty ? [:] : nil))
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
    let known = state.withLock { $0 }
    let (now, reading) = await BlockingWork.files.run { () -> ([String: FileIdentity], RuleFileSet.Reading?) in
      let now = known.files.state()
      guard now != known.seen, now == known.looked else { return (now, nil) }
      let reading = known.files.read()
      return (now, known.files.state() == now ? reading : nil)
    }
    state.withLock { state in
      state.looked = now
      if reading != nil { state.seen = now }
    }
    if let reading { take(reading, isFirst: known.seen == nil) }
  }

  private func take(_ reading: RuleFileSet.Reading, isFirst: Bool) {
    for problem in reading.diagnostics {
      logger.log(level: problem.level == .error ? .error : .warning, "\(problem)")
    }
    guard reading.isValid else {
      return logger.error("rule files have mistakes; keeping the rules before")
    }
    do throws(RuleGroupError) {
      try rules.setFileGroups(reading.groups)
      logger.log(
        level: isFirst ? .debug : .notice, "rule files changed", metadata: ["groups": "\(reading.groups.count)"])
    } catch {
      logger.error("rule files cannot be evaluated; keeping the rules before", metadata: ["problem": "\(error)"])
    }
  }
}
