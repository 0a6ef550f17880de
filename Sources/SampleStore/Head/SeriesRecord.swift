import FleetModel

/// All that the head knows of one series beside its label pairs and its bits: 56 bytes.
struct SeriesRecord: BitwiseCopyable {
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    static let live = Flags(rawValue: 1)
    /// Asked for since the last ``HeadStore/expire(now:)``.
    static let touched = Flags(rawValue: 2)
    /// Has had a sample: `lastTime` means something.
    static let appended = Flags(rawValue: 4)
    /// `lastTime` holds when the series was first seen to have had no sample ever.
    static let waiting = Flags(rawValue: 8)
    /// Has samples beside its chunks; see ``HeadState/late``.
    static let late = Flags(rawValue: 16)
    /// Has native histograms; see ``HeadState/histograms``.
    static let histograms = Flags(rawValue: 32)
  }

  /// Of the open chunk, which there is if its count is not 0.
  var encoder = ChunkEncoder(codec: .xor)
  var flags: Flags = .live
  /// Of the open chunk.
  var bitCount: UInt16 = 0
  var pairCount: UInt16 = 0
  /// Closed chunks, oldest and newest; 0 if there are none.
  var oldestChunk: UInt32 = 0
  var newestChunk: UInt32 = 0
  /// Segments of the open chunk.
  var firstSegment: UInt32 = 0
  var lastSegment: UInt32 = 0
  /// First of the words that hold the numbers of its label pairs.
  var pairs: UInt32 = 0
  var hash: UInt32 = 0

  var isLive: Bool { flags.contains(.live) }
  var hasOpenChunk: Bool { encoder.count > 0 }
  var hasSamples: Bool { hasOpenChunk || oldestChunk != 0 || !flags.isDisjoint(with: [.late, .histograms]) }
}

/// A closed chunk, six words in an arena.
struct ClosedChunk {
  static let words = 6

  /// The next newer one of the series; 0 at the end.
  var next: UInt32
  var firstSegment: UInt32
  var firstTime: Int64
  var bitCount: UInt16
  var count: UInt16
  var codec: ChunkCodec

  init(next: UInt32, firstSegment: UInt32, firstTime: Int64, bitCount: UInt16, count: UInt16, codec: ChunkCodec) {
    self.next = next
    self.firstSegment = firstSegment
    self.firstTime = firstTime
    self.bitCount = bitCount
    self.count = count
    self.codec = codec
  }

  init(_ words: UnsafeMutablePointer<UInt32>) {
    next = words[0]
    firstSegment = words[1]
    firstTime = Int64(bitPattern: UInt64(words[2]) << 32 | UInt64(words[3]))
    bitCount = UInt16(truncatingIfNeeded: words[4] >> 16)
    count = UInt16(truncatingIfNeeded: words[4])
    guard let codec = ChunkCodec(rawValue: UInt8(truncatingIfNeeded: words[5])) else {
      preconditionFailure("BUG: a closed chunk of unknown codec")
    }
    self.codec = codec
  }

  /// What it takes, its description included.
  var memoryBytes: Int { SegmentArena.chainBytes(bits: Int(bitCount)) + Self.words * 4 }

  func store(_ words: UnsafeMutablePointer<UInt32>) {
    words[0] = next
    words[1] = firstSegment
    words[2] = UInt32(truncatingIfNeeded: firstTime >> 32)
    words[3] = UInt32(truncatingIfNeeded: firstTime)
    words[4] = UInt32(bitCount) << 16 | UInt32(count)
    words[5] = UInt32(codec.rawValue)
  }
}
