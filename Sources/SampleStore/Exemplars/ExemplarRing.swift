import FleetModel

/// The exemplars that are kept: a ring of slots in which the newest takes the place of the oldest, threaded by one list for each
/// series in order of time (after Prometheus' `tsdb/exemplar.go`). A series that has its share reuses its own oldest slot, so
/// that one busy series does not drive out all others.
struct ExemplarRing: Sendable {
  struct Entry: Sendable {
    var labels: LabelSet
    var value: Double
    /// Milliseconds.
    var time: Int64
    /// Whether the sender gave the time.
    var isTimed: Bool

    /// The same exemplar, sent again. Where the sender gives no time, that of the collection says nothing.
    func isSame(as other: Entry) -> Bool {
      (!isTimed && !other.isTimed || time == other.time) && value.bitPattern == other.value.bitPattern
        && labels == other.labels
    }

    /// By time, then value, then labels.
    func precedes(_ other: Entry) -> Bool {
      if time != other.time { return time < other.time }
      if value != other.value { return value < other.value }
      return LabelSet.precedes(labels, other.labels)
    }
  }

  private struct Slot: Sendable {
    var entry: Entry
    var series: Int32
    /// Of the same series; -1 at the ends.
    var older: Int32
    var newer: Int32
  }

  struct Series: Sendable {
    var labels: LabelSet
    fileprivate var oldest: Int32 = -1
    fileprivate var newest: Int32 = -1
    var count: Int32 = 0
  }

  let capacity: Int
  /// Of one series.
  let share: Int
  private var slots: [Slot] = []
  /// Which slot is the next to be taken, once all are there.
  private var next = 0
  /// By number; those without an exemplar have no labels and wait to be used again.
  private(set) var series: [Series] = []
  private var free: [Int32] = []
  private var numbers: [LabelSet: Int32] = [:]

  init(capacity: Int, share: Int) {
    self.capacity = max(0, min(capacity, Int(Int32.max)))
    self.share = max(1, share)
  }

  var count: Int { slots.count }
  var seriesCount: Int { numbers.count }

  /// Milliseconds; `nil` where there is none. O(series).
  var oldestTime: Int64? { series.lazy.filter { $0.count > 0 }.map { slots[Int($0.oldest)].entry.time }.min() }

  /// Where an exemplar would go.
  private enum Place {
    /// Behind this slot of its series; -1: before all.
    case behind(Int32)
    case none(ExemplarOutcome)
  }

  /// Checks by the rules of Prometheus: one older than the newest of its series by the window is refused, and of those with its
  /// time only greater values (of equal ones, greater labels) may follow. O(exemplars of the series that are newer).
  private func place(of entry: Entry, in number: Int32, window: Int64?) -> Place {
    let newest = series[Int(number)].newest
    guard newest >= 0 else { return .behind(-1) }
    if let window {
      let last = slots[Int(newest)].entry
      if last.isSame(as: entry) { return .none(.duplicate) }
      if entry.time < last.time {
        let (bound, overflow) = last.time.subtractingReportingOverflow(window)
        if !overflow, entry.time <= bound { return .none(.outOfOrder) }
      } else if entry.time == last.time, entry.precedes(last) {
        return .none(.outOfOrder)
      }
    }
    var position = newest
    while position >= 0, entry.precedes(slots[Int(position)].entry) { position = slots[Int(position)].older }
    if position >= 0, case let found = slots[Int(position)].entry, found.time == entry.time, found.isSame(as: entry) {
      return .none(.duplicate)
    }
    return .behind(position)
  }

  /// - Parameter window: milliseconds by which it may be older than the newest of its series; `nil` for one that was taken before.
  /// - Returns: what became of it and, where it was taken, the number of the series.
  mutating func insert(
    _ entry: Entry, of labels: LabelSet, window: Int64?
  ) -> (outcome: ExemplarOutcome, number: Int32, isNewSeries: Bool) {
    guard capacity > 0 else { return (.off, -1, false) }
    let known = numbers[labels]
    var position: Int32 = -1
    if let known {
      switch place(of: entry, in: known, window: window) {
      case .none(let outcome): return (outcome, known, false)
      case .behind(let slot): position = slot
      }
      if series[Int(known)].count >= Int32(clamping: share) {
        // It would be the oldest of a series that has its share already.
        if position < 0 { return (.outOfOrder, known, false) }
        return (put(entry, in: known, slot: series[Int(known)].oldest, behind: position), known, false)
      }
    }
    let number = known ?? addSeries(labels)
    if slots.count < capacity {
      slots.append(Slot(entry: entry, series: -1, older: -1, newer: -1))
      link(Int32(slots.count - 1), in: number, behind: position)
      return (.appended, number, known == nil)
    }
    let slot = Int32(next)
    next = (next + 1) % capacity
    return (put(entry, in: number, slot: slot, behind: position), number, known == nil)
  }

