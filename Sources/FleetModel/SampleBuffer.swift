/// Samples of one series in two columns; the memory is used again for the next one.
public struct SampleBuffer: ~Copyable {
  /// Milliseconds. Both have room for ``capacity`` samples; the first ``count`` are there.
  public private(set) var times: UnsafeMutablePointer<Int64>
  public private(set) var values: UnsafeMutablePointer<Double>
  public private(set) var capacity = 256
  public private(set) var count = 0

  public init() {
    times = .allocate(capacity: capacity)
    values = .allocate(capacity: capacity)
  }

  deinit {
    times.deallocate()
    values.deallocate()
  }

  /// Empties the columns; the memory stays.
  public mutating func removeAll() { count = 0 }

  /// Makes room for so many samples behind those that are there. O(samples) where the memory has to grow.
  public mutating func reserve(_ more: Int) {
    precondition(more >= 0, "BUG: room for \(more) samples")
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

  /// Counts samples that were written behind those that are there.
  public mutating func advance(_ more: Int) {
    precondition(more >= 0 && count + more <= capacity, "BUG: \(more) samples behind \(count) of \(capacity)")
    count += more
  }

  public mutating func append(_ time: Int64, _ value: Double) {
    reserve(1)
    times[count] = time
    values[count] = value
    count += 1
  }

  /// Appends columns of equal length.
  public mutating func append(_ columns: SampleColumns) {
    columns.timestamps.withUnsafeBufferPointer { moreTimes in
      columns.values.withUnsafeBufferPointer { moreValues in
        guard let moreTimes = moreTimes.baseAddress, let moreValues = moreValues.baseAddress else { return }
        append(moreTimes, moreValues, count: columns.count)
      }
    }
  }

  public mutating func append(_ moreTimes: UnsafePointer<Int64>, _ moreValues: UnsafePointer<Double>, count more: Int) {
    reserve(more)
    (times + count).update(from: moreTimes, count: more)
    (values + count).update(from: moreValues, count: more)
    count += more
  }

  /// Takes samples out; those behind them move up. O(samples behind).
  public mutating func remove(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "BUG: samples \(range) of \(count)")
    guard !range.isEmpty else { return }
    (times + range.lowerBound).update(from: times + range.upperBound, count: count - range.upperBound)
    (values + range.lowerBound).update(from: values + range.upperBound, count: count - range.upperBound)
    count -= range.count
  }

  /// A copy of the samples in the range.
  public func columns(_ range: Range<Int>) -> SampleColumns {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "BUG: samples \(range) of \(count)")
    return SampleColumns(
      timestamps: Array(UnsafeBufferPointer(start: times + range.lowerBound, count: range.count)),
      values: Array(UnsafeBufferPointer(start: values + range.lowerBound, count: range.count)))
  }
}
