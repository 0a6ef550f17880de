import FleetModel

/// The payload of a frame of the log.
///
/// ```
/// segment 1       │ kind u8 │ number u64 │                     the first record of a segment, and only that
/// series 2        │ kind u8 │ series u32 │ labels, as in LabelSet.encoded │
/// samples 3       │ kind u8 │ time i64 │ count u32, not 0 │ sample … │
/// late samples 4  │ as samples │
/// deletion 5      │ kind u8 │ from i64 │ through i64 │ count u32 │ series u32 … │
/// histograms 6    │ kind u8 │ time i64 │ count u32, not 0 │ histogram … │
/// late ones 7     │ as histograms │
///
/// histogram       │ series u32 │ length u32 │ HistogramColumn of one │
///
/// sample          │ tag u8 │ step, zigzag LEB128: only if the tag's step is 0 │ value, 0 to 8 bytes │
/// tag             │ bits 0-2 length │ bits 3-5 form │ bits 6-7 step │
/// ```
/// All numbers little-endian; times in milliseconds. The step leads from the series of the sample before (-1 at first) to
/// this one's. Forms 0 to 6 are numbers of decimals: the value is an integer, zigzag coded in `length` bytes, divided by that
/// power of ten. Form 7 with length 0 is the staleness marker, with another length the upper `length + 1` bytes of the
/// double's bit pattern; the others are 0.
enum LogRecord {
  enum Kind: UInt8 {
    case segment = 1
    case series, samples, lateSamples, deletion
    /// Since version 2.
    case histograms, lateHistograms
  }

  /// Of a record of samples, before the first sample.
  static let samplesHeaderBytes = 13
  static let deletionHeaderBytes = 21
  /// No sample takes more: tag, step, value.
  static let maximumSampleBytes = 14

  static let rawForm: UInt8 = 7

  /// Integers from here on may stand for more than one double.
  private static let exactIntegers = 9_007_199_254_740_992.0  // 2^53

  /// A value as the log writes it: the tag's form and length, and the bytes, of which `length` (form 7: `length + 1`, or
  /// none) count.
  struct Value {
    var formAndLength: UInt8
    var bytes: UInt64

    @inline(__always)
    var byteCount: Int { LogRecord.byteCount(formAndLength) }
  }

  @inline(__always)
  static func byteCount(_ formAndLength: UInt8) -> Int {
    let length = Int(formAndLength & 7)
    return formAndLength < rawForm << 3 || length == 0 ? length : length + 1
  }

  @inline(__always)
  static func encode(_ value: Double) -> Value {
    if value.magnitude < exactIntegers {
      let whole = Int64(value)
      if Double(whole).bitPattern == value.bitPattern { return integer(whole, decimals: 0) }
    }
    return encodeFraction(value)
  }

  @inline(never)
  private static func encodeFraction(_ value: Double) -> Value {
    // Most values that have few decimals have two, three or six; what has not six has none of the others, unless it is large.
    if let millionths = scaled(value, by: 1e6) {
      if let hundredths = scaled(value, by: 1e2) { return integer(hundredths, decimals: 2) }
      if let thousandths = scaled(value, by: 1e3) { return integer(thousandths, decimals: 3) }
      return integer(millionths, decimals: 6)
    }
    if let hundredths = scaled(value, by: 1e2) { return integer(hundredths, decimals: 2) }
    let bits = value.bitPattern
    if bits == StaleMarker.bitPattern { return Value(formAndLength: rawForm << 3, bytes: 0) }
    let zeros = min(bits.trailingZeroBitCount >> 3, 6)
    let formAndLength = rawForm << 3 | UInt8(truncatingIfNeeded: 7 - zeros)
    return Value(formAndLength: formAndLength, bytes: bits >> UInt64(8 * zeros))
  }

  /// The integer that gives exactly `value` when it is divided by `scale`, if there is one.
  @inline(__always)
  private static func scaled(_ value: Double, by scale: Double) -> Int64? {
    let product = value * scale
    guard product.magnitude < exactIntegers else { return nil }
    let rounded = product.rounded(.toNearestOrEven)
    // Cheaper than the division, and settles nearly all that fail it. The product is off by half a unit in its last place.
    guard (product - rounded).magnitude <= product.magnitude * 0x1p-51 else { return nil }
    // As an integer, since there is no -0 among them.
    let whole = Int64(rounded)
    return (Double(whole) / scale).bitPattern == value.bitPattern ? whole : nil
  }

  @inline(__always)
  private static func integer(_ value: Int64, decimals: UInt8) -> Value {
    let zigzag = UInt64(bitPattern: value << 1 ^ value >> 63)
    let length = (64 - zigzag.leadingZeroBitCount + 7) >> 3
    return Value(formAndLength: decimals << 3 | UInt8(truncatingIfNeeded: length), bytes: zigzag)
  }

  /// - Parameter bytes: only those that count, the others zero.
  @inline(__always)
  static func decode(_ formAndLength: UInt8, _ bytes: UInt64) -> Double {
    let form = formAndLength >> 3
    guard form != rawForm else {
      let length = UInt64(formAndLength & 7)
      return length == 0 ? StaleMarker.value : Double(bitPattern: bytes << (56 - 8 * length))
    }
    let integer = Int64(bitPattern: bytes >> 1 ^ (0 &- (bytes & 1)))
    return form == 0 ? Double(integer) : Double(integer) / power(ofTen: form)
  }

  @inline(__always)
  private static func power(ofTen exponent: UInt8) -> Double {
    switch exponent {
    case 1: 10
    case 2: 100
    case 3: 1000
    case 4: 10_000
    case 5: 100_000
    default: 1_000_000
    }
  }
}
