import Synchronization

/// Those who wait for the log to be synced: one sync serves all who came before it began.
final class Acknowledgements: Sendable {
  private struct State {
    var isServed = false
    var waiting: [CheckedContinuation<Bool, Never>] = []
  }

  private let state = Mutex(State())
  private let arrivals: AsyncStream<Void>
  private let arrival: AsyncStream<Void>.Continuation

  init() {
    (arrivals, arrival) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Waits for the next sync to end, well or not.
  ///
  /// - Returns: `false` at once if nobody serves.
  func wait() async -> Bool {
    await withCheckedContinuation { continuation in
      let isServed = state.withLock { state in
        if state.isServed { state.waiting.append(continuation) }
        return state.isServed
      }
      if isServed { arrival.yield() } else { continuation.resume(returning: false) }
    }
  }

  /// Serves until the task is cancelled; whoever waits then is told to see to it alone.
  func serve(_ sync: () async -> Void) async {
    state.withLock { $0.isServed = true }
    for await _ in arrivals {
      let served = state.withLock { state in
        defer { state.waiting = [] }
        return state.waiting
      }
      guard !served.isEmpty else { continue }
      await sync()
      for waiter in served { waiter.resume(returning: true) }
    }
    let left = state.withLock { state in
      defer { state = State() }
      return state.waiting
    }
    for waiter in left { waiter.resume(returning: false) }
  }
}
