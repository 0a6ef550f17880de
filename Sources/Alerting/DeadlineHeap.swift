/// What a deadline is about.
enum TimerTarget: Sendable, Hashable {
  case series(token: UInt32, rule: Int)
  case absence(pair: UInt32)
}

/// Deadlines, earliest first: a binary heap. Obsolete ones are not taken out; whoever asked knows by the time that it
/// scheduled last whether one still counts.
struct DeadlineHeap<Time: Comparable & Sendable, Target: Sendable>: Sendable {
  struct Entry: Sendable {
    var time: Time
    var target: Target
  }

  private var entries: [Entry] = []

  var count: Int { entries.count }
  var earliest: Time? { entries.first?.time }

  /// O(log n).
  mutating func push(_ time: Time, _ target: Target) {
    entries.append(Entry(time: time, target: target))
    var child = entries.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[child].time < entries[parent].time else { break }
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes out the earliest if it is due. O(log n).
  mutating func pop(dueAt now: Time) -> Entry? {
    guard let first = entries.first, first.time <= now else { return nil }
    let last = entries.removeLast()
    if entries.isEmpty { return first }
    entries[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1].time < entries[child].time { child += 1 }
      guard entries[child].time < entries[parent].time else { break }
      entries.swapAt(child, parent)
      parent = child
    }
    return first
  }
}
