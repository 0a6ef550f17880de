import Platform
import Synchronization

/// Wakes one waiting task. A signal that comes while nobody waits is kept, several are one.
final class Wakeup: Sendable {
  enum Outcome: Sendable {
    case signalled
    case deadlinePassed
    case cancelled
  }

  private struct State {
    var isSignalled = false
    var waiter: CheckedContinuation<Void, any Error>?
  }

  private let state = Mutex(State())

  func signal() {
    let waiter = state.withLock { state in
      let waiter = state.waiter
      state.waiter = nil
      state.isSignalled = waiter == nil
      return waiter
    }
    waiter?.resume()
  }

  /// Returns at the next signal, at once if there was one since the last return. One task may wait at a time.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled; a signal is then kept for the next wait.
  func wait() async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let result: Result<Void, any Error>? = state.withLock { state in
          precondition(state.waiter == nil, "BUG: two tasks wait for one signal")
          if state.isSignalled {
            state.isSignalled = false
            return .success(())
          }
          if Task.isCancelled { return .failure(CancellationError()) }
          state.waiter = continuation
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume(throwing: CancellationError())
    }
  }

  /// Waits for a signal, but only until the deadline.
  func wait(untilMonotonic deadline: Duration, by time: any TimeSource) async -> Outcome {
    await withTaskGroup(of: Outcome.self) { group in
      group.addTask { (try? await self.wait()) != nil ? .signalled : .cancelled }
      group.addTask { (try? await time.sleep(untilMonotonic: deadline)) != nil ? .deadlinePassed : .cancelled }
      var outcome = await group.next() ?? .cancelled
      group.cancelAll()
      // The other one may have been woken in the meantime; a signal must not be lost.
      for await other in group where other == .signalled { outcome = .signalled }
      return outcome
    }
  }
}
