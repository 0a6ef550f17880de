import Synchronization

/// The work that an agent has begun and not ended: what a stop waits for before it takes the agent down.
///
/// Requests to the agent's own routes count by themselves, and so do open spans of the agent's tracer, recorded or not. Work that is
/// neither, such as a message taken from a queue, is counted by ``track(_:)``:
///
/// ```swift
/// while !agent.runs.isDraining, let message = try await queue.next() {
///   try await agent.runs.track { try await handle(message) }
/// }
/// ```
public final class RunsInFlight: Sendable {
  private struct State {
    var count = 0
    var isDraining = false
    var isCutShort = false
    var watchers: [Int: AsyncStream<Void>.Continuation] = [:]
    var nextWatcher = 0
  }

  private let state = Mutex(State())

  public init() {}

  /// Whether the agent has begun to stop: it ends what it has begun, and whoever fetches work fetches no more.
  public var isDraining: Bool { state.withLock { $0.isDraining } }

  /// How many are in flight. A request that the tracer has a span for counts twice.
  public var count: Int { state.withLock { $0.count } }

  /// Counts `body` as a run while it lasts.
  public func track<Value, Failure: Error>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let run = begin()
    defer { run.end() }
    return try await body()
  }

  func begin() -> Run {
    state.withLock { $0.count += 1 }
    return Run(self)
  }

  func startDraining() { state.withLock { $0.isDraining = true } }

  /// Ends all waiting: whoever asked for the stop asks again.
  func cutShort() {
    tellWatchers { $0.isCutShort = true }
  }

  var isCutShort: Bool { state.withLock { $0.isCutShort } }

  /// Returns when nothing is in flight, at the latest when the draining is cut short or the task is cancelled.
  func untilIdle() async { await until { $0.count == 0 || $0.isCutShort } }

  /// Returns when the draining is cut short or the task is cancelled.
  func untilCutShort() async { await until(\.isCutShort) }

  private func until(_ isSo: @Sendable (State) -> Bool) async {
    let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let watcher = state.withLock { state in
      state.nextWatcher += 1
      state.watchers[state.nextWatcher] = continuation
      return state.nextWatcher
    }
    defer { state.withLock { _ = $0.watchers.removeValue(forKey: watcher) } }
    if state.withLock({ isSo($0) }) { return }
    for await _ in changes where state.withLock({ isSo($0) }) { return }
  }

  private func ended() {
    tellWatchers { $0.count -= 1 }
  }

  private func tellWatchers(_ change: (inout State) -> Void) {
    let watchers = state.withLock { state in
      change(&state)
      return state.count == 0 || state.isCutShort ? Array(state.watchers.values) : []
    }
    for watcher in watchers { watcher.yield() }
  }

  /// One of them. Ends when it is told to, or when nobody is left to tell it.
  final class Run: Sendable {
    private let runs: RunsInFlight
    private let hasEnded = Atomic(false)

    fileprivate init(_ runs: RunsInFlight) { self.runs = runs }

    func end() {
      if !hasEnded.exchange(true, ordering: .relaxed) { runs.ended() }
    }

    deinit { end() }
  }
}
