import FleetModel

/// Times and values of samples in memory that is used again and again.
struct ColumnBuffer: ~Copyable {
  private(set) var times = UnsafeMutablePointer<Int64>.allocate(capacity: 1024)
  private(set) var values = UnsafeMutablePointer<Double>.allocate(capacity: 1024)
  private var capacity = 1024
  private(set) var count = 0

  init() {}

  deinit {
    times.deallocate()
    values.deallocate()
  }

  mutating func removeAll() { count = 0 }

  private mutating func reserve(_ more: Int) {
    guard count + more > capacity else { return }
    let wanted = max(count + more, capacity * 2)
    let newTimes = UnsafeMutablePointer<Int64>.allocate(capacity: wanted)
    let newValues = UnsafeMutablePointer<Double>.allocate(capacity: wanted)
    newTimes.update(from: times, count: count)
    newValues.update(from: values, count: count)
    times.deallocate()
    values.deallocate()
    (times, values, capacity) = (newTimes, newValues, wanted)
  }

  mutating func append(_ chunk: Block.Chunk, of block: Block) throws(BlockError) {
    reserve(chunk.count)
    try block.decode(chunk, times: times + count, values: values + count)
    count += chunk.count
  }

  mutating func append(_ moreTimes: UnsafePointer<Int64>, _ moreValues: UnsafePointer<Double>, count more: Int) {
    reserve(more)
    (times + count).update(from: moreTimes, count: more)
    (values + count).update(from: moreValues, count: more)
    count += more
  }

  mutating func append(_ other: borrowing ColumnBuffer, _ range: Range<Int>) {
    append(other.times + range.lowerBound, other.values + range.lowerBound, count: range.count)
  }

  /// Appends both ranges in order of time; where both have a time, the sample of the first counts.
  mutating func append(joining first: Range<Int>, _ second: Range<Int>, of other: borrowing ColumnBuffer) {
    reserve(first.count + second.count)
    var a = first.lowerBound
    var b = second.lowerBound
    while a < first.upperBound, b < second.upperBound {
      let (left, right) = (other.times[a], other.times[b])
      let source = left <= right ? a : b
      times[count] = other.times[source]
      values[count] = other.values[source]
      count += 1
      if left <= right { a += 1 }
      if right <= left { b += 1 }
    }
    append(other, a..<first.upperBound)
    append(other, b..<second.upperBound)
  }

  /// The first of the samples from `start` on whose time is not before `time`. They must rise.
  func index(of time: Int64, since start: Int = 0) -> Int {
    var low = start
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Drops the samples in `from ... through` among those from `start` on.
  mutating func remove(_ from: Int64, through: Int64, since start: Int) {
    guard from <= through else { return }
    let first = index(of: from, since: start)
    let last = through == .max ? count : index(of: through + 1, since: first)
    guard last > first else { return }
    (times + first).update(from: times + last, count: count - last)
    (values + first).update(from: values + last, count: count - last)
    count -= last - first
  }

  /// Drops the first samples.
  mutating func removeFirst(_ gone: Int) {
    times.update(from: times + gone, count: count - gone)
    values.update(from: values + gone, count: count - gone)
    count -= gone
  }

  func columns(_ range: Range<Int>) -> SampleColumns {
    SampleColumns(
      timestamps: Array(UnsafeBufferPointer(start: times + range.lowerBound, count: range.count)),
      values: Array(UnsafeBufferPointer(start: values + range.lowerBound, count: range.count)))
  }
}
