/// Snappy's block format (<https://github.com/google/snappy/blob/main/format_description.txt>): the length of the text as
/// a varint, then literals and copies of what came before.
///
/// Decoding and encoding take one pass over raw memory; every length and offset of the input is checked.
public enum SnappyBlock {
  /// Whole words may be written past the end of the text: the output has this many bytes more than the text.
  private static let slack = 64

  /// How many bytes the text has, as the first bytes of `input` say.
  ///
  /// - Throws: ``SnappyError`` if they are no varint of at most 32 bits.
  public static func decodedCount(_ input: UnsafeRawBufferPointer) throws(SnappyError) -> Int {
    try preamble(input).count
  }

  private static func preamble(_ input: UnsafeRawBufferPointer) throws(SnappyError) -> (count: Int, end: Int) {
    var value: UInt64 = 0
    for index in 0..<min(5, input.count) {
      let byte = input[index]
      value |= UInt64(byte & 0x7f) << UInt64(7 * index)
      if byte < 0x80 {
        guard value <= UInt32.max else { break }
        return (Int(value), index + 1)
      }
    }
    throw SnappyError(offset: 0, problem: "the length of the text is no varint of 32 bits")
  }

  /// Decodes `input` into the first bytes of `output`, which grows where it must and never shrinks, so that one array
  /// serves many inputs.
  ///
  /// - Parameter limit: a longer text is refused before any of it is decoded.
  /// - Returns: how many bytes the text has; what `output` holds after them means nothing.
  public static func decode(
    _ input: UnsafeRawBufferPointer, limit: Int, into output: inout [UInt8]
  ) throws(SnappyError) -> Int {
    let (count, start) = try preamble(input)
    guard count <= limit else {
      throw SnappyError(offset: 0, problem: "the text has \(count) bytes, more than \(limit)", isTooLong: true)
    }
    // No element gives more than 64 bytes for three: a short input claims no large memory.
    guard count / 22 <= input.count else {
      throw SnappyError(offset: 0, problem: "the input is too short for a text of \(count) bytes")
    }
    if output.count < count + slack { output = [UInt8](repeating: 0, count: count + slack) }
    let flaw = output.withUnsafeMutableBytes { memory -> SnappyError? in
      guard let source = input.baseAddress, let target = memory.baseAddress else { return nil }
      var run = Decoding(
        source: source, input: start, inputEnd: input.count, target: target, outputEnd: count)
      return run.decode()
    }
    if let flaw { throw flaw }
    return count
  }

  /// One decoding at work; positions are offsets, so that checking them cannot overflow.
  private struct Decoding {
    let source: UnsafeRawPointer
    var input: Int
    let inputEnd: Int
    let target: UnsafeMutableRawPointer
    var output = 0
    /// `slack` bytes more may be written.
    let outputEnd: Int

    mutating func decode() -> SnappyError? {
      while input < inputEnd {
        let tag = source.load(fromByteOffset: input, as: UInt8.self)
        let done = tag & 3 == 0 ? literal(tag) : copy(tag)
        if !done { return SnappyError(offset: input, problem: "an element reaches outside the input or the text") }
      }
      if output == outputEnd { return nil }
      return SnappyError(
        offset: input, problem: "the text ends after \(output) bytes; \(outputEnd) were announced")
    }

    /// Leaves `input` at the element and returns false if it is bad.
    @inline(__always)
    private mutating func literal(_ tag: UInt8) -> Bool {
      var start = input &+ 1
      var length = Int(tag >> 2) &+ 1
      if length <= 16, inputEnd &- start >= 16 {
        guard length <= outputEnd &- output else { return false }
        move16(source + start, target + output)
        input = start &+ length
        output &+= length
        return true
      }
      if length > 60 {
        let bytes = length &- 60
        guard inputEnd &- start >= bytes else { return false }
        length = 0
        for index in 0..<bytes {
          length |= Int(source.load(fromByteOffset: start &+ index, as: UInt8.self)) &<< (8 &* index)
        }
        length &+= 1
        start &+= bytes
      }
      guard length <= inputEnd &- start, length <= outputEnd &- output else { return false }
      (target + output).copyMemory(from: source + start, byteCount: length)
      input = start &+ length
      output &+= length
      return true
    }

    @inline(__always)
    private mutating func copy(_ tag: UInt8) -> Bool {
      let available = inputEnd &- input
      let offset: Int
      let length: Int
      let used: Int
      switch tag & 3 {
      case 1:
        guard available >= 2 else { return false }
        length = Int(tag >> 2 & 7) &+ 4
        offset = Int(tag >> 5) &<< 8 | Int(source.load(fromByteOffset: input &+ 1, as: UInt8.self))
        used = 2
      case 2:
        guard available >= 3 else { return false }
        length = Int(tag >> 2) &+ 1
        offset = Int(UInt16(littleEndian: (source + input).loadUnaligned(fromByteOffset: 1, as: UInt16.self)))
        used = 3
      default:
        guard available >= 5 else { return false }
        length = Int(tag >> 2) &+ 1
        offset = Int(UInt32(littleEndian: (source + input).loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
        used = 5
      }
      guard offset > 0, offset <= output, length <= outputEnd &- output else { return false }
      let from = target + (output &- offset)
      let to = target + output
      if offset >= 16 {
        // At most 64 bytes, and so much slack there is.
        move16(from, to)
        if length > 16 {
          move16(from + 16, to + 16)
          if length > 32 {
            move16(from + 32, to + 32)
            move16(from + 48, to + 48)
          }
        }
      } else if offset >= 8 {
        var done = 0
        while done < length {
          (to + done).storeBytes(of: (from + done).loadUnaligned(as: UInt64.self), as: UInt64.self)
          done &+= 8
        }
      } else {
        for index in 0..<length {
          to.storeBytes(of: from.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index, as: UInt8.self)
        }
      }
      input &+= used
      output &+= length
      return true
    }

    @inline(__always)
    private func move16(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer) {
      to.storeBytes(of: from.loadUnaligned(as: SIMD2<UInt64>.self), as: SIMD2<UInt64>.self)
    }
  }
}

/// Why a block is refused.
public struct SnappyError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Of the first byte of the bad element.
  public var offset: Int
  public var problem: String
  /// Whether it is nothing but longer than the caller takes.
  public var isTooLong = false

  public var description: String { "snappy, byte \(offset): \(problem)" }
}
