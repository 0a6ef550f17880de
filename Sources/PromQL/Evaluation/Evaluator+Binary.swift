import FleetModel
import Glibc

extension Evaluator {
  func binary(_ node: BinaryOperation, _ grid: StepGrid) throws(QueryError) -> Value {
    let left = try evaluate(node.left, grid)
    let right = try evaluate(node.right, grid)
    switch (left, right) {
    case (.scalar(let a), .scalar(let b)):
      return .scalar(zip(a, b).map { Arithmetic.number(node.operator, $0, $1) })
    case (.vector(let a), .scalar(let b)): return .vector(try combine(a, b, node, isSwapped: false))
    case (.scalar(let a), .vector(let b)): return .vector(try combine(b, a, node, isSwapped: true))
    case (.vector(let a), .vector(let b)):
      guard let matching = node.matching else { throw .execution("BUG: vectors without a matching") }
      if node.operator.isSetOperator { return .vector(try combineSets(a, b, node.operator, matching)) }
      return .vector(try VectorMatcher(node, matching, steps: grid.count).combine(a, b, &budget, &annotations))
    default: throw .execution("BUG: a string beside an operator")
    }
  }

  /// Each sample of a vector with the scalar of its step. `isSwapped`: the scalar stands on the left.
  func combine(
    _ vector: SeriesMatrix, _ scalars: [Double], _ node: BinaryOperation, isSwapped: Bool
  ) throws(QueryError) -> SeriesMatrix {
    let sign = node.operator
    try budget.checkpoint(vector.values.count)
    if vector.histograms != nil || sign.isTrim { return try combineMixed(vector, scalars, node, isSwapped: isSwapped) }
    if sign.isComparison, !node.returnsBool {
      return vector.mappedByStep { value, step in
        let holds =
          isSwapped
          ? Arithmetic.holds(sign, scalars[step], value) : Arithmetic.holds(sign, value, scalars[step])
        return holds ? value : Point.absent
      }
    }
    return try vector.mappedByStep { value, step in
      isSwapped ? Arithmetic.number(sign, scalars[step], value) : Arithmetic.number(sign, value, scalars[step])
    }.droppingName()
  }

  private func combineSets(
    _ left: SeriesMatrix, _ right: SeriesMatrix, _ sign: BinaryOperator, _ matching: VectorMatching
  ) throws(QueryError) -> SeriesMatrix {
    var grouper = LabelGrouper(matching.labels, keeping: matching.isOn)
    let leftGroups = left.labels.map { grouper.group(of: $0, dropsName: left.dropsName) }
    let rightGroups = right.labels.map { grouper.group(of: $0, dropsName: right.dropsName) }
    let steps = left.steps
    try budget.checkpoint(left.values.count + right.values.count)
    /// Whether some row of each group has a sample at each step.
    func presence(_ matrix: SeriesMatrix, _ groups: [Int]) -> [Bool] {
      var present = [Bool](repeating: false, count: grouper.count * steps)
      for row in 0..<matrix.count {
        for step in 0..<steps where !Point.isAbsent(matrix.value(row, step)) {
          present[groups[row] * steps + step] = true
        }
      }
      return present
    }
    /// The samples of those groups and steps whose presence is `wanted`.
    func keeping(_ matrix: SeriesMatrix, _ groups: [Int], _ present: [Bool], _ wanted: Bool) -> SeriesMatrix {
      var result = matrix
      for row in 0..<matrix.count {
        for step in 0..<steps where present[groups[row] * steps + step] != wanted {
          result.values[row * steps + step] = Point.absent
        }
      }
      return result.filteringRows(result.hasSample)
    }
    switch sign {
    case .and: return keeping(left, leftGroups, presence(right, rightGroups), true)
    case .unless: return keeping(left, leftGroups, presence(right, rightGroups), false)
    default:
      let rest = keeping(right, rightGroups, presence(left, leftGroups), false)
      if rest.count == 0 { return left }
      let kept = left.filteringRows(left.hasSample)
      return try kept.appending(rest).mergingEqualRows()
    }
  }
}

/// What the operators calculate.
enum Arithmetic {
  /// The number that an operator gives; of comparisons 1 or 0.
  @inline(__always)
  static func number(_ sign: BinaryOperator, _ a: Double, _ b: Double) -> Double {
    switch sign {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .modulo: fmod(a, b)
    case .power: pow(a, b)
    case .arcTangent: atan2(a, b)
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: holds(sign, a, b) ? 1 : 0
    case .and, .or, .unless: .nan
    case .trimUpper, .trimLower: Point.absent
    }
  }

  @inline(__always)
  static func holds(_ sign: BinaryOperator, _ a: Double, _ b: Double) -> Bool {
    switch sign {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    default: false
    }
  }
}
