/// Arithmetic in a window or an offset: `[5m + 2 * step()]`. All values are seconds.
indirect enum DurationExpression: Hashable, Sendable {
  case number(NumberLiteral)
  /// The step and the range of the whole query.
  case step
  case range
  case negated(DurationExpression)
  case operation(BinaryOperator, DurationExpression, DurationExpression)
  case extreme(isMaximum: Bool, DurationExpression, DurationExpression)
  case parentheses(DurationExpression)

  /// What a duration cannot be calculated from.
  struct Problem: Error, Hashable {
    let message: String
  }

  /// Of the query, in seconds; 0 for an instant query.
  struct Times {
    var step: Double
    var range: Double
  }

  var dependsOnQuery: Bool {
    switch self {
    case .number: false
    case .step, .range: true
    case .negated(let inner), .parentheses(let inner): inner.dependsOnQuery
    case .operation(_, let a, let b), .extreme(_, let a, let b): a.dependsOnQuery || b.dependsOnQuery
    }
  }

  func seconds(_ times: Times) throws(Problem) -> Double {
    switch self {
    case .number(let literal): return literal.value
    case .step: return times.step
    case .range: return times.range
    case .negated(let inner): return -(try inner.seconds(times))
    case .parentheses(let inner): return try inner.seconds(times)
    case .extreme(let isMaximum, let a, let b):
      let (x, y) = (try a.seconds(times), try b.seconds(times))
      return isMaximum ? max(x, y) : min(x, y)
    case .operation(let sign, let a, let b):
      let (x, y) = (try a.seconds(times), try b.seconds(times))
      if y == 0, sign == .divide { throw Problem(message: "division by zero") }
      if y == 0, sign == .modulo { throw Problem(message: "modulo by zero") }
      return Arithmetic.number(sign, x, y)
    }
  }

  /// - Parameter isOffset: an offset may be zero or less.
  func milliseconds(_ times: Times, isOffset: Bool) throws(Problem) -> Int64 {
    let seconds = try seconds(times)
    if !isOffset, seconds <= 0 { throw Problem(message: "duration must be greater than 0") }
    // As many milliseconds as a duration may have at most (292 years). NaN is none.
    guard seconds.magnitude < 9.2e9 else { throw Problem(message: "duration is out of range") }
    return Int64((seconds * 1000).rounded(.towardZero))
  }
}

extension DurationExpression: CustomStringConvertible {
  var description: String {
    switch self {
    case .number(let literal): Expression.number(literal).description
    case .step: "step()"
    case .range: "range()"
    case .negated(let inner): "-\(inner)"
    case .parentheses(let inner): "(\(inner))"
    case .operation(let sign, let a, let b): "\(a) \(sign.rawValue) \(b)"
    case .extreme(let isMaximum, let a, let b): "\(isMaximum ? "max_of" : "min_of")(\(a), \(b))"
    }
  }
}

extension ParsedQuery {
  /// This query with its windows and offsets calculated.
  func resolved(in grid: StepGrid, isRange: Bool) throws(QueryError) -> ParsedQuery {
    guard hasTimeDurations else { return self }
    let times = DurationExpression.Times(
      step: isRange ? Double(grid.step) / 1000 : 0, range: Double(grid.last - grid.start) / 1000)
    var query = self
    do {
      query.expression = try expression.resolved(times)
    } catch {
      throw .execution(error.message)
    }
    return query
  }
}

extension Expression {
  fileprivate func resolved(_ times: DurationExpression.Times) throws(DurationExpression.Problem) -> Expression {
    switch self {
    case .number, .string: return self
    case .vector(var node):
      try node.shift.resolve(times)
      return .vector(node)
    case .matrix(var node):
      try node.selector.shift.resolve(times)
      if let window = node.windowExpression { node.window = try window.milliseconds(times, isOffset: false) }
      return .matrix(node)
    case .subquery(var node):
      try node.shift.resolve(times)
      if let window = node.windowExpression { node.window = try window.milliseconds(times, isOffset: false) }
      if let step = node.stepExpression { node.step = try step.milliseconds(times, isOffset: false) }
      node.expression = try node.expression.resolved(times)
      return .subquery(node)
    case .parentheses(var node):
      node.expression = try node.expression.resolved(times)
      return .parentheses(node)
    case .unary(var node):
      node.expression = try node.expression.resolved(times)
      return .unary(node)
    case .binary(var node):
      node.left = try node.left.resolved(times)
      node.right = try node.right.resolved(times)
      return .binary(node)
    case .aggregation(var node):
      if let parameter = node.parameter { node.parameter = try parameter.resolved(times) }
      node.expression = try node.expression.resolved(times)
      return .aggregation(node)
    case .call(var node):
      for index in node.arguments.indices { node.arguments[index] = try node.arguments[index].resolved(times) }
      return .call(node)
    }
  }
}

extension TimeShift {
  fileprivate mutating func resolve(_ times: DurationExpression.Times) throws(DurationExpression.Problem) {
    if let offsetExpression { offset = try offsetExpression.milliseconds(times, isOffset: true) }
  }
}
