/// Reads chunks back, a whole one at a time into two columns; ``ChunkCodec`` describes the bits. 2 to 4 ns a sample.
///
/// Bytes of any content are safe: what is no chunk is an error, nothing is read beyond the end.
public enum ChunkDecoder {
  /// Decodes the first `count` samples of `bytes` (the bits alone, without the header).
  ///
  /// - Precondition: both columns have room for `count` samples.
  /// - Throws: ``ChunkError``; the columns then hold the samples before the bad one.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, codec: ChunkCodec, count: Int, times: UnsafeMutablePointer<Int64>,
    values: UnsafeMutablePointer<Double>
  ) throws(ChunkError) {
    precondition(count >= 0, "BUG: negative count")
    guard count > 0 else { return }
    if codec == .xor {
      try decodeXor(bytes, count: count, times: times, values: values)
    } else {
      try decodeScaled(bytes, exponent: Int(codec.rawValue), count: count, times: times, values: values)
    }
  }

  private static func decodeScaled(
    _ bytes: UnsafeRawBufferPointer, exponent: Int, count: Int, times: UnsafeMutablePointer<Int64>,
    values: UnsafeMutablePointer<Double>
  ) throws(ChunkError) {
    var reader = BitReader(bytes)
    var time = Int64(bitPattern: reader.take(64))
    var number = unzigzag(takeWide(&reader))
    guard !reader.isOverrun else { throw .truncated(atSample: 0) }
    let power = ScaledInteger.power(exponent)
    times[0] = time
    values[0] = exponent == 0 ? Double(number) : Double(number) / power
    var delta: Int64 = 0
    var adaptive = RiceParameter.start
    var signed = false
    for index in 1..<count {
      // One look shows a repeated distance and a short value.
      var word = reader.peek()
      if word >> 63 == 0 {
        reader.skip(1)
        word &<<= 1
        time = try advanced(time, by: delta, reader, index)
      } else {
        changeDelta(&delta, &reader, word)
        time = try advanced(time, by: delta, reader, index)
        word = reader.peek()
      }
      times[index] = time
      let quotient = (~word).leadingZeroBitCount
      if quotient < 16 {
        let k = RiceParameter.bits(adaptive)
        let low = ((word &<< UInt64(quotient &+ 1)) &>> 1) &>> UInt64(63 &- k)
        let unsigned = UInt64(quotient) &<< UInt64(k) | low
        reader.skip(quotient &+ 1 &+ k)
        adaptive = RiceParameter.next(adaptive, k: k, after: unsigned)
        number &+= signed ? unzigzag(unsigned) : Int64(bitPattern: unsigned)
      } else {
        reader.skip(16)
        switch reader.take(2) {
        case 0:
          let unsigned = takeWide(&reader)
          adaptive = RiceParameter.next(adaptive, k: RiceParameter.bits(adaptive), after: unsigned)
          number &+= signed ? unzigzag(unsigned) : Int64(bitPattern: unsigned)
        case 1:
          values[index] = Double(bitPattern: reader.take(64))
          guard !reader.isOverrun else { throw .truncated(atSample: index) }
          continue
        case 2 where !signed:
          number &-= Int64(bitPattern: takeWide(&reader))
          signed = true
        default: throw .corrupt(atSample: index, "a value form that is not used")
        }
      }
      guard !reader.isOverrun else { throw .truncated(atSample: index) }
      values[index] = exponent == 0 ? Double(number) : Double(number) / power
    }
  }

  private static func decodeXor(
    _ bytes: UnsafeRawBufferPointer, count: Int, times: UnsafeMutablePointer<Int64>,
    values: UnsafeMutablePointer<Double>
  ) throws(ChunkError) {
    var reader = BitReader(bytes)
    var time = Int64(bitPattern: reader.take(64))
    var bits = reader.take(64)
    guard !reader.isOverrun else { throw .truncated(atSample: 0) }
    times[0] = time
    values[0] = Double(bitPattern: bits)
    var delta: Int64 = 0
    var width = 0
    var shift = 0
    for index in 1..<count {
      var word = reader.peek()
      if word >> 63 == 0 {
        reader.skip(1)
        word &<<= 1
        time = try advanced(time, by: delta, reader, index)
      } else {
        changeDelta(&delta, &reader, word)
        time = try advanced(time, by: delta, reader, index)
        word = reader.peek()
      }
      times[index] = time
      let form = word >> 62
      if form < 2 {
        reader.skip(1)
      } else {
        reader.skip(2)
        if form == 3 {
          let leading = Int(reader.take(5))
          width = Int(reader.take(6)) + 1
          shift = 64 - leading - width
          guard shift >= 0 else { throw .corrupt(atSample: index, "a window of more than 64 bits") }
        } else if width == 0 {
          throw .corrupt(atSample: index, "a window is used before it is set")
        }
        bits ^= reader.take(width) &<< UInt64(shift)
      }
      guard !reader.isOverrun else { throw .truncated(atSample: index) }
      values[index] = Double(bitPattern: bits)
    }
  }

  /// Reads a time that does not begin with 0; `word` shows the bits ahead.
  @inline(__always)
  private static func changeDelta(_ delta: inout Int64, _ reader: inout BitReader, _ word: UInt64) {
    let width: Int
    let prefix: Int
    switch word >> 60 {
    case 0b1000...0b1011: (prefix, width) = (2, 6)
    case 0b1100, 0b1101: (prefix, width) = (3, 13)
    case 0b1110: (prefix, width) = (4, 20)
    default: (prefix, width) = (4, 32)
    }
    delta &+= Int64(bitPattern: word &<< UInt64(prefix)) &>> Int64(64 &- width)
    reader.skip(prefix + width)
  }

  @inline(__always)
  private static func advanced(
    _ time: Int64, by delta: Int64, _ reader: borrowing BitReader, _ index: Int
  ) throws(ChunkError) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(delta)
    guard delta > 0, delta <= Int64(Int32.max), !overflow else {
      if reader.isOverrun { throw .truncated(atSample: index) }
      throw .corrupt(atSample: index, "its time is not after the one before")
    }
    return sum
  }

  @inline(__always)
  private static func takeWide(_ reader: inout BitReader) -> UInt64 {
    let width = Int(reader.take(6)) + 1
    return reader.take(width)
  }

  @inline(__always)
  private static func unzigzag(_ number: UInt64) -> Int64 {
    Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }
}

