import FleetModel
import Platform
import Synchronization
import SystemPackage

/// A segment that is read: a file mapped into memory, its footer at hand.
final class Segment: Sendable {
  let path: FilePath
  let footer: SegmentFooter
  let size: UInt64
  private let file: MappedFile
  /// Blocks whose checksum was found right, and those that are damaged.
  private let checked: Mutex<(good: Set<Int>, bad: Set<Int>)>
  /// Is told of damage once for each block.
  private let note: @Sendable (String) -> Void

  init(
    _ path: FilePath, _ files: any FileSystem, note: @escaping @Sendable (String) -> Void
  ) throws(SegmentError) {
    do throws(FileError) {
      file = try files.map(path)
    } catch {
      throw .unreadable(error)
    }
    self.path = path
    self.note = note
    size = UInt64(file.bytes.count)
    checked = Mutex(([], []))
    if let version = Self.laterVersion(of: file.bytes) { throw .ofLaterVersion(version) }
    do throws(SpanDamage) {
      footer = try Self.footer(of: file.bytes)
    } catch {
      throw .damaged(error)
    }
  }

  /// The version of a sound header that is later than the known ones.
  private static func laterVersion(of bytes: UnsafeRawBufferPointer) -> UInt32? {
    guard bytes.count >= SegmentFooter.header, bytes[..<8].elementsEqual(SegmentFooter.magic),
      CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<12])) == number(bytes, 12),
      number(bytes, 8) > SegmentFooter.version
    else { return nil }
    return number(bytes, 8)
  }

  private static func footer(of bytes: UnsafeRawBufferPointer) throws(SpanDamage) -> SegmentFooter {
    guard bytes.count >= SegmentFooter.header + SegmentFooter.trailer else { throw SpanDamage("it is too short") }
    let head = UnsafeRawBufferPointer(rebasing: bytes[..<12])
    guard head[..<8].elementsEqual(SegmentFooter.magic), CRC32C.checksum(head) == number(bytes, 12) else {
      throw SpanDamage("it does not begin as a segment")
    }
    guard number(bytes, 8) == SegmentFooter.version else { throw SpanDamage("it is of version \(number(bytes, 8))") }
    let trailer = bytes.count - SegmentFooter.trailer
    guard bytes[(trailer + 16)...].elementsEqual(SegmentFooter.endMagic) else {
      throw SpanDamage("it does not end as a segment")
    }
    let offset = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: trailer, as: UInt64.self))
    let length = Int(number(bytes, trailer + 8))
    guard offset <= UInt64(trailer), Int(offset) + length == trailer else { throw SpanDamage("its trailer is wrong") }
    let compressed = UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<trailer])
    guard CRC32C.checksum(compressed) == number(bytes, trailer + 12) else {
      throw SpanDamage("its footer does not agree with its checksum")
    }
    var cursor = FieldCursor(compressed)
    let raw = try Deflated.read(&cursor)
    let footer = try raw.withUnsafeBytes { raw in
      Result { () throws(SpanDamage) in try SegmentFooter(raw, size: offset) }
    }.get()
    let index = UnsafeRawBufferPointer(
      rebasing: bytes[Int(footer.indexOffset)..<Int(footer.indexOffset) + 8 * footer.indexCount])
    guard CRC32C.checksum(index) == footer.indexChecksum else {
      throw SpanDamage("its trace index does not agree with its checksum")
    }
    return footer
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  // MARK: Blocks

  func bytes(of block: Int) -> UnsafeRawBufferPointer {
    let entry = footer.blocks[block]
    return UnsafeRawBufferPointer(rebasing: file.bytes[Int(entry.offset)..<Int(entry.offset) + entry.length])
  }

  /// Opens a block; `nil` where it is damaged, of which an operator is told once.
  func open(_ block: Int) -> OpenBlock? {
    let (isGood, isBad) = checked.withLock { ($0.good.contains(block), $0.bad.contains(block)) }
    if isBad { return nil }
    let bytes = bytes(of: block)
    do throws(SpanDamage) {
      guard isGood || CRC32C.checksum(bytes) == footer.blocks[block].checksum else {
        throw SpanDamage("it does not agree with its checksum")
      }
      let open = try OpenBlock(bytes, rows: footer.blocks[block].rows, owner: self)
      if !isGood { checked.withLock { _ = $0.good.insert(block) } }
      return open
    } catch {
      condemn(block, error)
      return nil
    }
  }

  /// How many traces a block has a part of; zero where it is damaged.
  func tracesOfBlock(_ block: Int) -> Int { open(block)?.traceCount ?? 0 }

  /// The block is not read any more.
  func condemn(_ block: Int, _ damage: SpanDamage) {
    let isNew = checked.withLock { $0.bad.insert(block).inserted }
    if isNew {
      note(
        "block \(block) of segment \(path) is damaged (\(damage)): its \(footer.blocks[block].rows) spans are left out")
    }
  }

  var damagedBlocks: Set<Int> { checked.withLock { $0.bad } }

  // MARK: Trace index

  /// Where the traces with this fingerprint are: block and place within it.
  func places(of trace: TraceID) -> [(block: Int, trace: Int)] {
    let count = footer.indexCount
    guard count > 0 else { return [] }
    let wanted = SegmentFooter.fingerprint(trace.high, trace.low, seed: footer.seed)
    var place = lowerBound(wanted)
    var places: [(block: Int, trace: Int)] = []
    while place < count, fingerprint(place) == wanted {
      let offset = Int(footer.indexOffset) + 4 * (count + place)
      let location = Self.number(file.bytes, offset)
      let block = Int(location >> 13)
      if block < footer.blocks.count { places.append((block, Int(location & 0x1fff))) }
      place += 1
    }
    return places
  }

  @inline(__always)
  private func fingerprint(_ place: Int) -> UInt32 { Self.number(file.bytes, Int(footer.indexOffset) + 4 * place) }

  /// The first entry that is not below. Fingerprints are spread evenly: where one should be is a good guess.
  private func lowerBound(_ wanted: UInt32) -> Int {
    let count = footer.indexCount
    let guess = Int(UInt64(wanted) * UInt64(count) >> 32)
    var (low, high) = (guess, guess)
    var step = 16
    while low > 0, fingerprint(low) >= wanted {
      low = max(0, low - step)
      step *= 2
    }
    step = 16
    while high < count, fingerprint(high) < wanted {
      high = min(count, high + step)
      step *= 2
    }
    while low < high {
      let middle = (low + high) / 2
      if fingerprint(middle) < wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Gives back what reading has brought into memory; the kernel has it still.
  func releasePages() { file.releasePages() }
}

/// Why a segment is not read.
enum SegmentError: Error {
  case unreadable(FileError)
  case damaged(SpanDamage)
  /// Nothing is known of what it holds.
  case ofLaterVersion(UInt32)
}
