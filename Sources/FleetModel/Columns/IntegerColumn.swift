/// Reads columns of integers; ``ValueColumn`` describes the form, ``IntegerColumnEncoder`` writes it.
enum IntegerColumn {
  /// What is coded.
  enum Kind: UInt8 {
    /// One number.
    case constant
    /// The numbers less the least of them.
    case numbers
    /// The steps from each number to the next, less the least of them.
    case steps
    /// The steps in zigzag.
    case signedSteps
  }

  /// The part of a column before its bits.
  struct Header: Equatable {
    var first: Int64 = 0
    var low: Int64 = 0
    var factor: UInt64 = 1
    /// 0: not entropy coded; the scale's shift is then the width.
    var tableBits = 0
    var scale = SymbolScale(shift: 0, digits: 0)
    var isFlat = false
    /// Symbol 0 stands for a step (or a number) of zero alone.
    var hasZero = false
    var hasPatches = false
    var symbols = 0
  }

  /// - Precondition: `numbers` has room for `count`, 1 ... ``ValueColumn/maximumCount``.
  static func decode(
    _ reader: inout ColumnReader, kind: Kind, hasFactor: Bool, count: Int, into numbers: UnsafeMutablePointer<Int64>
  ) throws(ChunkError) {
    if kind == .constant {
      let number = try reader.signedNumber()
      numbers.update(repeating: number, count: count)
      return
    }
    let header = try Header(&reader, kind: kind, hasFactor: hasFactor)
    let patches = header.hasPatches ? try Patches(&reader) : nil
    let coded = kind == .numbers ? count : count - 1
    let codes = UnsafeMutableRawPointer(numbers + (count - coded)).assumingMemoryBound(to: UInt64.self)
    if header.tableBits == 0 {
      try unpack(reader.rest, width: header.scale.shift, count: coded, into: codes)
    } else {
      try SymbolDecoder.decode(&reader, header: header, count: coded, into: codes)
    }
    if kind != .numbers { numbers[0] = header.first }
    var sum = Restoration(kind: kind, header: header, numbers: numbers, next: count - coded)
    if let patches { try patches.apply(&sum, count: count) }
    sum.advance(to: count)
  }

  private static func unpack(
    _ bytes: UnsafeRawBufferPointer, width: Int, count: Int, into codes: UnsafeMutablePointer<UInt64>
  ) throws(ChunkError) {
    guard width <= 64 else { throw .corrupt(atSample: 0, "a width of \(width) bits") }
    guard count * width <= bytes.count * 8 else { throw .truncated(atSample: 0) }
    guard width > 0 else {
      codes.update(repeating: 0, count: count)
      return
    }
    // Up to here a look of eight bytes stays inside, and holds a whole code.
    let inside = width > 57 || bytes.count < 8 ? 0 : min(count, (bytes.count - 8) * 8 / width + 1)
    if inside > 0, let base = bytes.baseAddress {
      let mask = BitWindow.mask(UInt64(width))
      var position = 0
      for index in 0..<inside {
        let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position &>> 3, as: UInt64.self))
        codes[index] = (word &>> UInt64(truncatingIfNeeded: position & 7)) & mask
        position &+= width
      }
    }
    guard inside < count else { return }
    let isGood = withUnsafeTemporaryAllocation(byteCount: BitWindow.tailSize, alignment: 8) { tail in
      guard let tail = tail.baseAddress else { return false }
      var window = BitWindow(bytes, tail: tail)
      guard window.skip(to: inside * width) else { return false }
      for index in inside..<count {
        guard let code = window.take(width) else { return false }
        codes[index] = code
      }
      return true
    }
    guard isGood else { throw .truncated(atSample: 0) }
  }

  /// Turns codes back into numbers, in place.
  fileprivate struct Restoration {
    let kind: Kind
    let header: Header
    let numbers: UnsafeMutablePointer<Int64>
    var next: Int

    mutating func advance(to end: Int) {
      guard next < end else { return }
      let low = header.low
      let factor = Int64(bitPattern: header.factor)
      switch kind {
      case .constant: break
      case .numbers:
        for index in next..<end { numbers[index] = low &+ factor &* numbers[index] }
      case .steps:
        var number = numbers[next - 1]
        for index in next..<end {
          number &+= low &+ factor &* numbers[index]
          numbers[index] = number
        }
      case .signedSteps:
        var number = numbers[next - 1]
        for index in next..<end {
          number &+= factor &* ZigZag.signed(UInt64(bitPattern: numbers[index]))
          numbers[index] = number
        }
      }
      next = end
    }

    /// Takes the number or step at `next` from a patch instead.
    mutating func patch(_ value: Int64) {
      numbers[next] = kind == .numbers ? value : numbers[next - 1] &+ value
      next += 1
    }
  }

  /// Numbers or steps that are far from the others, written in full.
  private struct Patches {
    private let bytes: UnsafeRawBufferPointer
    private let count: Int

    init(_ reader: inout ColumnReader) throws(ChunkError) {
      count = Int(try reader.byte()) + 1
      bytes = reader.rest
      for _ in 0..<count { _ = try Self.next(&reader) }
    }

    func apply(_ sum: inout Restoration, count end: Int) throws(ChunkError) {
      var reader = ColumnReader(bytes)
      for _ in 0..<count {
        let (position, value) = try Self.next(&reader)
        guard position >= sum.next, position < end else { throw .corrupt(atSample: position, "a misplaced patch") }
        sum.advance(to: position)
        sum.patch(value)
      }
    }

    private static func next(_ reader: inout ColumnReader) throws(ChunkError) -> (Int, Int64) {
      let head = try reader.word(2)
      let size = Int(head >> 10 & 7) + 1
      let unused = UInt64(64 - 8 * size)
      return (Int(head & 0x3ff), Int64(bitPattern: try reader.word(size) << unused) >> Int64(unused))
    }
  }
}

