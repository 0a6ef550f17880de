import FleetModel

/// Native histograms beside numbers. All of this is only asked for where the data of a query holds histograms.
extension Evaluator {
  /// The latest sample of each series at each step, be it a number or a histogram.
  func mixedInstant(_ node: VectorSelector, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    var matrix = try matrix(of: instantRows(node, grid), grid)
    // The place of the histogram at the step before.
    var before: (row: Int, place: Int)?
    let times = node.shift.times(of: grid, in: outer)
    try forEachLatestHistogram(node, grid, times) { latest, row, step in
      let known = before?.row == row ? before?.place : nil
      before = (row, latest.place)
      guard var histogram = latest.histogram else { return matrix.set(Point.absent, row, step) }
      if let known, histogram.resetHint != .gauge {
        // The hint is about the sample before in the series, not about that of the step before.
        if latest.place == known { histogram.resetHint = .notReset }
        if latest.place > known + 1 { histogram.resetHint = .unknown }
      }
      matrix.set(histogram, row, step)
    }
    return matrix
  }

  /// Adds the times of histograms to those of numbers, for `timestamp()`.
  func addHistogramTimes(
    _ node: VectorSelector, _ grid: StepGrid, to matrix: inout SeriesMatrix
  ) throws(QueryError) {
    try forEachLatestHistogram(node, grid, node.shift.times(of: grid, in: outer)) { latest, row, step in
      matrix.values[row * grid.count + step] = latest.histogram == nil ? Point.absent : Double(latest.time) / 1000
    }
  }

  private struct Latest {
    /// `nil` if the series has ended.
    var histogram: NativeHistogram?
    var time: Int64
    /// Among the series' histograms.
    var place: Int
  }

  /// Calls `body` for each step at which the latest sample of a series is a histogram.
  private func forEachLatestHistogram(
    _ node: VectorSelector, _ grid: StepGrid, _ times: TimeShift.Times,
    _ body: (_ latest: Latest, _ row: Int, _ step: Int) -> Void
  ) throws(QueryError) {
    guard grid.count > 0,
      case .decoded(let series) = hinted(
        data.series(node.matchers, from: times.first - options.lookback + 1, through: times.last))
    else { return }
    for (row, one) in series.enumerated() where !one.histograms.isEmpty {
      try budget.checkpoint(grid.count)
      let stamps = one.histograms.timestamps
      var next = 0
      var nextNumber = 0
      for step in 0..<grid.count {
        let time = times.isFixed ? times.first : times.first + Int64(step) * grid.step
        while next < stamps.count, stamps[next] <= time { next += 1 }
        while nextNumber < one.samples.count, one.samples.timestamps[nextNumber] <= time { nextNumber += 1 }
        guard next > 0, stamps[next - 1] > time - options.lookback else { continue }
        if nextNumber > 0, one.samples.timestamps[nextNumber - 1] > stamps[next - 1] { continue }
        let histogram = one.histograms.values[next - 1]
        body(Latest(histogram: histogram.isStale ? nil : histogram, time: stamps[next - 1], place: next - 1), row, step)
      }
    }
  }

  /// The samples of one row that are numbers, where others are histograms.
  func numberColumns(_ matrix: SeriesMatrix, _ row: Int, _ grid: StepGrid) -> SampleColumns {
    var columns = SampleColumns()
    for step in 0..<matrix.steps {
      let value = matrix.value(row, step)
      if Point.isAbsent(value) || matrix.histogram(row, step) != nil { continue }
      columns.timestamps.append(grid.time(step))
      columns.values.append(value)
    }
    return columns
  }

  /// The samples of one row that are histograms.
  func histogramColumns(_ matrix: SeriesMatrix, _ row: Int, _ grid: StepGrid) -> HistogramColumns {
    var columns = HistogramColumns()
    if matrix.histograms == nil { return columns }
    for step in 0..<matrix.steps {
      if let histogram = matrix.histogram(row, step) { columns.append(histogram, at: grid.time(step)) }
    }
    return columns
  }

  /// The histograms of a series in a window.
  func histograms(in input: RangeInput, _ row: Int, after start: Int64, through end: Int64) -> HistogramColumns {
    var columns = HistogramColumns()
    guard data.hasHistograms, case .decoded(let series) = input.series else { return columns }
    for (time, histogram) in zip(series[row].histograms.timestamps, series[row].histograms.values)
    where time > start && time <= end && !histogram.isStale {
      columns.append(histogram, at: time)
    }
    return columns
  }

