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
  /// The deployment that was in force.
  func deployment(at time: Timestamp) -> DeploymentMark?

  /// Runs `work` on a thread kept for analyses, when one is free. Cancelled with the caller's task.
  ///
  /// - Throws: what `work` throws, or `CancellationError`.
  func run<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value

  /// As ``run(_:)``, for work that takes so long that it must leave room for other analyses.
  func runLong<Value: Sendable>(_ work: @Sendable () async throws -> Value) async throws -> Value
}

extension TraceOperations {
  func deployment(at time: Timestamp) -> DeploymentMark? { nil }

  /// Hands every trace that fits, put together, to `add`, one after the other; nothing but what `add` keeps stays in memory.
  ///
  /// - Parameter begun: only requests that began within the query's range by the clock of their root, whatever the clocks of the
  ///   other spans say; those that reach into it do not count. The span that fits the rest of the query may lie outside.
  /// - Returns: what `add` made of `state`.
  func accumulate<State: Sendable>(
    _ state: State, over query: TraceQuery, begun: Bool = true,
    _ add: @escaping @Sendable (inout State, TraceTree, NameTable) -> Void
  ) async throws -> State {
    let kept = Accumulation(state)
    let range = query.range
    try await reader.outlines(matching: begun ? query.ofRequests : query) { traces, names in
      try Task.checkCancellation()
      for trace in traces {
        let tree = TraceTree(trace)
        if begun {
          guard let root = tree.root, range.contains(tree.spans[root].start), query.fits(tree, names) else { continue }
        }
        kept.update { add(&$0, tree, names) }
      }
    }
    return kept.value
  }
}

extension TraceQuery {
  /// Nanoseconds by which a span with a wanted attribute may lie outside of the range in which its request began.
  static let attributeSlack: Int64 = 3_600_000_000_000

  /// What to ask the store for, to find every request that began in the range.
  ///
  /// Its root lies in the range, and the span that fits may be anywhere: the clock of its process may be hours off. So all traces of the
  /// range are read, and ``fits(_:_:)`` tells. Attributes the store alone knows; there the range is widened.
  var ofRequests: TraceQuery {
    guard !attributes.isEmpty else { return TraceQuery(range: range) }
    var wider = self
    let (end, isTooLate) = range.upperBound.addingReportingOverflow(Self.attributeSlack)
    wider.range = max(0, range.lowerBound - min(range.lowerBound, Self.attributeSlack))..<(isTooLate ? .max : end)
    return wider
  }

  /// Whether a span of the trace, whenever it ran, is one that is looked for. Of attributes the store has made sure.
  func fits(_ tree: TraceTree, _ names: NameTable) -> Bool {
    guard attributes.isEmpty else { return true }
    if agent == nil, operation == nil, states == nil, minimumDuration == nil, maximumDuration == nil { return true }
    return tree.spans.contains { placed in
      let span = placed.outline
      if let agent, names[span.agent] != agent { return false }
      if let operation, names[span.operation] != operation { return false }
      if let states, !states.contains(span.state) { return false }
      guard minimumDuration != nil || maximumDuration != nil else { return true }
      return span.state.hasEnded && placed.duration >= minimumDuration ?? 0
        && placed.duration <= maximumDuration ?? .max
    }
  }
}

/// A value that grows while the store hands over traces, on whichever thread it does so.
private final class Accumulation<State: Sendable>: Sendable {
  private let state: Mutex<State>

  init(_ state: State) { self.state = Mutex(state) }

  func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  var value: State { state.withLock { $0 } }
}
