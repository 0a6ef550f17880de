/// Reads protobuf's wire format (<https://protobuf.dev/programming-guides/encoding/>) from raw memory; every step is
/// checked against the end.
struct WireCursor {
  private let base: UnsafeRawPointer
  private(set) var position: Int
  let end: Int

  /// - Precondition: `range` lies in `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "BUG: a range outside of the bytes")
    // An empty buffer has no address, and no byte of it is read.
    base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool {
    @inline(__always) get { position >= end }
  }

  /// - Throws: ``WireFault`` for a varint that does not end or has more than 64 bits.
  @inline(__always)
  mutating func varint() throws(WireFault) -> UInt64 {
    guard position < end else { throw WireFault(offset: position, problem: "ends within a number") }
    let first = base.load(fromByteOffset: position, as: UInt8.self)
    if first < 0x80 {
      position &+= 1
      return UInt64(first)
    }
    return try longVarint()
  }

  @inline(__always)
  private mutating func longVarint() throws(WireFault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    var index = position
    while index < end, shift < 64 {
      let byte = base.load(fromByteOffset: index, as: UInt8.self)
      index &+= 1
      value |= UInt64(byte & 0x7f) &<< shift
      if byte < 0x80 {
        if shift == 63, byte > 1 { break }
        position = index
        return value
      }
      shift &+= 7
    }
    throw WireFault(offset: position, problem: "holds a number that does not end or has more than 64 bits")
  }

  /// Eight bytes, least significant first.
  @inline(__always)
  mutating func fixed64() throws(WireFault) -> UInt64 {
    guard end &- position >= 8 else { throw WireFault(offset: position, problem: "ends within a number") }
    defer { position &+= 8 }
    return UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  /// Four bytes, least significant first.
  @inline(__always)
  mutating func fixed32() throws(WireFault) -> UInt32 {
    guard end &- position >= 4 else { throw WireFault(offset: position, problem: "ends within a number") }
    defer { position &+= 4 }
    return UInt32(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  /// Reads the length of a field and moves past its content, which is returned.
  @inline(__always)
  mutating func content() throws(WireFault) -> Range<Int> {
    let start = position
    let length = try varint()
    guard length <= UInt64(end &- position) else {
      throw WireFault(offset: start, problem: "holds a field that is longer than the rest")
    }
    let from = position
    position &+= Int(length)
    return from..<position
  }

  /// Moves past a field that nobody asked for.
  mutating func skip(_ tag: UInt64) throws(WireFault) {
    switch tag & 7 {
    case 0: _ = try varint()
    case 1: _ = try fixed64()
    case 2: _ = try content()
    case 5: _ = try fixed32()
    default: throw WireFault(offset: position, problem: "holds wire type \(tag & 7), which is none")
    }
  }
}

/// Where and why protobuf could not be read.
public struct WireFault: Error, Sendable, Hashable, CustomStringConvertible {
  public var offset: Int
  public var problem: String

  public var description: String { "the message \(problem), at byte \(offset)" }
}
