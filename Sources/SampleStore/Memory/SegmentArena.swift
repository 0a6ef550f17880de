import FleetModel
import Glibc

/// Memory for the bits of chunks: segments of 32 bytes, chained, so that chunks which all grow at the same time leave
/// no holes of the sizes that they outgrew.
///
/// ```
/// segment: │ 7 words of payload (224 bits) │ number of the next segment, 0 at the end │
/// ```
/// Bits fill each word from its most significant bit. Segments come from pages that are never given back to the system;
/// freed ones are used again, last freed first.
struct SegmentArena: ~Copyable {
  static let words = 8
  static let payloadBits = 224
  static let linkWord = 7
  static let bytes = 32
  private static let pageShift: UInt32 = 13
  private static let pageSegments = 1 << 13

  private var pages: UnsafeMutablePointer<UnsafeMutablePointer<UInt32>>
  private var pageCount = 0
  private var pageCapacity = 64
  /// Number 0 means "none".
  private var next: UInt32 = 1
  private var freeHead: UInt32 = 0
  private(set) var used = 0

  init() { pages = .allocate(capacity: pageCapacity) }

  deinit {
    for index in 0..<pageCount { pages[index].deallocate() }
    pages.deallocate()
  }

  var reservedBytes: Int { pageCount * Self.pageSegments * Self.bytes }

  @inline(__always)
  func words(_ segment: UInt32) -> UnsafeMutablePointer<UInt32> {
    pages[Int(segment >> Self.pageShift)] + Int(segment & UInt32(Self.pageSegments - 1)) * Self.words
  }

  /// A segment of zeros.
  mutating func allocate() -> UInt32 {
    used += 1
    let segment: UInt32
    if freeHead != 0 {
      segment = freeHead
      freeHead = words(segment)[Self.linkWord]
    } else {
      segment = next
      if Int(segment >> Self.pageShift) >= pageCount { addPage() }
      precondition(next < .max, "BUG: more than 128 GiB of chunks")
      next += 1
    }
    words(segment).update(repeating: 0, count: Self.words)
    return segment
  }

  /// Frees a segment and all that follow it.
  mutating func freeChain(_ first: UInt32) {
    var segment = first
    while segment != 0 {
      let link = words(segment)[Self.linkWord]
      words(segment)[Self.linkWord] = freeHead
      freeHead = segment
      used -= 1
      segment = link
    }
  }

  /// A chain of segments with these `count` words, which may lie anywhere.
  ///
  /// - Precondition: `count > 0`.
  mutating func makeChain(_ source: UnsafeRawPointer, words count: Int) -> (first: UInt32, last: UInt32) {
    let first = allocate()
    var last = first
    var copied = 0
    while true {
      let part = min(count - copied, Self.linkWord)
      memcpy(words(last), source + copied * 4, part * 4)
      copied += part
      if copied == count { return (first, last) }
      let segment = allocate()
      words(last)[Self.linkWord] = segment
      last = segment
    }
  }

  /// Copies the first `count` words of a chain as they are.
  func copyWords(_ first: UInt32, words count: Int, to target: UnsafeMutableRawPointer) {
    var segment = first
    var copied = 0
    while copied < count {
      precondition(segment != 0, "BUG: a chunk's chain ends before its bits do")
      let part = min(count - copied, Self.linkWord)
      memcpy(target + copied * 4, words(segment), part * 4)
      copied += part
      segment = words(segment)[Self.linkWord]
    }
  }

  /// Copies the bits of a chain to `target`, which has room for ``byteCount(bits:)`` bytes.
  func copyChain(_ first: UInt32, bits: Int, to target: UnsafeMutableRawPointer) {
    var segment = first
    var remaining = (bits + 31) / 32
    var offset = 0
    while remaining > 0 {
      precondition(segment != 0, "BUG: a chunk's chain ends before its bits do")
      let source = words(segment)
      let count = min(remaining, Self.linkWord)
      for index in 0..<count {
        target.storeBytes(of: source[index].bigEndian, toByteOffset: offset, as: UInt32.self)
        offset += 4
      }
      remaining -= count
      segment = source[Self.linkWord]
    }
  }

  static func byteCount(bits: Int) -> Int { (bits + 31) / 32 * 4 }

  /// Memory that a chain of so many bits takes.
  static func chainBytes(bits: Int) -> Int { (bits + payloadBits - 1) / payloadBits * bytes }

  private mutating func addPage() {
    if pageCount == pageCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutablePointer<UInt32>>.allocate(capacity: pageCapacity * 2)
      larger.moveInitialize(from: pages, count: pageCount)
      pages.deallocate()
      pages = larger
      pageCapacity *= 2
    }
    (pages + pageCount).initialize(to: .allocate(capacity: Self.pageSegments * Self.words))
    pageCount += 1
  }
}

/// Appends bits to the chain of an open chunk.
struct SegmentSink: BitSink {
  private let arena: UnsafeMutablePointer<SegmentArena>
  private(set) var last: UInt32
  private var words: UnsafeMutablePointer<UInt32>
  /// In the last segment.
  private var used: Int
  /// In the whole chunk.
  private(set) var bitCount: Int

  @inline(__always)
  init(arena: UnsafeMutablePointer<SegmentArena>, last: UInt32, bitCount: Int) {
    self.arena = arena
    self.last = last
    self.bitCount = bitCount
    words = arena.pointee.words(last)
    used = bitCount == 0 ? 0 : (bitCount - 1) % SegmentArena.payloadBits + 1
  }

  @inline(__always)
  mutating func put(_ bits: UInt64, count: Int) {
    bitCount &+= count
    let offset = used & 31
    if offset &+ count <= 32, used < SegmentArena.payloadBits {
      let word = UInt32(truncatingIfNeeded: bits &<< UInt64(truncatingIfNeeded: 32 &- offset &- count))
      words[used >> 5] |= word
      used &+= count
    } else {
      putSlowly(bits, count: count)
    }
  }

  @inline(never)
  private mutating func putSlowly(_ bits: UInt64, count: Int) {
    var remaining = count
    while remaining > 0 {
      if used == SegmentArena.payloadBits {
        let segment = arena.pointee.allocate()
        words[SegmentArena.linkWord] = segment
        last = segment
        words = arena.pointee.words(segment)
        used = 0
      }
      let room = 32 - (used & 31)
      let taken = min(room, remaining)
      let part = (bits >> UInt64(remaining - taken)) & ((1 << UInt64(taken)) - 1)
      words[used >> 5] |= UInt32(truncatingIfNeeded: part << UInt64(room - taken))
      used += taken
      remaining -= taken
    }
  }
}
