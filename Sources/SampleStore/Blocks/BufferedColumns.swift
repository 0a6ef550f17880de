import FleetModel

/// How columns of blocks come into a buffer and are joined there.
extension SampleBuffer {
  mutating func append(_ chunk: Block.Chunk, of block: Block) throws(BlockError) {
    precondition(!chunk.isHistogram, "BUG: a chunk of histograms is read as one of numbers")
    reserve(chunk.count)
    try block.decode(chunk, times: times + count, values: values + count)
    advance(chunk.count)
  }

  mutating func append(_ other: borrowing SampleBuffer, _ range: Range<Int>) {
    append(other.times + range.lowerBound, other.values + range.lowerBound, count: range.count)
  }

  /// Appends both ranges in order of time; where both have a time, the sample of the first counts.
  mutating func append(joining first: Range<Int>, _ second: Range<Int>, of other: borrowing SampleBuffer) {
    reserve(first.count + second.count)
    let (fromTimes, fromValues) = (other.times, other.values)
    let (toTimes, toValues) = (times + count, values + count)
    var a = first.lowerBound
    var b = second.lowerBound
    var added = 0
    while a < first.upperBound, b < second.upperBound {
      let (left, right) = (fromTimes[a], fromTimes[b])
      let source = left <= right ? a : b
      toTimes[added] = fromTimes[source]
      toValues[added] = fromValues[source]
      added += 1
      if left <= right { a += 1 }
      if right <= left { b += 1 }
    }
    advance(added)
    append(other, a..<first.upperBound)
    append(other, b..<second.upperBound)
  }

  /// The first of the samples from `start` on whose time is not before `time`. They must rise.
  func index(of time: Int64, since start: Int = 0) -> Int { lowerBound(times, start, count, time) }

  /// The samples in `from ... through`. They must rise.
  func range(_ from: Int64, _ through: Int64) -> Range<Int> {
    guard from <= through else { return 0..<0 }
    let first = index(of: from)
    return first..<(through == .max ? count : index(of: through + 1, since: first))
  }

  /// Drops the samples in `from ... through` among those from `start` on.
  mutating func remove(_ from: Int64, through: Int64, since start: Int) {
    guard from <= through else { return }
    let first = index(of: from, since: start)
    let last = through == .max ? count : index(of: through + 1, since: first)
    remove(first..<last)
  }

  /// Drops the first samples.
  mutating func removeFirst(_ gone: Int) { remove(0..<gone) }
}
