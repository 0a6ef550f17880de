/// Hashing of byte runs: 64-bit multiply and fold, as in wyhash (<https://github.com/wangyi-fudan/wyhash>). Unlike there
/// all constants come from the seed: whoever knows one could blot out with it all that stands before.
struct ByteHash {
  private let start: UInt64
  private let key: UInt64

  init(seed: UInt64) {
    start = Self.fold(seed ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93)
    key = Self.fold(seed ^ 0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db) | 1
  }

  @inline(__always)
  static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (high, low) = left.multipliedFullWidth(by: right)
    return high ^ low
  }

  @inline(__always)
  func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let base = bytes.baseAddress else { return Self.fold(start ^ key, key) }
    return of(UnsafeRawPointer(base), count: bytes.count)
  }

  @inline(__always)
  func of(_ base: UnsafeRawPointer, count: Int) -> UInt64 {
    var state = start
    var index = 0
    if count >= 32 {
      // Two chains, since each multiplication waits for the one before it.
      var other = key
      while index &+ 32 <= count {
        state = Self.fold(
          base.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ key,
          base.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self) ^ state)
        other = Self.fold(
          base.loadUnaligned(fromByteOffset: index &+ 16, as: UInt64.self) ^ start,
          base.loadUnaligned(fromByteOffset: index &+ 24, as: UInt64.self) ^ other)
        index &+= 32
      }
      state = Self.fold(state ^ key, other ^ start)
    }
    if index &+ 16 <= count {
      state = Self.fold(
        base.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ key,
        base.loadUnaligned(fromByteOffset: index &+ 8, as: UInt64.self) ^ state)
      index &+= 16
    }
    var first: UInt64 = 0
    var second: UInt64 = 0
    if count >= 16 {
      // The last 16 bytes once more, in part: cheaper than to take the rest byte by byte.
      first = base.loadUnaligned(fromByteOffset: count &- 16, as: UInt64.self)
      second = base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    } else {
      if index &+ 8 <= count {
        first = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        index &+= 8
      }
      while index < count {
        second = second << 8 | UInt64(base.load(fromByteOffset: index, as: UInt8.self))
        index &+= 1
      }
    }
    state = Self.fold(first ^ key, second ^ state)
    return Self.fold(state ^ start, UInt64(truncatingIfNeeded: count) ^ key)
  }

  /// Of three numbers, of which the first two are hashes under the same seed.
  @inline(__always)
  func of(_ first: UInt64, _ second: UInt64, _ third: UInt64) -> UInt64 {
    let state = Self.fold(first ^ key, second ^ start)
    return Self.fold(Self.fold(third ^ start, state ^ key) ^ start, state ^ key)
  }

  static func identity(_ bytes: UnsafeBufferPointer<UInt8>, seed: UInt64) -> SeriesIdentity {
    SeriesIdentity(
      high: ByteHash(seed: seed).of(bytes), low: ByteHash(seed: ~seed &* 0xff51_afd7_ed55_8ccd).of(bytes))
  }
}

/// Finds a remembered unit by its text. Built only for a body that is not in the remembered order, and dropped with it.
struct UnitTable {
  private var buckets: [UInt32]
  private let mask: Int

  init(units: UnsafeBufferPointer<BodyUnit>) {
    var capacity = 16
    while capacity < units.count * 2 { capacity *= 2 }
    mask = capacity - 1
    buckets = Array(repeating: 0, count: capacity)
    for (index, unit) in units.enumerated() where unit.isFit {
      var bucket = Int(truncatingIfNeeded: unit.hash) & mask
      var known = false
      while buckets[bucket] != 0 {
        // A body may repeat one line a million times: its copies must not make a chain.
        let other = units[Int(buckets[bucket] - 1)]
        if other.mode == unit.mode, other.hash == unit.hash, other.length == unit.length {
          known = true
          break
        }
        bucket = (bucket + 1) & mask
      }
      if !known { buckets[bucket] = UInt32(index + 1) }
    }
  }

  /// The first unit with this text whose labels mean the same under `mode`.
  func find(
    _ text: UnsafeBufferPointer<UInt8>, _ hash: ByteHash, mode: LabelMode, units: UnsafeBufferPointer<BodyUnit>
  ) -> Int? {
    find(hash: hash.of(text), length: text.count, mode: mode, units: units)
  }

  /// As above, for a text that is known by its hash.
  func find(hash wanted: UInt64, length: Int, mode: LabelMode, units: UnsafeBufferPointer<BodyUnit>) -> Int? {
    var bucket = Int(truncatingIfNeeded: wanted) & mask
    while buckets[bucket] != 0 {
      let index = Int(buckets[bucket] - 1)
      let unit = units[index]
      let fits = unit.isLine || unit.mode == .any || unit.mode == mode
      if fits, unit.hash == wanted, Int(unit.length) == length { return index }
      bucket = (bucket + 1) & mask
    }
    return nil
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
