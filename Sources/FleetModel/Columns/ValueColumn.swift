/// The values of one chunk of a block as a column of bytes; the form is chosen by what they are.
///
/// ```
/// column
/// ┌───────────┬─────────────────────┬──────────┐
/// │ form (u8) │ exceptions, if said │ integers │
/// └───────────┴─────────────────────┴──────────┘
/// form
///   bits 0-3   the integers' domain: 0 ... 9: value = n / 10^domain
///              10: n = the bits of the double without its sign, negative where it is set; -0 is -2^63
///   bit 4      exceptions follow
///   bits 5-6   kind of the integers: 0 constant, 1 numbers, 2 steps, 3 signed steps
///   bit 7      a factor is given
///
/// exceptions: values that no integer stands for, whatever the integers say
///   u16 LE count - 1, then for each
///   u16 LE     bits 0-9 position; bits 10-15: 0 staleness marker, 1 NaN (0x7ff8000000000000), 2 +∞, 3 -∞, 4 -0,
///              5 any other: its 64 bits (LE) follow
///
/// integers: sources s are numbers, or the steps from each number to the next; codes c are unsigned
///   constant:      svarint n
///   numbers:       svarint low, header, bits:                  n = s = low + factor * c
///   steps:         svarint first n, svarint low, header, bits:     s = low + factor * c
///   signed steps:  svarint first n, header, bits:                  s = factor * unzigzag(c)
///   all sums and products wrap at 64 bits; uvarint: groups of 7 bits, the low ones first, bit 7 says that more
///   follow; svarint: uvarint of zigzag(n) = n << 1 ^ n >> 63
///
/// header
///   uvarint factor, if form bit 7 is set; else 1
///   u8 code    bits 0-2 t: 0 plain, 1 ... 5 entropy coded with 2^(t+3) states
///              bits 3-5 digits (0 ... 5), bit 6 flat, bit 7 zero symbol; all 0 if plain
///   u8         bits 0-6 shift (0 ... 64), bit 7 patches follow
///   u8         number of symbols - 1 (0 ... 63); absent if plain
///   patches: u8 count - 1, then for each, by rising position
///     u16 LE   bits 0-9 position of the number that it yields, bits 10-12 size - 1
///     size bytes LE, two's complement: the source, instead of that which its code says
///   weights, unless plain or flat: 4 bits a symbol, two in a byte, the first one low; flat: all are 1
///
/// bits, the least significant of each byte first
///   plain:     shift bits for each code
///   entropy:   t+3 bits state of codes 0, 2, 4, …; t+3 bits state of codes 1, 3, 5, …; then for each code
///              the bits by which its state goes on, and the raw bits of its symbol: code = base(symbol) + raw bits
///   base:      zero symbol: symbol 0 is the code of zero (-low / factor, or 0) and has no raw bits; others are 1 less
///              octave = max(0, (symbol >> digits) - 1)
///              base = (symbol - (octave << digits)) << (shift + octave), with shift + octave raw bits
///
/// states: w(0) = 0, w(1) = 1, w(k) = (2 + (k & 1)) << ((k - 2) >> 1)
///   With S states and m symbols whose weight is not 0, a symbol gets 1 + floor(w * floor((S - m) * 2^32 / sum of w) / 2^32)
///   of them, the first one of the greatest weight also what is left. From state 0 on, symbol after symbol takes as many
///   states as it got, each (5 * S / 8 + 3) mod S after the one before. The i-th of a symbol's f states, by rising number,
///   has rank r = f + i and goes on by b = log2(S) - floor(log2(r)) bits x: next state = (r << b) - S + x.
/// ```
///
/// So a column of integers is a step from each to the next (or their distance from the least), divided by what all
/// distances share, cut into a symbol and plain bits below it. The symbols are entropy coded by a tabled asymmetric numeral
/// system: a counter that rarely moves takes a few hundredths of a bit a value, and no symbol wastes a part of a bit. The
/// decimal scale is that of the head's chunks (``ChunkCodec``). `docs/decisions/0007-columns-of-blocks.md` has the figures.
public enum ValueColumn {
  /// A column holds at most this many.
  public static let maximumCount = 1024

  /// Appends the encoded column to `bytes`. It says itself how it is encoded, but not how many values it holds.
  ///
  /// - Precondition: 1 ... ``maximumCount`` values.
  public static func encode(_ values: UnsafeBufferPointer<Double>, into bytes: inout [UInt8]) {
    let encoder = ColumnEncoder()
    encoder.encode(values, into: &bytes)
  }

  /// Reads `count` values back, bit for bit. Bytes of any content are safe.
  ///
  /// - Precondition: `values` has room for `count`, which is at most ``maximumCount``.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int, into values: UnsafeMutablePointer<Double>
  ) throws(ChunkError) {
    precondition(count >= 0 && count <= maximumCount, "BUG: a column of \(count) values")
    guard count > 0 else { return }
    var reader = ColumnReader(bytes)
    let form = try reader.byte()
    guard let domain = ValueDomain(rawValue: form & 0x0f), let kind = IntegerColumn.Kind(rawValue: form >> 5 & 3) else {
      throw .unknownCodec(form)
    }
    let exceptions = form & 0x10 != 0 ? try ValueExceptions(&reader) : nil
    let numbers = UnsafeMutableRawPointer(values).assumingMemoryBound(to: Int64.self)
    try IntegerColumn.decode(&reader, kind: kind, hasFactor: form & 0x80 != 0, count: count, into: numbers)
    domain.restore(numbers, count: count, into: values)
    if let exceptions { try exceptions.apply(to: values, count: count) }
  }
}

/// Encodes columns one after the other without allocating for each.
public struct ColumnEncoder: ~Copyable {
  let scratch = ColumnScratch()

  public init() {}

  /// See ``ValueColumn/encode(_:into:)``.
  public func encode(_ values: UnsafeBufferPointer<Double>, into bytes: inout [UInt8]) {
    precondition(!values.isEmpty && values.count <= ValueColumn.maximumCount, "BUG: a column of \(values.count) values")
    let form = bytes.count
    bytes.append(0)
    let domain = ValueDomain.fill(scratch.numbers, from: values, exceptions: &bytes)
    bytes[form] = domain.rawValue | (bytes.count > form + 1 ? 0x10 : 0)
    IntegerColumnEncoder.encode(count: values.count, form: form, scratch, into: &bytes)
  }
}
