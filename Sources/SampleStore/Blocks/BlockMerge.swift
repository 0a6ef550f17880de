import FleetModel
import Platform
import SystemPackage

/// Merges blocks into one, series by series in order of labels; also rewrites a single one without what is deleted.
///
/// 1. the series of all sources are walked together; the chunks of equal labels form one series;
/// 2. chunks that lie outside the filter go, those it cuts are to be decoded;
/// 3. a chunk that is large, whole and overlaps no other is copied as bytes; the others are decoded, joined and encoded
///    anew in large chunks. Of equal times the sample of the lower sequence counts.
struct BlockMerge: ~Copyable {
  /// Samples to drop.
  struct Deletion: Sendable {
    /// For each source the series that are meant, rising.
    var places: [[Block.Place]]
    /// Milliseconds, both included.
    var from: Int64
    var through: Int64
  }

  /// A chunk of at least so many samples is not joined with its neighbours.
  static let largeChunk = BlockWriter.samplesPerChunk / 2
  /// Unless what stands before it is smaller than this.
  static let smallRest = largeChunk / 2
  /// Samples of one series held decoded at most, about.
  private static let pendingSamples = 5 * BlockWriter.samplesPerChunk

  private var sources: [Source]
  private let deletions: [Deletion]
  private let cutoff: Int64
  private var pieces: [Piece] = []
  private var joiner = SampleJoiner()
  private var pending = SampleBuffer()
  private var pendingHistograms = HistogramColumns()

  private struct Source {
    let block: Block
    var reader: BlockSeriesReader
    var place = -1
    var labels: [UInt8] = []
    /// For each deletion, how far in its places the walk is.
    var next: [Int]

    var isAtEnd: Bool { place >= block.summary.series }

    mutating func advance() throws(BlockError) {
      place += 1
      guard !isAtEnd else { return }
      let next = try reader.labels(Block.Place(place))
      let isRising =
        place == 0
        || labels.withUnsafeBytes { old in
          next.withUnsafeBytes { LabelSet.compare(encoded: old, $0) < 0 }
        }
      guard isRising else { throw BlockError(path: block.path, reason: "series \(place) is out of order") }
      labels = next
    }
  }

  private struct Piece {
    let block: Block
    let chunk: Block.Chunk
    /// Its place in the order of precedence.
    let rank: Int
    let gaps: [(Int64, Int64)]

    /// What is left of a chunk of native histograms.
    func histograms() throws(BlockError) -> HistogramColumns {
      var columns = try block.histograms(chunk)
      for gap in gaps { columns.remove(columns.places(gap.0, gap.1)) }
      return columns
    }
  }

  /// Merges `blocks`, given in any order, into a new file.
  ///
  /// - Parameter deletions: with a list of places for each of `blocks`.
  /// - Parameter cutoff: samples before this time are dropped.
  /// - Parameter isStopped: looked at before each series; the merge is then given up.
  /// - Returns: `nil`, and no file, if nothing is left.
  static func run(
    _ blocks: [Block], deletions: [Deletion] = [], cutoff: Int64 = .min, files: any FileSystem, into path: FilePath,
    isStopped: () -> Bool = { false }
  ) throws(BlockWorkError) -> BlockSummary? {
    let order = blocks.indices.sorted { blocks[$0].summary.sequence < blocks[$1].summary.sequence }
    guard let first = order.first else { return nil }
    var writer: BlockWriter
    do throws(FileError) {
      writer = try BlockWriter(
        files: files, path: path, sequence: blocks[first].summary.sequence,
        hasHistograms: blocks.contains(where: \.mayHaveHistograms))
    } catch { throw .file(error) }
    let sorted = deletions.map { deletion in
      Deletion(places: order.map { deletion.places[$0] }, from: deletion.from, through: deletion.through)
    }
    var merge = BlockMerge(order.map { blocks[$0] }, sorted, cutoff)
    do throws(BlockWorkError) {
      try merge.writeSeries(&writer, isStopped)
    } catch {
      writer.abandon()
      throw error
    }
    if writer.isEmpty {
      writer.abandon()
      return nil
    }
    do throws(FileError) { return try writer.finish() } catch { throw .file(error) }
  }

