/// Rows that own memory, found by a number that names them. A row keeps its position until ``removeAll(where:)``.
struct RowTable<Row: ~Copyable>: ~Copyable {
  private var rows: UnsafeMutablePointer<Row>
  private var keys: [UInt64] = []
  private var capacity = 64
  /// Open addressing, at most half full; -1 where there is none.
  private var slots = [Int32](repeating: -1, count: 128)

  init() { rows = .allocate(capacity: capacity) }

  deinit {
    rows.deinitialize(count: keys.count)
    rows.deallocate()
  }

  var count: Int { keys.count }

  func key(at position: Int) -> UInt64 { keys[position] }

  @inline(__always)
  func find(_ key: UInt64) -> Int? {
    let slot = slots[slot(of: key)]
    return slot >= 0 ? Int(slot) : nil
  }

  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    slots.withUnsafeBufferPointer { slots in
      keys.withUnsafeBufferPointer { keys in
        let mask = slots.count &- 1
        // The numbers are given out by ourselves: nobody can craft them (the golden ratio spreads them).
        var index = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 20) & mask
        while case let row = slots[index], row >= 0, keys[Int(row)] != key { index = (index &+ 1) & mask }
        return index
      }
    }
  }

  /// - Precondition: there is none with this key.
  mutating func add(_ key: UInt64, _ row: consuming Row) -> Int {
    if keys.count == capacity {
      let larger = UnsafeMutablePointer<Row>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: rows, count: capacity)
      rows.deallocate()
      rows = larger
      capacity *= 2
    }
    let position = keys.count
    (rows + position).initialize(to: row)
    keys.append(key)
    if keys.count * 2 > slots.count { index(slots: slots.count * 2) } else { slots[slot(of: key)] = Int32(position) }
    return position
  }

  private mutating func index(slots count: Int) {
    slots = [Int32](repeating: -1, count: count)
    for position in keys.indices { slots[slot(of: keys[position])] = Int32(position) }
  }

  /// Gives rows other keys; no two may become the same. O(rows).
  mutating func rekey(_ change: (UInt64) -> UInt64) {
    for position in keys.indices { keys[position] = change(keys[position]) }
    index(slots: slots.count)
  }

  /// - Precondition: `position` is that of a row.
  @inline(__always)
  mutating func withRow<Value>(_ position: Int, _ body: (inout Row) -> Value) -> Value {
    precondition(position >= 0 && position < keys.count, "BUG: there is no row \(position)")
    return body(&rows[position])
  }

  /// Removes rows. The others may move. O(rows).
  ///
  /// - Returns: the keys of those that went.
  mutating func removeAll(where isGone: (borrowing Row) -> Bool) -> [UInt64] {
    var gone: [UInt64] = []
    var kept = 0
    for position in keys.indices {
      if isGone(rows[position]) {
        gone.append(keys[position])
        (rows + position).deinitialize(count: 1)
      } else {
        if kept != position {
          (rows + kept).moveInitialize(from: rows + position, count: 1)
          keys[kept] = keys[position]
        }
        kept += 1
      }
    }
    guard kept < keys.count else { return [] }
    keys.removeLast(keys.count - kept)
    index(slots: slots.count)
    return gone
  }
}
