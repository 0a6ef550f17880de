import FleetModel

/// `topk`, `bottomk` and `limitk`: some series of each group, with all their labels.
extension Evaluator {
  func select(_ node: Aggregation, _ grid: StepGrid, isTop: Bool) throws(QueryError) -> SeriesMatrix {
    let limits = try counts(node, grid)
    let input = try numbers(of: node, grid)
    let groups = Groups(.list(input.labels), dropsName: input.dropsName, node)
    var result = SeriesMatrix(
      labels: input.labels, steps: grid.count, dropsName: input.dropsName,
      isDistinctWithoutName: input.isDistinctWithoutName)
    var order: [Int] = []
    // Whether `a` is to be taken before `b`; what is not a number comes last.
    func isBetter(_ a: Double, _ b: Double) -> Bool { b.isNaN ? !a.isNaN : isTop ? a > b : a < b }
    for rows in groups.members {
      for step in 0..<grid.count where limits[step] > 0 {
        try budget.checkpoint(rows.count)
        let chosen = best(limits[step], of: rows, input, step, isBetter)
        for row in chosen { result.values[row * grid.count + step] = input.value(row, step) }
        if grid.count == 1 { order += chosen }
      }
    }
    return isRange || grid.count != 1 ? result.filteringRows(result.hasSample) : result.picking(order)
  }

  /// The best rows at a step, best first.
  private func best(
    _ limit: Int, of rows: [Int], _ input: SeriesMatrix, _ step: Int, _ isBetter: (Double, Double) -> Bool
  ) -> [Int] {
    if limit > 100 {
      let present = rows.filter { !Point.isAbsent(input.value($0, step)) }
      let order = present.sorted { a, b in
        let x = input.value(a, step)
        let y = input.value(b, step)
        return isBetter(x, y) || !isBetter(y, x) && a < b
      }
      return Array(order.prefix(limit))
    }
    var chosen: [(row: Int, value: Double)] = []
    chosen.reserveCapacity(min(limit, rows.count) + 1)
    for row in rows {
      let value = input.value(row, step)
      if Point.isAbsent(value) { continue }
      if chosen.count == limit, let worst = chosen.last, !isBetter(value, worst.value) { continue }
      // The place after all that are at least as good.
      var low = 0
      var high = chosen.count
      while low < high {
        let middle = (low + high) / 2
        if isBetter(value, chosen[middle].value) { high = middle } else { low = middle + 1 }
      }
      chosen.insert((row, value), at: low)
      if chosen.count > limit { chosen.removeLast() }
    }
    return chosen.map(\.row)
  }

  func limit(_ node: Aggregation, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let limits = try counts(node, grid)
    let input = try vector(node.expression, grid)
    var result = input
    let members = Groups(.list(input.labels), dropsName: input.dropsName, node).members
    for rows in members {
      for step in 0..<grid.count {
        var left = max(0, limits[step])
        for row in rows where !Point.isAbsent(input.value(row, step)) {
          if left == 0 { result.values[row * grid.count + step] = Point.absent } else { left -= 1 }
        }
      }
    }
    return result.filteringRows(result.hasSample)
  }

  /// A share of the series, chosen by a hash of their labels: the same at each step, and for a share below zero just those
  /// that the share above zero leaves.
  func limitRatio(_ node: Aggregation, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    var ratios: [Double] = []
    for ratio in try parameter(node, grid) {
      if ratio.isNaN { throw .execution("Ratio value is NaN") }
      let capped = min(max(ratio, -1), 1)
      if capped != ratio {
        annotations.add(
          .warning,
          "ratio value should be between -1 and 1, got \(GoText.general(ratio)), capping to \(GoText.general(capped))",
          at: node.parameter?.range ?? node.range)
      }
      ratios.append(capped)
    }
    var result = try vector(node.expression, grid)
    for row in 0..<result.count {
      let place = Double(LabelGrouper.hash(result.shownLabels(row).encoded)) / 0x1p64
      for step in 0..<grid.count {
        let ratio = ratios[step]
        let isTaken = ratio >= 0 ? place < ratio : place >= 1 + ratio
        if !isTaken { result.values[row * grid.count + step] = Point.absent }
      }
    }
    return result.filteringRows(result.hasSample)
  }

  /// How many series to take at each step.
  private func counts(_ node: Aggregation, _ grid: StepGrid) throws(QueryError) -> [Int] {
    var counts: [Int] = []
    for value in try parameter(node, grid) {
      if value.isNaN { throw .execution("Parameter value is NaN") }
      if value <= -9.2e18 { throw .execution("Scalar value \(GoText.general(value)) underflows int64") }
      if value >= 9.2e18 { throw .execution("Scalar value \(GoText.general(value)) overflows int64") }
      counts.append(Int(value))
    }
    return counts
  }
}
