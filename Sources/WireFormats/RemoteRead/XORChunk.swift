import FleetModel

/// Prometheus' XOR chunk (prometheus/prometheus `tsdb/chunkenc/xor.go`, `tsdb/docs/format/chunks.md`): the number of samples
/// in 16 bits; the first time as a signed varint and the first value; the second time as the unsigned difference; then of each
/// time the difference of differences in a class of bits, of each value what changed against the last one.
struct XORChunk {
  /// How a `prometheus.Chunk` calls it.
  static let encoding: Int64 = 1
  /// As many samples as Prometheus puts into one.
  static let samples = 120

  private var bits: ChunkBits
  private var count = 0
  private var time: Int64 = 0
  private var difference: Int64 = 0
  private var value = XORValue(0)

  var bytes: [UInt8] { bits.bytes }

  /// - Precondition: fewer than 2^16 samples, in rising order of time.
  init(_ times: ArraySlice<Int64>, _ values: ArraySlice<Double>) {
    precondition(times.count < 1 << 16, "BUG: a chunk holds less than 2^16 samples")
    bits = ChunkBits(
      header: [UInt8(times.count >> 8), UInt8(times.count & 0xff)], capacity: 16 + times.count * 4)
    for (time, value) in zip(times, values) { append(time, value) }
  }

  private mutating func append(_ next: Int64, _ value: Double) {
    // Times may lie as far apart as 64 bits allow: the differences wrap, and so do a reader's sums.
    let step = next &- time
    switch count {
    case 0:
      bits.varint(UInt64(bitPattern: next << 1 ^ next >> 63))
      bits.write(value)
      self.value = XORValue(value)
    case 1:
      bits.varint(UInt64(bitPattern: step))
      self.value.write(value, to: &bits)
    default:
      write(change: step &- difference)
      self.value.write(value, to: &bits)
    }
    if count > 0 { difference = step }
    time = next
    count += 1
  }

  private mutating func write(change: Int64) {
    if change == 0 { return bits.write(0, 1) }
    for (prefix, prefixBits, width) in [(0b10, 2, 14), (0b110, 3, 17), (0b1110, 4, 20)] as [(UInt64, Int, Int)] {
      let half = Int64(1) << Int64(width - 1)
      if change > -half, change <= half {
        bits.write(prefix, prefixBits)
        return bits.write(UInt64(bitPattern: change), width)
      }
    }
    bits.write(0b1111, 4)
    bits.write(UInt64(bitPattern: change), 64)
  }
}
