import FleetModel

/// Arithmetic and comparison of two vectors whose series are matched by labels. Which series may meet is found once for all
/// steps; each pair that meets has a row of its own.
struct VectorMatcher {
  let node: BinaryOperation
  let matching: VectorMatching
  let steps: Int
  /// The "one" side of a group modifier stands on the left.
  let isSwapped: Bool

  init(_ node: BinaryOperation, _ matching: VectorMatching, steps: Int) {
    self.node = node
    self.matching = matching
    self.steps = steps
    isSwapped = matching.cardinality == .oneToMany
  }

  func combine(
    _ left: SeriesMatrix, _ right: SeriesMatrix, _ budget: inout QueryBudget, _ annotations: inout Annotations
  ) throws(QueryError) -> SeriesMatrix {
    let many = isSwapped ? right : left
    let one = isSwapped ? left : right
    if steps > 0, matching.leftFill != nil || matching.rightFill != nil {
      return try combineFilling(many, one, &budget, &annotations)
    }
    guard many.count > 0, one.count > 0, steps > 0 else { return .empty(steps: steps) }
    var grouper = LabelGrouper(matching.labels, keeping: matching.isOn)
    let oneGroups = one.labels.map { grouper.group(of: $0, dropsName: one.dropsName) }
    let oneCount = grouper.count
    let manyGroups = many.labels.map { grouper.group(of: $0, dropsName: many.dropsName) }
    var oneRows = [[Int]](repeating: [], count: oneCount)
    for (row, group) in oneGroups.enumerated() { oneRows[group].append(row) }
    try checkOneSide(one, oneRows, grouper, many, &budget)
    // For each group and step how many series of the "many" side have met one; only looked at where that may be wrong.
    var met = matching.cardinality == .oneToOne ? [UInt8](repeating: 0, count: oneCount * steps) : []
    var result = SeriesMatrix.empty(steps: steps)
    result.isDistinctWithoutName = false
    result.values.reserveCapacity(many.values.count)
    var pairs: [(many: Int, one: Int)] = []
    pairs.reserveCapacity(many.count)
    for (row, group) in manyGroups.enumerated() where group < oneCount {
      for other in oneRows[group] {
        try budget.checkpoint(steps)
        guard try meet(many, row, one, other, at: group * steps, &met, &result.values) else { continue }
        try budget.hold(steps)
        pairs.append((row, other))
      }
    }
    label(&result, pairs, many, one)
    if left.histograms != nil || right.histograms != nil || node.operator.isTrim {
      for (row, pair) in pairs.enumerated() {
        try meetHistograms(many, pair.many, one, pair.one, row, &result, &budget, &annotations)
      }
    }
    if matching.cardinality == .oneToOne, !matching.labels.contains(LabelSet.metricName) {
      // What is left of the labels is what the groups are told apart by.
      var seen = [Bool](repeating: false, count: oneCount)
      result.isDistinctWithoutName = pairs.allSatisfy { pair in
        defer { seen[manyGroups[pair.many]] = true }
        return !seen[manyGroups[pair.many]]
      }
    }
    return result.isDistinctWithoutName ? result : try unique(result, pairs, many, one)
  }

  /// The labels of the samples that two series give.
  func resultLabels(_ many: LabelSet, _ manyDropsName: Bool, _ one: LabelSet, _ oneDropsName: Bool) -> LabelSet {
    var editor = LabelEditor(matching, node)
    return editor.edited(many, manyDropsName, one, oneDropsName)
  }

