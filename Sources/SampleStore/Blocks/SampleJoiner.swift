import FleetModel

/// Joins samples of one series from several places into one rising column of times: of a time that is there more than
/// once, the sample that was added first counts. One joiner serves any number of series, with the same memory.
///
/// Parts that follow one another in time are concatenated as they come; only what overlaps is merged, two by two.
struct SampleJoiner: ~Copyable {
  private var samples = SampleBuffer()
  private var spare = SampleBuffer()
  /// What was added, each part rising, in order of precedence.
  private var parts: [Range<Int>] = []

  init() {}

  /// The samples of one series in `from ... through`.
  ///
  /// - Parameter blocks: chunks of blocks in rising order of their sequence; of equal times the first counts.
  /// - Parameter extra: further samples, each rising, which count less than those of the blocks.
  mutating func join(
    _ blocks: [(block: Block, chunks: [Block.Chunk])], _ extra: [SampleColumns] = [], from: Int64, through: Int64
  ) throws(BlockError) -> SampleColumns {
    begin()
    guard from <= through else { return SampleColumns() }
    for source in blocks {
      for chunk in source.chunks where !chunk.isHistogram && chunk.maxTime >= from && chunk.minTime <= through {
        try add(chunk, of: source.block)
      }
    }
    for columns in extra { add(columns) }
    finish()
    return samples.columns(samples.range(from, through))
  }

  mutating func begin() {
    samples.removeAll()
    parts.removeAll(keepingCapacity: true)
  }

  mutating func add(_ chunk: Block.Chunk, of block: Block) throws(BlockError) {
    let start = samples.count
    try samples.append(chunk, of: block)
    note(start)
  }

  mutating func add(_ columns: SampleColumns) {
    let start = samples.count
    samples.append(columns)
    note(start)
  }

  mutating func add(_ buffer: borrowing SampleBuffer) {
    let start = samples.count
    samples.append(buffer, 0..<buffer.count)
    note(start)
  }

  /// As ``add(_:of:)``, without the samples in the closed ranges.
  mutating func add(_ chunk: Block.Chunk, of block: Block, without gaps: [(Int64, Int64)]) throws(BlockError) {
    let start = samples.count
    try samples.append(chunk, of: block)
    for gap in gaps { samples.remove(gap.0, through: gap.1, since: start) }
    note(start)
  }

  private mutating func note(_ start: Int) {
    guard samples.count > start else { return }
    if let last = parts.last, samples.times[start - 1] < samples.times[start] {
      parts[parts.count - 1] = last.lowerBound..<samples.count
    } else {
      parts.append(start..<samples.count)
    }
  }

  /// Joins what was added.
  mutating func finish() {
    while parts.count > 1 {
      spare.removeAll()
      var joined: [Range<Int>] = []
      var index = 0
      while index < parts.count {
        let start = spare.count
        if index + 1 < parts.count {
          spare.append(joining: parts[index], parts[index + 1], of: samples)
        } else {
          spare.append(samples, parts[index])
        }
        joined.append(start..<spare.count)
        index += 2
      }
      parts = joined
      swap(&samples, &spare)
    }
  }

  /// Exchanges what ``finish()`` joined for other memory. O(1).
  mutating func exchange(_ buffer: inout SampleBuffer) { swap(&samples, &buffer) }

  /// Appends what ``finish()`` joined.
  func append(to buffer: inout SampleBuffer) { buffer.append(samples, 0..<samples.count) }
}
