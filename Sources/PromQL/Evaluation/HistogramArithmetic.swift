import FleetModel

/// A sample that is a number or a histogram.
enum MixedSample {
  case number(Double)
  case histogram(NativeHistogram)

  fileprivate var typeName: String {
    switch self {
    case .number: "float"
    case .histogram: "histogram"
    }
  }
}

/// What operators give where a histogram stands on a side.
struct HistogramArithmetic {
  enum Outcome {
    /// The operator has no meaning for these types.
    case nothing
    case sample(MixedSample)
    /// Of comparisons.
    case holds(Bool)
  }

  let sign: BinaryOperator
  /// Of the whole operation.
  let range: SourceRange

  init(_ node: BinaryOperation) {
    sign = node.operator
    range = node.range
  }

  func outcome(_ left: MixedSample, _ right: MixedSample, _ annotations: inout Annotations) -> Outcome {
    switch (left, right) {
    case (.histogram(let a), .histogram(let b)):
      switch sign {
      case .add, .subtract: return sum(a, b, &annotations)
      case .equal: return .holds(a.isIdentical(to: b))
      case .notEqual: return .holds(!a.isIdentical(to: b))
      default: break
      }
    case (.histogram(let a), .number(let b)):
      switch sign {
      case .multiply: return .sample(.histogram(a.multiplied(by: b).compacted))
      case .divide: return .sample(.histogram(a.divided(by: b).compacted))
      case .trimUpper: return .sample(.histogram(a.keeping(.below, of: b)))
      case .trimLower: return .sample(.histogram(a.keeping(.above, of: b)))
      default: break
      }
    case (.number(let a), .histogram(let b)):
      if sign == .multiply { return .sample(.histogram(b.multiplied(by: a).compacted)) }
    case (.number, .number) where sign.isTrim: break
    case (.number(let a), .number(let b)):
      return sign.isComparison
        ? .holds(Arithmetic.holds(sign, a, b)) : .sample(.number(Arithmetic.number(sign, a, b)))
    }
    annotations.incompatibleTypes(left.typeName, sign, right.typeName, at: range)
    return .nothing
  }

  private func sum(_ a: NativeHistogram, _ b: NativeHistogram, _ annotations: inout Annotations) -> Outcome {
    let operation = sign == .add ? Annotations.HistogramOperation.addition : .subtraction
    do {
      var (result, remarks) = sign == .add ? try a.adding(b) : try a.subtracting(b)
      if remarks.hadCollidingResets { annotations.collidingResets(in: operation, at: range) }
      if remarks.hadDifferentBounds { annotations.reconciledBounds(in: operation, at: range) }
      if sign == .subtract { result.resetHint = .gauge }
      return .sample(.histogram(result))
    } catch {
      annotations.incompatibleBuckets(sign, at: range)
      return .nothing
    }
  }
}

extension SeriesMatrix {
  func sample(_ row: Int, _ step: Int) -> MixedSample? {
    if let histogram = histogram(row, step) { return .histogram(histogram) }
    let value = value(row, step)
    return Point.isAbsent(value) ? nil : .number(value)
  }

  mutating func set(_ sample: MixedSample?, _ row: Int, _ step: Int) {
    switch sample {
    case .histogram(let histogram): set(histogram, row, step)
    case .number(let value): set(value, row, step)
    case nil: set(Point.absent, row, step)
    }
  }

  /// Each sample times -1.
  func negated(_ budget: inout QueryBudget) throws(QueryError) -> SeriesMatrix {
    try budget.checkpoint(values.count)
    var held = budget
    var result = mapped { -$0 }
    try forEachHistogram { (histogram, row, step) throws(QueryError) in
      try held.hold(histogram.points)
      try held.checkpoint(histogram.points)
      result.set(histogram.multiplied(by: -1), row, step)
    }
    budget = held
    return result
  }
}

extension Evaluator {
  /// Each sample of a vector with the scalar of its step. `isSwapped`: the scalar stands on the left.
  func combineMixed(
    _ vector: SeriesMatrix, _ scalars: [Double], _ node: BinaryOperation, isSwapped: Bool
  ) throws(QueryError) -> SeriesMatrix {
    let arithmetic = HistogramArithmetic(node)
    var result = SeriesMatrix(
      labels: vector.labels, steps: vector.steps, dropsName: vector.dropsName,
      isDistinctWithoutName: vector.isDistinctWithoutName)
    for row in 0..<vector.count {
      try budget.checkpoint(vector.steps)
      for step in 0..<vector.steps {
        guard let sample = vector.sample(row, step) else { continue }
        let scalar = MixedSample.number(scalars[step])
        let outcome =
          isSwapped
          ? arithmetic.outcome(scalar, sample, &annotations) : arithmetic.outcome(sample, scalar, &annotations)
        let kept = node.sample(of: outcome, keeping: sample)
        try budget.hold(kept)
        result.set(kept, row, step)
      }
    }
    return node.keepsSamples ? result : try result.droppingName()
  }
}

extension BinaryOperation {
  /// What an outcome leaves: of a comparison without `bool` the sample `kept`, if it holds.
  func sample(of outcome: HistogramArithmetic.Outcome, keeping kept: MixedSample) -> MixedSample? {
    switch outcome {
    case .nothing: nil
    case .sample(let sample): sample
    case .holds(let holds): returnsBool ? .number(holds ? 1 : 0) : holds ? kept : nil
    }
  }
}
