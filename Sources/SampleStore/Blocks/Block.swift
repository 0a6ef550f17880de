import FleetModel
import Platform
import Synchronization
import SystemPackage

/// An immutable block, mapped. Opening verifies the header and the index; chunk data is verified, page by page, when it is
/// first read. The index is read where it lies: an open block takes next to no memory of its own.
// Unchecked for the pointers: they lead into the mapped file, which nobody writes and which this value keeps alive.
final class Block: @unchecked Sendable {
  // Unchecked for the pointers into the mapped file, which nobody writes.
  let path: FilePath
  let summary: BlockSummary
  let footer: BlockFooter
  let labels: LabelTable
  let series: GroupedTable
  private let chunkTable: GroupedTable
  private let timeTable: GroupedTable
  private let pages: PageChecks
  private let file: MappedFile
  /// Which series have native histograms, once somebody asked.
  private let histogramPlaces = Mutex<PlaceSet?>(nil)

  convenience init(files: any FileSystem, path: FilePath) throws(BlockError) {
    let file: MappedFile
    do throws(FileError) { file = try files.map(path) } catch {
      throw BlockError(path: path, reason: error.description, kind: .unreadable)
    }
    try self.init(file)
  }

  init(_ file: MappedFile) throws(BlockError) {
    path = file.path
    self.file = file
    do throws(BlockFlaw) {
      footer = try BlockFooter(file: file.bytes)
      summary = footer.summary
      try Self.verifySections(file.bytes, footer)
      pages = try PageChecks(file.bytes, footer)
      timeTable = try Self.table(.times, footer.timeColumns, BlockFormat.timesPerGroup, file.bytes, footer)
      chunkTable = try Self.table(.chunks, summary.series, BlockFormat.seriesPerGroup, file.bytes, footer)
      series = try Self.table(.series, summary.series, BlockFormat.seriesPerGroup, file.bytes, footer)
      labels = LabelTable(
        names: try Self.table(.names, footer.names, 1, file.bytes, footer),
        pairs: try Self.table(.pairs, footer.pairs, BlockFormat.pairsPerGroup, file.bytes, footer),
        postings: Self.section(.postings, file.bytes, footer), seriesCount: summary.series)
    } catch {
      throw error.at(path)
    }
  }

