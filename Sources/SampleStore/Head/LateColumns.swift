/// Samples of one series that came late, in rising order of time.
struct LateColumns: Sendable {
  private(set) var times: [Int64] = []
  private(set) var values: [Double] = []

  /// Bytes that a sample takes.
  static let sampleBytes = 16

  init() {}

  /// - Parameters:
  ///   - times: strictly rising.
  ///   - values: as many.
  init(times: [Int64], values: [Double]) {
    self.times = times
    self.values = values
  }

  var count: Int { times.count }
  var isEmpty: Bool { times.isEmpty }

  /// The first place whose time is not before `time`.
  func place(of time: Int64) -> Int {
    times.withUnsafeBufferPointer { times in
      guard let base = times.baseAddress else { return 0 }
      return lowerBound(base, 0, times.count, time)
    }
  }

  func value(at time: Int64) -> Double? {
    let place = place(of: time)
    return place < count && times[place] == time ? values[place] : nil
  }

  func hasSample(_ from: Int64, _ through: Int64) -> Bool {
    let place = place(of: from)
    return place < count && times[place] <= through
  }

  /// - Returns: `false` if there is a sample at this time: it stays.
  @discardableResult
  mutating func insert(_ value: Double, at time: Int64) -> Bool {
    let place = place(of: time)
    if place < count, times[place] == time { return false }
    times.insert(time, at: place)
    values.insert(value, at: place)
    return true
  }

  /// Takes out what lies in the range, and returns how many there were.
  mutating func remove(_ from: Int64, _ through: Int64) -> Int {
    let range = places(from, through)
    times.removeSubrange(range)
    values.removeSubrange(range)
    return range.count
  }

  func places(_ from: Int64, _ through: Int64) -> Range<Int> {
    guard from <= through else { return 0..<0 }
    let first = place(of: from)
    return first..<(through == .max ? count : max(first, place(of: through + 1)))
  }

  func part(_ from: Int64, _ through: Int64) -> LateColumns {
    let range = places(from, through)
    return LateColumns(times: Array(times[range]), values: Array(values[range]))
  }

  /// Both together; where both have a time, the sample of `self` counts.
  mutating func merge(_ other: LateColumns) {
    if isEmpty {
      self = other
    } else {
      for index in 0..<other.count { insert(other.values[index], at: other.times[index]) }
    }
  }
}
