import FleetModel

/// Evaluates one query on series that were fetched before. Each expression is evaluated once, for all steps together.
final class Evaluator {
  enum Value {
    /// One number for each step.
    case scalar([Double])
    case string(StringLiteral)
    case vector(SeriesMatrix)

    var points: Int {
      switch self {
      case .scalar(let values): values.count
      case .string: 0
      case .vector(let matrix): matrix.values.count
      }
    }
  }

  let options: EngineOptions
  /// The grid of the whole query: subqueries have grids of their own.
  let outer: StepGrid
  let isRange: Bool
  let data: SelectedData
  var budget: QueryBudget
  var annotations = Annotations()
  var statistics: QueryStatistics
  /// What is evaluated needs no buckets of histograms.
  var readsCountsAlone = false
  let worker: RowWorker
  /// One for each thread that makes rows beside this one.
  var workers: [RowWorker] = []

  init(
    options: EngineOptions, outer: StepGrid, isRange: Bool, data: SelectedData, budget: QueryBudget,
    statistics: QueryStatistics
  ) {
    self.options = options
    self.outer = outer
    self.isRange = isRange
    self.data = data
    self.budget = budget
    self.statistics = statistics
    worker = RowWorker(budget.watch)
  }

  func evaluate(_ expression: Expression, _ grid: StepGrid) throws(QueryError) -> Value {
    try budget.checkpoint()
    // Before anything is allocated for all steps: a subquery may have more of them than the whole query.
    if grid.count > options.maximumSamples { throw .tooManySamples }
    let before = budget.held
    let value = try options.typeAndUnitLabels ? evaluateWithTypes(expression, grid) : evaluateHere(expression, grid)
    budget.settle(at: before)
    try budget.hold(value.points)
    return value
  }

  // Each of these calls itself over the others. What the stack must hold for a level is kept small: a level's locals stand in
  // functions that return before the next level begins.

  private func evaluateWithTypes(_ expression: Expression, _ grid: StepGrid) throws(QueryError) -> Value {
    try droppingTypeAndUnit(try evaluateHere(expression, grid), of: expression)
  }

  private func evaluateOnce(_ expression: Expression, _ grid: StepGrid) throws(QueryError) -> Value {
    try repeated(try evaluateHere(expression, grid.first), grid.count)
  }

  private func evaluateHere(_ expression: Expression, _ grid: StepGrid) throws(QueryError) -> Value {
    if grid.count > 1, isFixed(expression) { return try evaluateOnce(expression, grid) }
    switch expression {
    case .number(let node): return .scalar([Double](repeating: node.value, count: grid.count))
    case .string(let node): return .string(node)
    case .parentheses(let node): return try evaluate(node.expression, grid)
    case .vector(let node): return .vector(try instant(node, grid))
    case .unary(let node):
      return try node.isNegation ? negated(try evaluate(node.expression, grid)) : evaluate(node.expression, grid)
    case .binary(let node): return try binary(node, grid)
    case .aggregation(let node): return .vector(try aggregate(node, grid))
    case .call(let node): return try call(node, grid)
    case .matrix, .subquery: throw .execution("BUG: a range vector where none may stand")
    }
  }

  private func instant(_ node: VectorSelector, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    if node.extending != nil { return try extendedInstant(node, grid) }
    if data.hasHistograms { return try mixedInstant(node, grid) }
    return try matrix(of: instantRows(node, grid), grid)
  }

  private func negated(_ value: Value) throws(QueryError) -> Value {
    switch value {
    case .scalar(let values):
      try budget.checkpoint(values.count)
      return .scalar(values.map { -$0 })
    case .vector(let matrix): return .vector(try matrix.negated(&budget).droppingName())
    case .string: return value
    }
  }

  func vector(_ expression: Expression, _ grid: StepGrid) throws(QueryError) -> SeriesMatrix {
    switch try evaluate(expression, grid) {
    case .vector(let matrix): return matrix
    case .scalar(let values): return SeriesMatrix(unlabelled: values)
    case .string: throw .execution("BUG: a string where a vector was expected")
    }
  }

  func scalar(_ expression: Expression, _ grid: StepGrid) throws(QueryError) -> [Double] {
    guard case .scalar(let values) = try evaluate(expression, grid) else {
      throw .execution("BUG: no scalar where one was expected")
    }
    return values
  }

  func string(_ expression: Expression) throws(QueryError) -> StringLiteral {
    guard case .string(let literal) = expression.unwrapped else {
      throw .execution("BUG: no string where one was expected")
    }
    return literal
  }

  /// Whether the expression selects series and has the same value at all steps: everything in it stands at an `@`.
  func isFixed(_ expression: Expression) -> Bool {
    switch expression {
    case .number, .string: false
    case .vector(let node): node.shift.anchor != nil
    case .matrix(let node): node.selector.shift.anchor != nil
    case .subquery(let node): node.shift.anchor != nil
    case .parentheses(let node): isFixed(node.expression)
    case .unary(let node): isFixed(node.expression)
    case .binary(let node): isFixedOrNumber(node.left) && isFixedOrNumber(node.right) && !isNumber(expression)
    case .aggregation(let node): isFixed(node.expression) && (node.parameter.map(isFixedOrNumber) ?? true)
    case .call(let node):
      !Self.readsTime.contains(node.function.name) && node.arguments.contains(where: isFixed)
        && node.arguments.allSatisfy(isFixedOrNumber)
    }
  }

  private func isFixedOrNumber(_ expression: Expression) -> Bool { isNumber(expression) || isFixed(expression) }

  private func isNumber(_ expression: Expression) -> Bool {
    switch expression {
    case .number, .string: true
    case .parentheses(let node): isNumber(node.expression)
    case .unary(let node): isNumber(node.expression)
    case .binary(let node): isNumber(node.left) && isNumber(node.right)
    default: false
    }
  }

  /// Functions whose result depends on the time of the step beside their arguments.
  private static let readsTime: Set = ["time", "timestamp", "predict_linear", "start", "end", "range", "step"]

  private func repeated(_ value: Value, _ count: Int) throws(QueryError) -> Value {
    try budget.hold(value.points * count)
    switch value {
    case .string: return value
    case .scalar(let values): return .scalar([Double](repeating: values.first ?? .nan, count: count))
    case .vector(let one):
      var matrix = SeriesMatrix(
        labels: one.labels, steps: count, dropsName: one.dropsName, isDistinctWithoutName: one.isDistinctWithoutName)
      for row in 0..<one.count where !Point.isAbsent(one.values[row]) {
        for step in 0..<count { matrix.values[row * count + step] = one.values[row] }
      }
      one.forEachHistogram { histogram, row, _ in
        for step in 0..<count { matrix.set(histogram, row, step) }
      }
      return .vector(matrix)
    }
  }
}
