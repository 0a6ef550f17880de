/// A hash table from hash to number; whoever asks compares the keys. Open addressing with linear probing, at most 7/8
/// full; removal moves followers back, so there are no tombstones.
///
/// ```
/// slot (u64): │ hash (32 bits) │ number + 1 (32 bits) │, 0 if empty
/// ```
struct HashSlots: ~Copyable {
  private var slots: UnsafeMutablePointer<UInt64>
  private var capacity = 64
  private(set) var count = 0

  init() {
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
  }

  deinit { slots.deallocate() }

  var reservedBytes: Int { capacity * 8 }

  /// The number under `hash` for which `isSame` holds.
  @inline(__always)
  func find(_ hash: UInt32, where isSame: (UInt32) -> Bool) -> UInt32? {
    let mask = capacity - 1
    var index = Int(hash) & mask
    while true {
      let slot = slots[index]
      if slot == 0 { return nil }
      if UInt32(truncatingIfNeeded: slot >> 32) == hash {
        let number = UInt32(truncatingIfNeeded: slot) &- 1
        if isSame(number) { return number }
      }
      index = (index + 1) & mask
    }
  }

  /// Makes room for so many numbers in all.
  mutating func reserve(_ numbers: Int) { while numbers * 8 > capacity * 7 { grow() } }

  mutating func insert(_ hash: UInt32, _ number: UInt32) {
    if (count + 1) * 8 > capacity * 7 { grow() }
    place(UInt64(hash) << 32 | UInt64(number + 1))
    count += 1
  }

  mutating func remove(_ hash: UInt32, _ number: UInt32) {
    let mask = capacity - 1
    let wanted = UInt64(hash) << 32 | UInt64(number + 1)
    var hole = Int(hash) & mask
    while slots[hole] != wanted {
      precondition(slots[hole] != 0, "BUG: a number that is not in the table is removed")
      hole = (hole + 1) & mask
    }
    count -= 1
    var index = hole
    while true {
      index = (index + 1) & mask
      let slot = slots[index]
      if slot == 0 { break }
      let home = Int(slot >> 32) & mask
      // The follower may move back unless its home lies behind the hole.
      if (index - home) & mask >= (index - hole) & mask {
        slots[hole] = slot
        hole = index
      }
    }
    slots[hole] = 0
  }

  private func place(_ slot: UInt64) {
    let mask = capacity - 1
    var index = Int(slot >> 32) & mask
    while slots[index] != 0 { index = (index + 1) & mask }
    slots[index] = slot
  }

  private mutating func grow() {
    let old = slots
    let oldCapacity = capacity
    capacity *= 2
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: 0, count: capacity)
    for index in 0..<oldCapacity where old[index] != 0 { place(old[index]) }
    old.deallocate()
  }
}
