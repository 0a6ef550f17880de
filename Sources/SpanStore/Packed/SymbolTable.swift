import Glibc

/// Runs of bytes, each kept once under a number: the numbers count from zero in order of first mention.
// Unchecked because it alone owns its memory.
struct SymbolTable: ~Copyable, @unchecked Sendable {
  private var text = GrowingMemory<UInt8>()
  /// Where each symbol ends in `text`.
  private var ends = GrowingMemory<UInt32>()
  /// Upper half: of the hash; lower half: the number plus one. A power of two of them, at most half full.
  private var slots: UnsafeMutablePointer<UInt64>
  private var mask: Int

  init() {
    mask = 255
    slots = Self.emptySlots(256)
  }

  deinit { slots.deallocate() }

  var count: Int { ends.count }
  /// Bytes of all symbols together and of what finds them.
  var byteCount: Int { text.count + 4 * ends.count + 8 * (mask + 1) }

  @inline(__always)
  subscript(number: UInt32) -> UnsafeRawBufferPointer {
    let index = Int(number)
    let start = index == 0 ? 0 : Int(ends[index - 1])
    return UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text.elements[start..<Int(ends[index])]))
  }

  func string(_ number: UInt32) -> String { String(decoding: self[number], as: UTF8.self) }

  @inline(__always)
  func isEqual(_ number: UInt32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let own = self[number]
    guard own.count == bytes.count else { return false }
    guard let left = own.baseAddress, let right = bytes.baseAddress else { return own.count == 0 }
    return memcmp(left, right, own.count) == 0
  }

  func number(of bytes: UnsafeRawBufferPointer) -> UInt32? {
    let hash = ByteHash.hash(bytes)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = slots[slot]
      if entry >> 32 == hash >> 32, isEqual(UInt32(truncatingIfNeeded: entry) - 1, bytes) {
        return UInt32(truncatingIfNeeded: entry) - 1
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  func number(of string: String) -> UInt32? {
    var string = string
    return string.withUTF8 { number(of: UnsafeRawBufferPointer($0)) }
  }

  @inline(__always)
  mutating func intern(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let hash = ByteHash.hash(bytes)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let entry = slots[slot]
      if entry >> 32 == hash >> 32, isEqual(UInt32(truncatingIfNeeded: entry) - 1, bytes) {
        return UInt32(truncatingIfNeeded: entry) - 1
      }
      slot = (slot + 1) & mask
    }
    return add(bytes, hash, slot)
  }

  mutating func intern(_ string: String) -> UInt32 {
    var string = string
    return string.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
  }

  @inline(never)
  private mutating func add(_ bytes: UnsafeRawBufferPointer, _ hash: UInt64, _ slot: Int) -> UInt32 {
    let number = UInt32(truncatingIfNeeded: ends.count)
    text.append(bytes)
    precondition(text.count <= Int(UInt32.max), "BUG: symbols of more than 4 GiB")
    ends.append(UInt32(truncatingIfNeeded: text.count))
    slots[slot] = (hash & 0xFFFF_FFFF_0000_0000) | (UInt64(number) + 1)
    if 2 * ends.count > mask { rehash(2 * (mask + 1)) }
    return number
  }

  private mutating func rehash(_ size: Int) {
    slots.deallocate()
    slots = Self.emptySlots(size)
    mask = size - 1
    for number in 0..<UInt32(truncatingIfNeeded: ends.count) {
      let hash = ByteHash.hash(self[number])
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = (hash & 0xFFFF_FFFF_0000_0000) | (UInt64(number) + 1)
    }
  }

  /// Forgets the symbols from a number on. Linear in the table, for what seldom happens.
  mutating func truncate(to newCount: Int) {
    guard newCount < ends.count else { return }
    text.truncate(to: newCount == 0 ? 0 : Int(ends[newCount - 1]))
    ends.truncate(to: newCount)
    rehash(mask + 1)
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
    slots.initialize(repeating: 0, count: count)
    return slots
  }
}

/// A hash of bytes that nobody outside can foresee: the key is drawn when the process starts.
///
/// Words are folded by a product of 64 by 64 bits whose halves are joined, as in wyhash (Wang Yi, <https://github.com/wangyi-fudan/wyhash>).
enum ByteHash {
  private static let seed = UInt64.random(in: .min ... .max)

  @inline(__always)
  static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  @inline(__always)
  static func hash(_ high: UInt64, _ low: UInt64) -> UInt64 {
    mix(mix(high ^ seed, 0xA076_1D64_78BD_642F) ^ low, 0xE703_7ED1_A0B4_28DB)
  }

  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 { hash(bytes, seed: seed) }

  /// With a key of the caller's, for what is written to disk.
  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    let count = bytes.count
    var hash = seed ^ mix(UInt64(truncatingIfNeeded: count) ^ 0x8EBC_6AF0_9C88_C6E3, 0xA076_1D64_78BD_642F)
    guard let start = bytes.baseAddress else { return mix(hash, 0xE703_7ED1_A0B4_28DB) }
    var offset = 0
    while count - offset > 8 {
      hash = mix(
        hash ^ start.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian, 0xA076_1D64_78BD_642F)
      offset += 8
    }
    var last: UInt64 = 0
    if count >= 8 {
      last = start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self).littleEndian
    } else if count >= 4 {
      let first = start.loadUnaligned(as: UInt32.self).littleEndian
      let end = start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self).littleEndian
      last = UInt64(first) << 32 | UInt64(end)
    } else {
      for index in 0..<count { last = last << 8 | UInt64(bytes[index]) }
    }
    return mix(hash ^ last, 0xE703_7ED1_A0B4_28DB)
  }
}
