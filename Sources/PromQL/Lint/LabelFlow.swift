import FleetModel

/// Which labels the series of an expression have, as far as the catalogue tells.
struct LabelFlow {
  let catalogue: MetricCatalogue

  /// `nil` where it is not known.
  func labels(of expression: Expression) -> Set<String>? {
    switch expression {
    case .number, .string: return []
    case .vector(let node): return node.metricName.flatMap { catalogue.metrics[$0]?.labels }
    case .matrix(let node): return labels(of: .vector(node.selector))
    case .subquery(let node): return labels(of: node.expression)
    case .parentheses(let node): return labels(of: node.expression)
    case .unary(let node): return labels(of: node.expression)
    case .aggregation(let node): return labels(of: node)
    case .binary(let node): return labels(of: node)
    case .call(let node): return labels(of: node)
    }
  }

  private func labels(of node: Aggregation) -> Set<String>? {
    let inner = labels(of: node.expression)
    switch node.operator {
    case .topk, .bottomk, .limitk, .limitRatio: return inner
    default: break
    }
    if node.isWithout { return inner?.subtracting(node.grouping) }
    var kept = inner.map { $0.intersection(node.grouping) } ?? Set(node.grouping)
    if node.operator == .countValues, case .string(let label)? = node.parameter?.unwrapped { kept.insert(label.text) }
    return kept
  }

  private func labels(of node: BinaryOperation) -> Set<String>? {
    guard let matching = node.matching else { return labels(of: node.left.type == .vector ? node.left : node.right) }
    switch (node.operator, matching.cardinality) {
    case (.or, _):
      guard let left = labels(of: node.left), let right = labels(of: node.right) else { return nil }
      return left.union(right)
    case (_, .manyToMany): return labels(of: node.left)
    case (_, .oneToOne):
      return matching.isOn ? Set(matching.labels) : labels(of: node.left)?.subtracting(matching.labels)
    case (_, .manyToOne): return labels(of: node.left)?.union(matching.included)
    case (_, .oneToMany): return labels(of: node.right)?.union(matching.included)
    }
  }

  private func labels(of node: FunctionCall) -> Set<String>? {
    switch node.function.name {
    case "absent", "absent_over_time": return nil
    case "vector", "time", "pi", "scalar": return []
    case "histogram_quantile", "histogram_fraction":
      return node.arguments.last.flatMap(labels(of:))?.subtracting(["le"])
    case "label_replace", "label_join":
      guard case .string(let target)? = node.arguments.dropFirst().first?.unwrapped else { return nil }
      return labels(of: node.arguments[0])?.union([target.text])
    default:
      guard let argument = node.arguments.first(where: { $0.type == .vector || $0.type == .matrix }) else { return [] }
      return labels(of: argument)
    }
  }
}
