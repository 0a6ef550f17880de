import FleetModel

extension HistogramColumns {
  /// The first place whose time is not before `time`.
  func place(of time: Int64) -> Int {
    timestamps.withUnsafeBufferPointer { times in
      guard let base = times.baseAddress else { return 0 }
      return lowerBound(base, 0, times.count, time)
    }
  }

  func places(_ from: Int64, _ through: Int64) -> Range<Int> {
    guard from <= through else { return 0..<0 }
    let first = place(of: from)
    return first..<(through == .max ? count : Swift.max(first, place(of: through + 1)))
  }

  func part(_ range: Range<Int>) -> HistogramColumns {
    HistogramColumns(timestamps: Array(timestamps[range]), values: Array(values[range]))
  }

  mutating func remove(_ range: Range<Int>) {
    timestamps.removeSubrange(range)
    values.removeSubrange(range)
  }

  mutating func insert(_ histogram: NativeHistogram, at time: Int64) {
    let place = place(of: time)
    timestamps.insert(time, at: place)
    values.insert(histogram, at: place)
  }

  /// Both together, each in rising order; of a time that both have, the histogram of `self` counts. Whoever has another before it
  /// than where it came from knows no longer whether there was a reset.
  mutating func join(_ other: HistogramColumns) {
    guard let first = other.timestamps.first else { return }
    if (timestamps.last ?? .min) < first || isEmpty {
      timestamps += other.timestamps
      values += other.values
      return
    }
    var joined = HistogramColumns()
    joined.timestamps.reserveCapacity(count + other.count)
    joined.values.reserveCapacity(count + other.count)
    var (a, b) = (0, 0)
    // Whether the sample before came from `self`, right before the next one of it; likewise of the other.
    var (followsA, followsB) = (true, true)
    while a < count || b < other.count {
      let takesA = b == other.count || a < count && timestamps[a] <= other.timestamps[b]
      if takesA, b < other.count, timestamps[a] == other.timestamps[b] {
        b += 1
        followsB = false
      }
      var value = takesA ? values[a] : other.values[b]
      if !(takesA ? followsA : followsB), value.resetHint == .notReset { value.resetHint = .unknown }
      joined.append(value, at: takesA ? timestamps[a] : other.timestamps[b])
      if takesA { a += 1 } else { b += 1 }
      (followsA, followsB) = (takesA, !takesA)
    }
    self = joined
  }

  /// Leaves out what lies at one of these times, which rise: of a number and a histogram at one time the number counts.
  mutating func remove(at times: UnsafeBufferPointer<Int64>) {
    guard !isEmpty, !times.isEmpty else { return }
    var next = 0
    var kept = HistogramColumns()
    var hasGap = false
    for (time, value) in zip(timestamps, values) {
      while next < times.count, times[next] < time { next += 1 }
      if next < times.count, times[next] == time {
        hasGap = true
        continue
      }
      kept.append(value, at: time)
      if hasGap, value.resetHint == .notReset { kept.values[kept.count - 1].resetHint = .unknown }
      hasGap = false
    }
    self = kept
  }
}
