import Glibc
import SystemPackage

/// A block that cannot be used.
struct BlockError: Error, Sendable, Hashable, CustomStringConvertible {
  enum Kind: Sendable {
    /// The bytes are not what was written: to be set aside.
    case broken
    /// Another version of the program wrote the file: to be left as it is.
    case otherVersion
    /// The system did not hand the file over: what is in it is not known.
    case unreadable
  }

  var path: FilePath
  var reason: String
  var kind = Kind.broken

  var description: String { "\(path): \(reason)" }
}

/// What is wrong with a block, before it is known where its file lies.
struct BlockFlaw: Error, Sendable {
  var reason: String
  var kind: BlockError.Kind

  init(_ reason: String, kind: BlockError.Kind = .broken) {
    self.reason = reason
    self.kind = kind
  }

  func at(_ path: FilePath) -> BlockError { BlockError(path: path, reason: reason, kind: kind) }
}

/// Reads numbers out of bytes that may hold anything; never past their end.
struct ByteReader {
  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    precondition(position >= 0, "BUG: reading before the beginning")
    self.bytes = bytes
    self.position = position
  }

  var remaining: Int { max(0, bytes.count - position) }

  private static func ended(_ position: Int) -> BlockFlaw {
    BlockFlaw("a section of the index ends early, at byte \(position)")
  }

  @inline(__always)
  mutating func varint() throws(BlockFlaw) -> UInt64 {
    guard position < bytes.count else { throw Self.ended(position) }
    let first = bytes[position]
    position += 1
    return first < 0x80 ? UInt64(first) : try longVarint(first)
  }

  private mutating func longVarint(_ first: UInt8) throws(BlockFlaw) -> UInt64 {
    var number = UInt64(first & 0x7f)
    var shift: UInt64 = 7
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      guard shift < 63 || byte <= 1 else { throw BlockFlaw("a number of the index is too long, at byte \(position)") }
      number |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return number }
      shift += 7
    }
    throw Self.ended(position)
  }

  /// A number of at most `limit`.
  @inline(__always)
  mutating func number(atMost limit: Int) throws(BlockFlaw) -> Int {
    let number = try varint()
    guard number <= UInt64(limit) else {
      throw BlockFlaw("a number of the index is \(number) where \(limit) is the most, before byte \(position)")
    }
    return Int(number)
  }

  @inline(__always)
  mutating func byte() throws(BlockFlaw) -> Int {
    guard position < bytes.count else { throw Self.ended(position) }
    defer { position += 1 }
    return Int(bytes[position])
  }

  mutating func u32() throws(BlockFlaw) -> UInt32 {
    let bytes = try take(4)
    return UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
  }

  mutating func u64() throws(BlockFlaw) -> UInt64 {
    let bytes = try take(8)
    return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
  }

  @inline(__always)
  mutating func take(_ count: Int) throws(BlockFlaw) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else { throw Self.ended(position) }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// A text with its length before it.
  mutating func text() throws(BlockFlaw) -> UnsafeRawBufferPointer { try take(try number(atMost: remaining)) }
}

/// The order of bytes as unsigned numbers; of two texts of which one begins the other, the shorter comes first.
@inline(__always)
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let common = min(left.count, right.count)
  if common > 0, let a = left.baseAddress, let b = right.baseAddress {
    let order = memcmp(a, b, common)
    if order != 0 { return Int(order) }
  }
  return left.count - right.count
}

/// Records one behind the other, with the offset of every so manieth behind them.
///
/// ```
/// section: │ records … │ offset u32 of the first record of each group │
/// ```
struct GroupedTable {
  let count: Int
  let perGroup: Int
  private let records: UnsafeRawBufferPointer
  private let offsets: UnsafeRawBufferPointer

  init(_ section: UnsafeRawBufferPointer, count: Int, perGroup: Int, of what: String) throws(BlockFlaw) {
    let groups = (count + perGroup - 1) / perGroup
    guard groups * 4 <= section.count, count <= section.count - groups * 4 else {
      throw BlockFlaw("the section of \(what) is too short for \(count) of them")
    }
    self.count = count
    self.perGroup = perGroup
    records = UnsafeRawBufferPointer(rebasing: section[..<(section.count - groups * 4)])
    offsets = UnsafeRawBufferPointer(rebasing: section[(section.count - groups * 4)...])
  }

  /// Stands before the first record of the group.
  @inline(__always)
  func reader(group: Int) -> ByteReader {
    precondition(group >= 0 && group * 4 < offsets.count, "BUG: group \(group) of \(offsets.count / 4)")
    let offset = UInt32(littleEndian: offsets.loadUnaligned(fromByteOffset: group * 4, as: UInt32.self))
    return ByteReader(records, at: Int(offset))
  }

  var recordBytes: Int { records.count }
}

/// Builds a ``GroupedTable``.
struct GroupedTableBuilder {
  let perGroup: Int
  private(set) var count = 0
  var bytes: [UInt8] = []
  private var offsets: [Int] = []

  init(perGroup: Int) { self.perGroup = perGroup }

  /// To be called before each record is appended to `bytes`.
  ///
  /// - Returns: whether a group begins.
  mutating func beginRecord() -> Bool {
    defer { count += 1 }
    guard count % perGroup == 0 else { return false }
    offsets.append(bytes.count)
    return true
  }

  var isTooLarge: Bool { bytes.count > Int(UInt32.max) }

  consuming func finish() -> [UInt8] {
    for offset in offsets { BlockFormat.append(UInt32(truncatingIfNeeded: offset), to: &bytes) }
    return bytes
  }
}
