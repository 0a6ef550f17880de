import FleetModel

/// Checks that the parts of an expression fit together, and says where they do not.
struct TypeChecker {
  let query: String

  private func fail(_ message: String, at range: SourceRange) -> ParseError {
    ParseError(message, at: range, in: query)
  }

  /// The operation with the cardinality that its operator and sides give it.
  static func settled(_ operation: BinaryOperation) -> BinaryOperation {
    var operation = operation
    if operation.operator.isSetOperator, operation.matching?.cardinality == .oneToOne {
      operation.matching?.cardinality = .manyToMany
    }
    let areVectors = operation.left.type == .vector && operation.right.type == .vector
    let hasFill = operation.matching?.leftFill != nil || operation.matching?.rightFill != nil
    if !areVectors, !hasFill, operation.matching?.labels.isEmpty == true { operation.matching = nil }
    return operation
  }

  func check(_ expression: Expression) throws(ParseError) {
    switch expression {
    case .number, .string: break
    case .vector(let node): try check(node)
    case .matrix(let node): try check(node.selector)
    case .subquery(let node):
      try check(node.expression)
      if node.expression.type != .vector {
        throw fail(
          "subquery is only allowed on instant vector, got \(node.expression.type.shortName) instead", at: node.range)
      }
    case .parentheses(let node): try check(node.expression)
    case .unary(let node):
      try check(node.expression)
      let type = node.expression.type
      if type != .scalar, type != .vector {
        throw fail(
          "unary expression only allowed on expressions of type scalar or instant vector, got \"\(type.rawValue)\"",
          at: node.range)
      }
    case .binary(let node): try check(node)
    case .aggregation(let node):
      try expect(.vector, node.expression, in: "aggregation expression")
      if let parameter = node.parameter, let type = node.operator.parameter {
        try expect(type, parameter, in: "aggregation parameter")
      }
    case .call(let node): try check(node)
    }
  }

  private func expect(_ type: ValueType, _ expression: Expression, in context: String) throws(ParseError) {
    try check(expression)
    if expression.type != type {
      throw fail(
        "expected type \(type.rawValue) in \(context), got \(expression.type.rawValue)", at: expression.range)
    }
  }

  private func check(_ selector: VectorSelector) throws(ParseError) {
    if !selector.name.isEmpty {
      for matcher in selector.matchers.dropLast() where matcher.name == LabelSet.metricName {
        throw fail(
          "metric name must not be set twice: \(GoText.quoted(selector.name)) or \(GoText.quoted(matcher.value))",
          at: selector.range)
      }
      return
    }
    let selectsSomething = selector.matchers.contains { matcher in
      switch matcher.operation {
      case .equal: !matcher.value.isEmpty
      case .notEqual: matcher.value.isEmpty
      case .matches: (try? LabelPattern(matcher.value))?.matchesEmpty == false
      case .matchesNot: (try? LabelPattern(matcher.value))?.matchesEmpty == true
      }
    }
    if !selectsSomething {
      throw fail("vector selector must contain at least one non-empty matcher", at: selector.range)
    }
  }

  private func check(_ node: BinaryOperation) throws(ParseError) {
    try check(node.left)
    try check(node.right)
    let left = node.left.type
    let right = node.right.type
    let sign = node.operator
    if node.returnsBool, !sign.isComparison {
      throw fail("bool modifier can only be used on comparison operators", at: node.operatorRange)
    }
    if sign.isComparison, !node.returnsBool, left == .scalar, right == .scalar {
      throw fail("comparisons between scalars must use BOOL modifier", at: node.operatorRange)
    }
    if sign.isTrim, left == .scalar, right == .scalar {
      throw fail("operator \(GoText.quoted(sign.rawValue)) not allowed in binary scalar expression", at: node.range)
    }
    let matching = node.matching ?? VectorMatching()
    if matching.isOn, let twice = matching.labels.first(where: matching.included.contains) {
      throw fail("label \(GoText.quoted(twice)) must not occur in ON and GROUP clause at once", at: node.operatorRange)
    }
    for (side, type) in [(node.left, left), (node.right, right)] where type != .scalar && type != .vector {
      throw fail("binary expression must contain only scalar and instant vector types", at: side.range)
    }
    let fills = matching.leftFill != nil || matching.rightFill != nil
    if fills, left == .scalar || right == .scalar {
      throw fail("filling is only allowed between instant vectors", at: node.range)
    }
    if fills, sign.isSetOperator {
      throw fail("filling is not allowed for set operators", at: node.operatorRange)
    }
    if left == .scalar || right == .scalar {
      if !matching.labels.isEmpty {
        throw fail("vector matching only allowed between instant vectors", at: node.range)
      }
      if sign.isSetOperator {
        throw fail("set operator \"\(sign.rawValue)\" not allowed in binary scalar expression", at: node.range)
      }
    } else if sign.isSetOperator, matching.cardinality != .manyToMany {
      throw fail("no grouping allowed for \"\(sign.rawValue)\" operation", at: node.range)
    }
  }

  /// The labels that `info` is to add stand in braces alone; they need select nothing.
  private func checkInfoSelector(_ argument: Expression) throws(ParseError) {
    guard case .vector(let selector) = argument else {
      throw fail(
        "expected label selectors as the second argument to info function, got \(argument.type.rawValue)",
        at: argument.range)
    }
    if !selector.name.isEmpty {
      throw fail("expected label selectors only, got vector selector instead", at: argument.range)
    }
  }

  private func check(_ node: FunctionCall) throws(ParseError) {
    let name = GoText.quoted(node.function.name)
    let types = node.function.arguments
    let given = node.arguments.count
    if node.function.variadic == 0 {
      if given != types.count {
        throw fail("expected \(types.count) argument(s) in call to \(name), got \(given)", at: node.range)
      }
    } else {
      let least = types.count - 1
      let most = least + node.function.variadic
      if given < least {
        throw fail("expected at least \(least) argument(s) in call to \(name), got \(given)", at: node.range)
      }
      if node.function.variadic > 0, given > most {
        throw fail("expected at most \(most) argument(s) in call to \(name), got \(given)", at: node.range)
      }
    }
    for (index, argument) in node.arguments.enumerated() {
      if node.function.name == "info", index == 1 {
        try checkInfoSelector(argument)
        continue
      }
      try expect(types[min(index, types.count - 1)], argument, in: "call to function \(name)")
    }
  }
}
