import FleetModel

/// Between which numbers the values of an expression can lie, both included.
struct ValueBounds: Equatable {
  var least = -Double.infinity
  var most = Double.infinity

  static let any = ValueBounds()
  static let natural = ValueBounds(least: 0)
  static let positive = ValueBounds(least: 1)
  static let bool = ValueBounds(least: 0, most: 1)

  static func of(_ expression: Expression) -> ValueBounds {
    switch expression {
    case .number(let node): node.value.isNaN ? .any : ValueBounds(least: node.value, most: node.value)
    case .string, .matrix, .subquery: .any
    case .vector(let node): node.metricName == "up" ? .bool : .any
    case .parentheses(let node): of(node.expression)
    case .unary(let node): node.isNegation ? of(node.expression).negated : of(node.expression)
    case .binary(let node): of(node)
    case .aggregation(let node): of(node)
    case .call(let node): of(node)
    }
  }

  private var negated: ValueBounds { ValueBounds(least: -most, most: -least) }

  private static func of(_ node: Aggregation) -> ValueBounds {
    switch node.operator {
    case .count, .countValues: return .positive
    case .group: return ValueBounds(least: 1, most: 1)
    case .stddev, .stdvar: return .natural
    case .sum:
      let inner = of(node.expression)
      return ValueBounds(
        least: inner.least >= 0 ? inner.least : -.infinity, most: inner.most <= 0 ? inner.most : .infinity)
    case .quantile: return .any
    default: return of(node.expression)
    }
  }

  private static func of(_ node: FunctionCall) -> ValueBounds {
    switch node.function.name {
    case "rate", "increase", "irate", "changes", "resets", "abs", "stddev_over_time", "stdvar_over_time", "exp":
      .natural
    case "count_over_time": .positive
    case "present_over_time", "absent", "absent_over_time": ValueBounds(least: 1, most: 1)
    case "histogram_fraction": .bool
    case "day_of_month": ValueBounds(least: 1, most: 31)
    case "day_of_week": ValueBounds(least: 0, most: 6)
    case "day_of_year": ValueBounds(least: 1, most: 366)
    case "days_in_month": ValueBounds(least: 28, most: 31)
    case "hour": ValueBounds(least: 0, most: 23)
    case "minute": ValueBounds(least: 0, most: 59)
    case "month": ValueBounds(least: 1, most: 12)
    case "vector", "sort", "sort_desc", "label_replace", "label_join": node.arguments.first.map(of) ?? .any
    default: .any
    }
  }

  private static func of(_ node: BinaryOperation) -> ValueBounds {
    let left = of(node.left)
    let right = of(node.right)
    switch node.operator {
    case .add: return ValueBounds(least: left.least + right.least, most: left.most + right.most).known
    case .subtract: return ValueBounds(least: left.least - right.most, most: left.most - right.least).known
    case .multiply, .divide: return left.least >= 0 && right.least >= 0 ? .natural : .any
    case .and, .unless: return left
    case .or: return ValueBounds(least: min(left.least, right.least), most: max(left.most, right.most))
    case _ where node.operator.isComparison: return node.returnsBool ? .bool : filtered(node, left, right)
    default: return .any
    }
  }

  /// What a filter lets through has the values of its vector side, and keeps to the other side's bounds.
  private static func filtered(_ node: BinaryOperation, _ left: ValueBounds, _ right: ValueBounds) -> ValueBounds {
    let isSwapped = node.left.type == .scalar
    var kept = isSwapped ? right : left
    let other = isSwapped ? left : right
    switch (node.operator, isSwapped) {
    case (.greater, false), (.greaterOrEqual, false), (.less, true), (.lessOrEqual, true):
      kept.least = max(kept.least, other.least)
    case (.less, false), (.lessOrEqual, false), (.greater, true), (.greaterOrEqual, true):
      kept.most = min(kept.most, other.most)
    case (.equal, _):
      kept = ValueBounds(least: max(kept.least, other.least), most: min(kept.most, other.most))
    default: break
    }
    return kept
  }

  private var known: ValueBounds { least.isNaN || most.isNaN ? .any : self }

  /// Whether `sign` cannot hold between any two numbers of these bounds.
  func neverHolds(_ sign: BinaryOperator, _ right: ValueBounds) -> Bool {
    switch sign {
    case .greater: most <= right.least
    case .greaterOrEqual: most < right.least
    case .less: least >= right.most
    case .lessOrEqual: least > right.most
    case .equal: most < right.least || least > right.most
    case .notEqual: least == most && right.least == right.most && least == right.least
    default: false
    }
  }
}