  private init(_ blocks: [Block], _ deletions: [Deletion], _ cutoff: Int64) {
    self.deletions = deletions
    self.cutoff = cutoff
    sources = blocks.map {
      Source(block: $0, reader: $0.reader(), next: [Int](repeating: 0, count: deletions.count))
    }
  }

  private mutating func writeSeries(
    _ writer: inout BlockWriter, _ isStopped: () -> Bool
  ) throws(BlockWorkError) {
    for index in sources.indices { try advance(index) }
    while let lowest = lowestSource() {
      guard !isStopped() else { throw .stopped }
      let labels = sources[lowest].labels
      pieces.removeAll(keepingCapacity: true)
      for index in sources.indices where index >= lowest && !sources[index].isAtEnd && sources[index].labels == labels {
        do throws(BlockError) { try gather(index) } catch { throw .block(error) }
        try advance(index)
      }
      guard !pieces.isEmpty else { continue }
      do throws(FileError) {
        try labels.withUnsafeBufferPointer { labels throws(FileError) in
          try writer.beginSeries(encodedLabels: UnsafeRawBufferPointer(labels))
        }
      } catch { throw .file(error) }
      try writeChunks(&writer)
    }
  }

  private mutating func advance(_ index: Int) throws(BlockWorkError) {
    do throws(BlockError) { try sources[index].advance() } catch { throw .block(error) }
  }

  /// The first source whose series comes first.
  private func lowestSource() -> Int? {
    var lowest: Int?
    for index in sources.indices where !sources[index].isAtEnd {
      guard let best = lowest else {
        lowest = index
        continue
      }
      let order = sources[index].labels.withUnsafeBytes { labels in
        sources[best].labels.withUnsafeBytes { LabelSet.compare(encoded: labels, $0) }
      }
      if order < 0 { lowest = index }
    }
    return lowest
  }

  /// Adds the chunks of the source's series to the pieces, but for those that the filter drops whole.
  private mutating func gather(_ index: Int) throws(BlockError) {
    let place = Block.Place(sources[index].place)
    var ranges: [(Int64, Int64)] = cutoff > .min ? [(.min, cutoff - 1)] : []
    for (number, deletion) in deletions.enumerated() {
      let places = deletion.places[index]
      while sources[index].next[number] < places.count, places[sources[index].next[number]] < place {
        sources[index].next[number] += 1
      }
      let next = sources[index].next[number]
      if next < places.count, places[next] == place { ranges.append((deletion.from, deletion.through)) }
    }
    try sources[index].reader.readChunks(place)
    for chunk in sources[index].reader.chunks {
      if ranges.contains(where: { $0.0 <= chunk.minTime && $0.1 >= chunk.maxTime }) { continue }
      let gaps = ranges.isEmpty ? [] : ranges.filter { $0.0 <= chunk.maxTime && $0.1 >= chunk.minTime }
      pieces.append(Piece(block: sources[index].block, chunk: chunk, rank: pieces.count, gaps: gaps))
    }
  }

  private mutating func writeChunks(_ writer: inout BlockWriter) throws(BlockWorkError) {
    pieces.sort { ($0.chunk.minTime, $0.rank) < ($1.chunk.minTime, $1.rank) }
    if pieces.contains(where: \.chunk.isHistogram) { return try writeMixed(&writer) }
    var index = 0
    while index < pieces.count {
      var end = index + 1
      var maxTime = pieces[index].chunk.maxTime
      while end < pieces.count, pieces[end].chunk.minTime <= maxTime {
        maxTime = max(maxTime, pieces[end].chunk.maxTime)
        end += 1
      }
      let piece = pieces[index]
      let isAlone = end - index == 1 && piece.gaps.isEmpty
      if isAlone, isCopied(piece.chunk, isLast: end == pieces.count) {
        try writePending(pending.count, &writer)
        try writer.append(piece.chunk, of: piece.block)
      } else {
        do throws(BlockError) { try decode(index..<end, isAlone) } catch { throw .block(error) }
        if pending.count >= Self.pendingSamples { try writePending(4 * BlockWriter.samplesPerChunk, &writer) }
      }
      index = end
    }
    try writePending(pending.count, &writer)
  }

