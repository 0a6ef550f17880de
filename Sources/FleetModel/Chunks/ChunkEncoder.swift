/// Where an encoder puts its bits.
public protocol BitSink: ~Copyable {
  /// Appends the low `count` (0 ... 64) bits of `bits`, the most significant first; the bits above are zero.
  mutating func put(_ bits: UInt64, count: Int)
}

/// Compresses the samples of one chunk as they come; ``ChunkCodec`` describes the bits.
///
/// 28 bytes of plain state that can lie in a table of series; the bits go to a sink that the caller owns. 3 to 7 ns a
/// sample.
@frozen
public struct ChunkEncoder: Sendable {
  /// Time of the last sample; of no meaning while ``count`` is 0.
  public var lastTime: Int64
  /// The last value: as an integer (scaled) or as its bits (xor).
  @usableFromInline var previous: UInt64
  @usableFromInline var lastDelta: UInt32
  /// Scaled: a, as the format calls it. Xor: leading zeros << 8 | trailing zeros of the window.
  @usableFromInline var adaptive: UInt32
  @usableFromInline var samples: UInt8
  @usableFromInline var codecByte: UInt8
  /// Bit 7: signed mode. The low bits count the numbers that were written as doubles in a scaled chunk.
  @usableFromInline var mode: UInt8

  /// What became of a sample.
  public enum Outcome: Sendable {
    case appended
    /// The chunk is full or the time is too far away: start another one.
    case chunkFull
    /// Nothing was written. Another codec suits this series better, and the chunk is short enough to be written anew.
    case otherCodec
  }

  /// Up to this many samples a chunk is worth being written anew with a codec that suits better.
  public static let shortChunk = 16
  @usableFromInline static let maximumOddNumbers: UInt8 = 8
  @usableFromInline static let noWindow: UInt32 = 0xffff

  @inlinable public init(codec: ChunkCodec) {
    lastTime = 0
    previous = 0
    lastDelta = 0
    adaptive = codec == .xor ? Self.noWindow : RiceParameter.start
    samples = 0
    codecByte = codec.rawValue
    mode = 0
  }

  @inlinable public var codec: ChunkCodec { ChunkCodec(unchecked: codecByte) }
  @inlinable public var count: Int { Int(samples) }

  /// The last value that was appended has these bits. (After an odd number this is not known.)
  @inlinable public func lastValueIs(_ value: Double) -> Bool? {
    if codecByte == 32 { return previous == value.bitPattern }
    if mode & 0x40 != 0 { return nil }
    return ScaledInteger.number(value, exponent: Int(codecByte)) == Int64(bitPattern: previous)
  }

  /// The last value that was appended; `nil` where it is not known, after an odd number.
  @inlinable public var lastValue: Double? {
    if samples == 0 { return nil }
    if codecByte == 32 { return Double(bitPattern: previous) }
    if mode & 0x40 != 0 { return nil }
    let number = Double(Int64(bitPattern: previous))
    return codecByte == 0 ? number : number / ScaledInteger.power(Int(codecByte))
  }

  /// Appends a sample. `time` must be later than ``lastTime`` unless this is the first one. The codec must fit the first
  /// value.
  @inlinable
  public mutating func append(_ value: Double, at time: Int64, to sink: inout some BitSink & ~Copyable) -> Outcome {
    guard samples > 0 else {
      putFirst(value, at: time, to: &sink)
      return .appended
    }
    let (delta, overflow) = time.subtractingReportingOverflow(lastTime)
    guard samples < UInt8(ChunkCodec.maximumSamples), !overflow, delta > 0, delta <= Int64(Int32.max) else {
      return .chunkFull
    }
    if codecByte == 32 {
      putTime(delta, to: &sink)
      putXor(value.bitPattern, to: &sink)
    } else {
      let number = ScaledInteger.number(value, exponent: Int(codecByte))
      if number != ScaledInteger.none {
        putTime(delta, to: &sink)
        putStep(number, to: &sink)
      } else {
        if samples <= UInt8(Self.shortChunk), !ChunkCodec.isSpecial(value) { return .otherCodec }
        guard mode & 0x0f < Self.maximumOddNumbers else { return .chunkFull }
        putTime(delta, to: &sink)
        sink.put(0xffff << 2 | 1, count: 18)
        sink.put(value.bitPattern, count: 64)
        mode = (mode + 1) | 0x40
      }
    }
    lastTime = time
    lastDelta = UInt32(truncatingIfNeeded: delta)
    samples += 1
    return .appended
  }

