import Glibc

/// The head as payloads of a checkpoint, each a frame of its own. All numbers little-endian; a payload begins with its kind.
/// Texts, words and rows begin at multiples of 4 bytes.
///
/// ```
/// header: │ 1 u32 │ version u32 │ hash seed u64 │ series numbers given u64 │ pair numbers given u64 │
///         │ series u64 │ pairs u64 │
/// names:  │ 2 u32 │ row …    row: │ byte count u32 │ bytes, padded │         names count from 0 in their order
/// pairs:  │ 3 u32 │ row …    row: │ number u32 │ name u32 │ byte count u32 │ bytes as in a LabelSet, padded │
/// series: │ 4 u32 │ row …
/// row:    │ number u32 │ hash of the labels u32 │ encoder state, 27 bytes │ flags u8 │ bits of the open chunk u16 │
///         │ pair count u16 │ closed chunk count u32 │ late sample count u32 │
///         │ pair numbers u32 … │ words of the open chunk u32 … │ closed chunk … │ late times i64 … │ late values u64 … │
/// chunk:  │ bits u16 │ samples u8 │ codec u8 │ words u32 … │       bits fill a word from its most significant one
/// resting: │ 6 u32 │ row … │      series without samples; see ``RestingRow``
/// histograms, behind the row if its flag 32 is set (since version 2):
///         │ byte count u32 │ closed chunks, open chunk, late ones: each varint count │ chunk … │ padded
///         chunk: │ histograms varint │ TimeColumn │ HistogramColumn │     each column with its length, a varint, before it
/// end:    │ 5 u32 │ 0 u32 │ series u64 │ pairs u64 │ samples u64 │
/// ```
/// Payloads of series and of resting ones come in any order, but the numbers in them rise: pair and series numbers rise
/// through the image; numbers that are missing are of series that are gone. Names come before
/// pairs, pairs before series.
enum ImageFormat {
  static let version: UInt32 = 2

  enum Kind: UInt32 {
    case header = 1
    case names, pairs, series, end
    case resting
  }

  static let headerBytes = 48
  static let endBytes = 32
  static let pairBytes = 12
  static let seriesBytes = 48

  /// Where the fields of a series row lie.
  static let encoderOffset = 8
  static let flagsOffset = 35
  static let bitsOffset = 36
  static let pairCountOffset = 38
  static let chunkCountOffset = 40
  static let lateCountOffset = 44

  /// Every sample has at most 128 bits, the first one at least 71, any other at least 2.
  static func isPossible(bits: Int, samples: Int) -> Bool {
    samples > 0 && bits <= samples * 128 && bits >= 69 + samples * 2
  }

  static func padded(_ count: Int) -> Int { (count + 3) & ~3 }
}

/// How far the reading of an image has come.
struct ImageProgress {
  var isBegun = false
  var isWhole = false
  var seriesNumbers = 0
  var pairNumbers = 0
  var series: UInt64 = 0
  var pairs: UInt64 = 0
}

struct ImageError: Error, Sendable, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

/// A payload in the making; its memory is used again for the next one. Sendable because it alone owns that.
struct ImagePayload: ~Copyable, @unchecked Sendable {
  private var base: UnsafeMutableRawPointer
  private var capacity = 1 << 19
  private(set) var count = 0

  init() { base = .allocate(byteCount: capacity, alignment: 16) }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  mutating func begin(_ kind: ImageFormat.Kind) {
    count = 0
    put(kind.rawValue)
  }

  /// Uninitialised room for `size` bytes behind what is there.
  mutating func extend(_ size: Int) -> UnsafeMutableRawPointer {
    if count + size > capacity {
      capacity = max(capacity * 2, count + size)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
      memcpy(larger, base, count)
      base.deallocate()
      base = larger
    }
    defer { count += size }
    return base + count
  }

  mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
    extend(MemoryLayout<Number>.size).storeBytes(of: number.littleEndian, as: Number.self)
  }

  mutating func put(padded text: UnsafeRawBufferPointer) {
    let size = ImageFormat.padded(text.count)
    let target = UnsafeMutableRawBufferPointer(start: extend(size), count: size)
    target.copyMemory(from: text)
    for index in text.count..<size { target[index] = 0 }
  }
}

extension UnsafeRawPointer {
  /// A little-endian number at any address.
  @inline(__always)
  func number<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as: Number.Type) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}
