/// What ``SpanMetrics`` makes of spans, and within which bounds.
public struct SpanMetricsConfiguration: Sendable, Hashable {
  /// Between two samples of each series.
  public var interval: Duration = .seconds(30)
  /// Combinations of agent, operation, kind and status that have series of their own. Half as many again are for what else each
  /// agent does.
  public var maximumSeries = 10_000
  /// Pairs of agents that have series of their own.
  public var maximumEdges = 5_000
  /// Agents by name.
  public var maximumAgents = 5_000
  /// Bytes of an operation or of an agent's name; longer ones are counted as overflow.
  public var maximumNameBytes = 1_024
  /// Spans that are remembered, so that one which arrives again is not counted again and children find their parents; each
  /// takes 32 bytes. The newest take the places of the oldest.
  public var rememberedSpans = 1 << 19
  /// Children whose parents have not arrived yet; each takes 64 bytes.
  public var waitingSpans = 1 << 17
  /// How long a child waits for its parent.
  public var patience: Duration = .seconds(60)
  /// A series ends when no span has been counted in it for so long.
  public var seriesLifetime: Duration = .seconds(15 * 60)

  public init() {}
}
