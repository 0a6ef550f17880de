public import FleetModel

/// What may be set about a ``RuleEngine``.
public struct RuleEngineOptions: Sendable {
  /// A series without staleness marker that is silent for this long (or for three of its intervals) has ended.
  public var lookback: Duration = .seconds(300)
  /// Resolved alerts that are kept; the oldest go first.
  public var historyLength = 10_000
  /// A series that is silent for this long is forgotten; ``RuleEngine/generation`` moves on if it comes back.
  public var silentSeriesLifetime: Duration = .seconds(3600)
  /// The same for a series that ended with a staleness marker.
  public var staleSeriesLifetime: Duration = .seconds(600)
  /// Pairs of agent and metric that absence rules watch, in all; further ones are not watched, which the log says once.
  public var absencePairs = 100_000
  /// Between two looks for series to forget.
  public var sweepInterval: Duration = .seconds(60)
  /// Between two writes of the state; a write that takes long stretches it to twenty times its duration.
  public var stateInterval: Duration = .seconds(1)
  /// How long ``RuleEngine/run()`` goes on delivering once it is cancelled.
  public var shutdownGrace: Duration = .seconds(3)
  /// What kind of metric a name stands for, where somebody knows; asked once for each watched series and rule. Where it
  /// gives `nil` the name decides by convention whether it is a counter.
  public var metricType: @Sendable (_ metricName: String) -> MetricType? = { _ in nil }

  public init() {}
}
