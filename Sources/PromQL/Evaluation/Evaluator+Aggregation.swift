import FleetModel

extension Evaluator {
  func aggregate(_ node: Aggregation, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    switch node.operator {
    case .sum: return try fold(node, grid) { SumFold($0) }
    case .avg: return try fold(node, grid) { MeanFold($0) }
    case .min: return try fold(node, grid) { ExtremeFold($0, isMaximum: false) }
    case .max: return try fold(node, grid) { ExtremeFold($0, isMaximum: true) }
    case .count: return try fold(node, grid) { CountFold($0) }
    case .group: return try fold(node, grid) { GroupFold($0) }
    case .stddev: return try fold(node, grid) { VarianceFold($0, isDeviation: true) }
    case .stdvar: return try fold(node, grid) { VarianceFold($0, isDeviation: false) }
    case .topk: return try select(node, grid, isTop: true)
    case .bottomk: return try select(node, grid, isTop: false)
    case .limitk: return try limit(node, grid)
    case .quantile: return try quantile(node, grid)
    case .countValues: return try countValues(node, grid)
    case .limitRatio: return try limitRatio(node, grid)
    }
  }

  /// Which group each row belongs to.
  struct Groups {
    var grouper: LabelGrouper
    /// By row.
    var numbers: [Int]

    init(_ labels: RowLabels, dropsName: Bool, _ node: Aggregation) {
      grouper = LabelGrouper(node.grouping, keeping: !node.isWithout)
      numbers = []
      numbers.reserveCapacity(labels.count)
      switch labels {
      case .series(.decoded(let series)):
        for one in series { numbers.append(grouper.group(of: one.labels, dropsName: dropsName)) }
      case .series(.encoded(let series)):
        for one in series.labels { numbers.append(grouper.group(of: one, dropsName: dropsName)) }
      case .list(let list): for one in list { numbers.append(grouper.group(of: one, dropsName: dropsName)) }
      }
    }

    func matrix(steps: Int, node: Aggregation) -> SeriesMatrix {
      let keepsNames = !node.isWithout && node.grouping.contains(LabelSet.metricName)
      return SeriesMatrix(
        labels: (0..<grouper.count).map(grouper.labels), steps: steps, dropsName: false,
        isDistinctWithoutName: !keepsNames)
    }

    /// The rows of each group, in order.
    var members: [[Int]] {
      var members = [[Int]](repeating: [], count: grouper.count)
      for (row, group) in numbers.enumerated() { members[group].append(row) }
      return members
    }
  }

  /// Aggregates row by row: no more than one row of the input is held where it is made row by row.
  private func fold<Fold: RowFold>(
    _ node: Aggregation, _ grid: StepGrid, _ make: (_ points: Int) -> Fold
  ) throws(QueryError) -> SeriesMatrix {
    let mixed = data.hasHistograms ? try vector(node.expression, grid) : nil
    let source: RowSource
    if let mixed { source = RowSource(mixed.withoutHistograms) } else { source = try rows(of: node.expression, grid) }
    let groups = Groups(source.labels, dropsName: source.dropsName, node)
    // The states of a group take up to three numbers a point.
    try budget.hold(groups.grouper.count * grid.count * 3)
    var result = groups.matrix(steps: grid.count, node: node)
    guard grid.count > 0, source.count > 0 else { return result }
    let steps = grid.count
    let fold = make(result.values.count)
    try forEachRow(of: source, steps: steps) { row, values in fold.add(values, steps, at: groups.numbers[row] * steps) }
    result.values.withUnsafeMutableBufferPointer { fold.finish(into: $0) }
    if let mixed, mixed.hasHistograms { try addHistograms(of: mixed, groups, node, to: &result) }
    return result
  }

  private func quantile(_ node: Aggregation, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    let quantiles = try parameter(node, grid)
    warnOfQuantiles(quantiles, at: node.parameter?.range ?? node.range)
    let input = try numbers(of: node, grid)
    let groups = Groups(.list(input.labels), dropsName: input.dropsName, node)
    var result = groups.matrix(steps: grid.count, node: node)
    var scratch: [Double] = []
    for (group, rows) in groups.members.enumerated() {
      for step in 0..<grid.count {
        try budget.checkpoint(rows.count)
        scratch.removeAll(keepingCapacity: true)
        for row in rows where !Point.isAbsent(input.value(row, step)) { scratch.append(input.value(row, step)) }
        if scratch.isEmpty { continue }
        result.values[group * grid.count + step] = Quantile.value(quantiles[step], of: &scratch)
      }
    }
    return result
  }

  func parameter(_ node: Aggregation, _ grid: StepGrid) throws(QueryError) -> [Double] {
    guard let parameter = node.parameter else { throw .execution("BUG: an aggregation without its parameter") }
    return try scalar(parameter, grid)
  }

  private func countValues(_ node: Aggregation, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    guard let parameter = node.parameter else { throw .execution("BUG: count_values without a label") }
    let label = try string(parameter)
    guard label.isValid, !label.bytes.isEmpty else {
      throw .execution("invalid label name \(GoText.quoted(label.bytes))")
    }
    let input = try vector(node.expression, grid)
    let groups = Groups(.list(input.labels), dropsName: input.dropsName, node)
    // `without` takes even the label that was just set.
    let showsValue = !(node.isWithout && node.grouping.contains(label.text))
    var rows: [LabelSet: Int] = [:]
    var known: [CountedValue: Int] = [:]
    var result = SeriesMatrix.empty(steps: grid.count)
    result.isDistinctWithoutName = false
    for row in 0..<input.count {
      try budget.checkpoint(grid.count)
      for step in 0..<grid.count {
        let value = input.value(row, step)
        if Point.isAbsent(value) { continue }
        let histogram = input.histogram(row, step)
        let key = CountedValue(
          group: groups.numbers[row], bits: value.isNaN ? Double.nan.bitPattern : value.bitPattern,
          histogram: histogram?.text)
        let target: Int
        if let row = known[key] {
          target = row
        } else {
          let group = groups.grouper.labels(of: key.group)
          let labels = showsValue ? group.setting(label.text, to: histogram?.text ?? GoText.decimal(value)) : group
          target = rows[labels] ?? result.count
          if target == result.count {
            rows[labels] = target
            result.labels.append(labels)
            result.values.append(contentsOf: repeatElement(Point.absent, count: grid.count))
            try budget.hold(grid.count)
          }
          known[key] = target
        }
        let index = target * grid.count + step
        result.values[index] = Point.isAbsent(result.values[index]) ? 1 : result.values[index] + 1
      }
    }
    return result
  }

  private struct CountedValue: Hashable {
    var group: Int
    var bits: UInt64
    var histogram: String?
  }
}
