import Platform
import Synchronization

/// Lets so many pass at once; the others wait in the order in which they came.
final class RequestGate: Sendable {
  private struct Waiting {
    var id: UInt64
    var continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var free: Int
    var nextID: UInt64 = 0
    /// By rising id. Those before `first` have gone.
    var queue: [Waiting?] = []
    var first = 0
    var cancelledBeforeWaiting: Set<UInt64> = []
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: count)) }

  /// Runs `body` when there is room.
  ///
  /// - Throws: what `body` throws, or `cancelled` if the task is cancelled before there is room.
  nonisolated(nonsending) func pass<Value, Failure: Error>(
    cancelled: Failure, _ body: nonisolated(nonsending) () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    guard await enter() else { throw cancelled }
    defer { leave() }
    return try await body()
  }

  private nonisolated(nonsending) func enter() async -> Bool {
    let id = state.withLock { state -> UInt64? in
      if state.free > 0 {
        state.free -= 1
        return nil
      }
      state.nextID += 1
      return state.nextID
    }
    guard let id else { return true }
    let entered = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer = state.withLock { state -> Bool? in
          if state.cancelledBeforeWaiting.remove(id) != nil { return false }
          // Room may have come since.
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.queue.append(Waiting(id: id, continuation: continuation))
          return nil
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let waiting = state.withLock { state -> Waiting? in
        guard let index = state.queue.indices.first(where: { state.queue[$0]?.id == id }) else {
          state.cancelledBeforeWaiting.insert(id)
          return nil
        }
        defer { state.queue[index] = nil }
        return state.queue[index]
      }
      waiting?.continuation.resume(returning: false)
    }
    // A cancellation after entering leaves its mark too.
    state.withLock { _ = $0.cancelledBeforeWaiting.remove(id) }
    return entered
  }

  private func leave() {
    let next = state.withLock { state -> Waiting? in
      while state.first < state.queue.count {
        defer { state.first += 1 }
        if let waiting = state.queue[state.first] {
          state.queue[state.first] = nil
          return waiting
        }
      }
      state.queue.removeAll(keepingCapacity: true)
      state.first = 0
      state.free += 1
      return nil
    }
    next?.continuation.resume(returning: true)
  }
}

/// So many requests in a second on average and so many at once, as a leaky bucket that is full when ``burst`` wait in it.
struct RequestRate: Sendable {
  private let interval: Duration
  private let tolerance: Duration
  /// When the bucket will have run dry.
  private var dryAt: Duration = .zero

  init(perSecond: Int, burst: Int) {
    interval = .seconds(1) / max(1, perSecond)
    tolerance = interval * (max(1, burst) - 1)
  }

  /// Takes a place for one request.
  ///
  /// - Returns: when, on the same clock as `now`, the request may go.
  mutating func reserve(at now: Duration) -> Duration {
    let dry = max(dryAt, now)
    dryAt = dry + interval
    return max(now, dry - tolerance)
  }
}
