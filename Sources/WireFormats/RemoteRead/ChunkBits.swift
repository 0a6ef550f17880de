/// Writes the bits of a chunk, the highest of each number first, with the integer codes of Prometheus' chunks
/// (prometheus/prometheus `tsdb/chunkenc/bstream.go`, `varbit.go`).
struct ChunkBits {
  private(set) var bytes: [UInt8]
  /// Bits that are free in the last byte.
  private var free = 0

  /// - Parameter header: whole bytes in front of the bits.
  init(header: [UInt8], capacity: Int) {
    bytes = header
    bytes.reserveCapacity(capacity)
  }

  mutating func setByte(_ place: Int, _ byte: UInt8) { bytes[place] = byte }

  /// The lowest `width` bits of `value`.
  mutating func write(_ value: UInt64, _ width: Int) {
    var rest = width
    while rest > 0 {
      if free == 0 {
        bytes.append(0)
        free = 8
      }
      let part = min(free, rest)
      let piece = UInt8(truncatingIfNeeded: value >> UInt64(rest - part)) & UInt8(truncatingIfNeeded: (1 << part) - 1)
      bytes[bytes.count - 1] |= piece << UInt8(free - part)
      free -= part
      rest -= part
    }
  }

  mutating func write(_ value: Double) { write(value.bitPattern, 64) }

  /// A varint of whole bytes, which need not begin at a byte's boundary.
  mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      write(rest & 0x7f | 0x80, 8)
      rest >>= 7
    }
    write(rest, 8)
  }

  /// A prefix for each class of a varbit number and the bits that follow it.
  private static let varbits: [(prefix: UInt64, prefixBits: Int, width: Int)] = [
    (0b10, 2, 3), (0b110, 3, 6), (0b1110, 4, 9), (0b11110, 5, 12), (0b11_1110, 6, 18), (0b111_1110, 7, 25),
    (0b1111_1110, 8, 56), (0b1111_1111, 8, 64),
  ]

  mutating func varbit(_ value: Int64) {
    if value == 0 { return write(0, 1) }
    for (prefix, prefixBits, width) in Self.varbits {
      // A class reaches one further up than down: −3 to 4 in three bits.
      let half = Int64(1) << Int64(min(width, 63) - 1)
      guard width == 64 || (value > -half && value <= half) else { continue }
      write(prefix, prefixBits)
      return write(UInt64(bitPattern: value), width)
    }
  }

  mutating func varbit(_ value: UInt64) {
    if value == 0 { return write(0, 1) }
    for (prefix, prefixBits, width) in Self.varbits where 64 - value.leadingZeroBitCount <= width {
      write(prefix, prefixBits)
      return write(value, width)
    }
  }
}

/// A floating-point number that is written as what changed in its bits since the last one (Pelkonen et al., "Gorilla: A Fast,
/// Scalable, In-Memory Time Series Database", VLDB 2015, section 4.1.2).
struct XORValue {
  private var value: UInt64
  /// Zero bits before and behind the last change that was written with its place; before that, none.
  private var zeros: (leading: Int, trailing: Int)?

  init(_ first: Double) { value = first.bitPattern }

  mutating func write(_ next: Double, to bits: inout ChunkBits) {
    let change = value ^ next.bitPattern
    value = next.bitPattern
    if change == 0 { return bits.write(0, 1) }
    bits.write(1, 1)
    // Five bits hold the zeros in front.
    let leading = min(change.leadingZeroBitCount, 31)
    let trailing = change.trailingZeroBitCount
    if let zeros, leading >= zeros.leading, trailing >= zeros.trailing {
      bits.write(0, 1)
      return bits.write(change >> UInt64(zeros.trailing), 64 - zeros.leading - zeros.trailing)
    }
    zeros = (leading, trailing)
    let width = 64 - leading - trailing
    bits.write(1, 1)
    bits.write(UInt64(leading), 5)
    // 64 is written as 0, which no change has.
    bits.write(UInt64(width & 63), 6)
    bits.write(change >> UInt64(trailing), width)
  }
}
