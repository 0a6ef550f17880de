import FleetModel

/// A range vector: for each series all samples that any step's window holds.
struct RangeInput {
  /// Staleness markers may be among the samples.
  var series: OpenedSelection
  var dropsName: Bool
  var isDistinctWithoutName: Bool
  var windows: WindowGrid
  /// The name that all series have, where the selector fixes it.
  var metricName: String?
}

/// The windows of all steps.
struct WindowGrid {
  var grid: StepGrid
  /// Milliseconds; a window is open on the left.
  var window: Int64
  /// The end of the first step's window.
  var firstEnd: Int64
  /// All steps have the same window.
  var isFixed: Bool

  @inline(__always) func end(_ step: Int) -> Int64 { isFixed ? firstEnd : firstEnd + Int64(step) * grid.step }
}

extension Evaluator {
  /// - Parameter expression: a matrix selector or a subquery, in parentheses or not.
  func rangeInput(_ expression: Expression, _ grid: StepGrid) throws(QueryError) -> RangeInput {
    switch expression.unwrapped {
    case .matrix(let node):
      if let kind = node.selector.extending {
        throw .execution("\(kind.rawValue) modifier can only be used with: delta, increase, rate")
      }
      let times = node.selector.shift.times(of: grid, in: outer)
      let series =
        grid.count == 0
        ? .decoded([]) : data.series(node.selector.matchers, from: times.first - node.window + 1, through: times.last)
      let name = node.selector.metricName
      return RangeInput(
        series: data.hasHistograms ? hinted(series) : series, dropsName: false, isDistinctWithoutName: name != nil,
        windows: WindowGrid(grid: grid, window: node.window, firstEnd: times.first, isFixed: times.isFixed),
        metricName: name)
    case .subquery(let node):
      let times = node.shift.times(of: grid, in: outer)
      let inner = node.grid(for: times, defaultStep: options.defaultSubqueryStep)
      let matrix = try reading(countsAlone: false) { () throws(QueryError) in
        try vector(node.expression, grid.count == 0 ? StepGrid(from: 0, through: -1, step: 1) : inner)
      }
      var series: [SelectedSeries] = []
      let moments = inner.times
      for row in 0..<matrix.count where matrix.hasSample(row) {
        series.append(
          SelectedSeries(
            labels: matrix.labels[row], samples: columns(matrix, row, inner, moments),
            histograms: histogramColumns(matrix, row, inner)))
      }
      return RangeInput(
        series: .decoded(series), dropsName: matrix.dropsName, isDistinctWithoutName: matrix.isDistinctWithoutName,
        windows: WindowGrid(grid: grid, window: node.window, firstEnd: times.first, isFixed: times.isFixed))
    default: throw .execution("BUG: no range vector where one was expected")
    }
  }
}

/// The samples of one series in one window.
struct SampleWindow {
  let times: UnsafePointer<Int64>
  let values: UnsafePointer<Double>
  /// The first sample, and the one after the last.
  let lower: Int
  let upper: Int
  /// Exclusive and inclusive, milliseconds.
  let start: Int64
  let end: Int64
  /// Of the step: `@` and `offset` move the window, not this.
  let time: Int64
  let step: Int

  @inline(__always) var count: Int { upper - lower }
}

/// A function over the samples in a window. A copy is made for each series; windows come in rising order.
protocol WindowFunction: Sendable {
  /// Called before the first window of a series.
  mutating func begin(_ times: UnsafePointer<Int64>, _ values: UnsafePointer<Double>, _ count: Int)
  /// - Parameter window: holds at least one sample.
  /// - Returns: ``Point/absent`` for no result.
  mutating func value(_ window: SampleWindow) -> Double
}

extension WindowFunction {
  mutating func begin(_ times: UnsafePointer<Int64>, _ values: UnsafePointer<Double>, _ count: Int) {}
}

extension WindowGrid {
  /// Evaluates a copy of `function` on each step's window of one series.
  @inline(__always)
  func sweep(
    _ function: some WindowFunction, _ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>,
    into target: UnsafeMutablePointer<Double>, _ worker: RowWorker
  ) {
    guard grid.count > 0, let newest = times.last else { return }
    // What lies outside of all windows need not be looked at: chunks are decoded whole.
    let last = end(grid.count - 1)
    let first = Evaluator.firstIndex(in: times, after: firstEnd - window)
    let bound = newest <= last ? times.count : Evaluator.firstIndex(in: times, after: last)
    guard first < bound else { return }
    let moments = UnsafeBufferPointer(rebasing: times[first..<bound])
    let numbers = UnsafeBufferPointer(rebasing: values[first..<bound])
    if Self.hasMarkers(numbers) {
      sweepWithoutMarkers(function, moments, numbers, target, worker)
    } else {
      run(function, moments, numbers, target, worker)
    }
  }

  @inline(__always)
  private func run(
    _ function: some WindowFunction, _ stamps: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>,
    _ target: UnsafeMutablePointer<Double>, _ worker: RowWorker
  ) {
    guard let times = stamps.baseAddress, let numbers = values.baseAddress else { return }
    let count = stamps.count
    var function = function
    function.begin(times, numbers, count)
    var lower = Evaluator.firstIndex(in: stamps, after: firstEnd - window)
    var upper = lower
    var work = 0
    for step in 0..<grid.count {
      let end = end(step)
      while upper < count, times[upper] <= end { upper += 1 }
      while lower < upper, times[lower] <= end - window { lower += 1 }
      if lower == upper { continue }
      target[step] = function.value(
        SampleWindow(
          times: times, values: numbers, lower: lower, upper: upper, start: end - window, end: end,
          time: grid.time(step), step: step))
      work += upper - lower
      if work > Self.workAtOnce {
        guard worker.goesOn(after: work) else { return }
        work = 0
      }
    }
  }

  /// Samples in windows that are looked at before asking whether to go on.
  private static let workAtOnce = 100_000

  private static func hasMarkers(_ values: UnsafeBufferPointer<Double>) -> Bool {
    // Without a way out in the middle this is a few instructions for eight values.
    var markers: UInt64 = 0
    for value in values { markers |= StaleMarker.isStale(value) ? 1 : 0 }
    return markers != 0
  }

  @inline(never)
  private func sweepWithoutMarkers(
    _ function: some WindowFunction, _ times: UnsafeBufferPointer<Int64>, _ values: UnsafeBufferPointer<Double>,
    _ target: UnsafeMutablePointer<Double>, _ worker: RowWorker
  ) {
    var cleanTimes: [Int64] = []
    var cleanValues: [Double] = []
    for index in values.indices where !StaleMarker.isStale(values[index]) {
      cleanTimes.append(times[index])
      cleanValues.append(values[index])
    }
    cleanTimes.withUnsafeBufferPointer { times in
      cleanValues.withUnsafeBufferPointer { values in run(function, times, values, target, worker) }
    }
  }
}
