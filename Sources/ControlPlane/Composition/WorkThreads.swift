import Platform
import Synchronization

/// A number of threads for work that calculates, each given to one piece of work at a time, in the order asked.
final class WorkThreads: Sendable {
  private struct State {
    /// The one used last is used next: its thread may still be there.
    var free: [WorkThread] = []
    var nextWait = 0
    /// In the order asked.
    var waiting: [(number: Int, continuation: CheckedContinuation<WorkThread, any Error>)] = []
    var made = 0
  }

  private let label: String
  private let maximum: Int
  private let state = Mutex(State())

  init(label: String, maximum: Int) {
    self.label = label
    self.maximum = max(1, maximum)
  }

  /// How many wait, and how many work.
  var load: (waiting: Int, working: Int) {
    state.withLock { ($0.waiting.count, $0.made - $0.free.count) }
  }

  /// One that is free now.
  func takeFree() -> WorkThread? { state.withLock { takeFree(&$0) } }

  private func takeFree(_ state: inout State) -> WorkThread? {
    if let thread = state.free.popLast() { return thread }
    guard state.made < maximum else { return nil }
    state.made += 1
    return WorkThread(label: "\(label).\(state.made)")
  }

  /// Waits for one.
  ///
  /// - Throws: `CancellationError`.
  func take() async throws -> WorkThread {
    let number = state.withLock { state in
      state.nextWait += 1
      return state.nextWait
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<WorkThread, any Error>? = state.withLock { state in
          if Task.isCancelled { return .failure(CancellationError()) }
          if state.waiting.isEmpty, let thread = takeFree(&state) { return .success(thread) }
          state.waiting.append((number, continuation))
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      let continuation = state.withLock { state in
        state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0).continuation }
      }
      continuation?.resume(throwing: CancellationError())
    }
  }

  func giveBack(_ thread: WorkThread) {
    let next = state.withLock { state -> CheckedContinuation<WorkThread, any Error>? in
      if !state.waiting.isEmpty { return state.waiting.removeFirst().continuation }
      state.free.append(thread)
      return nil
    }
    next?.resume(returning: thread)
  }
}
