import FleetModel

/// Finds a span by its id: open addressing over numbers, since a dictionary costs four times as much here.
struct SpanTable {
  private struct Slot {
    var id: UInt64
    var index: Int32
  }

  private var slots: [Slot]
  private let mask: Int

  /// Ids come from outside: whoever does not know these numbers cannot choose ids that collide.
  private static let (seed, factor) = (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max) | 1)

  init(count: Int) {
    var capacity = 8
    while capacity < count * 2 { capacity *= 2 }
    slots = Array(repeating: Slot(id: 0, index: -1), count: capacity)
    mask = capacity - 1
  }

  /// - Returns: the index under which the id is known already; then nothing changes.
  mutating func insert(_ id: SpanID, _ index: Int32) -> Int32? {
    let slot = place(of: id.rawValue)
    if slots[slot].index >= 0 { return slots[slot].index }
    slots[slot] = Slot(id: id.rawValue, index: index)
    return nil
  }

  subscript(id: UInt64) -> Int32? {
    let index = slots[place(of: id)].index
    return index < 0 ? nil : index
  }

  private func place(of id: UInt64) -> Int {
    var mixed = (id ^ Self.seed) &* Self.factor
    mixed = (mixed ^ (mixed >> 32)) &* 0x9E37_79B9_7F4A_7C15
    var slot = Int(truncatingIfNeeded: mixed >> 32) & mask
    while slots[slot].index >= 0, slots[slot].id != id { slot = (slot + 1) & mask }
    return slot
  }
}