  /// Marks the steps in whose windows some series has a histogram.
  func markHistograms(of input: RangeInput, in present: inout [Bool]) {
    guard case .decoded(let series) = input.series else { return }
    for one in series where !one.histograms.isEmpty {
      for (time, histogram) in zip(one.histograms.timestamps, one.histograms.values) where !histogram.isStale {
        for step in present.indices {
          let end = input.windows.end(step)
          if time <= end, time > end - input.windows.window { present[step] = true }
        }
      }
    }
  }
}

/// Prometheus does not decode buckets where a query needs counts and sums alone, and finds counter resets out while it reads:
/// such queries know of resets that others do not, and remark on them (`promql/histogram_stats_iterator.go`).
extension Evaluator {
  /// Evaluates `body` for a function that reads only (or does not read only) counts and sums of histograms.
  func reading<Result>(
    countsAlone: Bool, _ body: () throws(QueryError) -> Result
  ) throws(QueryError) -> Result {
    let before = readsCountsAlone
    readsCountsAlone = countsAlone
    defer { readsCountsAlone = before }
    return try body()
  }

  /// The series, where the query needs counts and sums alone with a hint at each histogram that has one before it.
  func hinted(_ selection: OpenedSelection) -> OpenedSelection {
    guard readsCountsAlone, case .decoded(var series) = selection else { return selection }
    for row in series.indices {
      var previous: NativeHistogram?
      for index in series[row].histograms.values.indices {
        let histogram = series[row].histograms.values[index]
        if histogram.isStale { continue }
        if let previous, histogram.resetHint == .unknown {
          series[row].histograms.values[index].resetHint = histogram.isReset(after: previous) ? .reset : .notReset
        }
        previous = histogram
      }
    }
    return .decoded(series)
  }
}

extension Evaluator {
  /// A selection with all samples. What had to be decoded for it is held.
  func decoded(_ selection: OpenedSelection) throws(QueryError) -> [SelectedSeries] {
    do {
      let decoded = try selection.decodedWithHistograms(budget)
      guard case .decoded(let series) = decoded else { return [] }
      if case .encoded = selection {
        try budget.hold(series.reduce(0) { $0 + $1.samples.count + $1.histograms.points })
      }
      return series
    } catch let error as QueryError {
      throw error
    } catch {
      throw .storage("expanding series: \(error)")
    }
  }
}

extension OpenedSelection {
  /// All samples, the histograms among them.
  ///
  /// - Parameter budget: of the query. What is decoded is held against a copy of it: a query that would hold too much is
  ///   refused before it does. Whoever keeps the answer counts it.
  /// - Throws: ``QueryError``, or what the store throws.
  func decodedWithHistograms(_ budget: QueryBudget) throws -> OpenedSelection {
    guard case .encoded(let all) = self else { return self }
    var budget = budget
    var buffer = SampleBuffer()
    var series: [SelectedSeries] = []
    series.reserveCapacity(all.labels.count)
    for (row, labels) in all.labels.enumerated() {
      if let count = all.histogramCount?(row) {
        var ahead = budget
        try ahead.hold(count * NativeHistogram.leastPoints)
      }
      buffer.removeAll()
      try all.decode(row, &buffer)
      var histograms = HistogramColumns()
      try all.decodeHistograms?(row, &histograms)
      let points = buffer.count + histograms.points
      try budget.hold(points)
      try budget.checkpoint(points)
      series.append(
        SelectedSeries(labels: labels, samples: buffer.columns(0..<buffer.count), histograms: histograms))
    }
    return .decoded(series)
  }
}

extension HistogramColumns {
  /// How many numbers hold as much memory, roughly.
  var points: Int { values.reduce(0) { $0 + $1.points } }
}

extension NativeHistogram {
  /// Of one without buckets.
  static let leastPoints = 10

  /// How many numbers hold as much memory, roughly.
  var points: Int { Self.leastPoints + positiveBuckets.count + negativeBuckets.count }
}

extension QueryBudget {
  /// Holds a histogram that is about to be kept beside the points of its matrix, which are held already.
  mutating func hold(_ sample: MixedSample?) throws(QueryError) {
    if case .histogram(let histogram) = sample { try hold(histogram.points) }
  }
}
