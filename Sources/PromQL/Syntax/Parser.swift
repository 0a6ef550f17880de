import FleetModel

/// What the parser takes beyond the stable language.
public struct ParserOptions: Hashable, Sendable {
  /// Functions and aggregations that Prometheus has behind `promql-experimental-functions`.
  public var experimentalFunctions = false
  /// Arithmetic in windows and offsets: `[5m + 2*step()]` (`promql-duration-expr`).
  public var durationExpressions = false
  /// `anchored` and `smoothed` (`promql-extended-range-selectors`).
  public var extendedRanges = false
  /// `fill (0)`, `fill_left (0)` and `fill_right (0)` behind binary operators (`promql-binop-fill-modifiers`).
  public var fillModifiers = false
  /// How deep expressions may nest. The default leaves room on the small stacks of Swift's own threads.
  public var maximumDepth = 200

  public init() {}

  /// With all that Prometheus has behind feature flags, as far as it is here.
  public static var experimental: ParserOptions {
    var options = ParserOptions()
    options.experimentalFunctions = true
    options.durationExpressions = true
    options.extendedRanges = true
    options.fillModifiers = true
    return options
  }
}

/// A query's text and what it means.
public struct ParsedQuery: Hashable, Sendable {
  public let text: String
  public internal(set) var expression: Expression
  /// Whether a window or offset depends on the step or the range of the query.
  let hasTimeDurations: Bool

  /// - Throws: ``ParseError`` for the first problem in the text.
  public init(_ text: String, options: ParserOptions = ParserOptions()) throws(ParseError) {
    self.text = text
    var parser = Parser(text, options)
    expression = try parser.parse()
    hasTimeDurations = parser.hasTimeDurations
  }
}

extension VectorSelector {
  /// A selector alone, as `match[]` has it: `up{job="a"}`.
  public init(parsing text: String) throws(ParseError) {
    var parser = Parser(text, ParserOptions())
    self = try parser.parseSelector()
  }
}

/// Reads a query by precedence climbing. The grammar is that of Prometheus 3 (`promql/parser/generated_parser.y`), the
/// messages are its messages.
struct Parser {
  let query: String
  let options: ParserOptions
  private let tokens: [Token]
  private var position = 0
  var depth = 0
  /// Whether a duration was read that depends on the step or the range of the query.
  var hasTimeDurations = false
  /// How many aggregations' arguments are being read.
  var openAggregations = 0

  init(_ query: String, _ options: ParserOptions) {
    self.query = query
    self.options = options
    tokens = Lexer.tokens(of: query)
  }

  mutating func parse() throws(ParseError) -> Expression {
    if next.kind == .end { throw fail("no expression found in input", at: SourceRange(0, 0)) }
    let expression = try operation(above: 0)
    guard next.kind == .end else { throw unexpected() }
    try TypeChecker(query: query).check(expression)
    return expression
  }

  /// A selector alone, as in `match[]`.
  mutating func parseSelector() throws(ParseError) -> VectorSelector {
    guard next.kind == .leftBrace || next.isMetricName else { throw unexpected() }
    let selector = try vectorSelector()
    guard next.kind == .end else { throw unexpected() }
    try TypeChecker(query: query).check(.vector(selector))
    return selector
  }

  // MARK: the tokens

  var next: Token { tokens[position] }
  var following: Token { tokens[min(position + 1, tokens.count - 1)] }
  var previousEnd: Int { position > 0 ? tokens[position - 1].range.end : 0 }

  @discardableResult mutating func take() -> Token {
    let token = tokens[position]
    if position < tokens.count - 1 { position += 1 }
    return token
  }

  mutating func take(_ kind: Token.Kind) -> Token? { next.kind == kind ? take() : nil }

  func fail(_ message: String, at range: SourceRange) -> ParseError { ParseError(message, at: range, in: query) }

  func unexpected(in context: String? = nil, expected: String? = nil) -> ParseError {
    if next.kind == .error { return fail(next.text, at: next.range) }
    var message = "unexpected \(next.name)"
    if let context = context ?? (openAggregations > 0 ? "aggregation" : nil) { message += " in \(context)" }
    if let expected { message += ", expected \(expected)" }
    return fail(message, at: next.range)
  }

  // MARK: operators

  /// An operand and all operators after it that bind tighter than `precedence`.
  mutating func operation(above precedence: Int) throws(ParseError) -> Expression {
    depth += 1
    defer { depth -= 1 }
    var left = try operand()
    var chain = 0
    while case .operator(let sign) = next.kind, sign.precedence > precedence {
      chain += 1
      try checkDepth(depth + chain)
      let token = take()
      if sign.isTrim, !options.experimentalFunctions {
        throw fail("operator \(GoText.quoted(sign.rawValue)) is experimental and not enabled", at: token.range)
      }
      var operation = try modifiers(of: sign)
      // `^` is the only operator that associates to the right.
      let right = try self.operation(above: sign == .power ? sign.precedence - 1 : sign.precedence)
      operation.left = left
      operation.right = right
      operation.range = left.range.through(right.range)
      operation.operatorRange = token.range
      left = .binary(TypeChecker.settled(operation))
    }
    return left
  }

