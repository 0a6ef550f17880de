import Synchronization

/// Requests that wait for the test to go on.
///
/// A held request stays until ``release(carryingOut:)``; whoever wants to do something meanwhile waits for it with
/// ``untilOneIsHeld()``.
final class HeldRequests: Sendable {
  private struct State {
    var held: [CheckedContinuation<Bool, Never>] = []
    var watchers: [CheckedContinuation<Void, Never>] = []
    var hasEnded = false
  }

  private let state = Mutex(State())

  /// Returns when it is released.
  ///
  /// - Returns: whether to go on with it.
  func hold() async -> Bool {
    await withCheckedContinuation { continuation in
      let (watchers, hasEnded) = state.withLock { state in
        if !state.hasEnded { state.held.append(continuation) }
        defer { state.watchers = [] }
        return (state.watchers, state.hasEnded)
      }
      for watcher in watchers { watcher.resume() }
      if hasEnded { continuation.resume(returning: false) }
    }
  }

  /// Returns as soon as a request is held, or the stand stops.
  func untilOneIsHeld() async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        let isThere = state.hasEnded || !state.held.isEmpty
        if !isThere { state.watchers.append(continuation) }
        return isThere
      }
      if isThere { continuation.resume() }
    }
  }

  func release(carryingOut: Bool) {
    let held = state.withLock { state in
      defer { state.held = [] }
      return state.held
    }
    for continuation in held { continuation.resume(returning: carryingOut) }
  }

  /// Nothing is held any more.
  func end() {
    let (held, watchers) = state.withLock { state in
      state.hasEnded = true
      defer { (state.held, state.watchers) = ([], []) }
      return (state.held, state.watchers)
    }
    for continuation in held { continuation.resume(returning: false) }
    for watcher in watchers { watcher.resume() }
  }
}

extension ClusterStand {
  /// Returns as soon as a request is held (``StandFailure/hold``, ``StandFailure/holdAnswer``), or the stand stops.
  public func untilOneIsHeld() async { await cluster.held.untilOneIsHeld() }

  /// Lets go of all that is held.
  ///
  /// - Parameter carryingOut: whether it goes on as if nothing had been; otherwise its connection is cut, and what was not yet
  ///   carried out never is.
  public func release(carryingOut: Bool) { cluster.held.release(carryingOut: carryingOut) }
}
