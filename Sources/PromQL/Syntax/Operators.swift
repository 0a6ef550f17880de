public enum BinaryOperator: String, Hashable, Sendable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case modulo = "%"
  case power = "^"
  case arcTangent = "atan2"
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case and, or, unless
  /// Cut the observations of histograms off, above or below a value.
  case trimUpper = "</"
  case trimLower = ">/"

  public var isComparison: Bool {
    switch self {
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
    default: false
    }
  }

  public var isTrim: Bool { self == .trimUpper || self == .trimLower }

  public var isSetOperator: Bool { self == .and || self == .or || self == .unless }

  /// Binds tighter the higher it is.
  var precedence: Int {
    switch self {
    case .or: 1
    case .and, .unless: 2
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .trimUpper, .trimLower: 3
    case .add, .subtract: 4
    case .multiply, .divide, .modulo, .arcTangent: 5
    case .power: 6
    }
  }
}

public enum Aggregator: String, Hashable, Sendable, CaseIterable {
  case avg, bottomk, count, group, limitk, max, min, quantile, stddev, stdvar, sum, topk
  case countValues = "count_values"
  case limitRatio = "limit_ratio"

  /// The type of the first of two arguments; `nil` for those with one.
  public var parameter: ValueType? {
    switch self {
    case .topk, .bottomk, .quantile, .limitk, .limitRatio: .scalar
    case .countValues: .string
    default: nil
    }
  }

  public var isExperimental: Bool { self == .limitk || self == .limitRatio }
}
