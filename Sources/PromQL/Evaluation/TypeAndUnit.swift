import FleetModel

/// The labels `__type__` and `__unit__` (Prometheus' feature `type-and-unit-labels`): what makes a metric's name wrong makes them
/// wrong too.
extension Evaluator {

  /// The value of an expression without the type and unit of series whose name it took away.
  func droppingTypeAndUnit(_ value: Value, of expression: Expression) throws(QueryError) -> Value {
    guard case .vector(let matrix) = value, Self.makesNewSamples(expression) else { return value }
    var result = matrix.withShownLabels
    var hasChanged = false
    for row in 0..<result.count where result.labels[row].metricName.isEmpty {
      let labels = result.labels[row].removing("__type__", "__unit__")
      if labels != result.labels[row] { hasChanged = true }
      result.labels[row] = labels
    }
    return .vector(hasChanged ? try result.mergingEqualRows() : matrix)
  }

  /// Whether the samples are other ones than those of the operands, with labels that were not asked for by name.
  private static func makesNewSamples(_ expression: Expression) -> Bool {
    switch expression {
    case .unary: true
    case .binary(let node): !node.keepsSamples && !node.operator.isSetOperator
    case .call(let node): node.function.name != "label_replace" && node.function.name != "label_join"
    default: false
    }
  }
}
