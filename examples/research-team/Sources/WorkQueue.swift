import Synchronization

/// Lets a bounded number of pieces of work be done at once; the others wait in order, up to a bound, beyond which they
/// are turned away.
final class WorkQueue: Sendable {
  struct Full: Error {}

  private struct State {
    var free: Int
    var next = 0
    var waiting: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    /// Waiters that were cancelled before they had begun to wait.
    var cancelled: Set<Int> = []
  }

  private let state: Mutex<State>
  private let longestQueue: Int
  private let onChange: @Sendable (Int) -> Void

  /// - Parameter onChange: told +1 when someone begins to wait and −1 when they stop.
  init(workers: Int, longestQueue: Int, onChange: @escaping @Sendable (Int) -> Void) {
    state = Mutex(State(free: workers))
    self.longestQueue = longestQueue
    self.onChange = onChange
  }

  /// - Throws: ``Full``, `CancellationError`, or what `work` throws.
  func run<Result: Sendable>(_ work: () async throws -> Result) async throws -> Result {
    try await acquire()
    defer { release() }
    return try await work()
  }

  private func acquire() async throws {
    let id = try state.withLock { state throws -> Int? in
      if state.free > 0 {
        state.free -= 1
        return nil
      }
      if state.waiting.count >= longestQueue { throw Full() }
      state.next += 1
      return state.next
    }
    guard let id else { return }
    onChange(1)
    defer { onChange(-1) }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let outcome: Result<Void, any Error>? = state.withLock { state in
          if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
          if state.free > 0 {
            state.free -= 1
            return .success(())
          }
          state.waiting.append((id, continuation))
          return nil
        }
        if let outcome { continuation.resume(with: outcome) }
      }
    } onCancel: {
      let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
        guard let index = state.waiting.firstIndex(where: { $0.id == id }) else {
          state.cancelled.insert(id)
          return nil
        }
        return state.waiting.remove(at: index).continuation
      }
      waiter?.resume(throwing: CancellationError())
    }
    state.withLock { _ = $0.cancelled.remove(id) }
  }

  private func release() {
    let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      if state.waiting.isEmpty {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst().continuation
    }
    waiter?.resume()
  }
}
