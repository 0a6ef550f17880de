import FleetModel

/// Prometheus' XOR chunk (prometheus/prometheus `tsdb/chunkenc/xor.go`, `tsdb/docs/format/chunks.md`): the number of samples
/// in 16 bits; the first time as a signed varint and the first value; the second time as the unsigned difference; then of each
/// time the difference of differences in a class of bits, of each value what changed against the last one.
struct XORChunk {
  /// As many samples as Prometheus puts into one.
  static let samples = 120

  private(set) var bytes: [UInt8] = [0, 0]
  /// Bits that are free in the last byte.
  private var free = 0
  private var count: UInt16 = 0
  private var time: Int64 = 0
  private var difference: Int64 = 0
  private var value: UInt64 = 0
  /// Zero bits before and behind the last change that was written with its place; before that, none.
  private var zeros: (leading: Int, trailing: Int)?

  /// - Precondition: fewer than 2^16 samples, in rising order of time.
  init(_ times: ArraySlice<Int64>, _ values: ArraySlice<Double>) {
    precondition(times.count < 1 << 16, "BUG: a chunk holds less than 2^16 samples")
    bytes.reserveCapacity(16 + times.count * 4)
    for (time, value) in zip(times, values) { append(time, value.bitPattern) }
    bytes[0] = UInt8(count >> 8)
    bytes[1] = UInt8(count & 0xff)
  }

  private mutating func append(_ next: Int64, _ bits: UInt64) {
    // Times may lie as far apart as 64 bits allow: the differences wrap, and so do a reader's sums.
    let step = next &- time
    switch count {
    case 0:
      varint(UInt64(bitPattern: next << 1 ^ next >> 63))
      write(bits, 64)
    case 1:
      varint(UInt64(bitPattern: step))
      writeChange(to: bits)
    default:
      write(change: step &- difference)
      writeChange(to: bits)
    }
    if count > 0 { difference = step }
    time = next
    value = bits
    count += 1
  }

  private mutating func write(change: Int64) {
    if change == 0 { return write(0, 1) }
    for (prefix, prefixBits, width) in [(0b10, 2, 14), (0b110, 3, 17), (0b1110, 4, 20)] as [(UInt64, Int, Int)] {
      let half = Int64(1) << Int64(width - 1)
      if change > -half, change <= half {
        write(prefix, prefixBits)
        return write(UInt64(bitPattern: change), width)
      }
    }
    write(0b1111, 4)
    write(UInt64(bitPattern: change), 64)
  }

  private mutating func writeChange(to bits: UInt64) {
    let change = value ^ bits
    if change == 0 { return write(0, 1) }
    write(1, 1)
    // Five bits hold the zeros in front.
    let leading = min(change.leadingZeroBitCount, 31)
    let trailing = change.trailingZeroBitCount
    if let zeros, leading >= zeros.leading, trailing >= zeros.trailing {
      write(0, 1)
      return write(change >> UInt64(zeros.trailing), 64 - zeros.leading - zeros.trailing)
    }
    zeros = (leading, trailing)
    let width = 64 - leading - trailing
    write(1, 1)
    write(UInt64(leading), 5)
    // 64 is written as 0, which no change has.
    write(UInt64(width & 63), 6)
    write(change >> UInt64(trailing), width)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      write(rest & 0x7f | 0x80, 8)
      rest >>= 7
    }
    write(rest, 8)
  }

  /// The lowest `width` bits of `value`, the highest of them first.
  private mutating func write(_ value: UInt64, _ width: Int) {
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
}
