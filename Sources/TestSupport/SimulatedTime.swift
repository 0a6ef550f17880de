public import FleetModel
public import Platform
import Synchronization

/// Time that stands still until a test moves it on.
///
/// Sleepers wake in the order of their deadlines as ``advance(by:)`` passes them. Use ``waitForSleepers(_:)`` to let the
/// code under test reach its next sleep before moving on; nothing here waits for real time.
public final class SimulatedTime: TimeSource {
  fileprivate struct Sleeper {
    let deadline: Duration
    let continuation: CheckedContinuation<Void, any Error>
  }

  fileprivate struct State {
    var elapsed: Duration = .zero
    var wallOffset: Duration = .zero
    var next = 0
    var sleepers: [Int: Sleeper] = [:]
    var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    var cancelledBeforeSleeping: Set<Int> = []
  }

  private let start: Timestamp
  private let state = Mutex(State())

  public init(start: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) { self.start = start }

  public func now() -> Timestamp { state.withLock { start + $0.elapsed + $0.wallOffset } }

  public func monotonic() -> Duration { state.withLock { $0.elapsed } }

  public func sleep(untilMonotonic deadline: Duration) async throws {
    let id = state.withLock { state in
      defer { state.next += 1 }
      return state.next
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let ready = state.withLock {
          state -> (resume: Result<Void, any Error>?, watchers: [CheckedContinuation<Void, Never>]) in
          if state.cancelledBeforeSleeping.remove(id) != nil { return (.failure(CancellationError()), []) }
          if deadline <= state.elapsed { return (.success(()), []) }
          state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
          return (nil, state.takeSatisfiedWatchers())
        }
        if let result = ready.resume { continuation.resume(with: result) }
        for watcher in ready.watchers { watcher.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state -> Sleeper? in
        if let sleeper = state.sleepers.removeValue(forKey: id) { return sleeper }
        state.cancelledBeforeSleeping.insert(id)
        return nil
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
    state.withLock { _ = $0.cancelledBeforeSleeping.remove(id) }
  }

  /// Moves both clocks on and wakes whoever's deadline is reached.
  public func advance(by duration: Duration) {
    let woken = state.withLock { state in
      state.elapsed += duration
      let due = state.sleepers.filter { $0.value.deadline <= state.elapsed }
      for id in due.keys { state.sleepers[id] = nil }
      return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }.map(\.value)
    }
    for sleeper in woken { sleeper.continuation.resume() }
  }

  /// Moves the wall clock alone, as an operator or NTP does.
  public func jumpWallClock(by duration: Duration) { state.withLock { $0.wallOffset += duration } }

  /// How many tasks sleep now.
  public var sleeping: Int { state.withLock { $0.sleepers.count } }

  /// Returns once at least `count` tasks sleep.
  public func waitForSleepers(_ count: Int = 1) async {
    await withCheckedContinuation { continuation in
      let enough = state.withLock { state in
        if state.sleepers.count >= count { return true }
        state.watchers.append((count, continuation))
        return false
      }
      if enough { continuation.resume() }
    }
  }
}

extension SimulatedTime.State {
  fileprivate mutating func takeSatisfiedWatchers() -> [CheckedContinuation<Void, Never>] {
    let count = sleepers.count
    let satisfied = watchers.filter { $0.count <= count }.map(\.continuation)
    watchers.removeAll { $0.count <= count }
    return satisfied
  }
}
