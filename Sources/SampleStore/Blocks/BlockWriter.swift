import FleetModel
import Platform
import SystemPackage

/// Writes one block: series in rising order of labels, each with its chunks in rising order of their first times.
/// Nothing of the whole block is held in memory but what the index needs.
///
/// A writer ends with ``finish()`` or ``abandon()``. After an error of another call, abandon it.
struct BlockWriter: ~Copyable {
  /// What a chunk is cut to: so that columns of common lengths (a power of two, a day of minutes) fall into equal parts.
  static let samplesPerChunk = 960

  /// What a chunk of native histograms is cut to: each has tens of columns, and a query decodes whole chunks.
  static let histogramsPerChunk = 240

  private let hasHistograms: Bool
  private let encoder = ColumnEncoder()
  private var output: BlockOutput
  private var labels: BlockLabelBuilder
  private var columns: TimeColumnRegistry
  private var times = TimeTableBuilder()
  private var chunks: ChunkTableBuilder
  private var summary = BlockSummary()
  private var pendingLabels: [UInt8] = []
  private var hasPendingLabels = false
  private var lastMinTime = Int64.min
  private var sources: [Source] = []

  /// A block from which chunks were taken over, with the numbers that its time columns have here, -1 for none yet.
  private struct Source {
    let block: Block
    var numbers: [Int32]
  }

  /// - Parameter hasHistograms: native histograms may come; programs before them do not read such a block.
  init(
    files: any FileSystem, path: FilePath, sequence: UInt64, hasHistograms: Bool = false
  ) throws(FileError) {
    self.hasHistograms = hasHistograms
    chunks = ChunkTableBuilder(marksHistograms: hasHistograms)
    output = try BlockOutput(files: files, path: path)
    labels = BlockLabelBuilder(seed: UInt64.random(in: .min ... .max))
    columns = TimeColumnRegistry(seed: UInt64.random(in: .min ... .max))
    output.bytes.append(
      contentsOf:
        BlockFormat.header(version: hasHistograms ? BlockFormat.version : BlockFormat.versionOfNumbers))
    summary.sequence = sequence
    summary.minTime = .max
    summary.maxTime = .min
  }

  /// A series without samples is left out.
  ///
  /// - Precondition: the labels come after those of the series before (``LabelSet/precedes(_:_:)``).
  mutating func beginSeries(encodedLabels: UnsafeRawBufferPointer) throws(FileError) {
    endSeries()
    pendingLabels.removeAll(keepingCapacity: true)
    pendingLabels.append(contentsOf: encodedLabels)
    hasPendingLabels = true
    lastMinTime = .min
  }

  /// Samples of the series begun last: strictly rising times, any number; cut into chunks as the format wants it. Chunks
  /// of two calls may overlap in time: of equal times the first written counts.
  mutating func append(times: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>) throws(FileError) {
    precondition(times.count == values.count, "BUG: columns of different length")
    for range in Self.parts(times.count, atMost: Self.samplesPerChunk) {
      try appendChunk(
        UnsafeBufferPointer(rebasing: times[range]), UnsafeBufferPointer(rebasing: values[range]))
    }
  }

  /// Equal parts.
  private static func parts(_ count: Int, atMost limit: Int) -> [Range<Int>] {
    let parts = (count + limit - 1) / limit
    return (0..<parts).map { count * $0 / parts..<count * ($0 + 1) / parts }
  }

  /// As ``append(times:values:)``, with native histograms at other times.
  mutating func append(
    times: UnsafeBufferPointer<Int64>, values: UnsafeBufferPointer<Double>, histograms: HistogramColumns
  ) throws(FileError) {
    guard !histograms.isEmpty else { return try append(times: times, values: values) }
    precondition(hasHistograms, "BUG: histograms for a block of numbers")
    var numbers = Self.parts(times.count, atMost: Self.samplesPerChunk)[...]
    let most = Self.parts(histograms.count, atMost: Self.histogramsPerChunk).map(\.count).max() ?? 1
    var start = 0
    for chunk in HistogramCutter.chunks(of: histograms, limit: most, with: encoder) {
      // Chunks of both kinds come in the order of their first times.
      while let range = numbers.first, times[range.lowerBound] < chunk.minTime {
        numbers.removeFirst()
        try append(
          times: UnsafeBufferPointer(rebasing: times[range]), values: UnsafeBufferPointer(rebasing: values[range]))
      }
      try histograms.timestamps[start..<start + chunk.count].withUnsafeBufferPointer { stamps throws(FileError) in
        try append(chunk, stamps)
      }
      start += chunk.count
    }
    for range in numbers {
      try append(
        times: UnsafeBufferPointer(rebasing: times[range]), values: UnsafeBufferPointer(rebasing: values[range]))
    }
  }

