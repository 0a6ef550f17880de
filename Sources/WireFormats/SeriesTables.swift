/// Hashing of byte runs: 64-bit multiply and fold, as in wyhash (<https://github.com/wangyi-fudan/wyhash>), from a seed.
enum ByteHash {
  @inline(__always)
  static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (high, low) = left.multipliedFullWidth(by: right)
    return high ^ low
  }

  @inline(__always)
  static func hash(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64) -> UInt64 {
    var state = seed ^ 0x9e37_79b9_7f4a_7c15
    let count = bytes.count
    guard let base = UnsafeRawPointer(bytes.baseAddress), count > 0 else { return fold(state, 0xd6e8_feb8_6659_fd93) }
    var index = 0
    while index + 16 <= count {
      state = fold(
        base.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ 0xa076_1d64_78bd_642f,
        base.loadUnaligned(fromByteOffset: index + 8, as: UInt64.self) ^ state)
      index += 16
    }
    var first: UInt64 = 0
    var second: UInt64 = 0
    if index + 8 <= count {
      first = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      index += 8
    }
    while index < count {
      second = second << 8 | UInt64(base.load(fromByteOffset: index, as: UInt8.self))
      index += 1
    }
    state = fold(first ^ 0xe703_7ed1_a0b4_28db, second ^ state)
    return fold(state ^ 0x8ebc_6af0_9c88_c6e3, UInt64(count) ^ 0x5899_65cc_7537_4cc3)
  }

  static func identity(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64) -> SeriesIdentity {
    SeriesIdentity(high: hash(bytes, seed: seed), low: hash(bytes, seed: ~seed &* 0xff51_afd7_ed55_8ccd))
  }
}

/// Finds a remembered unit by its text. Built only for a body that is not in the remembered order, and dropped with it.
struct UnitTable {
  private var buckets: [UInt32]
  private let mask: Int
  private let seed: UInt64

  init(units: UnsafeBufferPointer<BodyUnit>, text: UnsafeBufferPointer<UInt8>, seed: UInt64) {
    let count = max(0, units.count - 1)
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    mask = capacity - 1
    self.seed = seed
    buckets = Array(repeating: 0, count: capacity)
    for unit in 0..<count where units[unit].isFit {
      let bytes = Self.bytes(of: unit, units, text)
      var bucket = Int(truncatingIfNeeded: ByteHash.hash(bytes, seed: seed)) & mask
      var known = false
      while buckets[bucket] != 0 {
        // A body may repeat one line a million times: its copies must not make a chain.
        let other = Int(buckets[bucket] - 1)
        if units[other].mode == units[unit].mode, Self.isSame(bytes, Self.bytes(of: other, units, text)) {
          known = true
          break
        }
        bucket = (bucket + 1) & mask
      }
      if !known { buckets[bucket] = UInt32(unit + 1) }
    }
  }

  /// The first unit with this text whose labels mean the same under `mode`.
  func find(
    _ bytes: UnsafeBufferPointer<UInt8>, mode: LabelMode, units: UnsafeBufferPointer<BodyUnit>,
    text: UnsafeBufferPointer<UInt8>
  ) -> Int? {
    var bucket = Int(truncatingIfNeeded: ByteHash.hash(bytes, seed: seed)) & mask
    while buckets[bucket] != 0 {
      let unit = Int(buckets[bucket] - 1)
      let fits = units[unit].isLine || units[unit].mode == .any || units[unit].mode == mode
      if fits, Self.isSame(bytes, Self.bytes(of: unit, units, text)) { return unit }
      bucket = (bucket + 1) & mask
    }
    return nil
  }

  private static func bytes(
    of unit: Int, _ units: UnsafeBufferPointer<BodyUnit>, _ text: UnsafeBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: text[Int(units[unit].start)..<Int(units[unit + 1].start)])
  }

  private static func isSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    guard left.count == right.count, let a = left.baseAddress, let b = right.baseAddress else { return false }
    return isEqual(a, b, count: left.count)
  }
}

/// Finds a slot by its labels' identity. Built only when a body brings a text that was not in the previous one.
struct IdentityTable {
  private var buckets: [UInt32]
  private var mask: Int
  private var count = 0

  init(_ slots: SlotTable) {
    var capacity = 16
    while capacity < slots.count * 2 { capacity *= 2 }
    mask = capacity - 1
    buckets = Array(repeating: 0, count: capacity)
    for slot in 0..<slots.count where slots.isUsed(slot) { place(Int32(slot), slots.identities[slot]) }
  }

  private mutating func place(_ slot: Int32, _ identity: SeriesIdentity) {
    var bucket = Int(truncatingIfNeeded: identity.low) & mask
    while buckets[bucket] != 0 { bucket = (bucket + 1) & mask }
    buckets[bucket] = UInt32(slot) + 1
    count += 1
  }

  func find(_ identity: SeriesIdentity, in identities: [SeriesIdentity]) -> Int32? {
    var bucket = Int(truncatingIfNeeded: identity.low) & mask
    while buckets[bucket] != 0 {
      let slot = Int(buckets[bucket] - 1)
      if identities[slot] == identity { return Int32(slot) }
      bucket = (bucket + 1) & mask
    }
    return nil
  }

  /// `identities` must hold every slot placed before and the new one.
  mutating func insert(_ slot: Int32, in identities: [SeriesIdentity]) {
    if (count + 1) * 2 > buckets.count {
      let old = buckets
      buckets = Array(repeating: 0, count: old.count * 2)
      mask = buckets.count - 1
      count = 0
      for entry in old where entry != 0 { place(Int32(entry - 1), identities[Int(entry - 1)]) }
    }
    place(slot, identities[Int(slot)])
  }
}

/// `memcmp` for the lengths at hand, inlined.
@inline(__always)
func isEqual(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, count: Int) -> Bool {
  let a = UnsafeRawPointer(left)
  let b = UnsafeRawPointer(right)
  var index = 0
  if count >= 16 {
    while index &+ 16 <= count {
      if !isEqual16(a + index, b + index) { return false }
      index &+= 16
    }
    return index == count || isEqual16(a + (count &- 16), b + (count &- 16))
  }
  if count >= 8 {
    return a.loadUnaligned(as: UInt64.self) == b.loadUnaligned(as: UInt64.self)
      && (a + (count &- 8)).loadUnaligned(as: UInt64.self) == (b + (count &- 8)).loadUnaligned(as: UInt64.self)
  }
  while index < count {
    if left[index] != right[index] { return false }
    index &+= 1
  }
  return true
}

@inline(__always)
private func isEqual16(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer) -> Bool {
  let first = a.loadUnaligned(as: UInt64.self) ^ b.loadUnaligned(as: UInt64.self)
  let second = a.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ b.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
  return first | second == 0
}
