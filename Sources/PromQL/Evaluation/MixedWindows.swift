import FleetModel

/// The samples of one series in one window where histograms are among them. Staleness markers are not.
struct MixedWindow {
  let numbers: SampleColumns
  let histograms: HistogramColumns
  /// Which of them are in the window; there is at least one histogram.
  let numberRange: Range<Int>
  let histogramRange: Range<Int>
  /// Exclusive and inclusive, milliseconds.
  let start: Int64
  let end: Int64

  /// All samples in the order of time.
  var samples: [(sample: MixedSample, time: Int64)] {
    var all: [(sample: MixedSample, time: Int64)] = []
    all.reserveCapacity(numberRange.count + histogramRange.count)
    var number = numberRange.lowerBound
    for index in histogramRange {
      let time = histograms.timestamps[index]
      while number < numberRange.upperBound, numbers.timestamps[number] < time {
        all.append((.number(numbers.values[number]), numbers.timestamps[number]))
        number += 1
      }
      all.append((.histogram(histograms.values[index]), time))
    }
    while number < numberRange.upperBound {
      all.append((.number(numbers.values[number]), numbers.timestamps[number]))
      number += 1
    }
    return all
  }

  var first: (sample: MixedSample, time: Int64) {
    let index = histogramRange.lowerBound
    let time = histograms.timestamps[index]
    if let number = numberRange.first, numbers.timestamps[number] < time {
      return (.number(numbers.values[number]), numbers.timestamps[number])
    }
    return (.histogram(histograms.values[index]), time)
  }

  var last: (sample: MixedSample, time: Int64) {
    let index = histogramRange.upperBound - 1
    let time = histograms.timestamps[index]
    if let number = numberRange.last, numbers.timestamps[number] > time {
      return (.number(numbers.values[number]), numbers.timestamps[number])
    }
    return (.histogram(histograms.values[index]), time)
  }
}

/// What a function gives for a window with histograms.
enum MixedOutcome {
  case nothing
  /// What it gives for the numbers of the window alone.
  case ofNumbers
  case sample(MixedSample)

  static func number(_ value: Double) -> MixedOutcome { .sample(.number(value)) }
}

extension Evaluator {
  /// A function over a range vector that may hold histograms; `nil` if the call is none.
  func mixedWindows(_ call: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix? {
    guard call.function.name != "absent_over_time",
      let position = call.function.arguments.firstIndex(of: .matrix)
    else { return nil }
    let input = try rangeInput(call.arguments[position], grid)
    var matrix = try matrix(of: try windowRows(call, grid, input), grid)
    guard case .decoded(let series) = input.series, let function = MixedFunction(call.function.name) else {
      return matrix
    }
    for (row, one) in series.enumerated() where !one.histograms.isEmpty {
      let metric = input.dropsName ? "" : one.labels.metricName
      let remarks = WindowRemarks(metric: metric, range: call.arguments[position].range)
      try sweep(one, input.windows) { (window, step) throws(QueryError) in
        switch function.outcome(window, remarks, &annotations) {
        case .nothing: matrix.set(Point.absent, row, step)
        case .ofNumbers: break
        case .sample(let sample):
          try budget.hold(sample)
          matrix.set(sample, row, step)
        }
      }
    }
    return matrix
  }

  /// Calls `body` for each step whose window holds a histogram.
  private func sweep(
    _ series: SelectedSeries, _ windows: WindowGrid,
    _ body: (_ window: MixedWindow, _ step: Int) throws(QueryError) -> Void
  ) throws(QueryError) {
    var numbers = SampleColumns()
    for (time, value) in zip(series.samples.timestamps, series.samples.values) where !StaleMarker.isStale(value) {
      numbers.timestamps.append(time)
      numbers.values.append(value)
    }
    var histograms = HistogramColumns()
    for (time, histogram) in zip(series.histograms.timestamps, series.histograms.values) where !histogram.isStale {
      histograms.append(histogram, at: time)
    }
    var number = 0..<0
    var histogram = 0..<0
    for step in 0..<windows.grid.count {
      let end = windows.end(step)
      number = Self.range(numbers.timestamps, from: number, after: end - windows.window, through: end)
      histogram = Self.range(histograms.timestamps, from: histogram, after: end - windows.window, through: end)
      try budget.checkpoint(1 + number.count + histogram.count * 10)
      if histogram.isEmpty { continue }
      try body(
        MixedWindow(
          numbers: numbers, histograms: histograms, numberRange: number, histogramRange: histogram,
          start: end - windows.window, end: end), step)
    }
  }

  /// Which times lie in a window that is not before the one that has `known`.
  private static func range(_ times: [Int64], from known: Range<Int>, after start: Int64, through end: Int64) -> Range<
    Int
  > {
    var upper = known.upperBound
    while upper < times.count, times[upper] <= end { upper += 1 }
    var lower = known.lowerBound
    while lower < upper, times[lower] <= start { lower += 1 }
    return lower..<upper
  }
}
