import Dispatch
import Platform
import Synchronization

/// Calls that block (names that are looked up, files that are read), off the threads that run tasks, and left behind when the
/// caller's time is over.
///
/// Each integration has one, so that a name server or a file system that hangs keeps up nobody else. Its calls run one after
/// another; one that was left behind before its turn is not made.
struct BlockingCalls: Sendable {
  private let work: BlockingWork

  init(label: String) { work = BlockingWork(label: label) }

  /// Returns what `body` returns, or throws `CancellationError` as soon as the task is cancelled.
  func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    let call = BlockingCall<Value>()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        guard call.begin(continuation) else { return }
        work.queue.async { call.make(body) }
      }
    } onCancel: {
      call.end(.failure(CancellationError()))
    }
  }
}

/// One call, whose result is handed over once.
private final class BlockingCall<Value: Sendable>: Sendable {
  private enum State {
    case new
    case waiting(CheckedContinuation<Value, any Error>)
    case over
  }

  private let state = Mutex(State.new)

  /// Returns whether anybody waits; a task that was cancelled before does not.
  func begin(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
    let isOver = state.withLock { state in
      if case .over = state { return true }
      state = .waiting(continuation)
      return false
    }
    if isOver { continuation.resume(throwing: CancellationError()) }
    return !isOver
  }

  func make(_ body: () throws -> Value) {
    let isWanted = state.withLock { if case .waiting = $0 { true } else { false } }
    guard isWanted else { return }
    end(Result(catching: body))
  }

  func end(_ result: Result<Value, any Error>) {
    let waiting = state.withLock { state -> CheckedContinuation<Value, any Error>? in
      defer { state = .over }
      return if case .waiting(let continuation) = state { continuation } else { nil }
    }
    waiting?.resume(with: result)
  }
}
