import FleetModel

extension Parser {
  mutating func vectorSelector() throws(ParseError) -> VectorSelector {
    let first = next
    var selector = VectorSelector(name: "", matchers: [], range: first.range)
    if first.isMetricName {
      take()
      selector.name = first.text
    }
    if next.kind == .leftBrace {
      try braces(&selector)
      selector.range = first.range.through(SourceRange(0, previousEnd))
    }
    if !selector.name.isEmpty {
      selector.matchers.append(LabelMatcher(LabelSet.metricName, .equal, selector.name))
    }
    return selector
  }

  private mutating func braces(_ selector: inout VectorSelector) throws(ParseError) {
    take()
    while next.kind != .rightBrace {
      guard next.kind == .identifier || next.kind == .string else {
        throw unexpected(in: "label matching", expected: "identifier or \"}\"")
      }
      let name = take()
      let label = name.kind == .string ? String(decoding: try string(name), as: UTF8.self) : name.text
      if let operation = matchOperation {
        take()
        guard next.kind == .string else { throw unexpected(in: "label matching", expected: "string") }
        let value = take()
        selector.matchers.append(try matcher(label, operation, value, at: name.range.through(value.range)))
      } else if name.kind == .string {
        try setName(label, of: &selector, at: name.range)
      } else {
        throw unexpected(in: "label matching", expected: "label matching operator")
      }
      if take(.comma) == nil, next.kind != .rightBrace {
        throw unexpected(in: "label matching", expected: "\",\" or \"}\"")
      }
    }
    take()
  }

  /// A quoted name alone within the braces: `{"a.b"}`.
  private func setName(_ name: String, of selector: inout VectorSelector, at range: SourceRange) throws(ParseError) {
    if !selector.name.isEmpty {
      throw fail(
        "metric name must not be set twice: \(GoText.quoted(selector.name)) or \(GoText.quoted(name))", at: range)
    }
    selector.name = name
  }

  private var matchOperation: LabelMatcher.Operation? {
    switch next.kind {
    case .equal: .equal
    case .operator(.notEqual): .notEqual
    case .matches: .matches
    case .matchesNot: .matchesNot
    default: nil
    }
  }

  private func matcher(
    _ name: String, _ operation: LabelMatcher.Operation, _ value: Token, at range: SourceRange
  ) throws(ParseError) -> LabelMatcher {
    let text = String(decoding: try string(value), as: UTF8.self)
    if operation == .matches || operation == .matchesNot {
      do {
        _ = try LabelPattern(text)
      } catch {
        throw fail("\(error)", at: range)
      }
    }
    return LabelMatcher(name, operation, text)
  }

  /// `[5m]` or `[1h:1m]` after `expression`.
  mutating func window(of expression: Expression) throws(ParseError) -> Expression {
    let open = take()
    let window = try positiveDuration(in: "subquery or range selector")
    if take(.colon) != nil {
      let step = next.kind == .rightBracket ? nil : try positiveDuration(in: "subquery selector", orClose: true)
      guard take(.rightBracket) != nil else { throw unexpected(in: "subquery selector", expected: "\"]\"") }
      let range = SourceRange(expression.range.start, previousEnd)
      return .subquery(
        Subquery(
          expression: expression, window: window.milliseconds, step: step?.milliseconds,
          windowExpression: window.expression, stepExpression: step?.expression, range: range))
    }
    guard let close = take(.rightBracket) else {
      throw unexpected(in: "subquery or range", expected: "\":\" or \"]\"")
    }
    let brackets = open.range.through(close.range)
    guard case .vector(let selector) = expression else {
      throw fail("ranges only allowed for vector selectors", at: brackets)
    }
    if selector.shift.hasOffset { throw fail("no offset modifiers allowed before range", at: brackets) }
    if selector.shift.anchor != nil { throw fail("no @ modifiers allowed before range", at: brackets) }
    return .matrix(
      MatrixSelector(
        selector: selector, window: window.milliseconds, windowExpression: window.expression,
        range: SourceRange(selector.range.start, close.range.end)))
  }

