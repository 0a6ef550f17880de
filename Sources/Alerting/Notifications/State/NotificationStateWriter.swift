import AlertLogic
import Dispatch
import Logging
import Platform
import Synchronization

/// Makes durable what changes, off the pool that runs tasks: what comes while one transaction is under way goes into the next
/// (group commit).
///
/// While the file cannot be written changes are kept, the last word of each thing alone, and writing is tried again with
/// ``settle()`` or ``retry()``.
final class NotificationStateWriter: Sendable {
  private struct State {
    var pending = PendingChanges()
    /// Counts ``submit(_:)``; what is durable is counted along.
    var submitted: UInt64 = 0
    var committed: UInt64 = 0
    var isScheduled = false
    var isFailing = false
    var waiters: [Waiter] = []
  }

  private struct Waiter {
    let number: UInt64
    let continuation: CheckedContinuation<Void, any Error>
  }

  private let write: @Sendable (PendingChanges) throws -> Void
  private let finish: @Sendable () throws -> Void
  private let work = BlockingWork(label: "skep.notifications")
  private let state = Mutex(State())
  private let logger: Logger

  convenience init(database: NotificationDatabase, logger: Logger) {
    self.init(write: { try database.write($0) }, close: { try database.close() }, logger: logger)
  }

  /// - Parameter write: makes all of it durable, or throws and nothing of it.
  init(
    write: @escaping @Sendable (PendingChanges) throws -> Void, close: @escaping @Sendable () throws -> Void,
    logger: Logger
  ) {
    self.write = write
    finish = close
    self.logger = logger
  }

  /// Takes changes; the caller's lock makes the order of calls that of what happened. Does not wait.
  func submit(_ changes: StateChanges) {
    guard !changes.isEmpty else { return }
    let isFailing = state.withLock { state in
      state.pending.add(changes)
      state.submitted += 1
      return state.isFailing
    }
    // All that waits would be tried with each change.
    if !isFailing { schedule() }
  }

  /// Returns once all that was submitted before is durable.
  ///
  /// - Throws: ``NotificationStateError`` if it cannot be written now. It is kept, and written as soon as that works.
  func settle() async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      let isSettled = state.withLock { state in
        if state.committed == state.submitted { return true }
        state.waiters.append(Waiter(number: state.submitted, continuation: continuation))
        return false
      }
      if isSettled { continuation.resume() } else { schedule() }
    }
  }

  /// Tries again what could not be written.
  func retry() {
    if state.withLock({ $0.isFailing }) { schedule() }
  }

  /// How many wait in ``settle()``.
  var waiting: Int { state.withLock { $0.waiters.count } }

  /// Writes what is left and closes the file.
  func close() async {
    try? await settle()
    try? await work.run { [finish] in try finish() }
  }

  /// Runs `body` while no transaction is under way.
  func exclusively<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await work.run { try body() }
  }

  private func schedule() {
    let begins = state.withLock { state in
      if state.isScheduled || state.pending.isEmpty { return false }
      state.isScheduled = true
      return true
    }
    if begins { work.queue.async { self.commitAll() } }
  }

  private func commitAll() {
    while true {
      var changes = PendingChanges()
      let number = state.withLock { state in
        swap(&changes, &state.pending)
        return state.submitted
      }
      do {
        try write(changes)
      } catch {
        fail(&changes, error)
        return
      }
      let (done, isFinished, recovered) = state.withLock { state -> ([Waiter], Bool, Bool) in
        state.committed = number
        let done = state.waiters.filter { $0.number <= number }
        state.waiters.removeAll { $0.number <= number }
        let isFinished = state.pending.isEmpty
        state.isScheduled = !isFinished
        defer { state.isFailing = false }
        return (done, isFinished, state.isFailing)
      }
      if recovered { logger.notice("the state of notifications is written again") }
      for waiter in done { waiter.continuation.resume() }
      if isFinished { return }
    }
  }

  private func fail(_ changes: inout PendingChanges, _ error: any Error) {
    let (failed, isFirst) = state.withLock { state -> ([Waiter], Bool) in
      // What came meanwhile is little beside what has been waiting, and the lock keeps alerts waiting.
      swap(&changes, &state.pending)
      state.pending.add(later: changes)
      state.isScheduled = false
      // Those too who came during the try: nothing is under way any more that would end their wait.
      let failed = state.waiters
      state.waiters = []
      defer { state.isFailing = true }
      return (failed, !state.isFailing)
    }
    // Said once, not with each of the tries that follow.
    if isFirst {
      logger.error(
        "the state of notifications cannot be written; it is kept in memory and writing is tried again",
        metadata: ["error": "\(error)"])
    }
    for waiter in failed { waiter.continuation.resume(throwing: NotificationStateError(problem: "\(error)")) }
  }
}

/// The state of notifications cannot be made durable now.
public struct NotificationStateError: Error, Sendable, Hashable, CustomStringConvertible {
  public let problem: String

  public var description: String {
    "the state of notifications cannot be written: \(problem); see that the data directory has room and can be written"
  }
}
