import FleetModel
import Synchronization

extension HeadStore {
  /// Drops the samples in `from ... through` of the series that match, and journals it. Series that lose all their samples
  /// stay until their lifetime ends, and their last times stay known.
  ///
  /// The journal is told of no time beyond the last sample of each series: replaying the deletion over an image then never
  /// hits samples that came after it. What a flush has handed over already must be deleted from its block as well.
  ///
  /// - Returns: series and samples that were hit.
  /// - Throws: ``InvalidMatcher``, or `CancellationError`; then nothing was deleted.
  func delete(_ matchers: [LabelMatcher], from: Int64, through: Int64) throws -> DeletionSummary {
    var summary = DeletionSummary()
    guard from <= through else { return summary }
    let (numbers, tests) = try CandidateSearch(self).run(CompiledMatcher.compile(matchers))
    var start = 0
    while start < numbers.count {
      let end = min(numbers.count, start + HeadState.seriesAtOnce)
      let part = numbers[start..<end]
      state.withLock { $0.delete(part, tests, from, through, into: &summary) }
      start = end
    }
    return summary
  }
}

extension HeadState {
  fileprivate mutating func delete(
    _ numbers: ArraySlice<UInt32>, _ tests: RemainingTests, _ from: Int64, _ through: Int64,
    into summary: inout DeletionSummary
  ) {
    var hit: [Int64: [UInt32]] = [:]
    for number in numbers {
      guard let record = live(number), tests.isEmpty || tests.accept(pairNumbers(of: record.pointee)) else { continue }
      let removed = delete(number, from, through)
      guard removed > 0 else { continue }
      summary.series += 1
      summary.samples += UInt64(removed)
      hit[min(through, record.pointee.encoder.lastTime), default: []].append(number)
    }
    guard journal.isEnabled else { return }
    for (last, numbers) in hit.sorted(by: { $0.key < $1.key }) {
      journal.deletion(of: numbers, from: from, through: last)
    }
  }

  /// Drops the samples of one series in the range, and returns how many there were.
  mutating func delete(_ number: UInt32, _ from: Int64, _ through: Int64) -> Int {
    guard from <= through, let record = live(number), record.pointee.hasSamples else { return 0 }
    let before = sampleCount
    _ = removeLate(of: number, record, from, through)
    removeHistograms(of: number, record, from, through)
    guard record.pointee.encoder.lastTime >= from else { return Int(before - sampleCount) }
    if record.pointee.oldestChunk != 0 { cutClosedChunks(record, from, through) }
    if record.pointee.hasOpenChunk { cutOpenChunk(record, from, through) }
    return Int(before - sampleCount)
  }

  mutating func dropAllSamples(of number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>) {
    _ = removeLate(of: number, record, .min, .max)
    removeHistograms(of: number, record, .min, .max)
    while record.pointee.oldestChunk != 0 { dropOldestChunk(record) }
    if record.pointee.hasOpenChunk { dropOpenChunk(record) }
  }

  private mutating func cutClosedChunks(
    _ record: UnsafeMutablePointer<SeriesRecord>, _ from: Int64, _ through: Int64
  ) {
    var chunks: [ClosedChunk] = []
    while record.pointee.oldestChunk != 0 {
      chunks.append(ClosedChunk(closedChunks.words(record.pointee.oldestChunk)))
      unlinkOldest(record, freeingSegments: false)
    }
    let openTime = record.pointee.hasOpenChunk ? firstTime(inSegment: record.pointee.firstSegment) : Int64.max
    for (index, chunk) in chunks.enumerated() {
      let end = index + 1 < chunks.count ? chunks[index + 1].firstTime : openTime
      guard chunk.firstTime <= through, end > from else {
        link(chunk, to: record)
        continue
      }
      let isReadable = decode(chunk)
      segments.freeChain(chunk.firstSegment)
      sampleCount -= UInt64(chunk.count)
      chunkCount -= 1
      guard isReadable else { continue }
      let (first, last) = placesToKeep(among: Int(chunk.count), from, through)
      if first > 0 { close(0..<first, record) }
      if last < Int(chunk.count) { close(last..<Int(chunk.count), record) }
    }
  }

  private mutating func cutOpenChunk(_ record: UnsafeMutablePointer<SeriesRecord>, _ from: Int64, _ through: Int64) {
    let lastTime = record.pointee.encoder.lastTime
    guard firstTime(inSegment: record.pointee.firstSegment) <= through else { return }
    guard let count = decodeOpenChunk(record.pointee) else {
      dropOpenChunk(record)
      return
    }
    let (first, last) = placesToKeep(among: count, from, through)
    guard first < last else { return }
    dropOpenChunk(record)
    if first > 0 { close(0..<first, record) }
    if last < count {
      encode(last..<count, preferred: nil, into: record)
      chunkCount += 1
      sampleCount += UInt64(count - last)
    } else {
      record.pointee.encoder.lastTime = lastTime
    }
  }

  /// Of `count` decoded samples, those before the first place and from the last place on lie outside the range.
  private func placesToKeep(among count: Int, _ from: Int64, _ through: Int64) -> (first: Int, last: Int) {
    let first = place(of: from, among: count)
    return (first, through == .max ? count : max(first, place(of: through + 1, among: count)))
  }

  /// Makes samples of the scratch columns a closed chunk. The open chunk stays what it is.
  private mutating func close(_ range: Range<Int>, _ record: UnsafeMutablePointer<SeriesRecord>) {
    let open = record.pointee
    encode(range, preferred: nil, into: record)
    closeChunk(record)
    chunkCount += 1
    sampleCount += UInt64(range.count)
    record.pointee.encoder = open.encoder
    record.pointee.firstSegment = open.firstSegment
    record.pointee.lastSegment = open.lastSegment
    record.pointee.bitCount = open.bitCount
  }
}
