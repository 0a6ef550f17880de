import FleetModel

/// The alerts by number, so that groups, timers and indices can name one with four bytes. A number is used again once its alert
/// is gone.
struct AlertTable: Sendable {
  struct Entry: Sendable {
    var alert: NotifiedAlert
    var fingerprint: UInt64
    /// Another one whenever the alert is put, and none is used for two alerts.
    fileprivate(set) var revision: UInt32 = 0
    /// Held against all silences up to this number.
    var silencesSeen: UInt32 = 0
    var isLive = true
    var isChanged = false
    /// Told as ended by some of its groups, and let go by them, while others still hold it.
    var hasLeft = false
    /// The numbers of the silences that match, rising.
    var silences: [UInt32] = []
    var groups = GroupNumbers()
  }

  private(set) var entries: [Entry] = []
  private var numbers: [LabelSet: Int32] = [:]
  private var free: [Int32] = []
  private var lastRevision: UInt32 = 0

  var count: Int { numbers.count }

  /// The numbers that are in use, rising. O(entries).
  var live: [Int32] { entries.indices.lazy.filter { entries[$0].isLive }.map { Int32(truncatingIfNeeded: $0) } }

  func number(of labels: LabelSet) -> Int32? { numbers[labels] }

  subscript(number: Int32) -> Entry {
    get { entries[Int(number)] }
    _modify { yield &entries[Int(number)] }
  }

  mutating func insert(_ alert: NotifiedAlert) -> Int32 {
    var entry = Entry(alert: alert, fingerprint: alert.labels.fingerprint)
    lastRevision &+= 1
    entry.revision = lastRevision
    let number: Int32
    if let used = free.popLast() {
      number = used
      entries[Int(used)] = entry
    } else {
      number = Int32(truncatingIfNeeded: entries.count)
      entries.append(entry)
    }
    numbers[alert.labels] = number
    return number
  }

  mutating func remove(_ number: Int32) {
    let index = Int(number)
    numbers[entries[index].alert.labels] = nil
    entries[index] = Entry(
      alert: NotifiedAlert(labels: LabelSet(), startsAt: Self.never, updatedAt: Self.never), fingerprint: 0,
      isLive: false)
    free.append(number)
    if numbers.isEmpty { (entries, free) = ([], []) }
  }

  /// The alert was said again.
  mutating func touch(_ number: Int32) {
    lastRevision &+= 1
    entries[Int(number)].revision = lastRevision
  }

  /// Whether the alert that had `revision` is still there and was not said again.
  func isUnchanged(_ number: Int32, since revision: UInt32) -> Bool {
    Int(number) < entries.count && entries[Int(number)].isLive && entries[Int(number)].revision == revision
  }

  private static let never = Timestamp(milliseconds: 0)
}

/// The groups that hold an alert: one for nearly every alert, so the first is held in place.
struct GroupNumbers: Sendable, Hashable {
  private var first: Int32 = -1
  private var others: [Int32] = []

  var isEmpty: Bool { first < 0 }
  var all: [Int32] { first < 0 ? [] : others.isEmpty ? [first] : [first] + others }

  func contains(_ group: Int32) -> Bool { first == group || others.contains(group) }

  mutating func insert(_ group: Int32) {
    if first < 0 { first = group } else { others.append(group) }
  }

  mutating func remove(_ group: Int32) {
    if first == group {
      first = others.isEmpty ? -1 : others.removeFirst()
    } else {
      others.removeAll { $0 == group }
    }
  }
}
