import FleetModel

/// When one instance is collected from.
///
/// The due times are those wall-clock milliseconds that leave the instance's own offset, a stable hash, when divided by
/// the interval: a thousand instances do not collide, and a restart does not move them. Because each wait is computed
/// from the wall clock anew, the schedule follows a clock that is slewed, and a clock that is set does not stall it.
struct CollectionSchedule: Sendable {
  /// Offsets are multiples of about this many milliseconds.
  static let step: Int64 = 25

  let interval: Int64
  let offset: Int64
  private let hash: UInt64
  private var lastDue: Int64?

  init(agent: AgentID, instance: String, interval: Duration) {
    self.interval = max(interval.wholeMilliseconds, 1)
    hash = StableHash.of(agent.name, instance)
    // In steps, so that a thousand loops share their wake-ups.
    let steps = max(self.interval / Self.step, 1)
    offset = Int64(hash % UInt64(steps)) * (self.interval / steps)
  }

  /// How long to wait for the first collection of a new instance, so that a fleet shows up within a second and yet not
  /// all at once. Not at once either: the CPU's use is measured from the loop's start to the first collection.
  var firstWait: Duration {
    let span = min(interval, 1000)
    return .milliseconds(span / 4 + Int64(hash >> 32) % max(span - span / 4, 1))
  }

  /// The first due time after `now`, without noting it.
  func peek(after now: Timestamp) -> Timestamp { Timestamp(milliseconds: firstDue(after: now.milliseconds)) }

  /// The first due time after `now`. One that follows the previous collection too closely is left out, those that were
  /// missed are skipped.
  mutating func next(after now: Timestamp) -> Timestamp {
    let time = now.milliseconds
    var due = firstDue(after: time)
    // Woken a little early, or the clock was set back a little: never twice for one due time.
    if let lastDue, due <= lastDue, lastDue - time < interval { due = lastDue.addingClamped(interval) }
    lastDue = due
    return Timestamp(milliseconds: due)
  }

  /// As ``next(after:)`` for an instance whose first collection has just been made out of schedule.
  mutating func nextAfterFirst(_ now: Timestamp) -> Timestamp {
    next(after: Timestamp(milliseconds: now.milliseconds.addingClamped(interval / 4)))
  }

  /// The time to store the samples under: `due` itself if the collection began close enough to it, so that the steps
  /// between samples are equal and compress to nothing (as Prometheus does, `scrape/scrape.go`,
  /// `ScrapeTimestampTolerance`).
  func timestamp(begunAt now: Timestamp, due: Timestamp?) -> Timestamp {
    guard let due else { return now }
    let late = now.milliseconds.subtractingReportingOverflow(due.milliseconds)
    return !late.overflow && abs(late.partialValue) <= min(2, interval / 100) ? due : now
  }

  private func firstDue(after time: Int64) -> Int64 {
    let remainder = ((time % interval) + interval) % interval
    let wait = (offset - remainder + interval) % interval
    return time.addingClamped(wait == 0 ? interval : wait)
  }
}

/// FNV-1a in 64 bits with a final mix: the same on every machine and in every run, unlike `Hasher`.
enum StableHash {
  static func of(_ parts: String...) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in parts {
      for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    return hash ^ (hash >> 33)
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
}
