/// Writes what ``BitWindow`` reads, into memory with eight bytes to spare.
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