  private mutating func positiveDuration(
    in context: String, orClose: Bool = false
  ) throws(ParseError) -> (milliseconds: Int64, expression: DurationExpression?) {
    let token = next
    if options.durationExpressions {
      let duration = try windowDuration()
      if duration.expression == nil, duration.milliseconds <= 0 {
        throw fail("duration must be greater than 0", at: token.range)
      }
      return duration
    }
    guard let value = try signedDuration() else {
      throw unexpected(in: context, expected: orClose ? "number, duration or \"]\"" : "number or duration")
    }
    if value <= 0 { throw fail("duration must be greater than 0", at: token.range) }
    return (value, nil)
  }

  /// A duration or a number of seconds, with a sign or without, in milliseconds; `nil` if none stands here.
  private mutating func signedDuration() throws(ParseError) -> Int64? {
    var isNegative = false
    let token: Token
    switch next.kind {
    case .operator(.subtract), .operator(.add):
      guard following.kind == .number || following.kind == .duration else { return nil }
      isNegative = take().kind == .operator(.subtract)
      token = take()
    case .number, .duration: token = take()
    default: return nil
    }
    let milliseconds: Int64
    if token.kind == .duration {
      milliseconds = try duration(token)
    } else {
      // As many milliseconds as a duration may have at most (292 years).
      let seconds = try number(token)
      guard seconds.magnitude < 9.2e9 else { throw fail("duration out of range", at: token.range) }
      milliseconds = Int64((seconds * 1000).rounded())
    }
    return isNegative ? -milliseconds : milliseconds
  }

  mutating func offset(of expression: Expression) throws(ParseError) -> Expression {
    take()
    let offset: (milliseconds: Int64, expression: DurationExpression?)
    if options.durationExpressions {
      offset = try offsetDuration()
    } else {
      guard let value = try signedDuration() else { throw unexpected(in: "offset", expected: "number or duration") }
      offset = (value, nil)
    }
    let end = previousEnd
    return try shifting(expression, by: "offset modifier") { shift throws(ParseError) in
      if shift.hasOffset { throw fail("offset may not be set multiple times", at: expression.range) }
      shift.offset = offset.milliseconds
      shift.offsetExpression = offset.expression
      shift.hasOffset = true
    } end: {
      end
    }
  }

  mutating func anchor(of expression: Expression) throws(ParseError) -> Expression {
    take()
    let anchor: TimeShift.Anchor
    if case .bound(let bound) = next.kind {
      take()
      guard take(.leftParenthesis) != nil, take(.rightParenthesis) != nil else {
        throw unexpected(in: "@", expected: "\"()\" after \(bound.rawValue)")
      }
      anchor = .bound(bound)
    } else {
      anchor = try timestamp(of: expression)
    }
    let end = previousEnd
    return try shifting(expression, by: "@ modifier") { shift throws(ParseError) in
      if shift.anchor != nil { throw fail("@ <timestamp> may not be set multiple times", at: expression.range) }
      shift.anchor = anchor
    } end: {
      end
    }
  }

  private mutating func timestamp(of expression: Expression) throws(ParseError) -> TimeShift.Anchor {
    var isNegative = false
    if next.kind == .operator(.subtract) || next.kind == .operator(.add) {
      isNegative = take().kind == .operator(.subtract)
    }
    let seconds: Double
    switch next.kind {
    case .number: seconds = try number(take())
    case .duration: seconds = Double(try duration(take())) / 1000
    default: throw unexpected(in: "@", expected: "timestamp")
    }
    let milliseconds = (isNegative ? -seconds : seconds) * 1000
    guard milliseconds.magnitude < 9.2e18 else {
      throw fail(
        "timestamp out of bounds for @ modifier: \(GoText.decimal(isNegative ? -seconds : seconds))",
        at: expression.range)
    }
    return .time(milliseconds: Int64(milliseconds.rounded()))
  }

  /// `expression` with its time shift changed and its range drawn out to `end`.
  func shifting(
    _ expression: Expression, by modifier: String, _ change: (inout TimeShift) throws(ParseError) -> Void,
    end: () -> Int
  ) throws(ParseError) -> Expression {
    switch expression {
    case .vector(var node):
      try change(&node.shift)
      node.range.end = end()
      return .vector(node)
    case .matrix(var node):
      try change(&node.selector.shift)
      node.range.end = end()
      return .matrix(node)
    case .subquery(var node):
      try change(&node.shift)
      node.range.end = end()
      return .subquery(node)
    default:
      throw fail(
        "\(modifier) must be preceded by an instant vector selector or range vector selector or a subquery",
        at: expression.range)
    }
  }
}