  @inlinable
  mutating func putFirst(_ value: Double, at time: Int64, to sink: inout some BitSink & ~Copyable) {
    sink.put(UInt64(bitPattern: time), count: 64)
    if codecByte == 32 {
      previous = value.bitPattern
      sink.put(previous, count: 64)
    } else {
      let number = ScaledInteger.number(value, exponent: Int(codecByte))
      precondition(number != ScaledInteger.none, "BUG: the codec does not fit the first value of its chunk")
      previous = UInt64(bitPattern: number)
      Self.putWide(UInt64(bitPattern: number << 1 ^ number >> 63), to: &sink)
    }
    lastTime = time
    samples = 1
  }

  @inlinable
  mutating func putTime(_ delta: Int64, to sink: inout some BitSink & ~Copyable) {
    let change = delta - Int64(lastDelta)
    let bits = UInt64(bitPattern: change)
    if change == 0 {
      sink.put(0, count: 1)
    } else if change >= -32, change < 32 {
      sink.put(0b10 << 6 | bits & 0x3f, count: 8)
    } else if change >= -4096, change < 4096 {
      sink.put(0b110 << 13 | bits & 0x1fff, count: 16)
    } else if change >= -524_288, change < 524_288 {
      sink.put(0b1110 << 20 | bits & 0xf_ffff, count: 24)
    } else {
      sink.put(0b1111 << 32 | bits & 0xffff_ffff, count: 36)
    }
  }

  @inlinable
  mutating func putStep(_ number: Int64, to sink: inout some BitSink & ~Copyable) {
    let step = number &- Int64(bitPattern: previous)
    previous = UInt64(bitPattern: number)
    let unsigned: UInt64
    if mode & 0x80 != 0 {
      unsigned = UInt64(bitPattern: step << 1 ^ step >> 63)
    } else if step >= 0 {
      unsigned = UInt64(bitPattern: step)
    } else {
      sink.put(0xffff << 2 | 2, count: 18)
      Self.putWide(UInt64(bitPattern: -step), to: &sink)
      mode = (mode | 0x80) & 0xbf
      return
    }
    mode &= 0xbf
    let k = RiceParameter.bits(adaptive)
    let quotient = unsigned &>> UInt64(k)
    if quotient < 16 {
      let ones = (UInt64(1) &<< quotient) &- 1
      let low = unsigned & ((UInt64(1) &<< UInt64(k)) &- 1)
      sink.put(ones &<< UInt64(k + 1) | low, count: Int(quotient) + 1 + k)
    } else {
      sink.put(0xffff << 2, count: 18)
      Self.putWide(unsigned, to: &sink)
    }
    adaptive = RiceParameter.next(adaptive, k: k, after: unsigned)
  }

  @inlinable
  static func putWide(_ number: UInt64, to sink: inout some BitSink & ~Copyable) {
    let width = max(1, 64 - number.leadingZeroBitCount)
    sink.put(UInt64(width - 1), count: 6)
    sink.put(number, count: width)
  }

  @inlinable
  mutating func putXor(_ bits: UInt64, to sink: inout some BitSink & ~Copyable) {
    let difference = bits ^ previous
    previous = bits
    guard difference != 0 else {
      sink.put(0, count: 1)
      return
    }
    let leading = min(difference.leadingZeroBitCount, 31)
    let trailing = difference.trailingZeroBitCount
    if adaptive != Self.noWindow {
      let windowLeading = Int(adaptive >> 8)
      let windowTrailing = Int(adaptive & 0xff)
      if leading >= windowLeading, trailing >= windowTrailing {
        sink.put(0b10, count: 2)
        sink.put(difference >> UInt64(windowTrailing), count: 64 - windowLeading - windowTrailing)
        return
      }
    }
    let meaningful = 64 - leading - trailing
    sink.put(0b11 << 11 | UInt64(leading) << 6 | UInt64(meaningful - 1), count: 13)
    sink.put(difference >> UInt64(trailing), count: meaningful)
    adaptive = UInt32(leading) << 8 | UInt32(trailing)
  }
}

/// The adaptive parameter of the step's code; see ``ChunkCodec``.
@usableFromInline
enum RiceParameter {
  @inlinable static var start: UInt32 { 64 }

  @inlinable static func bits(_ adaptive: UInt32) -> Int { 31 - ((adaptive >> 4) | 1).leadingZeroBitCount }

  @inlinable static func next(_ adaptive: UInt32, k: Int, after number: UInt64) -> UInt32 {
    let added = min(number, UInt64(16) &<< UInt64(k))
    return UInt32(truncatingIfNeeded: min(UInt64(adaptive &- adaptive &>> 4) &+ added, 0x3fff_ffff))
  }
}
