import FleetModel
import Platform

/// The form of a log: what a head was given, in the order in which it took it.
///
/// ```
/// file:  │ "SKEPSLOG" │ version u32 │ CRC-32C of these 12 bytes u32 │ frame … │
/// frame: │ length u32, not 0 │ CRC-32C of the payload u32 │ payload │
/// payload: │ symbols │ resources │ scopes │ rows │ bytes: varints │ { symbol } … │ { resource } … │ { scope } … │ row … │ payload bytes │
/// ```
/// Symbols, resources and scopes are those that the frame is the first to name; their numbers go on from the frame before. A row is a
/// ``PackedRow`` of 80 bytes, little-endian, whose `previous` says nothing.
enum LogFrame {
  static let magic = Array("SKEPSLOG".utf8)
  static let version: UInt32 = 1
  static let headerBytes = 16
  static let rowBytes = 80

  static var header: [UInt8] {
    var bytes = magic
    withUnsafeBytes(of: version.littleEndian) { bytes.append(contentsOf: $0) }
    let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
    withUnsafeBytes(of: checksum.littleEndian) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Appends a frame of all that came after `mark`.
  static func append(
    _ spans: borrowing PackedSpans, since mark: PackedSpans.Mark, to target: inout GrowingMemory<UInt8>
  ) {
    precondition(MemoryLayout<PackedRow>.stride == rowBytes, "BUG: a row is of \(MemoryLayout<PackedRow>.stride) bytes")
    let begin = target.count
    target.appendWord(0)
    target.appendVarint(UInt64(spans.symbols.count - mark.symbols))
    target.appendVarint(UInt64(spans.resources.count - mark.resources))
    target.appendVarint(UInt64(spans.scopes.count - mark.scopes))
    target.appendVarint(UInt64(spans.rows.count - mark.rows))
    target.appendVarint(UInt64(spans.payload.count - mark.payload))
    for number in mark.symbols..<spans.symbols.count { target.appendField(spans.symbols[UInt32(number)]) }
    for number in mark.resources..<spans.resources.count { target.appendField(spans.resources[UInt32(number)]) }
    for number in mark.scopes..<spans.scopes.count { target.appendField(spans.scopes[UInt32(number)]) }
    target.append(
      UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: spans.rows.elements[mark.rows..<spans.rows.count])))
    target.append(spans.payload.bytes(from: mark.payload, count: spans.payload.count - mark.payload))
    let payload = target.bytes(from: begin + 8, count: target.count - begin - 8)
    precondition(payload.count <= Int(UInt32.max), "BUG: a frame of \(payload.count) bytes")
    let checksum = CRC32C.checksum(payload)
    guard let start = target.start else { return }
    let frame = UnsafeMutableRawPointer(start + begin)
    frame.storeBytes(of: UInt32(truncatingIfNeeded: payload.count).littleEndian, as: UInt32.self)
    frame.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
  }

  /// What replaying came to.
  struct Replay: Sendable {
    var rows = 0
    /// Why it ended before the file's end, and where.
    var flaw: (offset: Int, reason: String)?
    /// The flaw is not that of a write which was cut short at the end: what was acknowledged, and perhaps synced, is left out.
    var isDamaged = false
  }

  /// The version of a sound header that is later than the known ones.
  static func laterVersion(of bytes: UnsafeRawBufferPointer) -> UInt32? {
    guard bytes.count >= headerBytes, bytes[..<8].elementsEqual(magic),
      number(bytes, 12) == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<12])), number(bytes, 8) > version
    else { return nil }
    return number(bytes, 8)
  }

  /// Packs what a log holds, up to its end or its first flaw.
  static func replay(_ bytes: UnsafeRawBufferPointer, into spans: inout PackedSpans) -> Replay {
    var replay = Replay()
    guard bytes.count >= headerBytes, bytes[..<8].elementsEqual(magic),
      number(bytes, 12) == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<12])), number(bytes, 8) == version
    else {
      replay.flaw = (0, bytes.count < headerBytes ? "the header is torn" : "it does not begin as a log of spans")
      replay.isDamaged = bytes.count >= headerBytes
      return replay
    }
    var position = headerBytes
    while position < bytes.count {
      guard bytes.count - position >= 8 else {
        replay.flaw = (position, "the record is torn")
        break
      }
      let length = Int(number(bytes, position))
      guard length > 0, length <= bytes.count - position - 8 else {
        replay.flaw = (position, length == 0 ? "there are zeros where a record should be" : "the record is torn")
        replay.isDamaged = holdsFrame(bytes, from: position + 1)
        break
      }
      let payload = UnsafeRawBufferPointer(rebasing: bytes[position + 8..<position + 8 + length])
      let mark = spans.mark
      guard CRC32C.checksum(payload) == number(bytes, position + 4), take(payload, &spans) else {
        spans.truncate(to: mark)
        replay.flaw = (position, "the record does not agree with its checksum")
        // At the very end it is a write that did not come to its end.
        replay.isDamaged = position + 8 + length < bytes.count || holdsFrame(bytes, from: position + 1)
        break
      }
      replay.rows += spans.rows.count - mark.rows
      position += 8 + length
    }
    return replay
  }

  /// What is looked at in search of a frame, in bytes.
  private static let longestSearch = 1 << 30

  /// Whether a whole frame lies somewhere behind: its length is right, and so are its parts and its checksum.
  private static func holdsFrame(_ bytes: UnsafeRawBufferPointer, from first: Int) -> Bool {
    var position = first
    var left = longestSearch
    while bytes.count - position > 8 {
      let length = Int(number(bytes, position))
      if length > 0, length <= bytes.count - position - 8 {
        let payload = UnsafeRawBufferPointer(rebasing: bytes[position + 8..<position + 8 + length])
        if hasParts(payload) {
          left -= length
          if left < 0 || CRC32C.checksum(payload) == number(bytes, position + 4) { return true }
        }
      }
      position += 1
    }
    return false
  }

  /// Whether the counts at the beginning lead to its end.
  private static func hasParts(_ payload: UnsafeRawBufferPointer) -> Bool {
    var cursor = FieldCursor(payload)
    let counts = (cursor.count(), cursor.count(), cursor.count(), cursor.count(ofSize: rowBytes), cursor.count())
    let fixed = counts.3 * rowBytes + counts.4
    guard !cursor.isOverrun, counts.3 > 0, fixed <= cursor.remaining else { return false }
    for _ in 0..<counts.0 + counts.1 + counts.2 {
      _ = cursor.field()
      if cursor.isOverrun { return false }
    }
    return cursor.remaining == fixed
  }

  /// - Returns: whether the frame makes sense; else part of it may have been taken.
  private static func take(_ payload: UnsafeRawBufferPointer, _ spans: inout PackedSpans) -> Bool {
    var cursor = FieldCursor(payload)
    let counts = (0..<5).map { _ in Int(truncatingIfNeeded: min(cursor.varint(), UInt64(UInt32.max))) }
    let mark = spans.mark
    for index in 0..<counts[0] {
      let field = cursor.field()
      guard !cursor.isOverrun, Int(spans.symbols.intern(field)) == mark.symbols + index else { return false }
    }
    for index in 0..<counts[1] {
      let field = cursor.field()
      guard !cursor.isOverrun, Int(spans.resources.intern(field)) == mark.resources + index else { return false }
    }
    for index in 0..<counts[2] {
      let field = cursor.field()
      guard !cursor.isOverrun, Int(spans.scopes.intern(field)) == mark.scopes + index else { return false }
    }
    let rows = cursor.take(counts[3] * rowBytes)
    let bytes = cursor.take(counts[4])
    guard !cursor.isOverrun, cursor.isAtEnd else { return false }
    for number in mark.resources..<spans.resources.count
    where !PayloadSoundness.attributes(spans.resources[UInt32(number)], symbols: spans.symbols.count) { return false }
    spans.payload.append(bytes)
    for index in 0..<counts[3] {
      var row = rows.loadUnaligned(fromByteOffset: index * rowBytes, as: PackedRow.self)
      row.previous = PackedRow.none
      guard Int(row.agent) < spans.symbols.count, Int(row.operation) < spans.symbols.count,
        Int(row.resource) < spans.resources.count, Int(row.scope) < spans.scopes.count,
        Int(row.payload) + Int(row.payloadCount) <= spans.payload.count, row.traceID != nil, row.spanID != 0,
        SpanState(rawValue: row.state) != nil,
        PayloadSoundness.payload(spans.payload(of: row), symbols: spans.symbols.count)
      else { return false }
      spans.rows.append(row)
    }
    return true
  }

  private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}
