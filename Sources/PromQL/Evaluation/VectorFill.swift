import FleetModel

/// `fill`, `fill_left` and `fill_right`: a number stands for the sample that one side lacks.
extension VectorMatcher {
  func combineFilling(
    _ many: SeriesMatrix, _ one: SeriesMatrix, _ budget: inout QueryBudget, _ annotations: inout Annotations
  ) throws(QueryError) -> SeriesMatrix {
    var plain = node
    plain.matching?.leftFill = nil
    plain.matching?.rightFill = nil
    let matched = try VectorMatcher(plain, plain.matching ?? VectorMatching(), steps: steps)
      .combine(isSwapped ? one : many, isSwapped ? many : one, &budget, &annotations)
    try budget.checkpoint(many.values.count + one.values.count)
    var grouper = LabelGrouper(matching.labels, keeping: matching.isOn)
    let manyGroups = many.labels.map { grouper.group(of: $0, dropsName: many.dropsName) }
    let oneGroups = one.labels.map { grouper.group(of: $0, dropsName: one.dropsName) }
    // Whether there is a sample takes an eighth of what one does, for each group, step and side.
    try budget.hold(grouper.count * steps / 4)
    let hasMany = presence(many, manyGroups, grouper.count)
    let hasOne = presence(one, oneGroups, grouper.count)
    var filled = SeriesMatrix.empty(steps: steps)
    filled.isDistinctWithoutName = false
    // With `group_right` Prometheus swaps the sides, but not what fills them.
    let oneFill = matching.rightFill
    let manyFill = matching.leftFill
    for (row, group) in manyGroups.enumerated() where oneFill != nil {
      try budget.checkpoint(steps)
      let labels = resultLabels(many.labels[row], many.dropsName, grouper.labels(of: group), false)
      try fill(&filled, labels, &budget, &annotations) { step in
        guard !hasOne[group * steps + step], let sample = many.sample(row, step) else { return nil }
        return (sample, .number(oneFill ?? .nan))
      }
    }
    for (row, group) in oneGroups.enumerated() where manyFill != nil {
      try budget.checkpoint(steps)
      let labels = resultLabels(grouper.labels(of: group), false, one.labels[row], one.dropsName)
      try fill(&filled, labels, &budget, &annotations) { step in
        guard !hasMany[group * steps + step], let sample = one.sample(row, step) else { return nil }
        return (.number(manyFill ?? .nan), sample)
      }
    }
    return filled.count == 0 ? matched : try matched.appending(filled).mergingEqualRows()
  }

  /// Whether some row of each group has a sample at each step.
  private func presence(_ matrix: SeriesMatrix, _ groups: [Int], _ count: Int) -> [Bool] {
    var present = [Bool](repeating: false, count: count * steps)
    for (row, group) in groups.enumerated() {
      for step in 0..<steps where !Point.isAbsent(matrix.value(row, step)) { present[group * steps + step] = true }
    }
    return present
  }

  /// Appends a row with what the samples of the two sides give, at the steps that have them; none where there are none.
  private func fill(
    _ result: inout SeriesMatrix, _ labels: LabelSet, _ budget: inout QueryBudget, _ annotations: inout Annotations,
    _ samples: (_ step: Int) -> (many: MixedSample, one: MixedSample)?
  ) throws(QueryError) {
    let arithmetic = HistogramArithmetic(node)
    var row: Int?
    for step in 0..<steps {
      guard let (many, one) = samples(step) else { continue }
      let (left, right) = isSwapped ? (one, many) : (many, one)
      guard let sample = node.sample(of: arithmetic.outcome(left, right, &annotations), keeping: left) else { continue }
      if row == nil { try budget.hold(steps) }
      let target = row ?? result.addRow(labels)
      row = target
      try budget.hold(sample)
      result.set(sample, target, step)
    }
  }
}
