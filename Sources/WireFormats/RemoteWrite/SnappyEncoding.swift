extension SnappyBlock {
  /// Copies reach back within one fragment, so that an offset fits into two bytes.
  private static let fragment = 1 << 16
  private static let tableBits = 14

  /// Encodes `text`: greedy, matches of four bytes and more found by a hash of four. O(n).
  ///
  /// - Precondition: less than 4 GiB.
  public static func encode(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    precondition(text.count <= UInt32.max, "BUG: a block of snappy holds less than 4 GiB")
    var output: [UInt8] = []
    output.reserveCapacity(text.count / 2 + 16)
    var length = text.count
    while length >= 0x80 {
      output.append(UInt8(truncatingIfNeeded: length) | 0x80)
      length >>= 7
    }
    output.append(UInt8(length))
    guard let base = text.baseAddress else { return output }
    var table = [UInt16](repeating: 0, count: 1 << tableBits)
    var start = 0
    while start < text.count {
      let count = min(fragment, text.count - start)
      if start > 0 { for index in table.indices { table[index] = 0 } }
      encodeFragment(UnsafeRawBufferPointer(start: base + start, count: count), &table, to: &output)
      start += count
    }
    return output
  }

  private static func encodeFragment(
    _ text: UnsafeRawBufferPointer, _ table: inout [UInt16], to output: inout [UInt8]
  ) {
    guard let base = text.baseAddress else { return }
    func word(_ position: Int) -> UInt32 { base.loadUnaligned(fromByteOffset: position, as: UInt32.self) }
    var literal = 0
    // Position 0 is what an empty table holds: it may be found where nothing was put, and is compared like any other.
    var position = 1
    var misses = 32
    let last = text.count - 4
    table.withUnsafeMutableBufferPointer { table in
      while position <= last {
        let bytes = word(position)
        let slot = Int(truncatingIfNeeded: (bytes &* 0x9e37_79b1) >> UInt32(32 - tableBits))
        let candidate = Int(table[slot])
        table[slot] = UInt16(truncatingIfNeeded: position)
        guard candidate < position, word(candidate) == bytes else {
          // The longer nothing is found, the larger the steps: what does not compress costs little.
          position += misses >> 5
          misses += 1
          continue
        }
        let length = matchLength(base, candidate, position, text.count)
        append(literal: UnsafeRawBufferPointer(rebasing: text[literal..<position]), to: &output)
        append(offset: position - candidate, length: length, to: &output)
        position += length
        literal = position
        misses = 32
      }
    }
    append(literal: UnsafeRawBufferPointer(rebasing: text[literal...]), to: &output)
  }

  /// How far the text at `position` goes on as it does at `candidate`, four bytes being known to.
  @inline(__always)
  private static func matchLength(_ base: UnsafeRawPointer, _ candidate: Int, _ position: Int, _ end: Int) -> Int {
    var length = 4
    while position + length + 8 <= end {
      let difference =
        base.loadUnaligned(fromByteOffset: candidate + length, as: UInt64.self)
        ^ base.loadUnaligned(fromByteOffset: position + length, as: UInt64.self)
      if difference != 0 { return length + UInt64(littleEndian: difference).trailingZeroBitCount / 8 }
      length += 8
    }
    while position + length < end,
      base.load(fromByteOffset: candidate + length, as: UInt8.self)
        == base.load(fromByteOffset: position + length, as: UInt8.self)
    { length += 1 }
    return length
  }

  private static func append(literal: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    guard literal.count > 0 else { return }
    let length = literal.count - 1
    if length < 60 {
      output.append(UInt8(length) << 2)
    } else if length < 1 << 8 {
      output.append(60 << 2)
      output.append(UInt8(length))
    } else {
      // A fragment has at most 2^16 bytes.
      output.append(61 << 2)
      output.append(UInt8(length & 0xff))
      output.append(UInt8(length >> 8))
    }
    output.append(contentsOf: literal)
  }

  private static func append(offset: Int, length: Int, to output: inout [UInt8]) {
    var rest = length
    while rest > 0 {
      if rest >= 4, rest <= 11, offset < 1 << 11 {
        output.append(UInt8(offset >> 8) << 5 | UInt8(rest - 4) << 2 | 1)
        output.append(UInt8(offset & 0xff))
        return
      }
      let part = min(rest, 64)
      output.append(UInt8(part - 1) << 2 | 2)
      output.append(UInt8(offset & 0xff))
      output.append(UInt8(offset >> 8))
      rest -= part
    }
  }
}