  func checkDepth(_ depth: Int) throws(ParseError) {
    if depth > options.maximumDepth {
      throw fail("expression is nested deeper than \(options.maximumDepth) levels", at: next.range)
    }
  }

  private mutating func modifiers(of sign: BinaryOperator) throws(ParseError) -> BinaryOperation {
    let nothing = Expression.number(NumberLiteral(value: 0, range: SourceRange(0, 0)))
    var operation = BinaryOperation(
      operator: sign, left: nothing, right: nothing, returnsBool: take(.keyword(.bool)) != nil,
      matching: VectorMatching(), range: SourceRange(0, 0), operatorRange: SourceRange(0, 0))
    var matching = VectorMatching()
    if next.kind == .keyword(.on) || next.kind == .keyword(.ignoring) {
      matching.isOn = take().kind == .keyword(.on)
      matching.labels = try labelNames()
      if next.kind == .keyword(.groupLeft) || next.kind == .keyword(.groupRight) {
        matching.cardinality = take().kind == .keyword(.groupLeft) ? .manyToOne : .oneToMany
        if next.kind == .leftParenthesis { matching.included = try labelNames() }
      }
    }
    while isFill { try fill(&matching, sign) }
    operation.matching = matching
    return operation
  }

  private mutating func operand() throws(ParseError) -> Expression {
    try checkDepth(depth)
    if case .operator(let sign) = next.kind, sign == .add || sign == .subtract {
      let token = take()
      // A sign binds as `*` does, so `-2^2` is -(2^2).
      let inner = try operation(above: BinaryOperator.multiply.precedence)
      if case .number(var literal) = inner {
        if sign == .subtract { literal.value = -literal.value }
        literal.range.start = token.range.start
        return .number(literal)
      }
      return .unary(
        UnaryOperation(isNegation: sign == .subtract, expression: inner, range: token.range.through(inner.range)))
    }
    var expression = try primary()
    while true {
      let extended: Expression
      switch next.kind {
      case .leftBracket: extended = try window(of: expression)
      case .keyword(.offset): extended = try offset(of: expression)
      case .at: extended = try anchor(of: expression)
      case .identifier where isExtension: extended = try extending(expression)
      default: return expression
      }
      expression = extended
    }
  }

  private mutating func primary() throws(ParseError) -> Expression {
    let token = next
    switch token.kind {
    case .number:
      take()
      return .number(NumberLiteral(value: try number(token), range: token.range))
    case .duration:
      take()
      let milliseconds = try duration(token)
      return .number(NumberLiteral(value: Double(milliseconds) / 1000, isDuration: true, range: token.range))
    case .string:
      take()
      return .string(StringLiteral(bytes: try string(token), range: token.range))
    case .leftParenthesis:
      take()
      let inner = try operation(above: 0)
      guard let close = take(.rightParenthesis) else { throw unexpected() }
      return .parentheses(Parentheses(expression: inner, range: token.range.through(close.range)))
    case .aggregator(let aggregator) where isAggregation: return try aggregation(aggregator)
    case .identifier where following.kind == .leftParenthesis, .bound where following.kind == .leftParenthesis:
      return try call()
    case .leftBrace: return .vector(try vectorSelector())
    case _ where token.isMetricName: return .vector(try vectorSelector())
    default: throw unexpected()
    }
  }

  /// Whether the aggregator here is one, and no metric of that name.
  private var isAggregation: Bool {
    switch following.kind {
    case .leftParenthesis, .keyword(.by), .keyword(.without): true
    default: false
    }
  }

  // MARK: literals

  func number(_ token: Token) throws(ParseError) -> Double {
    guard let value = NumberText.value(of: token.text) else {
      throw fail("error parsing number: \(GoText.quoted(token.text)) is out of range", at: token.range)
    }
    return value
  }

  func duration(_ token: Token) throws(ParseError) -> Int64 {
    guard let value = NumberText.duration(token.text) else {
      throw fail("not a valid duration string: \(GoText.quoted(token.text))", at: token.range)
    }
    return value
  }

  func string(_ token: Token) throws(ParseError) -> [UInt8] {
    guard let value = StringText.value(of: token.text) else {
      throw fail("invalid string literal \(GoText.quoted(token.text))", at: token.range)
    }
    return value
  }
}
