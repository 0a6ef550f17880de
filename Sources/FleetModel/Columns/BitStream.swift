/// Bits of a column, the least significant of each byte first.
struct BitStream {
  private let base: UnsafeRawPointer
  private let byteCount: Int
  /// In bits.
  var position = 0

  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, end: UnsafeRawPointer) {
    base = bytes.baseAddress ?? end
    byteCount = bytes.count
  }

  var isOverrun: Bool { position > byteCount &* 8 }

  /// The position up to which ``peekInside()`` may be used.
  var insideLimit: Int { (byteCount &- 8) &* 8 }

  /// The next bits, at least 57 of them, the first one lowest. `position` must be at most ``insideLimit``.
  @inline(__always)
  func peekInside() -> UInt64 {
    let word = base.loadUnaligned(fromByteOffset: position &>> 3, as: UInt64.self)
    return UInt64(littleEndian: word) &>> UInt64(truncatingIfNeeded: position & 7)
  }

  /// The same anywhere; zeros follow the end.
  @inline(never)
  func peek() -> UInt64 {
    if position <= insideLimit { return peekInside() }
    var word: UInt64 = 0
    let byte = position >> 3
    guard byte < byteCount else { return 0 }
    for offset in 0..<min(8, byteCount - byte) {
      word |= UInt64(base.load(fromByteOffset: byte + offset, as: UInt8.self)) << UInt64(8 * offset)
    }
    return word >> UInt64(position & 7)
  }

  /// The next `count` (0 ... 64) bits, anywhere.
  mutating func take(_ count: Int) -> UInt64 {
    guard count > 32 else { return takeShort(count) }
    let low = takeShort(32)
    return low | takeShort(count - 32) << 32
  }

  private mutating func takeShort(_ count: Int) -> UInt64 {
    defer { position += count }
    return peek() & BitStream.mask(UInt64(count))
  }

  /// `count` (0 ... 63) ones.
  @inline(__always)
  static func mask(_ count: UInt64) -> UInt64 { (1 &<< count) &- 1 }
}

/// Writes what ``BitStream`` reads, into memory with eight bytes to spare.
struct BitWriter {
  private let base: UnsafeMutableRawPointer
  private var pending: UInt64 = 0
  private var pendingCount = 0
  private var byte = 0

  init(_ base: UnsafeMutableRawPointer) { self.base = base }

  /// Writes the low `count` (0 ... 56) bits of `bits`; those above must be zero.
  @inline(__always)
  mutating func putShort(_ bits: UInt64, _ count: Int) {
    pending |= bits &<< UInt64(truncatingIfNeeded: pendingCount)
    base.storeBytes(of: pending.littleEndian, toByteOffset: byte, as: UInt64.self)
    pendingCount &+= count
    byte &+= pendingCount &>> 3
    pending = pending &>> UInt64(truncatingIfNeeded: pendingCount & ~7)
    pendingCount &= 7
  }

  @inline(__always)
  mutating func put(_ bits: UInt64, _ count: Int) {
    if count <= 56 {
      putShort(bits, count)
    } else {
      putShort(bits & 0xffff_ffff, 32)
      putShort(bits >> 32, count - 32)
    }
  }

  /// How many bytes were begun.
  var byteCount: Int { byte + (pendingCount > 0 ? 1 : 0) }
}