  /// Appends a row for two series; appends nothing and says so if they never have a sample at the same step.
  private func meet(
    _ many: SeriesMatrix, _ row: Int, _ one: SeriesMatrix, _ other: Int, at place: Int, _ met: inout [UInt8],
    _ values: inout [Double]
  ) throws(QueryError) -> Bool {
    let offset = values.count
    var isMany = false
    var hasAny = false
    values.append(contentsOf: repeatElement(Point.absent, count: steps))
    many.values.withUnsafeBufferPointer { manyValues in
      one.values.withUnsafeBufferPointer { oneValues in
        for step in 0..<steps {
          let a = manyValues[row * steps + step]
          let b = oneValues[other * steps + step]
          if Point.isAbsent(a) || Point.isAbsent(b) { continue }
          hasAny = true
          if !met.isEmpty {
            if met[place + step] > 0 { isMany = true }
            met[place + step] = 1
          }
          values[offset + step] = isSwapped ? value(b, a) : value(a, b)
        }
      }
    }
    if isMany {
      throw .execution("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
    }
    if !hasAny { values.removeLast(steps) }
    return hasAny
  }

  /// Puts what two series give where one has a histogram into a row of the result.
  private func meetHistograms(
    _ many: SeriesMatrix, _ row: Int, _ one: SeriesMatrix, _ other: Int, _ target: Int, _ result: inout SeriesMatrix,
    _ budget: inout QueryBudget, _ annotations: inout Annotations
  ) throws(QueryError) {
    let arithmetic = HistogramArithmetic(node)
    for step in 0..<steps
    where many.histogram(row, step) != nil || one.histogram(other, step) != nil || node.operator.isTrim {
      guard let a = many.sample(row, step), let b = one.sample(other, step) else { continue }
      let (left, right) = isSwapped ? (b, a) : (a, b)
      let outcome = arithmetic.outcome(left, right, &annotations)
      let sample = node.sample(of: outcome, keeping: left)
      try budget.hold(sample)
      result.set(sample, target, step)
    }
  }

  @inline(__always)
  private func value(_ left: Double, _ right: Double) -> Double {
    if node.operator.isComparison, !node.returnsBool {
      return Arithmetic.holds(node.operator, left, right) ? left : Point.absent
    }
    return Arithmetic.number(node.operator, left, right)
  }

  /// At no step at which the other side has a sample may two series of the "one" side have the same matching labels.
  private func checkOneSide(
    _ one: SeriesMatrix, _ rows: [[Int]], _ grouper: LabelGrouper, _ many: SeriesMatrix, _ budget: inout QueryBudget
  ) throws(QueryError) {
    var hasMany = [Bool](repeating: false, count: steps)
    if rows.contains(where: { $0.count > 1 }) {
      for row in 0..<many.count {
        for step in 0..<steps where !Point.isAbsent(many.value(row, step)) { hasMany[step] = true }
      }
    }
    for (group, rows) in rows.enumerated() where rows.count > 1 {
      try budget.checkpoint(rows.count * steps)
      for step in 0..<steps where hasMany[step] {
        let present = rows.filter { !Point.isAbsent(one.value($0, step)) }
        if present.count < 2 { continue }
        let pair = present.prefix(2).map(one.shownLabels).sorted { LabelSet.precedes($0, $1) }.map(\.flatDescription)
        throw .execution(
          "found duplicate series for the match group \(grouper.labels(of: group).flatDescription) on the "
            + "\(isSwapped ? "left" : "right") hand-side of the operation: [\(pair.joined(separator: ", "))]"
            + ";many-to-many matching not allowed: matching labels must be unique on one side")
      }
    }
  }

  /// Sets the labels of the result's rows.
  private func label(
    _ result: inout SeriesMatrix, _ pairs: [(many: Int, one: Int)], _ many: SeriesMatrix, _ one: SeriesMatrix
  ) {
    let dropsName = !node.keepsSamples
    if matching.cardinality != .oneToOne, matching.included.isEmpty {
      // The labels of the "many" side, one row for each of its series if nothing else meets it.
      result.labels = pairs.map { many.labels[$0.many] }
      result.dropsName = many.dropsName || dropsName
      let isOnce = zip(pairs, pairs.dropFirst()).allSatisfy { $0.many != $1.many }
      result.isDistinctWithoutName = isOnce && many.isDistinctWithoutName
      return
    }
    var editor = LabelEditor(matching, node)
    result.labels = pairs.map { pair in
      editor.edited(many.labels[pair.many], many.dropsName, one.labels[pair.one], one.dropsName)
    }
  }

  /// Rows of the same labels become one; where two have met at one step, the labels do not tell them apart.
  private func unique(
    _ result: SeriesMatrix, _ pairs: [(many: Int, one: Int)], _ many: SeriesMatrix, _ one: SeriesMatrix
  ) throws(QueryError) -> SeriesMatrix {
    var known = LabelSetNumbers(expecting: result.count)
    let numbers = result.withShownLabels.labels.map { known.number(of: $0) }
    if known.count == result.count { return result }
    var rows = [[Int]](repeating: [], count: known.count)
    for (index, number) in numbers.enumerated() { rows[number].append(index) }
    for same in rows where same.count > 1 {
      for step in 0..<steps {
        // Those that a comparison took away have met too.
        let met = same.filter { index in
          !Point.isAbsent(many.value(pairs[index].many, step)) && !Point.isAbsent(one.value(pairs[index].one, step))
        }
        if met.count < 2 { continue }
        throw .execution(
          matching.cardinality == .oneToOne
            ? "vector cannot contain metrics with the same labelset"
            : "multiple matches for labels: grouping labels must ensure unique matches")
      }
    }
    return try result.mergingEqualRows()
  }
}
