import FleetModel

extension Evaluator {
  func instantOutcome(_ expression: Expression) throws(QueryError) -> QueryOutcome {
    let time = Timestamp(milliseconds: outer.start)
    let value: QueryValue
    switch expression.unwrapped {
    case .matrix, .subquery: value = .matrix(try rangeVector(expression.unwrapped))
    default:
      switch try evaluate(expression, outer) {
      case .scalar(let values): value = .scalar(values[0], at: time)
      case .string(let literal): value = .string(literal, at: time)
      case .vector(let matrix):
        try checkDistinct(matrix)
        var samples: [InstantSample] = []
        for row in 0..<matrix.count where !Point.isAbsent(matrix.values[row]) {
          samples.append(
            InstantSample(
              labels: matrix.shownLabels(row), time: time, value: matrix.values[row],
              histogram: matrix.histogram(row, 0)))
        }
        value = .vector(samples)
      }
    }
    return outcome(value)
  }

  func rangeOutcome(_ expression: Expression) throws(QueryError) -> QueryOutcome {
    let matrix: SeriesMatrix
    switch try evaluate(expression, outer) {
    case .scalar(let values): matrix = SeriesMatrix(unlabelled: values)
    case .vector(let result):
      try checkDistinct(result)
      matrix = result.withShownLabels
    case .string: throw .execution("BUG: a string in a range query")
    }
    var series: [ResultSeries] = []
    let times = outer.times
    for row in 0..<matrix.count where matrix.hasSample(row) {
      series.append(
        ResultSeries(
          labels: matrix.labels[row], samples: columns(matrix, row, outer, times),
          histograms: histogramColumns(matrix, row, outer)))
    }
    // Most answers come in order already.
    if !zip(series, series.dropFirst()).allSatisfy({ LabelSet.precedes($0.labels, $1.labels) }) {
      series.sort { LabelSet.precedes($0.labels, $1.labels) }
    }
    return outcome(.matrix(series))
  }

  private func outcome(_ value: QueryValue) -> QueryOutcome {
    statistics.peakPoints = budget.peak
    for worker in [worker] + workers {
      statistics.samplesRead += worker.samplesRead
      annotations.merge(worker.annotations)
    }
    return QueryOutcome(value: value, annotations: annotations, statistics: statistics)
  }

  /// The functions that drop or change labels merge rows of the same labels already; this is for what they cannot see.
  private func checkDistinct(_ matrix: SeriesMatrix) throws(QueryError) {
    if matrix.dropsName, !matrix.isDistinctWithoutName { _ = try matrix.mergingEqualRows() }
  }

  /// The samples of one row that are numbers.
  ///
  /// - Parameter times: of all steps; rows without gaps share them.
  func columns(_ matrix: SeriesMatrix, _ row: Int, _ grid: StepGrid, _ times: [Int64]) -> SampleColumns {
    let values = matrix.values[row * matrix.steps..<(row + 1) * matrix.steps]
    if matrix.histograms != nil { return numberColumns(matrix, row, grid) }
    if values.allSatisfy({ !Point.isAbsent($0) }) { return SampleColumns(timestamps: times, values: Array(values)) }
    var columns = SampleColumns()
    columns.timestamps.reserveCapacity(matrix.steps)
    columns.values.reserveCapacity(matrix.steps)
    for step in 0..<matrix.steps {
      let value = matrix.value(row, step)
      if Point.isAbsent(value) { continue }
      columns.timestamps.append(grid.time(step))
      columns.values.append(value)
    }
    return columns
  }

  /// The samples in the window of a range vector, for an instant query that asks for just this.
  private func rangeVector(_ expression: Expression) throws(QueryError) -> [ResultSeries] {
    let input = try rangeInput(expression, outer)
    var result: [ResultSeries] = []
    let labels = RowLabels.series(input.series).all
    for row in labels.indices {
      let end = input.windows.end(0)
      let start = end - input.windows.window
      var columns = SampleColumns()
      var isTooMuch = false
      let room = options.maximumSamples - budget.held
      try worker.withSamples(of: input.series, row) { times, values in
        for index in times.indices where times[index] > start && times[index] <= end {
          if StaleMarker.isStale(values[index]) { continue }
          if columns.count >= room {
            isTooMuch = true
            break
          }
          columns.timestamps.append(times[index])
          columns.values.append(values[index])
        }
      }
      if isTooMuch { throw .tooManySamples }
      let histograms = histograms(in: input, row, after: start, through: end)
      try budget.hold(columns.count + histograms.count)
      if columns.count == 0, histograms.isEmpty { continue }
      result.append(
        ResultSeries(
          labels: input.dropsName ? labels[row].withoutName : labels[row], samples: columns, histograms: histograms))
    }
    result.sort { LabelSet.precedes($0.labels, $1.labels) }
    return result
  }
}
