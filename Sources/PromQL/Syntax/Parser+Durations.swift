/// Durations that are calculated, and the modifiers beside them that Prometheus has behind feature flags.
extension Parser {
  typealias Duration = (milliseconds: Int64, expression: DurationExpression?)

  /// What stands in a window: any arithmetic.
  mutating func windowDuration() throws(ParseError) -> Duration {
    let start = next.range.start
    let expression = try duration(above: 0)
    return try settled(expression, at: SourceRange(start, previousEnd), isOffset: false)
  }

  /// What stands behind `offset`: an operand with a sign or without; more than one stands in parentheses.
  mutating func offsetDuration() throws(ParseError) -> Duration {
    let start = next.range.start
    let expression = try durationOperand()
    return try settled(expression, at: SourceRange(start, previousEnd), isOffset: true)
  }

  /// Calculates what depends on the text alone.
  private mutating func settled(
    _ expression: DurationExpression, at range: SourceRange, isOffset: Bool
  ) throws(ParseError) -> Duration {
    if expression.dependsOnQuery {
      hasTimeDurations = true
      return (0, expression)
    }
    do {
      let value = try expression.milliseconds(DurationExpression.Times(step: 0, range: 0), isOffset: isOffset)
      switch expression {
      case .number: return (value, nil)
      case .negated(.number): return (value, nil)
      default: return (value, expression)
      }
    } catch {
      throw fail(error.message, at: range)
    }
  }

  private mutating func duration(above precedence: Int) throws(ParseError) -> DurationExpression {
    depth += 1
    defer { depth -= 1 }
    var left = try durationOperand()
    var chain = 0
    while case .operator(let sign) = next.kind, sign.precedence > precedence, Self.inDurations.contains(sign) {
      chain += 1
      try checkDepth(depth + chain)
      take()
      // `^` is the only operator that associates to the right.
      let right = try duration(above: sign == .power ? sign.precedence - 1 : sign.precedence)
      left = .operation(sign, left, right)
    }
    return left
  }

  private static let inDurations: Set<BinaryOperator> = [.add, .subtract, .multiply, .divide, .modulo, .power]

  private mutating func durationOperand() throws(ParseError) -> DurationExpression {
    try checkDepth(depth)
    let token = next
    switch token.kind {
    case .operator(.subtract), .operator(.add):
      take()
      depth += 1
      defer { depth -= 1 }
      let inner = try durationOperand()
      return token.kind == .operator(.subtract) ? .negated(inner) : inner
    case .number:
      take()
      return .number(NumberLiteral(value: try number(token), range: token.range))
    case .duration:
      take()
      return .number(
        NumberLiteral(value: Double(try duration(token)) / 1000, isDuration: true, range: token.range))
    case .leftParenthesis:
      take()
      let inner = try duration(above: 0)
      guard take(.rightParenthesis) != nil else { throw unexpected(in: "duration", expected: "\")\"") }
      return .parentheses(inner)
    case .identifier where following.kind == .leftParenthesis: return try durationCall()
    default: throw unexpected(in: "duration", expected: "number, duration, step() or range()")
    }
  }

  private mutating func durationCall() throws(ParseError) -> DurationExpression {
    let name = take()
    take()
    let expression: DurationExpression
    switch name.text.lowercased() {
    case "step": expression = .step
    case "range": expression = .range
    case let word where word == "min_of" || word == "max_of":
      let first = try duration(above: 0)
      guard take(.comma) != nil else { throw unexpected(in: "duration", expected: "\",\"") }
      expression = .extreme(isMaximum: word == "max_of", first, try duration(above: 0))
    default:
      throw fail("unexpected function \(GoText.quoted(name.text)) in a duration", at: name.range)
    }
    guard take(.rightParenthesis) != nil else { throw unexpected(in: "duration", expected: "\")\"") }
    return expression
  }

  // MARK: fill

  /// Whether a fill modifier stands here: a metric of that name has no parenthesis behind it.
  var isFill: Bool {
    options.fillModifiers && next.kind == .identifier && following.kind == .leftParenthesis
      && ["fill", "fill_left", "fill_right"].contains(next.text.lowercased())
  }

  mutating func fill(_ matching: inout VectorMatching, _ sign: BinaryOperator) throws(ParseError) {
    let name = take()
    take()
    var isNegative = false
    if next.kind == .operator(.subtract) || next.kind == .operator(.add) {
      isNegative = take().kind == .operator(.subtract)
    }
    guard next.kind == .number else { throw unexpected(in: "fill modifier", expected: "number") }
    let size = try number(take())
    guard take(.rightParenthesis) != nil else { throw unexpected(in: "fill modifier", expected: "\")\"") }
    let value = isNegative ? -size : size
    let word = name.text.lowercased()
    let isTwice =
      word != "fill_right" && matching.leftFill != nil || word != "fill_left" && matching.rightFill != nil
    if isTwice { throw fail("\(word) may not be set multiple times", at: name.range) }
    if word != "fill_right" { matching.leftFill = value }
    if word != "fill_left" { matching.rightFill = value }
  }

  // MARK: anchored and smoothed

  var isExtension: Bool {
    options.extendedRanges && RangeExtension(rawValue: next.text.lowercased()) != nil
  }

  mutating func extending(_ expression: Expression) throws(ParseError) -> Expression {
    let token = take()
    guard let kind = RangeExtension(rawValue: token.text.lowercased()) else { throw unexpected() }
    switch expression {
    case .vector(var node) where kind == .smoothed && node.extending == nil:
      node.extending = kind
      node.range.end = token.range.end
      return .vector(node)
    case .matrix(var node) where node.selector.extending == nil:
      node.selector.extending = kind
      node.range.end = token.range.end
      return .matrix(node)
    default:
      throw fail(
        "\(kind.rawValue) modifier must be preceded by \(kind == .smoothed ? "an instant or range" : "a range") vector selector",
        at: expression.range)
    }
  }
}

extension VectorMatching {
  /// ` fill (0)`, ` fill_left (1) fill_right (2)`; empty where nothing is filled.
  var fillText: String {
    func text(_ value: Double) -> String { GoText.general(value) }
    if let leftFill, let rightFill, leftFill.bitPattern == rightFill.bitPattern { return " fill (\(text(leftFill)))" }
    return (leftFill.map { " fill_left (\(text($0)))" } ?? "") + (rightFill.map { " fill_right (\(text($0)))" } ?? "")
  }
}
