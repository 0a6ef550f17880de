/// What was counted since the start.
public struct SpanMetricsTotals: Sendable, Hashable {
  public var spans = 0
  /// Spans that had arrived before.
  public var repeated = 0
  /// Spans whose parent was of another agent.
  public var edges = 0
  /// Spans, and calls, beyond a bound on series.
  public var overflowed = 0
  /// Spans whose parent did not come in time.
  public var unpaired = 0
  public var operationSeries = 0
  public var edgeSeries = 0

  public init() {}
}
