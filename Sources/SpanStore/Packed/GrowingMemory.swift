import Glibc

/// Elements that only grow at their end, in memory of their own; large runs grow without being copied (`mremap` in `realloc`).
// Unchecked because it alone owns its memory.
struct GrowingMemory<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  private(set) var start: UnsafeMutablePointer<Element>?
  private(set) var capacity = 0
  private(set) var count = 0

  init() {}

  deinit { free(start) }

  /// Room for `extra` more; the pointer is good until the next call.
  @inline(__always)
  mutating func room(_ extra: Int) -> UnsafeMutablePointer<Element> {
    if capacity - count < extra || start == nil { grow(extra) }
    guard let start else { preconditionFailure("BUG: no memory after growing") }
    return start + count
  }

  @inline(never)
  private mutating func grow(_ extra: Int) {
    capacity = max(64, capacity * 2, count + extra)
    guard let memory = realloc(start, capacity * MemoryLayout<Element>.stride) else {
      preconditionFailure("no memory for \(capacity) elements of \(Element.self)")
    }
    start = memory.bindMemory(to: Element.self, capacity: capacity)
  }

  /// Says that so many elements of ``room(_:)`` were written.
  @inline(__always)
  mutating func advance(_ written: Int) { count += written }

  @inline(__always)
  mutating func append(_ element: Element) {
    room(1).initialize(to: element)
    count += 1
  }

  mutating func append(_ elements: UnsafeBufferPointer<Element>) {
    guard let source = elements.baseAddress, elements.count > 0 else { return }
    room(elements.count).initialize(from: source, count: elements.count)
    count += elements.count
  }

  mutating func truncate(to newCount: Int) { count = min(count, newCount) }

  @inline(__always)
  subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count, "BUG: element \(index) of \(count)")
      return start.unsafelyUnwrapped[index]
    }
    set {
      precondition(index >= 0 && index < count, "BUG: element \(index) of \(count)")
      start.unsafelyUnwrapped[index] = newValue
    }
  }

  /// Good until the next change.
  var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: start, count: count) }

  func bytes(from first: Int, count wanted: Int) -> UnsafeRawBufferPointer {
    precondition(
      first >= 0 && wanted >= 0 && first + wanted <= count, "BUG: elements \(first) to \(first + wanted) of \(count)")
    return UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: elements[first..<first + wanted]))
  }
}

extension GrowingMemory<UInt8> {
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    UnsafeMutableRawPointer(room(bytes.count)).copyMemory(from: source, byteCount: bytes.count)
    advance(bytes.count)
  }

  mutating func appendWord(_ value: UInt64) {
    UnsafeMutableRawPointer(room(8)).storeBytes(of: value.littleEndian, as: UInt64.self)
    advance(8)
  }

  /// LEB128: seven bits a byte, the lowest first.
  @inline(__always)
  mutating func appendVarint(_ value: UInt64) {
    let target = room(10)
    var (rest, written) = (value, 0)
    while rest >= 0x80 {
      target[written] = UInt8(truncatingIfNeeded: rest) | 0x80
      rest >>= 7
      written += 1
    }
    target[written] = UInt8(truncatingIfNeeded: rest)
    advance(written + 1)
  }

  /// Length and bytes.
  mutating func appendField(_ bytes: UnsafeRawBufferPointer) {
    appendVarint(UInt64(bytes.count))
    append(bytes)
  }

  mutating func appendField(_ text: String) {
    var text = text
    text.withUTF8 { appendField(UnsafeRawBufferPointer($0)) }
  }

  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(elements) }
}

/// A number whose sign is in its lowest bit, so that small ones of either sign are short.
enum ZigZag {
  @inline(__always) static func encode(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
  @inline(__always) static func decode(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }
}

/// Reads fields one after another. What lies beyond the end reads as zero, and ``isOverrun`` says so.
struct FieldCursor {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0
  private(set) var isOverrun = false

  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  @inline(__always) var isAtEnd: Bool { position >= bytes.count || isOverrun }
  var remaining: Int { isOverrun ? 0 : bytes.count - position }

  @inline(__always)
  mutating func byte() -> UInt8 {
    guard position < bytes.count else {
      isOverrun = true
      return 0
    }
    defer { position += 1 }
    return bytes[position]
  }

  @inline(__always)
  mutating func varint() -> UInt64 {
    var (value, shift) = (UInt64(0), UInt64(0))
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    isOverrun = true
    return 0
  }

  /// A varint that counts things of at least `size` bytes each, which must be there.
  mutating func count(ofSize size: Int = 1) -> Int {
    let value = varint()
    guard let count = Int(exactly: value), count <= remaining / max(size, 1) else {
      isOverrun = true
      return 0
    }
    return count
  }

  mutating func word() -> UInt64 {
    guard remaining >= 8 else {
      isOverrun = true
      return 0
    }
    defer { position += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      isOverrun = true
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// Length and bytes.
  mutating func field() -> UnsafeRawBufferPointer { take(count()) }
  mutating func text() -> String { String(decoding: field(), as: UTF8.self) }
}
