/// Growing columns of times and values.
struct ColumnBuffer: ~Copyable {
  private(set) var times: UnsafeMutablePointer<Int64>
  private(set) var values: UnsafeMutablePointer<Double>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int = 1024) {
    self.capacity = max(1, capacity)
    times = .allocate(capacity: self.capacity)
    values = .allocate(capacity: self.capacity)
  }

  deinit {
    times.deallocate()
    values.deallocate()
  }

  mutating func removeAll() { count = 0 }

  /// Lets `body` fill in `more` samples behind those that are there.
  mutating func append<Failure: Error>(
    _ more: Int, _ body: (UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Double>) throws(Failure) -> Void
  ) throws(Failure) {
    reserve(count + more)
    try body(times + count, values + count)
    count += more
  }

  mutating func append(_ columns: Columns) {
    append(columns.times.count) { times, values in
      columns.times.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { times.update(from: base, count: source.count) }
      }
      columns.values.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { values.update(from: base, count: source.count) }
      }
    }
  }

  private mutating func reserve(_ needed: Int) {
    guard needed > capacity else { return }
    let larger = max(needed, capacity * 2)
    let newTimes = UnsafeMutablePointer<Int64>.allocate(capacity: larger)
    let newValues = UnsafeMutablePointer<Double>.allocate(capacity: larger)
    newTimes.update(from: times, count: count)
    newValues.update(from: values, count: count)
    times.deallocate()
    values.deallocate()
    times = newTimes
    values = newValues
    capacity = larger
  }

  /// Drops the first samples.
  mutating func removeFirst(_ dropped: Int) {
    count -= dropped
    times.update(from: times + dropped, count: count)
    values.update(from: values + dropped, count: count)
  }

  /// Takes the samples in `from ... through` out of those from index `start` on.
  mutating func remove(_ from: Int64, _ through: Int64, after start: Int) {
    var kept = start
    for index in start..<count where times[index] < from || times[index] > through {
      times[kept] = times[index]
      values[kept] = values[index]
      kept += 1
    }
    count = kept
  }

  /// The indices of the samples in `from ... through`; the times must rise.
  func range(_ from: Int64, _ through: Int64) -> Range<Int> {
    let first = lowerBound(from)
    let end = through == .max ? count : lowerBound(through + 1)
    return first..<max(first, end)
  }

  private func lowerBound(_ time: Int64) -> Int {
    var low = 0
    var length = count
    while length > 0 {
      let half = length / 2
      if times[low + half] < time {
        low += half + 1
        length -= half + 1
      } else {
        length = half
      }
    }
    return low
  }

  func times(_ range: Range<Int>) -> UnsafeBufferPointer<Int64> {
    UnsafeBufferPointer(start: times + range.lowerBound, count: range.count)
  }

  func values(_ range: Range<Int>) -> UnsafeBufferPointer<Double> {
    UnsafeBufferPointer(start: values + range.lowerBound, count: range.count)
  }
}

/// Samples of one series in rising order of time.
struct Columns: Sendable, Equatable {
  var times: [Int64] = []
  var values: [Double] = []

  /// Both together; of equal times the sample of `first` counts.
  static func join(_ first: Columns, _ second: Columns) -> Columns {
    var joined = Columns()
    joined.times.reserveCapacity(first.times.count + second.times.count)
    joined.values.reserveCapacity(first.times.count + second.times.count)
    var i = 0
    var j = 0
    while i < first.times.count || j < second.times.count {
      if j == second.times.count || (i < first.times.count && first.times[i] <= second.times[j]) {
        joined.times.append(first.times[i])
        joined.values.append(first.values[i])
        if j < second.times.count, second.times[j] == first.times[i] { j += 1 }
        i += 1
      } else {
        joined.times.append(second.times[j])
        joined.values.append(second.values[j])
        j += 1
      }
    }
    return joined
  }

  /// All together; of equal times the sample of the earlier column counts.
  static func join(_ columns: ArraySlice<Columns>) -> Columns {
    guard columns.count > 1 else { return columns.first ?? Columns() }
    let middle = columns.startIndex + columns.count / 2
    return join(join(columns[..<middle]), join(columns[middle...]))
  }
}
