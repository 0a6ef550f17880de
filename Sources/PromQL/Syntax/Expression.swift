public import FleetModel

/// A parsed query: a tree of values, each with its place in the text.
public indirect enum Expression: Hashable, Sendable {
  case number(NumberLiteral)
  case string(StringLiteral)
  case vector(VectorSelector)
  case matrix(MatrixSelector)
  case subquery(Subquery)
  case parentheses(Parentheses)
  case unary(UnaryOperation)
  case binary(BinaryOperation)
  case aggregation(Aggregation)
  case call(FunctionCall)
}

/// What an expression gives.
public enum ValueType: String, Hashable, Sendable {
  case scalar
  case string
  case vector = "instant vector"
  case matrix = "range vector"

  /// As the HTTP API and Prometheus' own type names have it: `vector`, `matrix`.
  public var shortName: String {
    switch self {
    case .vector: "vector"
    case .matrix: "matrix"
    default: rawValue
    }
  }
}

public struct NumberLiteral: Hashable, Sendable {
  public var value: Double
  /// Written as a duration (`5m`): printed as one.
  public var isDuration = false
  public var range: SourceRange
}

public struct StringLiteral: Hashable, Sendable {
  /// May be no valid UTF-8: `"\xff"`.
  public var bytes: [UInt8]
  public var range: SourceRange

  public var text: String { String(decoding: bytes, as: UTF8.self) }
  public var isValid: Bool { String(validating: bytes, as: UTF8.self) != nil }
}

/// `start()` and `end()`: the ends of the query's own time range.
public enum TimeBound: String, Hashable, Sendable { case start, end }

/// When a selector or subquery looks, relative to the moment of evaluation.
public struct TimeShift: Hashable, Sendable {
  /// What follows `@`.
  public enum Anchor: Hashable, Sendable {
    case time(milliseconds: Int64)
    case bound(TimeBound)
  }

  public var anchor: Anchor?
  /// Milliseconds; positive looks back.
  public var offset: Int64 = 0
  /// Whether an `offset` was written.
  var hasOffset = false
  /// What the offset is calculated from, where it is more than a number.
  var offsetExpression: DurationExpression?

  public init(anchor: Anchor? = nil, offset: Int64 = 0) {
    self.anchor = anchor
    self.offset = offset
    hasOffset = offset != 0
  }
}

public struct VectorSelector: Hashable, Sendable {
  /// The name before the braces, empty if there is none. It is among the matchers too, as the last one.
  public var name: String
  public var matchers: [LabelMatcher]
  public var shift = TimeShift()
  /// `anchored` or `smoothed`.
  public var extending: RangeExtension?
  public var range: SourceRange

  /// The name that all selected series have, where the matchers fix it.
  public var metricName: String? {
    matchers.first { $0.name == LabelSet.metricName && $0.operation == .equal && !$0.value.isEmpty }?.value
  }
}

/// How a selector reads beyond its window.
public enum RangeExtension: String, Hashable, Sendable {
  /// The last sample before the window stands for its start, the last one within for its end.
  case anchored
  /// Values at the ends of the window are found between the samples on both sides.
  case smoothed
}

/// `selector[5m]`; the time shift is the selector's.
public struct MatrixSelector: Hashable, Sendable {
  public var selector: VectorSelector
  /// Milliseconds.
  public var window: Int64
  /// What the window is calculated from, where it is more than a number.
  var windowExpression: DurationExpression?
  public var range: SourceRange
}

/// `expression[1h:1m]`.
public struct Subquery: Hashable, Sendable {
  public var expression: Expression
  /// Milliseconds.
  public var window: Int64
  /// Milliseconds; `nil` for the default step.
  public var step: Int64?
  /// What window and step are calculated from, where it is more than a number.
  var windowExpression: DurationExpression?
  var stepExpression: DurationExpression?
  public var shift = TimeShift()
  public var range: SourceRange
}

public struct Parentheses: Hashable, Sendable {
  public var expression: Expression
  public var range: SourceRange
}

public struct UnaryOperation: Hashable, Sendable {
  public var isNegation: Bool
  public var expression: Expression
  public var range: SourceRange
}

public struct BinaryOperation: Hashable, Sendable {
  public var `operator`: BinaryOperator
  public var left: Expression
  public var right: Expression
  public var returnsBool: Bool
  /// `nil` unless both sides are vectors.
  public var matching: VectorMatching?
  public var range: SourceRange
  /// Where the operator stands.
  public var operatorRange: SourceRange

  /// Whether the samples of the result are some of the left side's, or parts of them: they keep the metric's name.
  var keepsSamples: Bool { `operator`.isComparison ? !returnsBool : `operator`.isTrim }
}

public struct VectorMatching: Hashable, Sendable {
  public enum Cardinality: String, Hashable, Sendable {
    case oneToOne = "one-to-one"
    case manyToOne = "many-to-one"
    case oneToMany = "one-to-many"
    case manyToMany = "many-to-many"
  }

  public var cardinality = Cardinality.oneToOne
  /// The labels in `on (…)` or `ignoring (…)`.
  public var labels: [String] = []
  public var isOn = false
  /// The labels in `group_left (…)` or `group_right (…)`.
  public var included: [String] = []
  /// What stands for a sample that one side lacks: `fill_left` and `fill_right`.
  public var leftFill: Double?
  public var rightFill: Double?
}

public struct Aggregation: Hashable, Sendable {
  public var `operator`: Aggregator
  public var expression: Expression
  /// The first argument of `topk`, `quantile` and the like.
  public var parameter: Expression?
  public var grouping: [String]
  public var isWithout: Bool
  public var range: SourceRange
}

public struct FunctionCall: Hashable, Sendable {
  public var function: Function
  public var arguments: [Expression]
  public var range: SourceRange
}

extension Expression {
  public var range: SourceRange {
    switch self {
    case .number(let node): node.range
    case .string(let node): node.range
    case .vector(let node): node.range
    case .matrix(let node): node.range
    case .subquery(let node): node.range
    case .parentheses(let node): node.range
    case .unary(let node): node.range
    case .binary(let node): node.range
    case .aggregation(let node): node.range
    case .call(let node): node.range
    }
  }

  public var type: ValueType {
    switch self {
    case .number: .scalar
    case .string: .string
    case .vector, .aggregation: .vector
    case .matrix, .subquery: .matrix
    case .parentheses(let node): node.expression.type
    case .unary(let node): node.expression.type
    case .binary(let node): node.left.type == .scalar && node.right.type == .scalar ? .scalar : .vector
    case .call(let node): node.function.result
    }
  }

  /// The parts of this expression, in the order of the text.
  public var children: [Expression] {
    switch self {
    case .number, .string, .vector: []
    case .matrix(let node): [.vector(node.selector)]
    case .subquery(let node): [node.expression]
    case .parentheses(let node): [node.expression]
    case .unary(let node): [node.expression]
    case .binary(let node): [node.left, node.right]
    case .aggregation(let node): (node.parameter.map { [$0] } ?? []) + [node.expression]
    case .call(let node): node.arguments
    }
  }

  /// Calls `body` with this expression and all within it, outer ones first.
  public func visit(_ body: (Expression) -> Void) {
    body(self)
    for child in children { child.visit(body) }
  }

  /// This expression without the parentheses around it.
  public var unwrapped: Expression {
    var inner = self
    while case .parentheses(let node) = inner { inner = node.expression }
    return inner
  }

  /// All selectors of series in this expression.
  public var selectors: [VectorSelector] {
    var found: [VectorSelector] = []
    visit { if case .vector(let node) = $0 { found.append(node) } }
    return found
  }
}
