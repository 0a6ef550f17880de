import FleetModel
import Synchronization
import TraceAnalysis

/// What the routes that read and analyse traces ask of the rest of Skep; the composition answers from the span store, tests from one
/// in memory.
protocol TraceOperations: Sendable {
  /// The wall clock.
  func now() -> Timestamp
  var reader: any SpanReader { get }
  /// What tokens cost.
  var prices: TokenPrices { get }

  /// Runs `work` on a thread kept for analyses, when one is free. Cancelled with the caller's task.
  ///
  /// - Throws: what `work` throws, or `CancellationError`.
  func run<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value

  /// As ``run(_:)``, for work that takes so long that it must leave room for other analyses.
  func runLong<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value
}

extension TraceOperations {
  /// Hands every trace that fits, put together, to `add`, one after the other; nothing but what `add` keeps stays in memory.
  ///
  /// - Parameter begun: only traces that began within the query's range; those that reach into it do not count.
  /// - Returns: what `add` made of `state`.
  func accumulate<State: Sendable>(
    _ state: State, over query: TraceQuery, begun: Bool = true,
    _ add: @escaping @Sendable (inout State, TraceTree, NameTable) -> Void
  ) async throws -> State {
    let kept = Accumulation(state)
    let range = query.range
    try await reader.outlines(matching: query) { traces, names in
      try Task.checkCancellation()
      for trace in traces {
        if begun, let start = trace.spans.lazy.map(\.start).min(), !range.contains(start) { continue }
        kept.update { add(&$0, TraceTree(trace), names) }
      }
    }
    return kept.value
  }
}

/// A value that grows while the store hands over traces, on whichever thread it does so.
private final class Accumulation<State: Sendable>: Sendable {
  private let state: Mutex<State>

  init(_ state: State) { self.state = Mutex(state) }

  func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  var value: State { state.withLock { $0 } }
}