/// Reads bits, most significant first; past the end it reads zeros and says so.
///
/// The bits ahead are kept in a register: what a sample waits for is then only the code of the one before it, not a load.
struct BitReader {
  private let base: UnsafeRawPointer?
  private let byteCount: Int
  /// Of the byte after those of which all bits are in ``word``.
  private var next = 0
  /// The bits ahead, the next one at the top. Below the valid ones there may be more of the same bytes, else zeros.
  private var word: UInt64 = 0
  private var valid = 0

  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer) {
    base = bytes.baseAddress
    byteCount = bytes.count
  }

  @inline(__always)
  var isOverrun: Bool { next > byteCount && next &* 8 &- valid > byteCount &* 8 }

  /// The next bits, at least 42 of them, at the top of the word.
  @inline(__always)
  mutating func peek() -> UInt64 {
    if valid < 42 { refill() }
    return word
  }

  /// Makes at least 56 bits valid.
  @inline(__always)
  private mutating func refill() {
    if next &+ 8 <= byteCount, let base {
      word |= UInt64(bigEndian: base.loadUnaligned(fromByteOffset: next, as: UInt64.self)) &>> UInt64(valid)
      let bytes = (63 &- valid) &>> 3
      next &+= bytes
      valid &+= bytes &* 8
    } else {
      (word, valid, next) = Self.refilledAtEnd(word, valid, next, base, byteCount)
    }
  }

  // Of values alone, so that the reader can stay in registers.
  @inline(never)
  private static func refilledAtEnd(
    _ word: UInt64, _ valid: Int, _ next: Int, _ base: UnsafeRawPointer?, _ byteCount: Int
  ) -> (word: UInt64, valid: Int, next: Int) {
    var (word, valid, next) = (word, valid, next)
    while valid <= 56 {
      if next < byteCount, let base {
        word |= UInt64(base.load(fromByteOffset: next, as: UInt8.self)) &<< UInt64(56 &- valid)
      }
      next &+= 1
      valid &+= 8
    }
    return (word, valid, next)
  }

  /// - Parameter count: 0 ... 42, after a ``peek()``.
  @inline(__always)
  mutating func skip(_ count: Int) {
    word &<<= UInt64(truncatingIfNeeded: count)
    valid &-= count
  }

  /// The next `count` (1 ... 64) bits.
  @inline(__always)
  mutating func take(_ count: Int) -> UInt64 {
    if count <= 42 {
      let bits = peek() &>> UInt64(64 &- count)
      skip(count)
      return bits
    }
    let high = peek() &>> 32
    skip(32)
    let rest = count &- 32
    let low = peek() &>> UInt64(64 &- rest)
    skip(rest)
    return high &<< UInt64(rest) | low
  }
}