  private mutating func append(_ chunk: HistogramChunk, _ stamps: UnsafeBufferPointer<Int64>) throws(FileError) {
    let start = output.position
    let (column, isNew) = columns.number(of: stamps)
    if isNew { output.bytes.append(contentsOf: chunk.times) }
    let middle = output.position
    if isNew {
      times.add(
        TimeRecord(minTime: chunk.minTime, maxTime: chunk.maxTime, count: chunk.count, bytes: start..<middle))
    }
    output.bytes.append(contentsOf: chunk.values)
    try note(
      ChunkTableBuilder.Entry(
        column: column, timeBytes: middle - start, valueBytes: output.position - middle, isHistogram: true),
      at: start, minTime: chunk.minTime, maxTime: chunk.maxTime, count: chunk.count)
  }

  private mutating func appendChunk(
    _ chunkTimes: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>
  ) throws(FileError) {
    let start = output.position
    let (column, isNew) = columns.number(of: chunkTimes)
    if isNew { TimeColumn.encode(chunkTimes, into: &output.bytes) }
    let middle = output.position
    if isNew {
      times.add(
        TimeRecord(
          minTime: chunkTimes[0], maxTime: chunkTimes[chunkTimes.count - 1], count: chunkTimes.count,
          bytes: start..<middle))
    }
    ValueColumn.encode(values, into: &output.bytes)
    try note(
      ChunkTableBuilder.Entry(column: column, timeBytes: middle - start, valueBytes: output.position - middle),
      at: start, minTime: chunkTimes[0], maxTime: chunkTimes[chunkTimes.count - 1], count: chunkTimes.count)
  }

  /// Takes a chunk over as it is; only its times are decoded, once for each column.
  mutating func append(_ chunk: Block.Chunk, of block: Block) throws(BlockWorkError) {
    precondition(hasHistograms || !chunk.isHistogram, "BUG: histograms for a block of numbers")
    do throws(BlockError) { try block.verify(chunk) } catch { throw .block(error) }
    let start = output.position
    let column: Int
    do throws(BlockError) { column = try register(chunk, of: block) } catch { throw .block(error) }
    let middle = output.position
    output.bytes.append(contentsOf: block.bytes(chunk.valueBytes))
    do throws(FileError) {
      try note(
        ChunkTableBuilder.Entry(
          column: column, timeBytes: middle - start, valueBytes: chunk.valueBytes.count, isHistogram: chunk.isHistogram),
        at: start, minTime: chunk.minTime, maxTime: chunk.maxTime, count: chunk.count)
    } catch { throw .file(error) }
  }

  /// The number of the chunk's time column; its bytes are appended if it is new here.
  private mutating func register(_ chunk: Block.Chunk, of block: Block) throws(BlockError) -> Int {
    let source: Int
    if let known = sources.firstIndex(where: { $0.block === block }) {
      source = known
    } else {
      source = sources.count
      sources.append(Source(block: block, numbers: [Int32](repeating: -1, count: block.timeColumnCount)))
    }
    let known = sources[source].numbers[Int(chunk.column)]
    if known >= 0 { return Int(known) }
    let start = output.position
    let (column, isNew) = try block.withTimes(of: chunk) { columns.number(of: $0) }
    if isNew {
      output.bytes.append(contentsOf: block.bytes(chunk.timeBytes))
      times.add(
        TimeRecord(
          minTime: chunk.minTime, maxTime: chunk.maxTime, count: chunk.count, bytes: start..<output.position))
    }
    sources[source].numbers[Int(chunk.column)] = Int32(column)
    return column
  }

