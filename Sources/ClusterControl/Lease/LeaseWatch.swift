/// Judges from what is seen of a lease whether it may be taken.
///
/// Clocks of two machines need not agree, so a holder's times are not looked at: a holder that lives renews its lease, and one whose
/// record has not changed for as long as the lease lasts, by our own clock that never goes back, is gone.
struct LeaseWatch: Sendable {
  enum Verdict: Sendable, Hashable {
    /// There is none, or nobody holds it.
    case free
    /// Its holder has not renewed it in time.
    case runOut
    /// Its holder has renewed it since it was first seen.
    case alive(LeaseHolder)
    /// It is held, and nobody knows yet whether the holder lives; this is known by then (monotonic).
    case unsure(LeaseHolder, until: Duration)
  }

  private var resourceVersion: String?
  private var identity = ""
  private var unchangedSince: Duration = .zero
  private var changes = 0

  /// - Parameters:
  ///   - record: `nil` if there is none.
  ///   - now: monotonic.
  mutating func see(_ record: LeaseRecord?, at now: Duration) -> Verdict {
    guard let record, !record.identity.isEmpty else {
      resourceVersion = nil
      return .free
    }
    if record.resourceVersion != resourceVersion {
      if resourceVersion != nil, record.identity == identity { changes += 1 } else { changes = 0 }
      resourceVersion = record.resourceVersion
      identity = record.identity
      unchangedSince = now
    }
    let end = unchangedSince + record.duration
    if now >= end { return .runOut }
    return changes > 0 ? .alive(record.holder) : .unsure(record.holder, until: end)
  }
}
