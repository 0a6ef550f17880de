import FleetModel
import Logging
import Platform
import ServiceLifecycle
import Synchronization

/// Goes over to changed files of notifications: an `alertmanager.yml`, templates. Files with mistakes change nothing and are named
/// in the log.
final class NotificationFileFollower: Service {
  private static let interval: Duration = .seconds(1)

  private struct State {
    var files: NotificationFiles
    var reading: NotificationFiles.Reading
    /// As they were when they were read last.
    var seen: [String: FileIdentity]
    /// As they were at the last look. A file that is being written is not taken up before it has come to rest.
    var looked: [String: FileIdentity]?
  }

  private struct Change {
    let reading: NotificationFiles.Reading
    let seen: [String: FileIdentity]
  }

  private let apply: @Sendable (NotificationFiles.Reading) async throws -> Void
  private let time: any TimeSource
  private let logger: Logger
  private let state: Mutex<State>

  /// Blocks while it looks at the files.
  ///
  /// - Parameters:
  ///   - files: what is in force when this is made; what changes from now on is found.
  ///   - reading: what they said.
  ///   - apply: puts a reading without mistakes in force; what it throws is named in the log.
  init(
    _ files: NotificationFiles, after reading: NotificationFiles.Reading, time: any TimeSource, logger: Logger,
    apply: @escaping @Sendable (NotificationFiles.Reading) async throws -> Void
  ) {
    self.time = time
    self.logger = logger
    self.apply = apply
    state = Mutex(State(files: files, reading: reading, seen: files.state(after: reading)))
  }

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while true {
        try await self.time.sleep(for: Self.interval)
        await self.look()
      }
    }
  }

  /// Follows other files from now on, which were just put in force. Blocks while it looks at them.
  func follow(_ files: NotificationFiles, after reading: NotificationFiles.Reading) {
    let seen = files.state(after: reading)
    state.withLock { $0 = State(files: files, reading: reading, seen: seen) }
  }

  /// Looks once.
  func look() async {
    let known = state.withLock { $0 }
    let (now, change) = await BlockingWork.files.run { () -> ([String: FileIdentity], Change?) in
      let now = known.files.state(after: known.reading)
      guard now != known.seen, now == known.looked else { return (now, nil) }
      let reading = known.files.read()
      guard known.files.state(after: known.reading) == now else { return (now, nil) }
      return (now, Change(reading: reading, seen: known.files.state(after: reading)))
    }
    let isCurrent = state.withLock { state in
      // Others may be followed by now.
      guard state.seen == known.seen else { return false }
      state.looked = now
      if let change { (state.reading, state.seen, state.looked) = (change.reading, change.seen, nil) }
      return true
    }
    if isCurrent, let change { await take(change.reading) }
  }

  private func take(_ reading: NotificationFiles.Reading) async {
    for problem in reading.diagnostics {
      logger.log(level: problem.level == .error ? .error : .warning, "\(problem)")
    }
    guard reading.isValid else {
      return logger.error("files of notifications have mistakes; keeping the receivers and routes before")
    }
    do {
      try await apply(reading)
      logger.notice("receivers, routes or templates changed")
    } catch {
      logger.error("the changed receivers and routes are not active, those before are: \(error)")
    }
  }
}
