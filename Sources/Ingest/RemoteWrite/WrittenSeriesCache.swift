import FleetModel
import WireFormats

/// The numbers in the store of the series that were written lately, found by their senders' bytes: 32 to 64 bytes a
/// series. Those that were not written for one to two turns are forgotten, and a turn ends early when it has seen too many:
/// the senders' bytes may differ where the labels do not (labels without a value, fields that nobody knows).
struct WrittenSeriesCache: Sendable {
  /// What is known of a series.
  struct Entry: Sendable, Hashable {
    static let missing: UInt32 = 0
    /// The watcher is yet to be asked.
    static let unasked: UInt32 = 1
    static let unwatched: UInt32 = 2
    private static let firstToken: UInt32 = 3

    var reference: SeriesRef
    /// One of the above, or more: a watcher's token.
    var mark: UInt32

    static let none = Entry(reference: SeriesRef(rawValue: 0), mark: missing)

    init(reference: SeriesRef, mark: UInt32) {
      self.reference = reference
      self.mark = mark
    }

    init(reference: SeriesRef, token: WatchToken?) {
      self.reference = reference
      // A token beyond the last number is not followed; there are never so many.
      mark =
        token.flatMap { $0.rawValue <= UInt32.max - Self.firstToken ? $0.rawValue + Self.firstToken : nil }
        ?? Self.unwatched
    }

    var token: WatchToken? { mark >= Self.firstToken ? WatchToken(rawValue: mark - Self.firstToken) : nil }
  }

  private struct Slot: Sendable {
    var identity: WrittenIdentity
    var entry: Entry
  }

  /// Open addressing, at most three quarters full.
  private struct Table: Sendable {
    var slots: [Slot] = []
    var count = 0

    func find(_ identity: WrittenIdentity) -> Int? {
      if count == 0 { return nil }
      return slots.withUnsafeBufferPointer { slots in
        let mask = slots.count &- 1
        var index = Int(truncatingIfNeeded: identity.low) & mask
        while slots[index].entry.mark != Entry.missing {
          if slots[index].identity == identity { return index }
          index = (index &+ 1) & mask
        }
        return nil
      }
    }

    /// - Precondition: there is none with this identity.
    mutating func add(_ identity: WrittenIdentity, _ entry: Entry) {
      if (count + 1) * 4 > slots.count * 3 { grow() }
      place(Slot(identity: identity, entry: entry))
    }

    private mutating func place(_ slot: Slot) {
      let mask = slots.count - 1
      var index = Int(truncatingIfNeeded: slot.identity.low) & mask
      while slots[index].entry.mark != Entry.missing { index = (index + 1) & mask }
      slots[index] = slot
      count += 1
    }

    private mutating func grow() {
      let empty = Slot(identity: WrittenIdentity(high: 0, low: 0), entry: .none)
      let old = slots
      slots = [Slot](repeating: empty, count: max(64, old.count * 2))
      count = 0
      for slot in old where slot.entry.mark != Entry.missing { place(slot) }
    }
  }

  private var young = Table()
  private var old = Table()
  private var turnedAt: Duration
  private var now: Duration
  private let turn: Duration
  private let limit: Int
  private var generation: UInt64?

  /// - Parameters:
  ///   - turn: how long a series is kept at least without being written, unless there are too many.
  ///   - limit: series that a turn sees at most; at most twice as many are known.
  init(turn: Duration, limit: Int, now: Duration) {
    self.turn = turn
    self.limit = min(max(1, limit), Self.mostSeries)
    self.now = now
    turnedAt = now
  }

  /// A turn of so many takes 50 MB.
  private static let mostSeries = 1 << 20

  var count: Int { young.count + old.count }

  /// Forgets what is old, and what the watcher said if its rules have changed.
  mutating func prepare(now: Duration, generation: UInt64) {
    self.now = now
    if now - turnedAt >= turn { turnOver() }
    guard generation != self.generation else { return }
    self.generation = generation
    for index in young.slots.indices where young.slots[index].entry.mark != Entry.missing {
      young.slots[index].entry.mark = Entry.unasked
    }
    for index in old.slots.indices where old.slots[index].entry.mark != Entry.missing {
      old.slots[index].entry.mark = Entry.unasked
    }
  }

  private mutating func turnOver() {
    old = young
    young = Table()
    turnedAt = now
  }

  /// - Precondition: there is none with this identity among the young.
  private mutating func add(_ identity: WrittenIdentity, _ entry: Entry) {
    if young.count >= limit { turnOver() }
    young.add(identity, entry)
  }

  /// What is known of each series of a request, in its order. O(series).
  mutating func find(_ series: [WriteRequest.Series], scope: UInt64?, into entries: inout [Entry]) {
    entries.removeAll(keepingCapacity: true)
    entries.reserveCapacity(series.count)
    for one in series { entries.append(find(scope.map { one.identity.within($0) } ?? one.identity)) }
  }

  private mutating func find(_ identity: WrittenIdentity) -> Entry {
    if let index = young.find(identity) { return young.slots[index].entry }
    guard let index = old.find(identity) else { return .none }
    let entry = old.slots[index].entry
    add(identity, entry)
    return entry
  }

  mutating func set(_ identity: WrittenIdentity, _ entry: Entry) {
    if let index = young.find(identity) {
      young.slots[index].entry = entry
    } else {
      add(identity, entry)
    }
  }
}
