/// Numbers, each in as many bits as the largest of its group needs, so that any of them is read by itself.
///
/// ```
/// │ least value varint │ factor varint; 0: all are the least │ { width u8 } for each group of 128 │ group … │ 8 zeros │
/// group: numbers of `width` bits, the lowest first, then up to a whole byte
/// ```
/// A number is (value - least) / factor; the factor is what divides all of them (clocks that tick in microseconds).
enum PackedColumn {
  static let group = 128

  /// - Parameter values: unsigned; signed ones are told by their zigzag or their offset.
  static func write(_ values: UnsafeBufferPointer<UInt64>, to target: inout GrowingMemory<UInt8>) {
    var (least, most) = (UInt64.max, UInt64.min)
    for value in values {
      least = min(least, value)
      most = max(most, value)
    }
    guard values.count > 0, most > least else {
      target.appendVarint(values.count > 0 ? least : 0)
      target.appendVarint(0)
      return
    }
    let factor = commonFactor(values, least)
    target.appendVarint(least)
    target.appendVarint(factor)
    let groups = (values.count + group - 1) / group
    let widths = target.count
    for index in 0..<groups {
      var bits: UInt64 = 0
      for position in index * group..<min(values.count, (index + 1) * group) { bits |= values[position] - least }
      let width = factor == 1 ? 64 - bits.leadingZeroBitCount : width(values, index, least, factor)
      target.append(UInt8(width))
    }
    for index in 0..<groups {
      writeGroup(values, index, least, factor, width: Int(target[widths + index]), &target)
    }
    target.appendWord(0)
  }

  private static func width(
    _ values: UnsafeBufferPointer<UInt64>, _ index: Int, _ least: UInt64, _ factor: UInt64
  ) -> Int {
    var most: UInt64 = 0
    for position in index * group..<min(values.count, (index + 1) * group) {
      most = max(most, values[position] - least)
    }
    return 64 - (most / factor).leadingZeroBitCount
  }

  private static func writeGroup(
    _ values: UnsafeBufferPointer<UInt64>, _ index: Int, _ least: UInt64, _ factor: UInt64, width: Int,
    _ target: inout GrowingMemory<UInt8>
  ) {
    guard width > 0 else { return }
    let positions = index * group..<min(values.count, (index + 1) * group)
    let place = UnsafeMutableRawPointer(target.room(positions.count * width / 8 + 24))
    var (word, filled, offset) = (UInt64(0), 0, 0)
    for position in positions {
      let number = factor == 1 ? values[position] - least : (values[position] - least) / factor
      word |= number << UInt64(filled)
      filled += width
      if filled >= 64 {
        place.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
        offset += 8
        filled -= 64
        word = filled == 0 ? 0 : number >> UInt64(width - filled)
      }
    }
    place.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
    target.advance(offset + (filled + 7) / 8)
  }

  /// 1 where there is none worth dividing by.
  private static func commonFactor(_ values: UnsafeBufferPointer<UInt64>, _ least: UInt64) -> UInt64 {
    var factor: UInt64 = 0
    for value in values {
      var (left, right) = (factor, value - least)
      while right != 0 { (left, right) = (right, left % right) }
      factor = left
      if factor == 1 { break }
    }
    return max(factor, 1)
  }

  /// Reads numbers where they lie; the bytes must outlive it.
  struct Reader {
    let count: Int
    private let least: UInt64
    private let factor: UInt64
    private let bytes: UnsafeRawBufferPointer
    /// Of each group: where it begins, and the width of its numbers.
    private let groups: [(offset: Int, width: Int)]

    init(_ cursor: inout FieldCursor, count: Int) throws(SpanDamage) {
      self.count = count
      least = cursor.varint()
      factor = cursor.varint()
      guard factor != 0 else {
        groups = []
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        if cursor.isOverrun { throw SpanDamage("a column of numbers is cut short") }
        return
      }
      let widths = cursor.take((count + PackedColumn.group - 1) / PackedColumn.group)
      var groups: [(offset: Int, width: Int)] = []
      groups.reserveCapacity(widths.count)
      var offset = 0
      for (index, width) in widths.enumerated() {
        groups.append((offset, Int(width)))
        offset += (min(PackedColumn.group, count - index * PackedColumn.group) * Int(width) + 7) / 8
      }
      bytes = cursor.take(offset + 8)
      self.groups = groups
      if cursor.isOverrun || widths.contains(where: { $0 > 64 }) {
        throw SpanDamage("a column of numbers is cut short")
      }
    }

    @inline(__always)
    subscript(index: Int) -> UInt64 {
      guard factor != 0 else { return least }
      let group = groups[index / PackedColumn.group]
      let bit = (index % PackedColumn.group) * group.width
      let place = group.offset + bit >> 3
      let shift = UInt64(bit & 7)
      var value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) >> shift
      if group.width + Int(shift) > 64 { value |= UInt64(bytes[place + 8]) << (64 - shift) }
      if group.width < 64 { value &= 1 << UInt64(group.width) &- 1 }
      return least &+ value &* factor
    }
  }
}

/// Bytes of a segment or a log that are not what was written.
struct SpanDamage: Error, Hashable, CustomStringConvertible {
  var reason: String
  init(_ reason: String) { self.reason = reason }
  var description: String { reason }
}
