public import FleetModel

/// What each agent's operations did in a window: how often, how long, how often in vain. Two of them make a
/// ``TrafficComparison``.
public struct TrafficProfile: Sendable {
  /// One operation; the sums of squares over traces say how much its spans come in bundles, which tests of significance need.
  struct Entry: Sendable {
    var count = 0
    var errors = 0
    var latency = DurationDistribution()
    /// Over traces: the sum of (spans)², (errors)² and spans × errors.
    var squaredCount = 0.0
    var squaredErrors = 0.0
    var countByErrors = 0.0
  }

  public private(set) var traces = 0
  public private(set) var spans = 0
  private var index = OperationIndex()
  private var entries: [Entry] = []
  /// Of the trace at hand: what was met, and how often.
  private var touched: [Int] = []
  private var inTrace: [(count: Int, errors: Int)] = []

  public init() {}

  /// Linear in the spans. Spans in flight or lost are not counted.
  ///
  /// - Parameter names: one table for all traces that are added.
  public mutating func add(_ tree: TraceTree, names: NameTable) {
    traces += 1
    for span in tree.spans.lazy.map(\.outline) where span.state.hasEnded {
      spans += 1
      let number = index.number(span.agent, span.operation, names)
      if number == entries.count {
        entries.append(Entry())
        inTrace.append((0, 0))
      }
      if inTrace[number].count == 0 { touched.append(number) }
      inTrace[number].count += 1
      if span.state == .error { inTrace[number].errors += 1 }
      entries[number].latency.add(span.length)
    }
    for number in touched {
      let (count, errors) = inTrace[number]
      entries[number].count += count
      entries[number].errors += errors
      entries[number].squaredCount += Double(count) * Double(count)
      entries[number].squaredErrors += Double(errors) * Double(errors)
      entries[number].countByErrors += Double(count) * Double(errors)
      inTrace[number] = (0, 0)
    }
    touched.removeAll(keepingCapacity: true)
  }

  var byOperation: [OperationName: Entry] {
    Dictionary(zip(index.pairs, entries), uniquingKeysWith: { first, _ in first })
  }
}
