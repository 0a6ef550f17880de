import FleetModel

/// Bounds how often something happens: each time takes a token, and tokens come back at an even rate.
///
/// As many as come in a second may be taken at once, one at least. Times are monotonic.
struct TokenBucket: Sendable, Hashable {
  /// Tokens a second.
  let rate: Double
  private let capacity: Double
  private var tokens: Double
  private var filledAt: Duration

  /// Full at `now`. A rate that is no positive number bounds nothing.
  init?(rate: Double?, at now: Duration) {
    guard let rate, rate > 0, rate.isFinite else { return nil }
    self.rate = rate
    capacity = max(rate, 1)
    tokens = capacity
    filledAt = now
  }

  /// Takes a token; `false` if there is none.
  mutating func take(at now: Duration) -> Bool {
    fill(at: now)
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }

  /// When there will be a token if none is taken before.
  func nextToken(after now: Duration) -> Duration {
    var filled = self
    filled.fill(at: now)
    guard filled.tokens < 1 else { return now }
    // A nanosecond more, so that rounding never gives a time at which there is none yet.
    return now + .seconds((1 - filled.tokens) / rate) + .nanoseconds(1)
  }

  private mutating func fill(at now: Duration) {
    guard now > filledAt else { return }
    tokens = min(capacity, tokens + (now - filledAt).seconds * rate)
    filledAt = now
  }
}
