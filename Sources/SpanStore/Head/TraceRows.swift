import FleetModel

/// Finds the rows of a trace: the latest by the trace's id, and from each row the one before it.
// Unchecked because it alone owns its memory.
struct TraceRows: ~Copyable, @unchecked Sendable {
  /// Row number plus one; a power of two of them, at most half full.
  private var slots: UnsafeMutablePointer<UInt32>
  private var mask: Int
  private(set) var count = 0

  init() {
    mask = 1023
    slots = Self.emptySlots(1024)
  }

  deinit { slots.deallocate() }

  var byteCount: Int { 4 * (mask + 1) }

  @inline(__always)
  private func slot(_ high: UInt64, _ low: UInt64, _ rows: borrowing GrowingMemory<PackedRow>) -> Int {
    var slot = Int(truncatingIfNeeded: ByteHash.hash(high, low)) & mask
    while slots[slot] != 0 {
      let row = rows[Int(slots[slot] - 1)]
      if row.traceHigh == high, row.traceLow == low { break }
      slot = (slot + 1) & mask
    }
    return slot
  }

  /// Links a row, the latest, to its trace.
  @inline(__always)
  mutating func insert(_ number: Int, _ rows: inout GrowingMemory<PackedRow>) {
    let row = rows[number]
    let place = slot(row.traceHigh, row.traceLow, rows)
    rows[number].previous = slots[place] == 0 ? PackedRow.none : slots[place] - 1
    let isNew = slots[place] == 0
    slots[place] = UInt32(truncatingIfNeeded: number + 1)
    guard isNew else { return }
    count += 1
    if 2 * count > mask { grow(rows) }
  }

  private mutating func grow(_ rows: borrowing GrowingMemory<PackedRow>) {
    let (old, oldMask) = (slots, mask)
    mask = 2 * (oldMask + 1) - 1
    slots = Self.emptySlots(mask + 1)
    for index in 0...oldMask where old[index] != 0 {
      let row = rows[Int(old[index] - 1)]
      slots[slot(row.traceHigh, row.traceLow, rows)] = old[index]
    }
    old.deallocate()
  }

  /// The latest row of a trace.
  func latest(_ trace: TraceID, _ rows: borrowing GrowingMemory<PackedRow>) -> Int? {
    let found = slots[slot(trace.high, trace.low, rows)]
    return found == 0 ? nil : Int(found - 1)
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    let slots = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
    slots.initialize(repeating: 0, count: count)
    return slots
  }
}
