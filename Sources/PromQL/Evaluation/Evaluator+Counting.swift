import FleetModel

/// How many samples a query looks at, at each step: a selector at one, a range vector at all in its window. Counted as Prometheus
/// does (`util/stats/query_stats.go`), apart from the evaluation, which keeps no such accounts.
extension Evaluator {
  func counted(_ expression: Expression, _ outcome: QueryOutcome) throws(QueryError) -> QueryOutcome {
    guard options.countsSamples else { return outcome }
    let counts = try samplesByStep(expression, outer)
    var outcome = outcome
    outcome.statistics.samplesByStep = counts.indices.map {
      QueryStatistics.Step(time: Timestamp(milliseconds: outer.time($0)), samples: counts[$0])
    }
    return outcome
  }

  private func samplesByStep(_ expression: Expression, _ grid: StepGrid) throws(QueryError) -> [Int] {
    try budget.checkpoint()
    if grid.count > 1, isFixed(expression) {
      // Evaluated once, and counted at each step nevertheless.
      return [Int](repeating: try samplesByStep(expression, grid.first).first ?? 0, count: grid.count)
    }
    var counts = [Int](repeating: 0, count: grid.count)
    switch expression {
    case .number, .string: break
    case .vector:
      let matrix = try vector(expression, grid)
      for row in 0..<matrix.count {
        for step in 0..<grid.count where !Point.isAbsent(matrix.value(row, step)) { counts[step] += 1 }
      }
    case .matrix: try countWindows(expression, grid, into: &counts)
    case .subquery(let node):
      guard grid.count > 0 else { break }
      let inner = node.grid(for: node.shift.times(of: grid, in: outer), defaultStep: options.defaultSubqueryStep)
      let within = try samplesByStep(node.expression, inner).reduce(0, +)
      try countWindows(expression, grid, into: &counts)
      counts[grid.count - 1] += within
    default:
      for child in expression.children {
        for (step, count) in try samplesByStep(child, grid).enumerated() { counts[step] += count }
      }
    }
    return counts
  }

  private func countWindows(_ expression: Expression, _ grid: StepGrid, into counts: inout [Int]) throws(QueryError) {
    let input = try rangeInput(expression, grid)
    for row in 0..<input.series.count {
      try budget.checkpoint(grid.count)
      try worker.withSamples(of: input.series, row) { times, values in
        // How many of the samples before each index are no staleness markers.
        var present = [0]
        present.reserveCapacity(values.count + 1)
        for value in values { present.append((present.last ?? 0) + (StaleMarker.isStale(value) ? 0 : 1)) }
        for step in counts.indices {
          let end = input.windows.end(step)
          let lower = Self.firstIndex(in: times, after: end - input.windows.window)
          let upper = Self.firstIndex(in: times, after: end)
          counts[step] += present[upper] - present[lower]
        }
      }
    }
  }
}
