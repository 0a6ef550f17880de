public import FleetModel

/// When an alert began that was pending or firing before a restart, by its `ALERTS_FOR_STATE` series, whose values are the
/// seconds since 1970 at which it did (Prometheus' `rules/group.go`, `RestoreForState`).
public struct ForStateRestoration: Sendable, Hashable {
  /// A longer outage restores nothing: alerts begin anew.
  public var outageTolerance: Duration
  /// The least time that a restored alert waits before it fires; a rule with a shorter `for` restores nothing, since it would
  /// wait longer than its `for`.
  public var gracePeriod: Duration

  public init(outageTolerance: Duration = .seconds(3600), gracePeriod: Duration = .seconds(600)) {
    self.outageTolerance = outageTolerance
    self.gracePeriod = gracePeriod
  }

  public func restores(hold: Duration) -> Bool { hold >= gracePeriod }

  /// - Parameters:
  ///   - last: the last sample of the alert's series before the restart.
  ///   - hold: the rule's `for`.
  /// - Returns: `nil` if the alert was not active.
  public func activeAt(lastTime: Timestamp, lastValue: Double, hold: Duration, now: Timestamp) -> Timestamp? {
    // Beyond ±9.2e15 seconds no value is a time; NaN, and with it the staleness marker, compares with nothing.
    guard lastValue.magnitude < 9.2e15 else { return nil }
    let began = Timestamp(milliseconds: Int64(lastValue.rounded(.towardZero)).multipliedSaturating(by: 1000))
    // Whole seconds, as the value is.
    let downAt = Timestamp(milliseconds: lastTime.milliseconds - lastTime.milliseconds % 1000)
    let remaining = hold - (downAt - began)
    if remaining <= .zero { return began }
    if remaining < gracePeriod { return now + gracePeriod - hold }
    return began + (now - downAt)
  }
}

extension Int64 {
  fileprivate func multipliedSaturating(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? (self < 0 ? .min : .max) : product
  }
}
