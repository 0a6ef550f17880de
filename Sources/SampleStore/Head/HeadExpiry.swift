import FleetModel

/// How chunk memory is spread over time, to find up to when samples must go so that a bound is kept.
struct AgeHistogram {
  private static let buckets = 512
  private let first: Int64
  private let width: Int64
  private var bytes = [Int](repeating: 0, count: buckets)

  init(from first: Int64, through last: Int64) {
    self.first = first
    let span = last.subtractingReportingOverflow(first)
    width = (span.overflow ? Int64.max : max(0, span.partialValue)) / Int64(Self.buckets) + 1
  }

  mutating func add(_ size: Int, endingAt time: Int64) {
    let offset = time.subtractingReportingOverflow(first)
    let bucket = offset.overflow ? Self.buckets - 1 : Int(max(0, offset.partialValue) / width)
    bytes[min(bucket, Self.buckets - 1)] += size
  }

  /// The earliest time before which at least `excess` bytes lie; never beyond the last bucket's begin.
  func cutoff(freeing excess: Int) -> Int64 {
    var freed = 0
    for (index, size) in bytes.enumerated() {
      if freed >= excess || index == Self.buckets - 1 { return first &+ Int64(index) &* width }
      freed += size
    }
    return first
  }
}

extension HeadState {
  /// Bytes in use: what ``HeadConfiguration/maximumBytes`` bounds.
  var usedBytes: Int {
    segments.used * SegmentArena.bytes + histogramBytes + lateCount * LateColumns.sampleBytes + closedChunks.usedWords
      * 4 + pairNumbers
      .usedWords * 4 + series.reservedBytes
      + table.reservedBytes + labels.labelBytes + labels.postingsBytes
  }

  /// Drops what is older than `cutoff` from the series `first ..< first + limit`, and those series that have nothing left
  /// and were not asked for since `forgetBefore`.
  ///
  /// - Returns: the number to go on from, `nil` at the end.
  mutating func expire(
    from first: Int, limit: Int, cutoff: Int64, forgetBefore: Int64, now: Int64, oldest: inout Int64
  ) -> Int? {
    let first = series.skippingDeadPages(from: first, pages: limit)
    let end = min(series.issued, first + limit)
    for index in first..<max(first, end) {
      let number = UInt32(truncatingIfNeeded: index)
      guard let record = live(number) else { continue }
      dropClosedChunks(record, before: cutoff)
      if record.pointee.hasOpenChunk, record.pointee.encoder.lastTime < cutoff { dropOpenChunk(record) }
      if record.pointee.flags.contains(.histograms) {
        dropHistograms(of: number, record, before: cutoff, oldest: &oldest)
      }
      if record.pointee.flags.contains(.late) { dropLate(of: number, record, before: cutoff, oldest: &oldest) }
      if record.pointee.oldestChunk != 0 {
        oldest = min(oldest, ClosedChunk(closedChunks.words(record.pointee.oldestChunk)).firstTime)
      } else if record.pointee.hasOpenChunk {
        oldest = min(oldest, firstTime(inSegment: record.pointee.firstSegment))
      } else if pins == 0, record.pointee.flags.isDisjoint(with: [.late, .histograms]),
        isForgotten(record, forgetBefore: forgetBefore, now: now)
      {
        remove(number, record)
        continue
      }
      record.pointee.flags.remove(.touched)
    }
    return end < series.issued ? end : nil
  }

  mutating func measureAges(from first: Int, limit: Int, into histogram: inout AgeHistogram) -> Int? {
    let first = series.skippingDeadPages(from: first, pages: limit)
    let end = min(series.issued, first + limit)
    for index in first..<max(first, end) {
      let number = UInt32(truncatingIfNeeded: index)
      guard let record = live(number) else { continue }
      if record.pointee.flags.contains(.late) {
        let columns = lateColumns(of: number, .min, .max)
        histogram.add(columns.count * LateColumns.sampleBytes, endingAt: columns.times.last ?? .min)
      }
      if record.pointee.flags.contains(.histograms) { addAges(ofHistograms: number, to: &histogram) }
      var chunk = record.pointee.oldestChunk
      while chunk != 0 {
        let closed = ClosedChunk(closedChunks.words(chunk))
        histogram.add(closed.memoryBytes, endingAt: endTime(of: closed, record.pointee))
        chunk = closed.next
      }
      if record.pointee.hasOpenChunk {
        histogram.add(
          SegmentArena.chainBytes(bits: Int(record.pointee.bitCount)), endingAt: record.pointee.encoder.lastTime)
      }
    }
    return end < series.issued ? end : nil
  }

  /// A time that no sample of the chunk reaches: the begin of the next one.
  private func endTime(of closed: ClosedChunk, _ record: SeriesRecord) -> Int64 {
    if closed.next != 0 { return ClosedChunk(closedChunks.words(closed.next)).firstTime }
    // A series may have lost its open chunk: then its last time is that of a sample.
    return record.hasOpenChunk ? firstTime(inSegment: record.firstSegment) : record.encoder.lastTime &+ 1
  }

  private mutating func dropClosedChunks(_ record: UnsafeMutablePointer<SeriesRecord>, before cutoff: Int64) {
    while record.pointee.oldestChunk != 0 {
      let closed = ClosedChunk(closedChunks.words(record.pointee.oldestChunk))
      guard endTime(of: closed, record.pointee) <= cutoff else { return }
      dropOldestChunk(record)
    }
  }

  private mutating func dropLate(
    of number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>, before cutoff: Int64, oldest: inout Int64
  ) {
    if cutoff > .min { _ = removeLate(of: number, record, .min, cutoff - 1) }
    if record.pointee.flags.contains(.late) { oldest = min(oldest, oldestLate(of: number)) }
  }

  private mutating func isForgotten(
    _ record: UnsafeMutablePointer<SeriesRecord>, forgetBefore: Int64, now: Int64
  ) -> Bool {
    if record.pointee.flags.contains(.touched) {
      if !record.pointee.flags.contains(.appended) { wait(record, since: now) }
      return false
    }
    if record.pointee.flags.isDisjoint(with: [.appended, .waiting]) {
      wait(record, since: now)
      return false
    }
    return record.pointee.encoder.lastTime <= forgetBefore
  }

  /// Notes when a series that never had a sample was last seen to be asked for.
  private func wait(_ record: UnsafeMutablePointer<SeriesRecord>, since now: Int64) {
    record.pointee.flags.insert(.waiting)
    record.pointee.encoder.lastTime = now
  }

  /// Takes a series without samples out for good.
  mutating func remove(_ number: UInt32, _ record: UnsafeMutablePointer<SeriesRecord>) {
    for pair in pairNumbers(of: record.pointee) { labels.remove(number, from: pair) }
    table.remove(record.pointee.hash, number)
    if record.pointee.pairCount > 0 {
      pairNumbers.free(record.pointee.pairs, count: Int(record.pointee.pairCount))
    }
    record.pointee.flags = []
    series.release(number)
    liveSeries -= 1
  }
}
