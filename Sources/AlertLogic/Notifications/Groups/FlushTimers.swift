import FleetModel

/// When which group is due, the earliest first. A group may be here several times; only the time that it has itself counts.
struct FlushTimers: Sendable {
  private struct Timer: Sendable {
    var due: Int64
    var group: Int32

    func precedes(_ other: Timer) -> Bool { due != other.due ? due < other.due : group < other.group }
  }

  private var timers: [Timer] = []

  var next: (group: Int32, due: Timestamp)? { timers.first.map { ($0.group, Timestamp(milliseconds: $0.due)) } }
  var count: Int { timers.count }

  /// O(log n).
  mutating func push(_ group: Int32, due: Timestamp) {
    timers.append(Timer(due: due.milliseconds, group: group))
    var index = timers.count - 1
    while index > 0, timers[index].precedes(timers[(index - 1) / 2]) {
      timers.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  /// The next one that is due at `now` or before. O(log n).
  mutating func pop(at now: Timestamp) -> (group: Int32, due: Timestamp)? {
    guard let next, next.due <= now else { return nil }
    removeNext()
    return next
  }

  mutating func removeNext() {
    guard let last = timers.popLast(), !timers.isEmpty else { return }
    timers[0] = last
    var index = 0
    while true {
      var least = index
      for child in 2 * index + 1..<2 * index + 3 where child < timers.count {
        if timers[child].precedes(timers[least]) { least = child }
      }
      if least == index { return }
      timers.swapAt(index, least)
      index = least
    }
  }

  mutating func removeAll() { timers = [] }
}