  /// Puts an entry into a slot that another one has.
  private mutating func put(
    _ entry: Entry, in number: Int32, slot: Int32, behind position: Int32
  ) -> ExemplarOutcome {
    let position = position == slot ? slots[Int(slot)].older : position
    unlink(slot, keeping: number)
    slots[Int(slot)].entry = entry
    link(slot, in: number, behind: position)
    return .appended
  }

  private mutating func addSeries(_ labels: LabelSet) -> Int32 {
    let number: Int32
    if let reused = free.popLast() {
      number = reused
      series[Int(number)] = Series(labels: labels)
    } else {
      number = Int32(series.count)
      series.append(Series(labels: labels))
    }
    numbers[labels] = number
    return number
  }

  private mutating func link(_ slot: Int32, in number: Int32, behind older: Int32) {
    let newer = older >= 0 ? slots[Int(older)].newer : series[Int(number)].oldest
    slots[Int(slot)].series = number
    slots[Int(slot)].older = older
    slots[Int(slot)].newer = newer
    if older >= 0 { slots[Int(older)].newer = slot } else { series[Int(number)].oldest = slot }
    if newer >= 0 { slots[Int(newer)].older = slot } else { series[Int(number)].newest = slot }
    series[Int(number)].count += 1
  }

  private mutating func unlink(_ slot: Int32, keeping kept: Int32) {
    let (number, older, newer) = (slots[Int(slot)].series, slots[Int(slot)].older, slots[Int(slot)].newer)
    if older >= 0 { slots[Int(older)].newer = newer } else { series[Int(number)].oldest = newer }
    if newer >= 0 { slots[Int(newer)].older = older } else { series[Int(number)].newest = older }
    series[Int(number)].count -= 1
    guard series[Int(number)].count == 0, number != kept else { return }
    numbers[series[Int(number)].labels] = nil
    series[Int(number)].labels = LabelSet()
    free.append(number)
  }

  /// The exemplars of a series in `range`, by time. O(exemplars of the series).
  func entries(of number: Int32, in range: ClosedRange<Int64>) -> [Entry] {
    var found: [Entry] = []
    var slot = series[Int(number)].oldest
    while slot >= 0 {
      let entry = slots[Int(slot)].entry
      if entry.time > range.upperBound { break }
      if entry.time >= range.lowerBound { found.append(entry) }
      slot = slots[Int(slot)].newer
    }
    return found
  }

  /// All with the numbers of their series, as they follow each other in the ring. O(exemplars).
  func visit(_ body: (Int32, Entry) -> Void) {
    for offset in slots.indices {
      let slot = slots[(next + offset) % slots.count]
      body(slot.series, slot.entry)
    }
  }

  /// Says what is wrong with the lists; `nil` if nothing is. O(exemplars).
  var inconsistency: String? {
    var seen = 0
    for (number, one) in series.enumerated() {
      var (slot, previous, length) = (one.oldest, Int32(-1), Int32(0))
      while slot >= 0 {
        let current = slots[Int(slot)]
        if current.series != Int32(number) { return "slot \(slot) is not of series \(number)" }
        if current.older != previous { return "slot \(slot) does not follow slot \(previous)" }
        if previous >= 0, current.entry.precedes(slots[Int(previous)].entry) { return "slot \(slot) is out of order" }
        (previous, slot, length) = (slot, current.newer, length + 1)
        if Int(length) > slots.count { return "the list of series \(number) has a loop" }
      }
      if previous != one.newest || length != one.count { return "series \(number) ends wrongly" }
      if length > 0, numbers[one.labels] != Int32(number) { return "series \(number) is not found by its labels" }
      seen += Int(length)
    }
    if seen != slots.count { return "\(slots.count) slots are in use, \(seen) in lists" }
    return numbers.count + free.count == series.count ? nil : "series are lost"
  }
}
