/// Writes numbers and texts as the files of the store hold them: little-endian, texts with their length before them.
struct FieldWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Length as u32, then UTF-8.
  mutating func put(_ text: String) {
    put(UInt32(truncatingIfNeeded: text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// Length as u32, then the bytes.
  mutating func put(bytes content: [UInt8]) {
    put(UInt32(truncatingIfNeeded: content.count))
    bytes.append(contentsOf: content)
  }
}

/// Reads what ``FieldWriter`` wrote. Bytes of any content are safe: after the end everything is zero and ``isOverrun`` set.
struct FieldReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private(set) var isOverrun = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - position }

  mutating func take<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number {
    let size = MemoryLayout<Number>.size
    guard size <= remaining else {
      fail()
      return 0
    }
    defer { position += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  /// `nil` where the bytes end first or are no UTF-8.
  mutating func takeText() -> String? {
    let count = Int(take(UInt32.self))
    guard !isOverrun, count <= remaining else {
      fail()
      return nil
    }
    defer { position += count }
    return String(validating: bytes[position..<position + count], as: UTF8.self)
  }

  /// `nil` where the bytes end first.
  mutating func takeBytes() -> [UInt8]? {
    let count = Int(take(UInt32.self))
    guard !isOverrun, count <= remaining else {
      fail()
      return nil
    }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  /// A number of things that each take at least `size` bytes; bounds what a forged count can make a reader allocate.
  mutating func takeCount(ofSize size: Int) -> Int {
    let count = Int(take(UInt32.self))
    guard count <= remaining / size else {
      fail()
      return 0
    }
    return count
  }

  private mutating func fail() {
    isOverrun = true
    position = bytes.count
  }
}
