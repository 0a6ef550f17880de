import Synchronization

/// A value that comes once, and whoever waits for it.
final class Arrival<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var waiters: [AsyncStream<Value>.Continuation] = []
  }

  private let state = Mutex(State())

  /// Hands the value to all who wait, and to those who come later; a second one changes nothing.
  func arrive(_ value: Value) {
    let waiters = state.withLock { state in
      if state.value != nil { return [AsyncStream<Value>.Continuation]() }
      state.value = value
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.yield(value) }
  }

  var hasArrived: Bool { state.withLock { $0.value != nil } }

  /// - Throws: `CancellationError` where the task is cancelled first.
  func wait() async throws -> Value {
    let (stream, continuation) = AsyncStream.makeStream(of: Value.self)
    let known = state.withLock { state in
      if state.value == nil { state.waiters.append(continuation) }
      return state.value
    }
    if let known { return known }
    for await value in stream { return value }
    throw CancellationError()
  }
}