  private static func section(
    _ section: BlockFormat.Section, _ file: UnsafeRawBufferPointer, _ footer: BlockFooter
  ) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file[footer.range(of: section)]) }

  private static func table(
    _ section: BlockFormat.Section, _ count: Int, _ perGroup: Int, _ file: UnsafeRawBufferPointer, _ footer: BlockFooter
  ) throws(BlockFlaw) -> GroupedTable {
    try GroupedTable(Self.section(section, file, footer), count: count, perGroup: perGroup, of: "\(section)")
  }

  static func verifySections(_ file: UnsafeRawBufferPointer, _ footer: BlockFooter) throws(BlockFlaw) {
    for section in BlockFormat.Section.allCases {
      let bytes = Self.section(section, file, footer)
      guard CRC32C.checksum(bytes) == footer.checksums[section.rawValue] else {
        throw BlockFlaw("the checksum of the section of \(section) does not match")
      }
    }
  }

  var timeColumnCount: Int { footer.timeColumns }
  var fileBytes: UnsafeRawBufferPointer { file.bytes }

  /// A series by its place in the block, 0 ..< `summary.series`, in rising order of labels.
  typealias Place = UInt32

  struct Chunk: Sendable, Hashable {
    var minTime: Int64
    var maxTime: Int64
    var count: Int
    /// The number of its time column; chunks with the same have the same times.
    var column: UInt32
    /// Both in the file.
    var timeBytes: Range<Int>
    var valueBytes: Range<Int>
    /// Native histograms in place of numbers.
    var isHistogram = false
  }

  /// Whether it was written for native histograms.
  var mayHaveHistograms: Bool { footer.version > BlockFormat.versionOfNumbers }

  /// Runs `body` and says of a flaw in which file it is.
  func naming<Result>(_ body: () throws(BlockFlaw) -> Result) throws(BlockError) -> Result {
    do throws(BlockFlaw) { return try body() } catch { throw error.at(path) }
  }

  func reader() -> BlockSeriesReader { BlockSeriesReader(self) }
  func chunkCursor() -> ChunkCursor {
    ChunkCursor(
      chunkTable, dataEnd: footer.dataEnd, columnCount: footer.timeColumns, marksHistograms: mayHaveHistograms)
  }
  func timeCursor() -> TimeCursor {
    TimeCursor(timeTable, dataEnd: footer.dataEnd, maximumCount: ValueColumn.maximumCount)
  }

  /// The canonical bytes of a series' labels. For many series use one ``reader()``.
  func encodedLabels(_ place: Place) throws(BlockError) -> [UInt8] {
    var reader = reader()
    return try reader.labels(place)
  }

  /// The chunks of a series, in rising order of their first times.
  func chunks(_ place: Place) throws(BlockError) -> [Chunk] {
    var reader = reader()
    try reader.readChunks(place)
    return reader.chunks
  }

  /// Decodes a chunk of numbers into columns with room for `chunk.count`.
  func decode(
    _ chunk: Chunk, times: UnsafeMutablePointer<Int64>, values: UnsafeMutablePointer<Double>
  ) throws(BlockError) {
    try decodeTimes(chunk, times)
    try naming { () throws(BlockFlaw) in
      try pages.verify(chunk.valueBytes)
      do throws(ChunkError) {
        try ValueColumn.decode(bytes(chunk.valueBytes), count: chunk.count, into: values)
      } catch {
        throw BlockFlaw("the values at byte \(chunk.valueBytes.lowerBound): \(error)")
      }
    }
  }

  /// The native histograms of a chunk that holds such.
  func histograms(_ chunk: Chunk) throws(BlockError) -> HistogramColumns {
    precondition(chunk.isHistogram, "BUG: a chunk of numbers is read as one of histograms")
    var columns = HistogramColumns()
    columns.timestamps = try withTimes(of: chunk) { Array($0) }
    try naming { () throws(BlockFlaw) in
      try pages.verify(chunk.valueBytes)
      do throws(ChunkError) {
        try HistogramColumn.decode(bytes(chunk.valueBytes), count: chunk.count, into: &columns.values)
      } catch {
        throw BlockFlaw("the histograms at byte \(chunk.valueBytes.lowerBound): \(error)")
      }
    }
    return columns
  }

  /// Whether a series has native histograms. For many series take ``placesWithHistograms()`` once.
  func hasHistograms(_ place: Place) throws(BlockError) -> Bool { try placesWithHistograms().contains(place) }

  /// The series with native histograms. The first call for a block that may have any reads all records of chunks.
  func placesWithHistograms() throws(BlockError) -> PlaceSet {
    guard mayHaveHistograms else { return PlaceSet(count: summary.series) }
    if let known = histogramPlaces.withLock({ $0 }) { return known }
    var places = PlaceSet(count: summary.series)
    try naming { () throws(BlockFlaw) in
      var cursor = chunkCursor()
      for place in 0..<summary.series {
        try cursor.move(to: place)
        if cursor.areHistograms.contains(true) { places.insert(place..<place + 1) }
      }
    }
    histogramPlaces.withLock { $0 = places }
    return places
  }

  private func decodeTimes(_ chunk: Chunk, _ times: UnsafeMutablePointer<Int64>) throws(BlockError) {
    try naming { () throws(BlockFlaw) in
      try pages.verify(chunk.timeBytes)
      do throws(ChunkError) {
        try TimeColumn.decode(bytes(chunk.timeBytes), count: chunk.count, into: times)
      } catch {
        throw BlockFlaw("the times at byte \(chunk.timeBytes.lowerBound): \(error)")
      }
      guard times[0] == chunk.minTime, times[chunk.count - 1] == chunk.maxTime else {
        throw BlockFlaw(
          "time column \(chunk.column) is not from \(chunk.minTime) to \(chunk.maxTime), as its record says")
      }
    }
  }

  /// Calls `body` with the chunk's times.
  func withTimes<Result>(
    of chunk: Chunk, _ body: (UnsafeBufferPointer<Int64>) -> Result
  ) throws(BlockError) -> Result {
    let times = UnsafeMutablePointer<Int64>.allocate(capacity: chunk.count)
    defer { times.deallocate() }
    try decodeTimes(chunk, times)
    return body(UnsafeBufferPointer(start: times, count: chunk.count))
  }

  /// Verifies the checksums of the pages on which the chunk lies.
  func verify(_ chunk: Chunk) throws(BlockError) {
    try naming { () throws(BlockFlaw) in
      try pages.verify(chunk.timeBytes)
      try pages.verify(chunk.valueBytes)
    }
  }

  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.lowerBound >= 0 && range.upperBound <= footer.dataEnd, "BUG: a chunk of another block")
    return UnsafeRawBufferPointer(rebasing: file.bytes[range])
  }

  /// The pages with a wrong checksum.
  func flawedPages() -> [String] { pages.flaws() }
}

