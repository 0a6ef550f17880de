import FleetModel

extension HeadState {
  /// Series and bytes copied under one hold of the lock: about 50 µs.
  static let seriesAtOnce = 128
  static let bytesAtOnce = 128 << 10

  /// Appends to `numbers` the live series among up to `limit` numbers from `first`.
  ///
  /// - Returns: the number to go on from, `nil` at the end.
  func collectLive(from first: Int, limit: Int, into numbers: inout [UInt32]) -> Int? {
    let first = series.skippingDeadPages(from: first, pages: limit)
    let end = min(series.issued, first + limit)
    for index in first..<max(first, end) {
      let number = UInt32(truncatingIfNeeded: index)
      if live(number) != nil { numbers.append(number) }
    }
    return end < series.issued ? end : nil
  }

  /// Copies the chunks that may have samples in `from ... through` of the series `numbers[start...]`, a row for each, until there
  /// is enough for one step.
  ///
  /// - Returns: the index to go on from.
  func copy(
    _ numbers: [UInt32], from start: Int, _ from: Int64, _ through: Int64, into copies: ChunkCopies
  ) -> Int {
    let most = copies.byteCount + Self.bytesAtOnce
    let end = min(numbers.count, start + Self.seriesAtOnce)
    for index in start..<end {
      if copies.byteCount >= most { return index }
      guard let record = live(numbers[index])?.pointee else {
        if numbers[index] != SeriesMatch.nowhere { copies.forgottenRows += 1 }
        copies.endRow()
        continue
      }
      if copies.isLatest {
        copyLatest(record, from, through, into: copies) { lateColumns(of: numbers[index], from, through) }
        if record.flags.contains(.histograms) {
          copies.addHistograms(histogramParts(of: numbers[index], from, through))
        }
        continue
      }
      forEachChunk(of: record, from, through) { segment, bits, count, codec in
        copyChunk(segment, bits: bits, count: count, codec: codec, into: copies)
      }
      if record.flags.contains(.late) {
        copies.endRow(late: lateColumns(of: numbers[index], from, through))
      } else {
        copies.endRow()
      }
      if record.flags.contains(.histograms) { copies.addHistograms(histogramParts(of: numbers[index], from, through)) }
    }
    return end
  }

  /// Copies what holds the last sample in the range, or the sample itself where it is the last of the series.
  private func copyLatest(
    _ record: SeriesRecord, _ from: Int64, _ through: Int64, into copies: ChunkCopies, late: () -> LateColumns
  ) {
    let hasLate = record.flags.contains(.late)
    let time = record.encoder.lastTime
    if record.hasOpenChunk, !hasLate, time >= from, time <= through, let value = record.encoder.lastValue {
      copies.endRow(time: time, value: value)
      return
    }
    var last: (segment: UInt32, bits: Int, count: Int, codec: ChunkCodec)?
    forEachChunk(of: record, from, through) { segment, bits, count, codec in last = (segment, bits, count, codec) }
    if let last { copyChunk(last.segment, bits: last.bits, count: last.count, codec: last.codec, into: copies) }
    copies.endRow(late: hasLate ? late() : LateColumns())
  }

  private func copyChunk(_ segment: UInt32, bits: Int, count: Int, codec: ChunkCodec, into copies: ChunkCopies) {
    let size = SegmentArena.byteCount(bits: bits)
    segments.copyChain(segment, bits: bits, to: copies.addChunk(byteCount: size, count: count, codec: codec))
  }

  func copyChunk(_ segment: UInt32, bits: Int, count: Int, codec: ChunkCodec, into copied: inout CopiedSeries) {
    let size = SegmentArena.byteCount(bits: bits)
    let offset = copied.bytes.count
    copied.bytes.append(contentsOf: repeatElement(0, count: size))
    copied.bytes.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      segments.copyChain(segment, bits: bits, to: base + offset)
    }
    copied.chunks.append(CopiedSeries.Chunk(codec: codec, count: count, offset: offset, byteCount: size))
  }

  /// Calls `body` with each chunk that may have samples in the range, oldest first.
  @inline(__always)
  private func forEachChunk(
    of record: SeriesRecord, _ from: Int64, _ through: Int64, _ body: (UInt32, Int, Int, ChunkCodec) -> Void
  ) {
    guard from <= through, record.flags.contains(.appended), record.encoder.lastTime >= from else { return }
    let openTime = record.hasOpenChunk ? firstTime(inSegment: record.firstSegment) : Int64.max
    var index = record.oldestChunk
    while index != 0 {
      let closed = ClosedChunk(closedChunks.words(index))
      guard closed.firstTime <= through else { return }
      index = closed.next
      let end = index == 0 ? openTime : ClosedChunk(closedChunks.words(index)).firstTime
      if end > from { body(closed.firstSegment, Int(closed.bitCount), Int(closed.count), closed.codec) }
    }
    if record.hasOpenChunk, openTime <= through {
      body(record.firstSegment, Int(record.bitCount), record.encoder.count, record.encoder.codec)
    }
  }

  /// Whether the series has a sample in the range. Chunks are decoded only where both ends of the range lie between the
  /// first samples of two chunks.
  mutating func hasSample(_ number: UInt32, _ record: SeriesRecord, _ from: Int64, _ through: Int64) -> Bool {
    guard from <= through, record.hasSamples, record.encoder.lastTime >= from else { return false }
    if record.flags.contains(.late), hasLateSample(number, from, through) { return true }
    if record.flags.contains(.histograms), hasHistogram(number, from, through) { return true }
    if record.hasOpenChunk, record.encoder.lastTime <= through { return true }
    var candidate: (segment: UInt32, bits: Int, count: Int, codec: ChunkCodec)?
    var isCertain = false
    forEachChunk(of: record, from, through) { segment, bits, count, codec in
      let first = firstTime(inSegment: segment)
      if first >= from { isCertain = true }
      candidate = (segment, bits, count, codec)
    }
    if isCertain { return true }
    guard let candidate else { return false }
    guard decode(candidate.segment, bits: candidate.bits, count: candidate.count, codec: candidate.codec) else {
      return false
    }
    for index in 0..<candidate.count where scratch.times[index] >= from { return scratch.times[index] <= through }
    return false
  }

  /// Adds to `found` the pairs of the series `numbers[start...]` that have samples in the range: those called `name`, or all.
  ///
  /// - Returns: the index to go on from.
  mutating func collectPairs(
    _ numbers: [UInt32], from start: Int, _ tests: RemainingTests, _ from: Int64, _ through: Int64,
    name: UInt32?, names: inout Set<UInt32>, pairs: inout Set<UInt32>
  ) -> Int {
    let end = min(numbers.count, start + Self.seriesAtOnce)
    for index in start..<end {
      guard let record = live(numbers[index])?.pointee else { continue }
      let own = pairNumbers(of: record)
      guard tests.isEmpty || tests.accept(own), hasSample(numbers[index], record, from, through) else { continue }
      for pair in own {
        guard let called = labels.pairs.pointer(pair)?.pointee.name else { continue }
        if let name {
          if called == name { pairs.insert(pair) }
        } else {
          names.insert(called)
        }
      }
    }
    return end
  }
}
