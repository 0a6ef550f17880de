/// `rate`, `increase` and `delta`: the difference of last and first sample, drawn out to the ends of the window as
/// Prometheus' `extrapolatedRate` does, counters' resets added.
struct ExtrapolatedRate: WindowFunction {
  let isCounter: Bool
  let isPerSecond: Bool
  /// Where a counter starts anew: the indices of the samples below their predecessor.
  private var resets: [Int] = []
  private var firstReset = 0

  init(isCounter: Bool, isPerSecond: Bool) {
    self.isCounter = isCounter
    self.isPerSecond = isPerSecond
  }

  mutating func begin(_ times: UnsafePointer<Int64>, _ values: UnsafePointer<Double>, _ count: Int) {
    guard isCounter, count > 1 else { return }
    // Most counters have no reset in the time of a query; without a way out this looks at several values at once.
    var falls: UInt64 = 0
    for index in 1..<count { falls |= values[index] < values[index - 1] ? 1 : 0 }
    if falls == 0 { return }
    for index in 1..<count where values[index] < values[index - 1] { resets.append(index) }
  }

  @inline(__always)
  mutating func value(_ window: SampleWindow) -> Double {
    let last = window.upper - 1
    let first = window.lower
    guard last > first else { return Point.absent }
    var difference = window.values[last] - window.values[first]
    if isCounter {
      while firstReset < resets.count, resets[firstReset] <= first { firstReset += 1 }
      var reset = firstReset
      while reset < resets.count, resets[reset] <= last {
        difference += window.values[resets[reset] - 1]
        reset += 1
      }
    }
    var toStart = Double(window.times[first] - window.start) / 1000
    var toEnd = Double(window.end - window.times[last]) / 1000
    let sampled = Double(window.times[last] - window.times[first]) / 1000
    let average = sampled / Double(last - first)
    // A series that begins or ends more than this from the window's end is taken to begin or end there.
    let threshold = average * 1.1
    if toStart >= threshold { toStart = average / 2 }
    if isCounter, difference > 0, window.values[first] >= 0 {
      // A counter cannot have been below zero.
      let toZero = sampled * (window.values[first] / difference)
      if toZero < toStart { toStart = toZero }
    }
    if toEnd >= threshold { toEnd = average / 2 }
    var factor = (sampled + toStart + toEnd) / sampled
    if isPerSecond { factor /= Double(window.end - window.start) / 1000 }
    return difference * factor
  }
}

/// `irate` and `idelta`: from the last two samples alone.
struct LastDifference: WindowFunction {
  let isRate: Bool

  mutating func value(_ window: SampleWindow) -> Double {
    guard window.count > 1 else { return Point.absent }
    let last = window.values[window.upper - 1]
    let previous = window.values[window.upper - 2]
    let milliseconds = window.times[window.upper - 1] - window.times[window.upper - 2]
    guard milliseconds != 0 else { return Point.absent }
    // A counter below its last value has started from zero.
    let difference = isRate && last < previous ? last : last - previous
    return isRate ? difference / (Double(milliseconds) / 1000) : difference
  }
}

/// `changes` and `resets`: how often a sample differs from, or is below, the one before.
struct ChangeCount: WindowFunction {
  let isResets: Bool
  /// Of each sample, how many changes there were up to it.
  private var totals: [Int32] = []

  init(isResets: Bool) { self.isResets = isResets }

  mutating func begin(_ times: UnsafePointer<Int64>, _ values: UnsafePointer<Double>, _ count: Int) {
    totals.reserveCapacity(count)
    var total: Int32 = 0
    for index in 0..<count {
      if index > 0 {
        let current = values[index]
        let previous = values[index - 1]
        if isResets ? current < previous : current != previous && !(current.isNaN && previous.isNaN) { total += 1 }
      }
      totals.append(total)
    }
  }

  mutating func value(_ window: SampleWindow) -> Double { Double(totals[window.upper - 1] - totals[window.lower]) }
}

/// `deriv` and `predict_linear`: simple linear regression by least squares.
struct Regression: WindowFunction {
  /// Of each step, how many seconds ahead to predict; `nil` for the slope alone.
  let ahead: [Double]?

  mutating func value(_ window: SampleWindow) -> Double {
    guard window.count > 1 else { return Point.absent }
    guard let ahead else { return Self.line(window, around: window.times[window.lower]).slope }
    let line = Self.line(window, around: window.time)
    return line.slope * ahead[window.step] + line.intercept
  }

  private static func line(_ window: SampleWindow, around origin: Int64) -> (slope: Double, intercept: Double) {
    var sumX = CompensatedSum()
    var sumY = CompensatedSum()
    var sumXY = CompensatedSum()
    var sumXX = CompensatedSum()
    let first = window.values[window.lower]
    var isConstant = true
    for index in window.lower..<window.upper {
      let y = window.values[index]
      if y != first { isConstant = false }
      let x = Double(window.times[index] - origin) / 1000
      sumX.add(x)
      sumY.add(y)
      sumXY.add(x * y)
      sumXX.add(x * x)
    }
    if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
    let n = Double(window.count)
    let covariance = sumXY.value - sumX.value * sumY.value / n
    let variance = sumXX.value - sumX.value * sumX.value / n
    let slope = covariance / variance
    return (slope, sumY.value / n - slope * sumX.value / n)
  }
}
