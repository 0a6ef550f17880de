import FleetModel

/// The groups by number; a number is used again once its group is gone.
struct GroupTable: Sendable {
  struct Key: Sendable, Hashable {
    /// The node's place in the tree.
    var route: Int32
    var labels: LabelSet
  }

  struct Entry: Sendable {
    var key: Key
    var nextFlush: Timestamp
    var hasFlushed = false
    var isLive = true
    var isChanged = false
    /// The flush that is still sending; 0 where none is.
    var flight: UInt64 = 0
    /// The numbers of its alerts, none twice.
    var members: [Int32] = []
  }

  private(set) var entries: [Entry] = []
  private var numbers: [Key: Int32] = [:]
  private var free: [Int32] = []
  /// The groups without alerts.
  var empty: Set<Int32> = []

  var count: Int { numbers.count }

  /// The numbers that are in use, rising. O(entries).
  var live: [Int32] { entries.indices.lazy.filter { entries[$0].isLive }.map { Int32(truncatingIfNeeded: $0) } }

  func number(of key: Key) -> Int32? { numbers[key] }

  subscript(number: Int32) -> Entry {
    get { entries[Int(number)] }
    _modify { yield &entries[Int(number)] }
  }

  mutating func insert(_ entry: Entry) -> Int32 {
    let number: Int32
    if let used = free.popLast() {
      number = used
      entries[Int(used)] = entry
    } else {
      number = Int32(truncatingIfNeeded: entries.count)
      entries.append(entry)
    }
    numbers[entry.key] = number
    if entry.members.isEmpty { empty.insert(number) }
    return number
  }

  mutating func remove(_ number: Int32) {
    let index = Int(number)
    numbers[entries[index].key] = nil
    empty.remove(number)
    entries[index] = Entry(
      key: Key(route: -1, labels: LabelSet()), nextFlush: Timestamp(milliseconds: 0), isLive: false)
    free.append(number)
    if numbers.isEmpty { (entries, free) = ([], []) }
  }

  mutating func append(_ alert: Int32, to number: Int32) {
    if entries[Int(number)].members.isEmpty { empty.remove(number) }
    entries[Int(number)].members.append(alert)
  }

  /// O(members).
  mutating func remove(_ alerts: Set<Int32>, from number: Int32) {
    entries[Int(number)].members.removeAll { alerts.contains($0) }
    if entries[Int(number)].members.isEmpty {
      entries[Int(number)].members = []
      empty.insert(number)
    }
  }
}
