/// Bits of a column, the least significant of each byte first: those that come next lie in a register.
///
/// Near the end it goes on in a small copy with zeros behind, so that reading needs no other path there.
struct BitWindow {
  /// The next bits, the first one lowest: at least 56 after ``refill()``.
  private(set) var bits: UInt64 = 0
  private var count: UInt64 = 0
  private var base: UnsafeRawPointer
  private var byte = 0
  private var lastByte: Int
  /// Bytes that are there in truth, from `base`.
  private var byteCount: Int
  private let tail: UnsafeMutableRawPointer
  private var isTail = false

  static let tailSize = 32

  /// - Parameter tail: memory of ``tailSize`` bytes.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, tail: UnsafeMutableRawPointer) {
    base = bytes.baseAddress ?? UnsafeRawPointer(tail)
    byteCount = bytes.count
    lastByte = bytes.count &- 8
    self.tail = tail
  }

  /// More bits were taken than there are.
  var isOverrun: Bool { byte &* 8 &- Int(truncatingIfNeeded: count) > byteCount &* 8 }

  /// Moves `count` bits on, from the start: at most the bytes that there are.
  mutating func skip(to position: Int) -> Bool {
    byte = position >> 3
    guard refill() else { return false }
    drop(UInt64(truncatingIfNeeded: position & 7))
    return true
  }

  /// - Returns: `false` if the bytes ended long before.
  @inline(__always)
  mutating func refill() -> Bool {
    guard byte <= lastByte || enterTail() else { return false }
    // Bits above `count` may be there already; then they are the same.
    bits |= UInt64(littleEndian: base.loadUnaligned(fromByteOffset: byte, as: UInt64.self)) &<< count
    byte &+= Int(truncatingIfNeeded: (63 &- count) &>> 3)
    count |= 56
    return true
  }

  /// Takes the low bits away: together at most 56 since the last ``refill()``.
  @inline(__always)
  mutating func drop(_ count: UInt64) {
    bits = bits &>> count
    self.count &-= count
  }

  /// The next `count` (0 ... 64) bits; zeros follow the end.
  mutating func take(_ count: Int) -> UInt64? {
    guard refill() else { return nil }
    let low = UInt64(min(count, 32))
    let word = bits & Self.mask(low)
    drop(low)
    guard count > 32 else { return word }
    guard refill() else { return nil }
    let high = bits & Self.mask(UInt64(count - 32))
    drop(UInt64(count - 32))
    return word | high << 32
  }

  @inline(never)
  private mutating func enterTail() -> Bool {
    guard !isTail, byte <= byteCount else { return false }
    isTail = true
    tail.initializeMemory(as: UInt8.self, repeating: 0, count: Self.tailSize)
    // Fewer than eight bytes.
    tail.copyMemory(from: base + byte, byteCount: byteCount - byte)
    byteCount -= byte
    byte = 0
    base = UnsafeRawPointer(tail)
    lastByte = Self.tailSize - 8
    return true
  }

  /// `count` (0 ... 63) ones.
  @inline(__always)
  static func mask(_ count: UInt64) -> UInt64 { (1 &<< count) &- 1 }
}
