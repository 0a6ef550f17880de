import DeployPlan
import FleetModel
import PromQL

/// Follows labels through a parsed expression; its depth is the parser's.
struct LabelFlowBuilder {
  private(set) var flow = LabelFlow()
  private var selectors = 0

  init(_ expression: Expression) { _ = add(expression) }

  private mutating func add(_ expression: Expression) -> Int {
    let offset = expression.range.start
    switch expression {
    case .number, .string: return flow.add(.unlabelled, at: offset)
    case .vector: return addSelector(at: offset)
    case .matrix: return addSelector(at: offset)
    case .subquery(let node): return add(node.expression)
    case .parentheses(let node): return add(node.expression)
    case .unary(let node): return add(node.expression)
    case .binary(let node): return add(node)
    case .aggregation(let node): return add(node)
    case .call(let node): return add(node)
    }
  }

  /// Selectors are counted in the order in which `Expression.selectors` has them: that of the text.
  private mutating func addSelector(at offset: Int) -> Int {
    defer { selectors += 1 }
    return flow.add(.series(selector: selectors), at: offset)
  }

  private mutating func add(_ node: BinaryOperation) -> Int {
    let left = add(node.left)
    let right = add(node.right)
    let offset = node.operatorRange.start
    guard let matching = node.matching else {
      return flow.add(.passed(node.left.type == .vector ? left : right), at: offset)
    }
    if matching.leftFill != nil || matching.rightFill != nil { return flow.add(.unknown, at: offset) }
    let bearer: LabelFlow.Matching.Bearer =
      switch matching.cardinality {
      case .oneToOne: .matched
      case .oneToMany: .right
      case .manyToOne, .manyToMany: .left
      }
    let rule = LabelFlow.Matching(
      labels: matching.labels, isOn: matching.isOn, included: matching.included, bearer: bearer)
    switch node.operator {
    case .or: return flow.add(.united(left, right), at: offset)
    case .and: return flow.add(.filtered(left, right, rule), at: offset)
    case .unless: return flow.add(.passed(left), at: offset)
    default: return flow.add(.matched(left, right, rule), at: offset)
    }
  }

  private mutating func add(_ node: Aggregation) -> Int {
    // A parameter may read series too.
    if let parameter = node.parameter { _ = add(parameter) }
    let input = add(node.expression)
    switch node.operator {
    case .topk, .bottomk, .limitk, .limitRatio: return flow.add(.passed(input), at: node.range.start)
    default: break
    }
    var made: String?
    if node.operator == .countValues, case .string(let label)? = node.parameter?.unwrapped { made = label.text }
    return flow.add(
      .grouped(input, labels: node.grouping, isWithout: node.isWithout, making: made), at: node.range.start)
  }

  private mutating func add(_ node: FunctionCall) -> Int {
    let inputs = node.arguments.map { ($0.type, add($0)) }
    let offset = node.range.start
    let texts = node.arguments.map { argument -> String in
      if case .string(let literal) = argument.unwrapped { literal.text } else { "" }
    }
    let series = inputs.filter { $0.0 == .vector || $0.0 == .matrix }.map(\.1)
    switch node.function.name {
    case "label_replace" where inputs.count == 5:
      return flow.add(.written(inputs[0].1, label: texts[1], from: texts[3].isEmpty ? [] : [texts[3]]), at: offset)
    case "label_join" where inputs.count >= 3:
      return flow.add(.written(inputs[0].1, label: texts[1], from: Array(texts.dropFirst(3))), at: offset)
    case "absent", "absent_over_time", "info": return flow.add(.unknown, at: offset)
    case "histogram_quantile", "histogram_fraction":
      guard let input = series.last else { return flow.add(.unknown, at: offset) }
      return flow.add(.passed(input, removing: ["le"]), at: offset)
    default:
      guard node.function.result != .scalar, let input = series.first else {
        return flow.add(.unlabelled, at: offset)
      }
      return flow.add(series.count == 1 ? .passed(input) : .unknown, at: offset)
    }
  }
}