  private mutating func note(
    _ entry: ChunkTableBuilder.Entry, at position: Int, minTime: Int64, maxTime: Int64, count: Int
  ) throws(FileError) {
    precondition(hasPendingLabels, "BUG: samples before their series")
    precondition(minTime >= lastMinTime, "BUG: chunks come in the wrong order")
    lastMinTime = minTime
    chunks.add(entry, position: position)
    summary.minTime = min(summary.minTime, minTime)
    summary.maxTime = max(summary.maxTime, maxTime)
    summary.samples += UInt64(count)
    summary.chunks += 1
    try output.flushIfFull()
  }

  private mutating func endSeries() {
    guard hasPendingLabels, chunks.chunksOfSeries > 0 else { return }
    pendingLabels.withUnsafeBytes { labels.add($0) }
    chunks.endSeries()
    hasPendingLabels = false
    summary.series += 1
  }

  /// Whether there is no sample yet.
  var isEmpty: Bool { summary.samples == 0 }

  /// Writes the index, syncs the file and its directory, and closes. A block without samples is an error of the caller.
  /// Removes what there is if it fails.
  consuming func finish() throws(FileError) -> BlockSummary {
    do throws(FileError) {
      return try writeIndex()
    } catch {
      output.abandon()
      throw error
    }
  }

  private mutating func writeIndex() throws(FileError) -> BlockSummary {
    precondition(!isEmpty, "BUG: a block without samples")
    endSeries()
    var footer = BlockFooter()
    footer.version = hasHistograms ? BlockFormat.version : BlockFormat.versionOfNumbers
    footer.dataEnd = try output.endData()
    footer.timeColumns = times.count
    var isTooLarge = times.isTooLarge || chunks.isTooLarge
    let labelBuilder = exchange(&labels, with: BlockLabelBuilder(seed: 0))
    let built = labelBuilder.finish()
    isTooLarge = isTooLarge || built.isTooLarge
    guard !isTooLarge else { throw output.tooLarge() }
    footer.names = built.nameCount
    footer.pairs = built.pairCount
    let sections = [
      output.pages, exchange(&times, with: TimeTableBuilder()).finish(),
      exchange(&chunks, with: ChunkTableBuilder(marksHistograms: hasHistograms)).finish(), built.series, built.names,
      built.pairs, built.postings,
    ]
    for (index, section) in sections.enumerated() {
      footer.lengths[index] = section.count
      footer.checksums[index] = section.withUnsafeBytes { CRC32C.checksum($0) }
      output.bytes.append(contentsOf: section)
      try output.flushIfFull()
    }
    footer.summary = summary
    output.bytes.append(contentsOf: footer.encoded())
    summary.bytes = UInt64(output.position)
    try output.finish()
    return summary
  }

  /// Closes and removes what there is.
  consuming func abandon() { output.abandon() }
}

/// Why work that reads blocks and writes one was given up.
enum BlockWorkError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The new block could not be written.
  case file(FileError)
  /// A source is broken.
  case block(BlockError)
  /// It was told to stop.
  case stopped

  var description: String {
    switch self {
    case .file(let error): error.description
    case .block(let error): error.description
    case .stopped: "it was stopped"
    }
  }
}

/// Knows the time columns of a block in the making by 128 bits of a seeded hash, which nobody can make collide.
struct TimeColumnRegistry: ~Copyable {
  private var slots = HashSlots()
  private var keys: [(UInt64, UInt64)] = []
  private let seed: UInt64

  init(seed: UInt64) { self.seed = seed }

  mutating func number(of times: UnsafeBufferPointer<Int64>) -> (number: Int, isNew: Bool) {
    let key = hash(times)
    let short = UInt32(truncatingIfNeeded: key.0)
    if let known = slots.find(short, where: { keys[Int($0)] == key }) { return (Int(known), false) }
    slots.insert(short, UInt32(keys.count))
    keys.append(key)
    return (keys.count - 1, true)
  }

  private func hash(_ times: UnsafeBufferPointer<Int64>) -> (UInt64, UInt64) {
    var first = seed ^ UInt64(times.count)
    var second = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    let other = second ^ 0xD6E8_FEB8_6659_FD93
    for time in times {
      let bits = UInt64(bitPattern: time)
      first = Self.fold(first ^ bits, other)
      second = Self.fold(second &+ bits, seed | 1)
    }
    return (first, second)
  }

  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (high, low) = a.multipliedFullWidth(by: b)
    return high ^ low
  }
}
