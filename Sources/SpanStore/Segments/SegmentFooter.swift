import FleetModel
import Platform

/// What a segment says of itself at its end: enough to know which blocks a search has to open.
///
/// ```
/// segment: │ "SKEPSPAN" │ version u32 │ CRC-32C u32 │ block … │ trace index │ footer, compressed │ trailer │
/// trailer: │ footer offset u64 │ footer bytes u32 │ CRC-32C of the footer u32 │ "SPANTAIL" │
/// trace index: │ { fingerprint u32 } …, rising │ { block << 13 | trace within it: u32 } … │
/// footer:  │ first and last sequence │ index offset │ index entries │ CRC of the index │ seed u64 │ names │ blocks │
/// block:   │ offset │ length │ CRC │ rows │ continued u8 │ first start │ last - first start │ latest - first start │ pairs │
/// pair:    │ agent │ operation │ kind u8 │ states u8 │ longest │
/// ```
/// Footer numbers are varints. A pair says that spans of that agent and operation are in the block, in which states, and how long the
/// longest of them took.
struct SegmentFooter: Sendable {
  struct Pair: Sendable, BitwiseCopyable {
    var agent: UInt32
    var operation: UInt32
    var kind: UInt8
    /// A bit for each state.
    var states: UInt8
    /// Nanoseconds; of those that have ended.
    var longest: Int64
  }

  struct Block: Sendable {
    var offset: UInt64
    var length: Int
    var checksum: UInt32
    var rows: Int
    /// Its first trace began in the block before.
    var isContinued: Bool
    var starts: ClosedRange<Int64>
    /// The latest start or end.
    var latest: Int64
    /// Empty where there were too many.
    var pairs: [Pair]
  }

  /// More pairs are not listed: the block is opened by every search.
  static let mostPairs = 2048

  /// Of the logs whose spans it holds.
  var sequences: ClosedRange<UInt64>
  var indexOffset: UInt64 = 0
  var indexCount = 0
  var indexChecksum: UInt32 = 0
  /// Of the fingerprints.
  var seed: UInt64
  var names: [String] = []
  var blocks: [Block] = []

  var rows: Int { blocks.reduce(0) { $0 + $1.rows } }
  var latest: Int64 { blocks.reduce(.min) { max($0, $1.latest) } }
  var earliest: Int64 { blocks.reduce(.max) { min($0, $1.starts.lowerBound) } }
  /// The lower quartile of the blocks' latest: spans that were in flight for long, copied from log to log, make blocks start early,
  /// and say nothing of when most of a segment came.
  var usualEarliest: Int64 {
    let ends = blocks.map(\.latest).sorted()
    return ends.isEmpty ? .max : ends[ends.count / 4]
  }

  init(sequences: ClosedRange<UInt64>, seed: UInt64) {
    self.sequences = sequences
    self.seed = seed
  }

  static let header = 16
  static let trailer = 24
  static let magic = Array("SKEPSPAN".utf8)
  static let endMagic = Array("SPANTAIL".utf8)
  static let version: UInt32 = 1

  /// The upper bits are what the index is sorted by.
  static func fingerprint(_ high: UInt64, _ low: UInt64, seed: UInt64) -> UInt32 {
    let mixed = ByteHash.mix(
      ByteHash.mix(high ^ seed, 0xA076_1D64_78BD_642F) ^ low, 0xE703_7ED1_A0B4_28DB)
    return UInt32(truncatingIfNeeded: mixed >> 32)
  }

  func write(to target: inout GrowingMemory<UInt8>) {
    target.appendVarint(sequences.lowerBound)
    target.appendVarint(sequences.upperBound)
    target.appendVarint(indexOffset)
    target.appendVarint(UInt64(indexCount))
    target.appendVarint(UInt64(indexChecksum))
    target.appendWord(seed)
    target.appendVarint(UInt64(names.count))
    for name in names { target.appendField(name) }
    target.appendVarint(UInt64(blocks.count))
    for block in blocks {
      target.appendVarint(block.offset)
      target.appendVarint(UInt64(block.length))
      target.appendVarint(UInt64(block.checksum))
      target.appendVarint(UInt64(block.rows))
      target.append(block.isContinued ? 1 : 0)
      target.appendVarint(UInt64(bitPattern: block.starts.lowerBound))
      target.appendVarint(UInt64(bitPattern: block.starts.upperBound &- block.starts.lowerBound))
      target.appendVarint(UInt64(bitPattern: block.latest &- block.starts.lowerBound))
      target.appendVarint(UInt64(block.pairs.count))
      for pair in block.pairs {
        target.appendVarint(UInt64(pair.agent))
        target.appendVarint(UInt64(pair.operation))
        target.append(pair.kind)
        target.append(pair.states)
        target.appendVarint(UInt64(bitPattern: pair.longest))
      }
    }
  }

  /// - Parameter size: of the file up to the footer.
  init(_ bytes: UnsafeRawBufferPointer, size: UInt64) throws(SpanDamage) {
    var cursor = FieldCursor(bytes)
    let (first, last) = (cursor.varint(), cursor.varint())
    guard first <= last else { throw SpanDamage("a segment ends before it begins") }
    sequences = first...last
    indexOffset = cursor.varint()
    let entries = cursor.varint()
    indexChecksum = UInt32(truncatingIfNeeded: cursor.varint())
    seed = cursor.word()
    guard indexOffset <= size, entries <= (size - indexOffset) / 8 else {
      throw SpanDamage("a trace index of \(entries) entries does not fit its segment")
    }
    indexCount = Int(entries)
    for _ in 0..<cursor.count() where !cursor.isOverrun { names.append(cursor.text()) }
    for _ in 0..<cursor.count(ofSize: 9) where !cursor.isOverrun { blocks.append(try Self.block(&cursor, size)) }
    let known = UInt32(truncatingIfNeeded: names.count)
    guard !cursor.isOverrun, cursor.isAtEnd,
      blocks.allSatisfy({ $0.pairs.allSatisfy { $0.agent < known && $0.operation < known } })
    else { throw SpanDamage("the footer of a segment does not make sense") }
  }

  private static func block(_ cursor: inout FieldCursor, _ size: UInt64) throws(SpanDamage) -> Block {
    let offset = cursor.varint()
    let length = cursor.varint()
    let checksum = UInt32(truncatingIfNeeded: cursor.varint())
    let rows = cursor.varint()
    let isContinued = cursor.byte() != 0
    let first = Int64(bitPattern: cursor.varint())
    let last = first &+ Int64(bitPattern: cursor.varint())
    let latest = first &+ Int64(bitPattern: cursor.varint())
    guard offset <= size, length <= size - offset, rows <= UInt64(BlockLayout.mostRows), first <= last else {
      throw SpanDamage("a block does not fit its segment")
    }
    var pairs: [Pair] = []
    for _ in 0..<cursor.count(ofSize: 5) where !cursor.isOverrun {
      let agent = UInt32(truncatingIfNeeded: cursor.varint())
      let operation = UInt32(truncatingIfNeeded: cursor.varint())
      let (kind, states) = (cursor.byte(), cursor.byte())
      pairs.append(
        Pair(
          agent: agent, operation: operation, kind: kind, states: states,
          longest: Int64(bitPattern: cursor.varint())))
    }
    return Block(
      offset: offset, length: Int(length), checksum: checksum, rows: Int(rows), isContinued: isContinued,
      starts: first...last, latest: latest, pairs: pairs)
  }
}
