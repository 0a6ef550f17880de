import AlertLogic
import FleetModel

/// When a group is evaluated: every interval, at multiples of it that are shifted by a hash of the group's file and name, so that
/// groups do not all come at once, and so that the times are the same after a restart. Prometheus does likewise with another
/// hash (`rules/group.go`, `EvalTimestamp`).
struct GroupSchedule: Sendable, Hashable {
  /// Milliseconds.
  let interval: Int64
  private let offset: Int64

  init(file: String, name: String, interval: Duration) {
    var hash = StableHash()
    hash.add(delimited: file)
    hash.add(delimited: name)
    self.interval = max(1, interval.wholeMilliseconds)
    // The low bits of this hash differ too little between names that differ in their last letter.
    offset = Int64((hash.value ^ hash.value >> 32) % UInt64(self.interval))
  }

  /// The last time at or before `time`.
  func slot(at time: Timestamp) -> Timestamp {
    let past = (time.milliseconds - offset) % interval
    return Timestamp(milliseconds: time.milliseconds - (past < 0 ? past + interval : past))
  }

  func next(after slot: Timestamp) -> Timestamp { slot + .milliseconds(interval) }

  /// How many times lie between two.
  func missed(between last: Timestamp, and slot: Timestamp) -> Int {
    max(0, Int(clamping: (slot - last).wholeMilliseconds / interval) - 1)
  }
}
