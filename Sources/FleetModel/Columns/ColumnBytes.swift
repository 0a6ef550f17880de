/// Reads the bytes of a column from its front, never beyond its end.
struct ColumnReader {
  private(set) var rest: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

  mutating func byte() throws(ChunkError) -> UInt8 {
    guard let byte = rest.first else { throw .truncated(atSample: 0) }
    rest = UnsafeRawBufferPointer(rebasing: rest[1...])
    return byte
  }

  /// `size` (1 ... 8) bytes, least significant first; the rest of the word is zero.
  mutating func word(_ size: Int) throws(ChunkError) -> UInt64 {
    guard rest.count >= size else { throw .truncated(atSample: 0) }
    var word: UInt64 = 0
    for index in 0..<size { word |= UInt64(rest[index]) << UInt64(8 * index) }
    rest = UnsafeRawBufferPointer(rebasing: rest[size...])
    return word
  }

  /// A number in groups of seven bits, the least significant first; bit 7 says that another follows.
  mutating func number() throws(ChunkError) -> UInt64 {
    var number: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      let byte = try byte()
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    throw .corrupt(atSample: 0, "a number of more than 64 bits")
  }

  mutating func signedNumber() throws(ChunkError) -> Int64 { ZigZag.signed(try number()) }

  mutating func bytes(_ count: Int) throws(ChunkError) -> UnsafeRawBufferPointer {
    guard count <= rest.count else { throw .truncated(atSample: 0) }
    defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
    return UnsafeRawBufferPointer(rebasing: rest[..<count])
  }
}

/// What ``ColumnReader`` reads.
extension [UInt8] {
  mutating func append(number: UInt64) {
    var number = number
    while number >= 0x80 {
      append(UInt8(truncatingIfNeeded: number) | 0x80)
      number >>= 7
    }
    append(UInt8(truncatingIfNeeded: number))
  }

  mutating func append(signedNumber: Int64) { append(number: ZigZag.unsigned(signedNumber)) }

  mutating func append(word: UInt64, size: Int) {
    for index in 0..<size { append(UInt8(truncatingIfNeeded: word >> UInt64(8 * index))) }
  }
}

/// Signed numbers as unsigned ones that are small when the number is near zero: 0, -1, 1, -2, … become 0, 1, 2, 3, …
enum ZigZag {
  @inline(__always)
  static func unsigned(_ number: Int64) -> UInt64 { UInt64(bitPattern: number &<< 1 ^ number &>> 63) }

  @inline(__always)
  static func signed(_ number: UInt64) -> Int64 {
    Int64(bitPattern: number &>> 1) ^ (0 &- Int64(bitPattern: number & 1))
  }
}
