import FleetModel

/// Numbers label sets from 0 in the order in which they come; equal ones have the same number. Nothing is allocated for one that is
/// known.
struct LabelSetNumbers {
  private(set) var sets: [LabelSet] = []
  private var hashes: [UInt64] = []
  private var table: [Int32]

  init(expecting count: Int) {
    var size = 64
    while size < count * 2 { size *= 2 }
    table = [Int32](repeating: -1, count: size)
    sets.reserveCapacity(count)
    hashes.reserveCapacity(count)
  }

  var count: Int { sets.count }

  mutating func number(of labels: LabelSet) -> Int {
    let hash = LabelGrouper.hash(labels.encoded)
    var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
    while table[slot] >= 0 {
      let number = Int(table[slot])
      if hashes[number] == hash, sets[number] == labels { return number }
      slot = (slot + 1) & (table.count - 1)
    }
    table[slot] = Int32(truncatingIfNeeded: sets.count)
    sets.append(labels)
    hashes.append(hash)
    if sets.count * 2 > table.count { grow() }
    return sets.count - 1
  }

  private mutating func grow() {
    table = [Int32](repeating: -1, count: table.count * 4)
    for (number, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (table.count - 1)
      while table[slot] >= 0 { slot = (slot + 1) & (table.count - 1) }
      table[slot] = Int32(truncatingIfNeeded: number)
    }
  }
}
