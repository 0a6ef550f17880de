public import FleetModel

/// Watches one series for one threshold or rate rule. `now` is the watcher's own time, which must not go back; the time of
/// a sample is used for its order and for rates alone.
///
/// - A sample that is not newer than the last one decides nothing. One that is more than ten minutes older, which no store
///   would take, says that the clock was set back: the series begins anew from it.
/// - A staleness marker ends the condition, as in Prometheus, where a stale series is in no result. `keep_firing_for` applies.
/// - A series without marker that is silent for the lookback, or for three times its last interval if that is longer (a day
///   at most), has ended likewise.
/// - NaN compares as IEEE 754 says: only `!=` holds.
/// - A rate needs two samples; it is their difference over the true time between them, staleness markers between them
///   notwithstanding. Of a counter a smaller value means that it began anew at zero, so the rate is the new value over the
///   time (Prometheus' `rate`). Anything else may fall: its rate is then negative (Prometheus' `delta`).
public struct SeriesMachine: Sendable, Hashable {
  public enum Event: Sendable, Hashable {
    case sample(Double, takenAt: Timestamp)
    case timePassed
    /// The rule or the series is no longer watched.
    case unwatched
  }

  public private(set) var lifecycle: AlertLifecycle
  /// What was last compared: the value, or the rate. NaN before there was one.
  public private(set) var observed: Double
  private let isCounter: Bool
  private var hasPrevious = false
  private var previousTime = Timestamp(milliseconds: 0)
  private var previousValue = 0.0
  private var lastArrival: Timestamp
  private var interval: Int64 = 0

  /// How far back a sample may lie and still count as merely late.
  private static let outOfOrderWindow: Int64 = 600_000
  private static let longestSilence: Int64 = 86_400_000

  public init(isCounter: Bool, at now: Timestamp) {
    self.isCounter = isCounter
    observed = .nan
    lifecycle = AlertLifecycle()
    lastArrival = now
  }

  /// Takes up where a machine stood before a restart. Its silence counts from `now`.
  public mutating func resume(_ phase: AlertLifecycle.Phase, observed: Double, at now: Timestamp) {
    lifecycle = AlertLifecycle(phase: phase)
    self.observed = observed
    lastArrival = now
  }

  public mutating func step(_ event: Event, _ terms: SeriesTerms, at now: Timestamp) -> AlertTransition? {
    switch event {
    case .sample(let value, let time): return take(value, takenAt: time, terms, at: now)
    case .timePassed:
      if lifecycle.conditionHolds, now >= silenceDeadline(terms) {
        return lifecycle.step(conditionHolds: false, terms.holding, at: now)
      }
      return lifecycle.tick(terms.holding, at: now)
    case .unwatched: return lifecycle.end()
    }
  }

  /// When ``Event/timePassed`` will next have an effect.
  public func deadline(_ terms: SeriesTerms) -> Timestamp? {
    guard lifecycle.phase != .inactive else { return nil }
    let own = lifecycle.deadline(terms.holding)
    guard lifecycle.conditionHolds else { return own }
    let silence = silenceDeadline(terms)
    return own.map { min($0, silence) } ?? silence
  }

  private func silenceDeadline(_ terms: SeriesTerms) -> Timestamp {
    let adaptive = min(interval, Self.longestSilence / 3) * 3
    return lastArrival + max(terms.lookback, .milliseconds(adaptive))
  }

  private mutating func take(
    _ value: Double, takenAt time: Timestamp, _ terms: SeriesTerms, at now: Timestamp
  ) -> AlertTransition? {
    if StaleMarker.isStale(value) {
      if hasPrevious, time < previousTime { return nil }
      return lifecycle.step(conditionHolds: false, terms.holding, at: now)
    }
    var elapsed: Int64 = 0
    if hasPrevious {
      let (difference, overflow) = time.milliseconds.subtractingReportingOverflow(previousTime.milliseconds)
      elapsed = overflow ? (time > previousTime ? .max : .min) : difference
      if elapsed <= 0, elapsed >= -Self.outOfOrderWindow { return nil }
    }
    defer {
      if elapsed > 0 { interval = elapsed }
      (hasPrevious, previousTime, previousValue, lastArrival) = (true, time, value, now)
    }
    switch terms.subject {
    case .value: observed = value
    case .rate:
      guard elapsed > 0 else { return nil }
      let change = isCounter && value < previousValue ? value : value - previousValue
      observed = change / (Double(elapsed) / 1000)
    }
    return lifecycle.step(
      conditionHolds: terms.comparison.holds(observed, terms.bound), terms.holding, at: now)
  }
}
