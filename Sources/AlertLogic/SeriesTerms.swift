public import FleetModel

/// How long a condition must hold, and how long its alert outlives it.
public struct HoldTerms: Sendable, Hashable {
  /// `for`.
  public var hold: Duration
  /// `keep_firing_for`.
  public var keepFiringFor: Duration

  public init(hold: Duration = .zero, keepFiringFor: Duration = .zero) {
    self.hold = max(hold, .zero)
    self.keepFiringFor = max(keepFiringFor, .zero)
  }
}

/// What one rule asks of each of its series, in the form in which ``SeriesMachine`` reads it.
public struct SeriesTerms: Sendable, Hashable {
  public enum Subject: Sendable, Hashable {
    /// The sample itself.
    case value
    /// Its change per second since the sample before.
    case rate
  }

  public var subject: Subject
  public var comparison: Comparison
  public var bound: Double
  public var holding: HoldTerms
  /// A series that is silent for this long has ended, although nobody marked it stale (Prometheus' lookback delta).
  public var lookback: Duration

  public init(
    _ subject: Subject, _ comparison: Comparison, _ bound: Double, holding: HoldTerms = HoldTerms(),
    lookback: Duration = .seconds(300)
  ) {
    self.subject = subject
    self.comparison = comparison
    self.bound = bound
    self.holding = holding
    self.lookback = lookback
  }
}
