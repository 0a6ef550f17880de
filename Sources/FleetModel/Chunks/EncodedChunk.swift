/// One chunk in its final form. Immutable.
public struct EncodedChunk: Sendable, Hashable {
  public let codec: ChunkCodec
  public let count: Int
  /// The bits, padded with zeros to a whole byte.
  public let bytes: [UInt8]

  public init(codec: ChunkCodec, count: Int, bytes: [UInt8]) {
    precondition(count >= 0 && count <= Int(UInt16.max), "BUG: a chunk of \(count) samples")
    self.codec = codec
    self.count = count
    self.bytes = bytes
  }

  /// Reads what ``serialized`` wrote; the samples are checked by ``decoded()`` only.
  public init(serialized: [UInt8]) throws(ChunkError) {
    guard serialized.count >= 3 else { throw .truncated(atSample: 0) }
    guard let codec = ChunkCodec(rawValue: serialized[0]) else { throw .unknownCodec(serialized[0]) }
    let count = Int(serialized[1]) | Int(serialized[2]) << 8
    // The shortest sample has two bits: bounds what a forged header can make a reader allocate.
    guard count <= serialized.count * 4 else { throw .truncated(atSample: serialized.count * 4) }
    self.init(codec: codec, count: count, bytes: Array(serialized[3...]))
  }

  /// Header and bits, as ``ChunkCodec`` draws them.
  public var serialized: [UInt8] {
    [codec.rawValue, UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8)] + bytes
  }

  public func decoded() throws(ChunkError) -> SampleColumns {
    var failure: ChunkError?
    var values: [Double] = []
    let times = [Int64](unsafeUninitializedCapacity: count) { times, filled in
      values = [Double](unsafeUninitializedCapacity: count) { values, filled in
        guard count > 0, let timesBase = times.baseAddress, let valuesBase = values.baseAddress else { return }
        bytes.withUnsafeBytes { bytes in
          do throws(ChunkError) {
            try ChunkDecoder.decode(bytes, codec: codec, count: count, times: timesBase, values: valuesBase)
            filled = count
          } catch {
            failure = error
          }
        }
      }
      filled = values.count
    }
    if let failure { throw failure }
    return SampleColumns(timestamps: times, values: values)
  }
}

/// Builds one chunk in an array.
public struct ChunkBuilder: Sendable {
  public private(set) var encoder: ChunkEncoder
  private var sink = ByteSink()

  /// A chunk for a series whose first value is `value`.
  public init(startingWith value: Double) { encoder = ChunkEncoder(codec: .fitting(value)) }

  public init(codec: ChunkCodec) { encoder = ChunkEncoder(codec: codec) }

  /// See ``ChunkEncoder/append(_:at:to:)``.
  public mutating func append(_ value: Double, at time: Int64) -> ChunkEncoder.Outcome {
    encoder.append(value, at: time, to: &sink)
  }

  public consuming func finish() -> EncodedChunk {
    EncodedChunk(codec: encoder.codec, count: encoder.count, bytes: sink.finish())
  }
}

/// Bits into an array.
struct ByteSink: BitSink, Sendable {
  private var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingCount = 0

  mutating func put(_ bits: UInt64, count: Int) {
    if count > 32 {
      put(bits >> 32, count: count - 32)
      put(bits & 0xffff_ffff, count: 32)
      return
    }
    pending = pending << UInt64(count) | bits
    pendingCount += count
    while pendingCount >= 8 {
      pendingCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingCount)))
    }
  }

  consuming func finish() -> [UInt8] {
    if pendingCount > 0 { bytes.append(UInt8(truncatingIfNeeded: pending << UInt64(8 - pendingCount))) }
    return bytes
  }
}
