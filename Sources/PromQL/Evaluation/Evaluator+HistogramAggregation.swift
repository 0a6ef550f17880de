import FleetModel

extension Evaluator {
  /// The input of an aggregation that passes over histograms, with a remark if there are any.
  func numbers(of node: Aggregation, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let input = try vector(node.expression, grid)
    if input.histograms == nil { return input }
    if input.hasHistograms { annotations.ignoredHistogram(in: node.operator, at: node.expression.range) }
    return input.withoutHistograms
  }

  /// Adds what an aggregation makes of histograms to what it made of the numbers beside them.
  func addHistograms(
    of input: SeriesMatrix, _ groups: Groups, _ node: Aggregation, to result: inout SeriesMatrix
  ) throws(QueryError) {
    switch node.operator {
    case .sum, .avg: try gather(input, groups, node, into: &result)
    case .count, .group:
      let steps = input.steps
      input.forEachHistogram { _, row, step in
        let index = groups.numbers[row] * steps + step
        let known = Point.isAbsent(result.values[index]) ? 0 : result.values[index]
        result.values[index] = node.operator == .group ? 1 : known + 1
      }
    default: annotations.ignoredHistogram(in: node.operator, at: node.expression.range)
    }
  }

  private func gather(
    _ input: SeriesMatrix, _ groups: Groups, _ node: Aggregation, into result: inout SeriesMatrix
  ) throws(QueryError) {
    let range = node.expression.range
    for (group, rows) in groups.members.enumerated() {
      for step in 0..<input.steps {
        try budget.checkpoint(rows.count)
        var gathering = HistogramGathering(isMean: node.operator == .avg)
        var hasAny = false
        for row in rows {
          guard let histogram = input.histogram(row, step) else { continue }
          hasAny = true
          if !gathering.add(histogram) { annotations.mixedSchemas(input.shownLabels(row).metricName, at: range) }
        }
        guard hasAny else { continue }
        if gathering.hadCollidingResets { annotations.collidingResets(in: .aggregation, at: range) }
        if gathering.hadDifferentBounds { annotations.reconciledBounds(in: .aggregation, at: range) }
        if !Point.isAbsent(result.value(group, step)) {
          annotations.mixedFloatsAndHistogramsInAggregation(at: range)
          result.set(Point.absent, group, step)
        } else if let value = gathering.value {
          try budget.hold(value.points)
          result.set(value, group, step)
        }
      }
    }
  }
}
