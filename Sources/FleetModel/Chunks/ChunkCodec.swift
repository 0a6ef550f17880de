/// How the values of one chunk are written. A chunk holds up to ``maximumSamples`` samples of one series, in rising
/// order of time, as one run of bits, most significant bit first. It is also the form on disk.
///
/// ```
/// serialized chunk
/// ┌────────────┬──────────────────┬──────────────────────────────┐
/// │ codec (u8) │ count (u16, LE)  │ bits, padded to a whole byte │
/// └────────────┴──────────────────┴──────────────────────────────┘
/// bits = first sample, then (time, value) for each further sample
///
/// first sample
///   64 bits                time in milliseconds, two's complement
///   scaled: 6 bits w-1, w bits   zigzag(n)               xor: 64 bits of the double
///
/// time: d = (time - previous) - (previous - one before), the latter 0 for the second sample
///   0                      d = 0
///   10   +  6 bits         -32 ≤ d < 32                  (two's complement)
///   110  + 13 bits         -4096 ≤ d < 4096
///   1110 + 20 bits         -524288 ≤ d < 524288
///   1111 + 32 bits         any other; a distance between samples is 1 ... 2^31-1 ms, a longer one starts a chunk
///
/// value, codec 0 ... 9: the value is n / 10^codec; u codes the step s = n - previous n:
///   rising mode (at the start): u = s, only for s ≥ 0;  signed mode: u = zigzag(s) = s << 1 ^ s >> 63
///   q ones, 0, k bits               q = u >> k < 16, and the low k bits of u
///   16 ones, 00, 6 bits w-1, w bits  u, where q would be 16 or more
///   16 ones, 01, 64 bits             the double itself (NaN, infinity, -0, odd one out); previous n stays
///   16 ones, 10, 6 bits w-1, w bits  rising mode only: s = -(these bits); signed mode from here on
///   16 ones, 11                      not used
///   k = floor(log2(a / 16)), 0 where a < 32. a starts at 64; after each u (not after the last three forms but the
///   first): a = min(a - a/16 + min(u, 16 << k), 2^30 - 1), division rounding down
///
/// value, codec 32 (Gorilla, VLDB 2015, section 4.1.2): x = bits XOR previous bits
///   0                               x = 0
///   10 + (64 - l - t) bits          x lies within the window of the last 11 form: l leading, t trailing zeros
///   11 + 5 bits l, 6 bits m-1, m bits   a new window of m bits after l zeros (l at most 31)
/// ```
///
/// The step's code is Rice's with an adaptive parameter (as in LOCO-I, IEEE Trans. Image Processing 9(8), 2000): a
/// counter at rest costs one bit a sample, and no width has to be chosen beforehand. The scale turns decimals as
/// exporters print them into integers (the idea of ALP, SIGMOD 2024); it is taken only where `n / 10^codec` gives the
/// same 64 bits back.
public struct ChunkCodec: Hashable, Sendable {
  public let rawValue: UInt8

  @inlinable init(unchecked rawValue: UInt8) { self.rawValue = rawValue }

  /// The codec that a stored byte names; `nil` if it names none.
  @inlinable public init?(rawValue: UInt8) {
    guard rawValue <= Self.maximumExponent || rawValue == 32 else { return nil }
    self.rawValue = rawValue
  }

  public static let maximumExponent: UInt8 = 9
  /// Samples after which a chunk is full.
  public static let maximumSamples = 240

  /// Doubles by XOR with their predecessor: takes every value.
  @inlinable public static var xor: ChunkCodec { ChunkCodec(unchecked: 32) }

  /// Integers: the values times `10^exponent`, exponent 0 ... 9.
  @inlinable public static func scaled(exponent: Int) -> ChunkCodec {
    precondition(exponent >= 0 && exponent <= Int(maximumExponent), "BUG: exponent \(exponent)")
    return ChunkCodec(unchecked: UInt8(truncatingIfNeeded: exponent))
  }

  /// The codec with the smallest exponent that gives `value` back exactly; ``xor`` if none does.
  public static func fitting(_ value: Double) -> ChunkCodec { fitting(value, from: 0) }

  /// The codec with the smallest exponent that gives every value back exactly; ``xor`` if none does. Special values
  /// (``isSpecial(_:)``) fit everywhere, unless they are the first: a chunk's first value must be a number.
  public static func fitting(_ values: UnsafeBufferPointer<Double>) -> ChunkCodec {
    guard let first = values.first, !isSpecial(first) else { return .xor }
    var exponent: UInt8 = 0
    for value in values where !isSpecial(value) {
      let codec = fitting(value, from: exponent)
      if codec == .xor { return .xor }
      exponent = codec.rawValue
    }
    // A greater exponent may have pushed an earlier value past 2^53.
    let codec = ChunkCodec(unchecked: exponent)
    return values.allSatisfy { isSpecial($0) || codec.fits($0) } ? codec : .xor
  }

  /// NaN, infinities and negative zero, which no scaled integer stands for.
  @inlinable public static func isSpecial(_ value: Double) -> Bool {
    !value.isFinite || (value == 0 && value.sign == .minus)
  }

  public func fits(_ value: Double) -> Bool {
    self == .xor || ScaledInteger.number(value, exponent: Int(rawValue)) != ScaledInteger.none
  }

  private static func fitting(_ value: Double, from first: UInt8) -> ChunkCodec {
    guard !isSpecial(value) else { return .xor }
    for exponent in first...maximumExponent
    where ScaledInteger.number(value, exponent: Int(exponent)) != ScaledInteger.none {
      return ChunkCodec(unchecked: exponent)
    }
    return .xor
  }
}

/// Why stored bytes are no chunk.
public enum ChunkError: Error, Hashable, Sendable, CustomStringConvertible {
  case unknownCodec(UInt8)
  /// The bits end before the sample at `index` does.
  case truncated(atSample: Int)
  /// What the sample at `index` says cannot be.
  case corrupt(atSample: Int, String)

  public var description: String {
    switch self {
    case .unknownCodec(let byte): "chunk: codec \(byte) is not known"
    case .truncated(let index): "chunk: the bytes end within sample \(index)"
    case .corrupt(let index, let reason): "chunk: sample \(index): \(reason)"
    }
  }
}

/// Doubles as integers times a power of ten.
@usableFromInline
enum ScaledInteger {
  /// Stands for "no such integer".
  @usableFromInline static let none = Int64.min
  @usableFromInline static let limit = 9_007_199_254_740_992.0

  /// 10^exponent, exponent 0 ... 9: all exact.
  @inlinable static func power(_ exponent: Int) -> Double {
    switch exponent {
    case 0: 1
    case 1: 10
    case 2: 100
    case 3: 1e3
    case 4: 1e4
    case 5: 1e5
    case 6: 1e6
    case 7: 1e7
    case 8: 1e8
    default: 1e9
    }
  }

  /// The n, at most 2^53 in size, for which `n / 10^exponent` has the very bits of `value`; ``none`` if there is none.
  @inlinable static func number(_ value: Double, exponent: Int) -> Int64 {
    guard exponent > 0 else { return number(value) }
    let power = power(exponent)
    let scaled = value * power
    guard abs(scaled) <= limit else { return none }
    let number = Int64(scaled + (scaled < 0 ? -0.5 : 0.5))
    return (Double(number) / power).bitPattern == value.bitPattern ? number : none
  }

  @inlinable static func number(_ value: Double) -> Int64 {
    guard abs(value) <= limit else { return none }
    let number = Int64(value)
    return Double(number).bitPattern == value.bitPattern ? number : none
  }
}
