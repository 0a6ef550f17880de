import FleetModel

extension Evaluator {
  /// The rows of a function over a range vector; `nil` if the call is none of those.
  func windowRows(_ call: FunctionCall, _ grid: StepGrid) throws(QueryError) -> RowSource? {
    let name = call.function.name
    guard name != "absent_over_time", let position = call.function.arguments.firstIndex(of: .matrix) else { return nil }
    return try windowRows(call, grid, try rangeInput(call.arguments[position], grid))
  }

  /// - Parameter input: the call's range vector.
  func windowRows(_ call: FunctionCall, _ grid: StepGrid, _ input: RangeInput) throws(QueryError) -> RowSource {
    let name = call.function.name
    func parameter(_ index: Int) throws(QueryError) -> [Double] { try scalar(call.arguments[index], grid) }
    switch name {
    case "rate": return counted(ExtrapolatedRate(isCounter: true, isPerSecond: true), input, call)
    case "increase": return counted(ExtrapolatedRate(isCounter: true, isPerSecond: false), input, call)
    case "delta": return rows(ExtrapolatedRate(isCounter: false, isPerSecond: false), input)
    case "irate": return rows(LastDifference(isRate: true), input)
    case "idelta": return rows(LastDifference(isRate: false), input)
    case "changes": return rows(ChangeCount(isResets: false), input)
    case "resets": return rows(ChangeCount(isResets: true), input)
    case "deriv": return rows(Regression(ahead: nil), input)
    case "predict_linear": return rows(Regression(ahead: try parameter(1)), input)
    case "sum_over_time": return rows(SumOverTime(), input)
    case "avg_over_time": return rows(MeanOverTime(), input)
    case "min_over_time": return rows(ExtremeOverTime(isMaximum: false), input)
    case "max_over_time": return rows(ExtremeOverTime(isMaximum: true), input)
    case "count_over_time": return rows(CountOverTime(), input)
    case "present_over_time": return rows(PresentOverTime(), input)
    case "last_over_time": return rows(EndOverTime(isLast: true, givesTime: false), input, keepsName: true)
    case "first_over_time": return rows(EndOverTime(isLast: false, givesTime: false), input, keepsName: true)
    case "ts_of_last_over_time": return rows(EndOverTime(isLast: true, givesTime: true), input)
    case "ts_of_first_over_time": return rows(EndOverTime(isLast: false, givesTime: true), input)
    case "ts_of_max_over_time": return rows(ExtremeTime(isMaximum: true), input)
    case "ts_of_min_over_time": return rows(ExtremeTime(isMaximum: false), input)
    case "stddev_over_time": return rows(VarianceOverTime(isDeviation: true), input)
    case "stdvar_over_time": return rows(VarianceOverTime(isDeviation: false), input)
    case "mad_over_time": return rows(MedianDeviation(), input)
    case "quantile_over_time":
      let quantiles = try parameter(0)
      if input.series.count > 0 { warnOfQuantiles(quantiles, at: call.arguments[0].range) }
      return rows(QuantileOverTime(quantiles: quantiles), input)
    case "double_exponential_smoothing":
      let smoothing = try factor("smoothing", try parameter(1))
      return rows(DoubleSmoothing(smoothing: smoothing, trend: try factor("trend", try parameter(2))), input)
    default: throw .execution("BUG: no function \(name)")
    }
  }

  func warnOfQuantiles(_ quantiles: [Double], at range: SourceRange) {
    for quantile in quantiles where !Quantile.isValid(quantile) { annotations.invalidQuantile(quantile, at: range) }
  }

  private func factor(_ name: String, _ values: [Double]) throws(QueryError) -> [Double] {
    for value in values where !(value > 0 && value < 1) {
      let letter = name.prefix(1)
      throw .execution(
        "invalid \(name) factor. Expected: 0 < \(letter)f < 1, got: \(GoText.decimal(value))")
    }
    return values
  }

  private func rows(
    _ function: some WindowFunction, _ input: RangeInput, keepsName: Bool = false
  ) -> RowSource {
    let series = input.series
    let windows = input.windows
    return RowSource(
      labels: .series(series), dropsName: input.dropsName || !keepsName,
      isDistinctWithoutName: input.isDistinctWithoutName
    ) { (row: Int, target: UnsafeMutablePointer<Double>, worker: RowWorker) throws(QueryError) in
      try worker.checkpoint(windows.grid.count)
      try worker.withSamples(of: series, row) { times, values in
        windows.sweep(function, times, values, into: target, worker)
      }
      try worker.throwIfStopped()
    }
  }

  /// As ``rows(_:_:keepsName:)``, with a remark on metrics whose name is no counter's.
  private func counted(_ function: some WindowFunction, _ input: RangeInput, _ call: FunctionCall) -> RowSource {
    var source = rows(function, input)
    if let name = input.metricName, Self.isCounterName(name) { return source }
    let write = source.write
    let isSubquery = input.dropsName
    let range = call.arguments[0].range
    let labels = RowLabels.series(input.series).all
    let steps = input.windows.grid.count
    source.write = { (row: Int, target: UnsafeMutablePointer<Double>, worker: RowWorker) throws(QueryError) in
      try write(row, target, worker)
      if isSubquery { return }
      let name = labels[row].metricName
      if name.isEmpty || Self.isCounterName(name) { return }
      for step in 0..<steps where !Point.isAbsent(target[step]) {
        worker.annotations.possiblyNoCounter(name, at: range)
        return
      }
    }
    return source
  }

  private static func isCounterName(_ name: String) -> Bool {
    name.hasSuffix("_total") || name.hasSuffix("_sum") || name.hasSuffix("_count") || name.hasSuffix("_bucket")
  }
}
