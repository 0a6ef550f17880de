import FleetModel

/// Reads labels and chunks of series, quickest in rising order of places: what a series has in common with the one before
/// is not read again.
struct BlockSeriesReader {
  let block: Block
  private var series: SeriesCursor
  private var chunkCursor: ChunkCursor
  private var times: TimeCursor
  private var pairs: PairCursor
  private var pairTexts = PairTexts()
  private var encoded: [UInt8] = []
  /// Where each label ends in `encoded`.
  private var ends: [Int] = []
  private var name: LabelTable.Name?
  private var records: [TimeRecord] = []
  /// Those of the series that was read last, in rising order of their first times.
  private(set) var chunks: [Block.Chunk] = []

  init(_ block: Block) {
    self.block = block
    series = SeriesCursor(block.series, pairCount: block.labels.pairs.count)
    chunkCursor = block.chunkCursor()
    times = block.timeCursor()
    pairs = PairCursor(block.labels)
  }

  /// The canonical bytes of the series' labels.
  mutating func labels(_ place: Block.Place) throws(BlockError) -> [UInt8] {
    try readLabels(place)
    return encoded
  }

  /// Calls `body` with the canonical bytes of the series' labels.
  mutating func withLabels<Result>(
    _ place: Block.Place, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(BlockError) -> Result {
    try readLabels(place)
    return encoded.withUnsafeBytes(body)
  }

  /// The numbers of the series' labels in the block.
  mutating func pairNumbers(_ place: Block.Place) throws(BlockError) -> [Int] {
    try move(to: place)
    return series.pairs
  }

  private mutating func move(to place: Block.Place) throws(BlockError) {
    do throws(BlockFlaw) { try series.move(to: Int(place)) } catch { throw error.at(block.path) }
  }

  mutating func readLabels(_ place: Block.Place) throws(BlockError) {
    try move(to: place)
    let kept = min(series.unchanged, ends.count)
    guard kept < series.pairs.count || ends.count > kept else { return }
    ends.removeLast(ends.count - kept)
    encoded.removeLast(encoded.count - (ends.last ?? 0))
    do throws(BlockFlaw) {
      for index in kept..<series.pairs.count { try appendLabel(series.pairs[index]) }
    } catch {
      series.unchanged = 0
      throw error.at(block.path)
    }
    series.unchanged = series.pairs.count
  }

  private mutating func appendLabel(_ pair: Int) throws(BlockFlaw) {
    if !pairTexts.append(pair, to: &encoded) {
      let start = encoded.count
      let name: LabelTable.Name
      if let last = self.name, last.pairs.contains(pair) {
        name = last
      } else {
        name = try block.labels.name(ofPair: pair)
        self.name = name
      }
      try pairs.move(to: pair)
      BlockFormat.append(varint: name.text.count, to: &encoded)
      encoded.append(contentsOf: name.text)
      BlockFormat.append(varint: pairs.value.count, to: &encoded)
      encoded.append(contentsOf: pairs.value)
      pairTexts.remember(pair, encoded[start...])
    }
    ends.append(encoded.count)
  }

  /// Sets ``chunks``.
  mutating func readChunks(_ place: Block.Place) throws(BlockError) {
    do throws(BlockFlaw) {
      try chunkCursor.move(to: Int(place))
      if chunkCursor.hasNewColumns {
        records.removeAll(keepingCapacity: true)
        for column in chunkCursor.columns { records.append(try times.read(column)) }
        chunkCursor.hasNewColumns = false
      }
    } catch {
      chunkCursor.hasNewColumns = true
      throw error.at(block.path)
    }
    chunks.removeAll(keepingCapacity: true)
    for (index, record) in records.enumerated() {
      chunks.append(
        Block.Chunk(
          minTime: record.minTime, maxTime: record.maxTime, count: record.count,
          column: UInt32(truncatingIfNeeded: chunkCursor.columns[index]), timeBytes: record.bytes,
          valueBytes: chunkCursor.values[index],
          isHistogram: !chunkCursor.areHistograms.isEmpty && chunkCursor.areHistograms[index]))
    }
  }
}

/// The encoded labels that were read lately, by number: series side by side differ in few.
private struct PairTexts {
  private static let slots = 512
  /// Longer labels are not worth keeping.
  private static let bytesPerSlot = 96

  private var numbers: [Int] = []
  private var lengths: [Int] = []
  private var bytes: [UInt8] = []

  func append(_ pair: Int, to text: inout [UInt8]) -> Bool {
    let slot = pair % Self.slots
    guard !numbers.isEmpty, numbers[slot] == pair else { return false }
    text.append(contentsOf: bytes[slot * Self.bytesPerSlot..<slot * Self.bytesPerSlot + lengths[slot]])
    return true
  }

  mutating func remember(_ pair: Int, _ text: ArraySlice<UInt8>) {
    guard text.count <= Self.bytesPerSlot else { return }
    if numbers.isEmpty {
      numbers = [Int](repeating: -1, count: Self.slots)
      lengths = [Int](repeating: 0, count: Self.slots)
      bytes = [UInt8](repeating: 0, count: Self.slots * Self.bytesPerSlot)
    }
    let slot = pair % Self.slots
    numbers[slot] = pair
    lengths[slot] = text.count
    bytes.replaceSubrange(slot * Self.bytesPerSlot..<slot * Self.bytesPerSlot + text.count, with: text)
  }
}
