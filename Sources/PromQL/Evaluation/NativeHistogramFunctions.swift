import FleetModel

/// The functions that read native histograms; they pass over numbers.
extension Evaluator {
  /// `histogram_count`, `histogram_sum` and the like.
  func histogramNumber(_ node: FunctionCall, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let name = node.function.name
    let readsBuckets = name == "histogram_stddev" || name == "histogram_stdvar"
    let input = try reading(countsAlone: !readsBuckets) { () throws(QueryError) in try vector(node.arguments[0], grid) }
    if input.histograms == nil { return .empty(steps: grid.count) }
    let number: (NativeHistogram) -> Double =
      switch name {
      case "histogram_count": \.count
      case "histogram_sum": \.sum
      case "histogram_avg": \.mean
      case "histogram_stdvar": \.variance
      default: { $0.variance.squareRoot() }
      }
    let result = input.mappedHistograms { histogram, _, _ in number(histogram) }
    return try result.filteringRows(result.hasSample).droppingName()
  }

  /// Adds the quantiles or shares of native histograms to those of classic ones. Where both have the same labels at a step, there is
  /// neither.
  ///
  /// - Parameter classic: the result for the classic histograms, a row for each.
  func adding(
    _ native: SeriesMatrix, to classic: SeriesMatrix, at range: SourceRange
  ) throws(QueryError) -> SeriesMatrix {
    if native.count == 0 { return try classic.mergingEqualRows() }
    var classic = classic
    var native = native
    var rows: [LabelSet: [Int]] = [:]
    for (row, labels) in classic.withShownLabels.labels.enumerated() { rows[labels, default: []].append(row) }
    for row in 0..<native.count {
      let name = native.labels[row].metricName
      for other in rows[native.labels[row].withoutName] ?? [] {
        for step in 0..<native.steps {
          if Point.isAbsent(native.value(row, step)) || Point.isAbsent(classic.value(other, step)) { continue }
          annotations.mixedClassicAndNativeHistograms(name, at: range)
          native.set(Point.absent, row, step)
          classic.set(Point.absent, other, step)
        }
      }
    }
    native.dropsName = true
    return try native.appending(classic).mergingEqualRows()
  }
}