extension IntegerColumn.Header {
  init(_ reader: inout ColumnReader, kind: IntegerColumn.Kind, hasFactor: Bool) throws(ChunkError) {
    if kind != .numbers { first = try reader.signedNumber() }
    if kind != .signedSteps { low = try reader.signedNumber() }
    if hasFactor { factor = try reader.number() }
    guard factor > 0 else { throw .corrupt(atSample: 0, "a factor of zero") }
    let form = try reader.byte()
    let shift = try reader.byte()
    scale.shift = Int(shift & 0x7f)
    hasPatches = shift & 0x80 != 0
    guard form & 7 > 0 else { return }
    tableBits = Int(form & 7) + SymbolCode.minimumBits - 1
    scale.digits = Int(form >> 3 & 7)
    isFlat = form & 0x40 != 0
    hasZero = form & 0x80 != 0
    symbols = Int(try reader.byte() & 0x3f) + 1
    guard tableBits <= SymbolCode.maximumBits, scale.digits <= 5, scale.shift <= 64 else {
      throw .corrupt(atSample: 0, "a code that is not used")
    }
  }

  func append(to bytes: inout [UInt8], kind: IntegerColumn.Kind) {
    if kind != .numbers { bytes.append(signedNumber: first) }
    if kind != .signedSteps { bytes.append(signedNumber: low) }
    if factor > 1 { bytes.append(number: factor) }
    let table = tableBits == 0 ? 0 : UInt8(tableBits - SymbolCode.minimumBits + 1)
    bytes.append(table | UInt8(scale.digits) << 3 | (isFlat ? 0x40 : 0) | (hasZero ? 0x80 : 0))
    bytes.append(UInt8(scale.shift) | (hasPatches ? 0x80 : 0))
    if tableBits > 0 { bytes.append(UInt8(symbols - 1)) }
  }

  @inline(__always)
  func base(_ symbol: Int) -> SymbolBase {
    guard hasZero else { return scale.base(symbol) }
    return symbol > 0 ? scale.base(symbol - 1) : SymbolBase(number: zero, rawBits: 0)
  }

  /// The code of zero.
  var zero: UInt64 { UInt64(bitPattern: 0 &- low) / factor }
}
