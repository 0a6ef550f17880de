import CPlatform

/// Bytes that are compressed where that makes them shorter.
///
/// ```
/// │ length varint │ compressed length varint; 0: not compressed │ bytes │
/// ```
enum Deflated {
  private static let level: Int32 = 4
  /// Less is not worth a stream of its own.
  private static let shortest = 64
  /// What a block's part may come to: beyond, the length is not believed.
  private static let longest = 1 << 30

  static func append(_ bytes: UnsafeRawBufferPointer, to target: inout GrowingMemory<UInt8>) {
    target.appendVarint(UInt64(bytes.count))
    if bytes.count >= shortest {
      var compressed = GrowingMemory<UInt8>()
      let bound = skep_zlib_bound(bytes.count)
      let written = skep_zlib(bytes.baseAddress, bytes.count, compressed.room(bound), bound, level)
      if written > 0, written < bytes.count {
        compressed.advance(written)
        target.appendVarint(UInt64(written))
        target.append(compressed.raw)
        return
      }
    }
    target.appendVarint(0)
    target.append(bytes)
  }

  static func read(_ cursor: inout FieldCursor) throws(SpanDamage) -> [UInt8] {
    let length = cursor.varint()
    let compressed = cursor.varint()
    // Deflate shortens 1032 times at most (RFC 1951's longest match in its shortest code).
    guard length <= UInt64(longest), compressed == 0 || compressed < length && length / 1100 <= compressed else {
      throw SpanDamage("a compressed part is of \(length) bytes")
    }
    let source = cursor.take(Int(compressed == 0 ? length : compressed))
    if cursor.isOverrun { throw SpanDamage("a compressed part is cut short") }
    if compressed == 0 { return Array(source) }
    var isGood = false
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
      isGood = skep_unzlib(source.baseAddress, source.count, buffer.baseAddress, Int(length)) == 1
      count = isGood ? Int(length) : 0
    }
    guard isGood else { throw SpanDamage("a compressed part cannot be expanded") }
    return bytes
  }
}
