import FleetModel
import Platform

/// The constants of a block's file, versions 1 and 2. docs/storage.md draws every byte.
///
/// ```
/// header │ data: time and value columns │ seven index sections │ footer
/// ```
enum BlockFormat {
  static let magic = Array("skepblck".utf8)
  static let endMagic = Array("skepbend".utf8)
  /// The newest that is known. A block without native histograms is of version 1: earlier programs read it.
  static let version: UInt32 = 2
  static let versionOfNumbers: UInt32 = 1
  /// Magic, version, CRC-32C of both.
  static let headerBytes = 16
  /// Data, header included, has one checksum for each so many bytes.
  static let pageBytes = 64 << 10
  static let seriesPerGroup = 32
  static let pairsPerGroup = 16
  static let timesPerGroup = 16
  /// Entries of a postings list from one skip entry to the next.
  static let entriesPerSkip = 128

  /// In the order in which they stand behind the data.
  enum Section: Int, CaseIterable {
    /// A CRC-32C for each page of the data.
    case pages
    case times
    case chunks
    case series
    case names
    case pairs
    case postings
  }

  static func header(version: UInt32 = versionOfNumbers) -> [UInt8] {
    var bytes = magic
    append(version, to: &bytes)
    append(bytes.withUnsafeBytes { CRC32C.checksum($0) }, to: &bytes)
    return bytes
  }

  @inline(__always)
  static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  @inline(__always)
  static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// LEB128.
  @inline(__always)
  static func append(varint number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  static func append(varint number: Int, to bytes: inout [UInt8]) {
    precondition(number >= 0, "BUG: \(number) as an unsigned number")
    append(varint: UInt64(number), to: &bytes)
  }

  static func varintBytes(_ number: Int) -> Int { (max(1, Int.bitWidth - number.leadingZeroBitCount) + 6) / 7 }

  static func zigzag(_ number: Int64) -> UInt64 { UInt64(bitPattern: number << 1 ^ number >> 63) }
  static func unzigzag(_ number: UInt64) -> Int64 { Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1) }
}

/// What a block says of itself.
struct BlockSummary: Sendable, Hashable {
  /// Rising in the order in which data came: where two blocks hold the same time of a series, the lower number's sample
  /// counts. A merge takes the lowest number of its sources.
  var sequence: UInt64 = 0
  /// Milliseconds; both are times of samples.
  var minTime: Int64 = 0
  var maxTime: Int64 = 0
  var series = 0
  var chunks = 0
  var samples: UInt64 = 0
  var bytes: UInt64 = 0
}

/// The last bytes of a block: its summary, and where its sections lie.
struct BlockFooter: Sendable {
  static let bytes = 160

  var summary = BlockSummary()
  /// Of the file, as its header says it.
  var version = BlockFormat.versionOfNumbers
  /// Where the data end and the sections begin.
  var dataEnd = 0
  var timeColumns = 0
  var names = 0
  var pairs = 0
  var lengths = [Int](repeating: 0, count: BlockFormat.Section.allCases.count)
  var checksums = [UInt32](repeating: 0, count: BlockFormat.Section.allCases.count)

  func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.bytes)
    BlockFormat.append(summary.sequence, to: &bytes)
    BlockFormat.append(UInt64(bitPattern: summary.minTime), to: &bytes)
    BlockFormat.append(UInt64(bitPattern: summary.maxTime), to: &bytes)
    BlockFormat.append(summary.samples, to: &bytes)
    BlockFormat.append(UInt64(summary.chunks), to: &bytes)
    BlockFormat.append(UInt64(dataEnd), to: &bytes)
    for count in [summary.series, timeColumns, names, pairs] { BlockFormat.append(UInt32(count), to: &bytes) }
    for (length, checksum) in zip(lengths, checksums) {
      BlockFormat.append(UInt64(length), to: &bytes)
      BlockFormat.append(checksum, to: &bytes)
    }
    BlockFormat.append(bytes.withUnsafeBytes { CRC32C.checksum($0) }, to: &bytes)
    return bytes + BlockFormat.endMagic
  }
}

extension BlockFooter {
  /// Reads header and footer of a whole file and checks that the sections fill what lies between.
  init(file: UnsafeRawBufferPointer) throws(BlockFlaw) {
    version = try Self.version(ofHeader: file)
    let start = file.count - Self.bytes
    guard start >= BlockFormat.headerBytes else { throw BlockFlaw("\(file.count) bytes are too few for a block") }
    let footer = UnsafeRawBufferPointer(rebasing: file[start...])
    guard footer.suffix(8).elementsEqual(BlockFormat.endMagic) else {
      throw BlockFlaw("the end of the file is missing: it does not end with a block's footer")
    }
    var reader = ByteReader(footer)
    summary.sequence = try reader.u64()
    summary.minTime = Int64(bitPattern: try reader.u64())
    summary.maxTime = Int64(bitPattern: try reader.u64())
    summary.samples = try reader.u64()
    summary.chunks = Int(clamping: try reader.u64())
    dataEnd = Int(clamping: try reader.u64())
    summary.series = Int(try reader.u32())
    timeColumns = Int(try reader.u32())
    names = Int(try reader.u32())
    pairs = Int(try reader.u32())
    for index in lengths.indices {
      lengths[index] = Int(clamping: try reader.u64())
      checksums[index] = try reader.u32()
    }
    let counted = UnsafeRawBufferPointer(rebasing: footer[..<reader.position])
    guard CRC32C.checksum(counted) == (try reader.u32()) else {
      throw BlockFlaw("the footer's checksum does not match")
    }
    var end = dataEnd
    for length in lengths {
      let (sum, overflow) = end.addingReportingOverflow(length)
      guard !overflow, sum <= start else { throw BlockFlaw("the footer's sections do not fit the file") }
      end = sum
    }
    guard end == start, dataEnd >= BlockFormat.headerBytes else {
      throw BlockFlaw("the footer's sections do not fill the file")
    }
    let (most, overflow) = UInt64(summary.chunks).multipliedReportingOverflow(by: UInt64(ValueColumn.maximumCount))
    guard summary.chunks <= file.count, !overflow, summary.samples <= most else {
      throw BlockFlaw("the footer counts more samples than there can be")
    }
    guard summary.minTime <= summary.maxTime else { throw BlockFlaw("the footer's times are in the wrong order") }
    summary.bytes = UInt64(file.count)
  }

  private static func version(ofHeader file: UnsafeRawBufferPointer) throws(BlockFlaw) -> UInt32 {
    guard file.count >= BlockFormat.headerBytes, file.prefix(8).elementsEqual(BlockFormat.magic) else {
      throw BlockFlaw("it does not begin as a block does")
    }
    var reader = ByteReader(file, at: 8)
    let version = try reader.u32()
    let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: file[..<12]))
    guard try reader.u32() == checksum else { throw BlockFlaw("the header's checksum does not match") }
    guard version > 0, version <= BlockFormat.version else {
      throw BlockFlaw(
        "written in version \(version) of the format, and this program knows up to \(BlockFormat.version)",
        kind: .otherVersion)
    }
    return version
  }

  /// The bytes of a section in the file.
  func range(of section: BlockFormat.Section) -> Range<Int> {
    let start = lengths[..<section.rawValue].reduce(dataEnd, +)
    return start..<start + lengths[section.rawValue]
  }
}