/// Verifies each page of a block's data once, when it is first read; from any number of threads.
// Unchecked for the pointers: two into the mapped file, which nobody writes, and one to atomics that this value alone owns.
final class PageChecks: @unchecked Sendable {
  private let data: UnsafeRawBufferPointer
  private let checksums: UnsafeRawBufferPointer
  /// A bit for each page that was found good.
  private let good: UnsafeMutablePointer<Atomic<UInt64>>
  private let words: Int

  init(_ file: UnsafeRawBufferPointer, _ footer: BlockFooter) throws(BlockFlaw) {
    data = UnsafeRawBufferPointer(rebasing: file[..<footer.dataEnd])
    checksums = UnsafeRawBufferPointer(rebasing: file[footer.range(of: .pages)])
    let pages = (footer.dataEnd + BlockFormat.pageBytes - 1) / BlockFormat.pageBytes
    guard checksums.count == pages * 4 else {
      throw BlockFlaw("\(pages) pages of data have \(checksums.count / 4) checksums")
    }
    words = (pages + 63) / 64
    good = .allocate(capacity: words)
    for word in 0..<words { (good + word).initialize(to: Atomic(0)) }
  }

  deinit {
    good.deinitialize(count: words)
    good.deallocate()
  }

  @inline(__always)
  func verify(_ range: Range<Int>) throws(BlockFlaw) {
    guard !range.isEmpty else { return }
    for page in range.lowerBound / BlockFormat.pageBytes...(range.upperBound - 1) / BlockFormat.pageBytes {
      if good[page / 64].load(ordering: .relaxed) >> UInt64(page & 63) & 1 == 0 { try verify(page: page) }
    }
  }

  private func verify(page: Int) throws(BlockFlaw) {
    guard isGood(page) else {
      throw BlockFlaw("the checksum of the page at byte \(page * BlockFormat.pageBytes) does not match")
    }
    good[page / 64].bitwiseOr(1 << UInt64(page & 63), ordering: .relaxed)
  }

  private func isGood(_ page: Int) -> Bool {
    let start = page * BlockFormat.pageBytes
    let bytes = UnsafeRawBufferPointer(rebasing: data[start..<min(data.count, start + BlockFormat.pageBytes)])
    let checksum = UInt32(littleEndian: checksums.loadUnaligned(fromByteOffset: page * 4, as: UInt32.self))
    return CRC32C.checksum(bytes) == checksum
  }

  func flaws() -> [String] {
    (0..<checksums.count / 4).filter { !isGood($0) }
      .map { "the checksum of the page at byte \($0 * BlockFormat.pageBytes) does not match" }
  }
}