  private func isCopied(_ chunk: Block.Chunk, isLast: Bool) -> Bool {
    if pending.count == 0 { return isLast || chunk.count >= Self.largeChunk }
    return pending.count >= Self.smallRest && chunk.count >= Self.largeChunk
  }

  /// Joins pieces that overlap behind what is pending.
  private mutating func decode(_ range: Range<Int>, _ isAlone: Bool) throws(BlockError) {
    if isAlone { return try pending.append(pieces[range.lowerBound].chunk, of: pieces[range.lowerBound].block) }
    joiner.begin()
    for piece in pieces[range].sorted(by: { $0.rank < $1.rank }) {
      try joiner.add(piece.chunk, of: piece.block, without: piece.gaps)
    }
    joiner.finish()
    joiner.append(to: &pending)
  }

  /// The same for a series with native histograms: chunks of both kinds that lie at the same times are decoded together.
  private mutating func writeMixed(_ writer: inout BlockWriter) throws(BlockWorkError) {
    var index = 0
    while index < pieces.count {
      var end = index + 1
      var maxTime = pieces[index].chunk.maxTime
      while end < pieces.count, pieces[end].chunk.minTime <= maxTime {
        maxTime = max(maxTime, pieces[end].chunk.maxTime)
        end += 1
      }
      let piece = pieces[index]
      let large = piece.chunk.isHistogram ? BlockWriter.histogramsPerChunk / 2 : Self.largeChunk
      if end - index == 1, piece.gaps.isEmpty, piece.chunk.count >= large {
        try writePendingMixed(&writer)
        try writer.append(piece.chunk, of: piece.block)
      } else {
        do throws(BlockError) { try decodeMixed(index..<end) } catch { throw .block(error) }
        if pending.count >= Self.pendingSamples || pendingHistograms.count >= 4 * BlockWriter.histogramsPerChunk {
          try writePendingMixed(&writer)
        }
      }
      index = end
    }
    try writePendingMixed(&writer)
  }

  private mutating func decodeMixed(_ range: Range<Int>) throws(BlockError) {
    joiner.begin()
    var histograms = HistogramColumns()
    for piece in pieces[range].sorted(by: { $0.rank < $1.rank }) {
      if piece.chunk.isHistogram {
        histograms.join(try piece.histograms())
      } else {
        try joiner.add(piece.chunk, of: piece.block, without: piece.gaps)
      }
    }
    joiner.finish()
    let start = pending.count
    joiner.append(to: &pending)
    histograms.remove(at: UnsafeBufferPointer(start: pending.times + start, count: pending.count - start))
    pendingHistograms.join(histograms)
  }

  private mutating func writePendingMixed(_ writer: inout BlockWriter) throws(BlockWorkError) {
    do throws(FileError) {
      try writer.append(
        times: UnsafeBufferPointer(start: pending.times, count: pending.count),
        values: UnsafeBufferPointer(start: pending.values, count: pending.count), histograms: pendingHistograms)
    } catch { throw .file(error) }
    pending.removeAll()
    pendingHistograms.removeAll(keepingCapacity: true)
  }

  private mutating func writePending(_ count: Int, _ writer: inout BlockWriter) throws(BlockWorkError) {
    guard count > 0 else { return }
    do throws(FileError) {
      try writer.append(
        times: UnsafeBufferPointer(start: pending.times, count: count),
        values: UnsafeBufferPointer(start: pending.values, count: count))
    } catch { throw .file(error) }
    pending.removeFirst(count)
  }
}
