public import FleetModel

/// Finds what an expression surely does not mean: names that nothing has, rates of gauges, windows too short to hold two samples,
/// sides that cannot match, comparisons that cannot hold. Each finding has its place in the text and a mend.
public struct ExpressionLinter: Sendable {
  public let catalogue: MetricCatalogue

  public init(catalogue: MetricCatalogue) { self.catalogue = catalogue }

  /// The findings in the order of the text.
  public func findings(in query: ParsedQuery) -> [Finding] {
    var found: [Finding] = []
    query.expression.visit { part in
      switch part {
      case .vector(let node): found += findings(in: node)
      case .call(let node): found += findings(in: node)
      case .aggregation(let node): found += findings(in: node)
      case .binary(let node): found += findings(in: node)
      default: break
      }
    }
    return found.sorted { ($0.range.start, $0.range.end) < ($1.range.start, $1.range.end) }
  }

  public struct Finding: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
      case unknownMetric = "unknown_metric"
      case unknownLabel = "unknown_label"
      case rateOfGauge = "rate_of_gauge"
      case differenceOfCounter = "difference_of_counter"
      case rateOfSum = "rate_of_sum"
      case shortRange = "short_range"
      case missingBy = "missing_by"
      case quantileBounds = "quantile_bounds"
      case neverHolds = "never_holds"
    }

    public var kind: Kind
    public var range: SourceRange
    public var message: String
    public var mend: String?

    public init(kind: Kind, range: SourceRange, message: String, mend: String? = nil) {
      self.kind = kind
      self.range = range
      self.message = message
      self.mend = mend
    }

    /// As a diagnostic whose line and column lie in the query's text.
    public func diagnostic(in query: String) -> Diagnostic {
      let place = range.characterPlace(in: query)
      return Diagnostic(.warning, line: place.line, column: place.column, message: message, mend: mend)
    }
  }

  // MARK: names

  private func findings(in node: VectorSelector) -> [Finding] {
    guard !catalogue.metrics.isEmpty, let name = node.metricName else { return [] }
    guard let metric = catalogue.metrics[name] else {
      if !catalogue.isComplete { return [] }
      let mend = catalogue.nearest(to: name).map { "did you mean \(GoText.quoted($0))?" }
      return [
        Finding(
          kind: .unknownMetric, range: node.range, message: "no series is called \(GoText.quoted(name))", mend: mend)
      ]
    }
    guard let labels = metric.labels else { return [] }
    return node.matchers.filter { $0.name != LabelSet.metricName && !labels.contains($0.name) && selects($0) }
      .map {
        let known = labels.sorted().joined(separator: ", ")
        return Finding(
          kind: .unknownLabel, range: node.range, message: "\(name) has no label \(GoText.quoted($0.name))",
          mend: known.isEmpty ? nil : "it has \(known)")
      }
  }

  /// Whether the matcher refuses series without the label.
  private func selects(_ matcher: LabelMatcher) -> Bool {
    switch matcher.operation {
    case .equal: !matcher.value.isEmpty
    case .notEqual: matcher.value.isEmpty
    case .matches: (try? LabelPattern(matcher.value))?.matchesEmpty == false
    case .matchesNot: (try? LabelPattern(matcher.value))?.matchesEmpty == true
    }
  }

  private func findings(in node: Aggregation) -> [Finding] {
    let found = node.operator == .quantile ? node.parameter.map(quantile) ?? [] : []
    return found + grouping(in: node)
  }

  private func grouping(in node: Aggregation) -> [Finding] {
    guard !node.isWithout, let labels = LabelFlow(catalogue: catalogue).labels(of: node.expression) else { return [] }
    return node.grouping.filter { $0 != LabelSet.metricName && !labels.contains($0) }.map {
      Finding(
        kind: .unknownLabel, range: node.range, message: "nothing here has the label \(GoText.quoted($0)) to group by",
        mend: labels.isEmpty ? nil : "there is \(labels.sorted().joined(separator: ", "))")
    }
  }

  // MARK: functions over windows

  private static let needsTwoSamples: Set = [
    "rate", "increase", "irate", "delta", "idelta", "deriv", "predict_linear", "changes", "resets",
  ]
  private static let ofCounters: Set = ["rate", "increase", "irate"]
  private static let ofGauges = ["delta": "increase", "idelta": "irate", "deriv": "rate"]

  private func findings(in node: FunctionCall) -> [Finding] {
    let name = node.function.name
    var found = quantile(node)
    guard let argument = node.arguments.first(where: { $0.type == .matrix })?.unwrapped else {
      return found + histogram(node)
    }
    switch argument {
    case .matrix(let matrix):
      let type = matrix.selector.metricName.map(catalogue.type)
      let metric = matrix.selector.metricName ?? "this"
      if Self.ofCounters.contains(name), type == .gauge {
        found.append(
          Finding(
            kind: .rateOfGauge, range: node.range,
            message: "\(name) of the gauge \(metric): each fall counts as a reset",
            mend: name == "increase" ? "use delta" : "use deriv"))
      }
      if let other = Self.ofGauges[name], type == .counter {
        found.append(
          Finding(
            kind: .differenceOfCounter, range: node.range,
            message: "\(name) of the counter \(metric) falls at each reset",
            mend: "use \(other)"))
      }
      if Self.needsTwoSamples.contains(name), catalogue.interval > 0, matrix.window < 2 * catalogue.interval {
        let interval = NumberText.duration(milliseconds: catalogue.interval)
        found.append(
          Finding(
            kind: .shortRange, range: matrix.range,
            message:
              "a window of \(NumberText.duration(milliseconds: matrix.window)) seldom holds two samples, which come every "
              + interval, mend: "use at least \(NumberText.duration(milliseconds: 4 * catalogue.interval))"))
      }
    case .subquery(let subquery):
      if Self.ofCounters.contains(name), case .call(let inner) = subquery.expression.unwrapped,
        Self.ofCounters.contains(inner.function.name)
      {
        found.append(
          Finding(
            kind: .rateOfGauge, range: node.range,
            message: "\(name) of a \(inner.function.name), which is a gauge: each fall counts as a reset",
            mend: name == "increase" ? "use delta" : "use deriv, or avg_over_time for the mean"))
      }
      if Self.ofCounters.contains(name), case .aggregation(let inner) = subquery.expression.unwrapped {
        found.append(
          Finding(
            kind: .rateOfSum, range: node.range,
            message: "\(name) of a \(inner.operator.rawValue): one counter's reset makes all of them fall",
            mend: "aggregate the rates: \(inner.operator.rawValue)(\(name)(…))"))
      }
    default: break
    }
    return found
  }

  private static let ofQuantiles: Set = ["histogram_quantile", "quantile_over_time"]

  private func quantile(_ node: FunctionCall) -> [Finding] {
    guard Self.ofQuantiles.contains(node.function.name), let argument = node.arguments.first else { return [] }
    return quantile(argument)
  }

  /// A quantile that is written as a number and is none: percents are a common slip.
  private func quantile(_ argument: Expression) -> [Finding] {
    guard case .number(let literal) = argument.unwrapped, literal.value > 1 || literal.value < 0 else { return [] }
    let share = literal.value / 100
    return [
      Finding(
        kind: .quantileBounds, range: literal.range,
        message: "\(argument) is no quantile: it gives \(literal.value > 1 ? "+Inf" : "-Inf") always",
        mend: literal.value > 1 && literal.value <= 100 ? "write \(GoText.general(share))" : "write 0 to 1")
    ]
  }

  private func histogram(_ node: FunctionCall) -> [Finding] {
    guard node.function.name == "histogram_quantile" || node.function.name == "histogram_fraction",
      let argument = node.arguments.last, let labels = LabelFlow(catalogue: catalogue).labels(of: argument),
      !labels.contains("le")
    else { return [] }
    return [
      Finding(
        kind: .missingBy, range: argument.range, message: "the buckets have lost their label \"le\"",
        mend: "keep it: by (le, …)")
    ]
  }

  // MARK: operators

  private func findings(in node: BinaryOperation) -> [Finding] {
    var found: [Finding] = []
    if node.operator.isComparison, !node.returnsBool,
      ValueBounds.of(node.left).neverHolds(node.operator, ValueBounds.of(node.right))
    {
      found.append(
        Finding(
          kind: .neverHolds, range: node.range,
          message: "\(node.left) \(node.operator.rawValue) \(node.right) never holds",
          mend: isCount(node.left) ? "where there is nothing, count gives nothing: use absent" : nil))
    }
    if let matching = node.matching, matching.cardinality == .oneToOne, !matching.isOn {
      found += unmatched(node, matching)
    }
    return found
  }

  private func isCount(_ expression: Expression) -> Bool {
    switch expression.unwrapped {
    case .aggregation(let node): node.operator == .count
    case .call(let node): node.function.name == "count_over_time"
    default: false
    }
  }

  /// Sides that differ in the labels that must be the same.
  private func unmatched(_ node: BinaryOperation, _ matching: VectorMatching) -> [Finding] {
    let flow = LabelFlow(catalogue: catalogue)
    guard let left = flow.labels(of: node.left)?.subtracting(matching.labels),
      let right = flow.labels(of: node.right)?.subtracting(matching.labels), left != right
    else { return [] }
    func text(_ labels: Set<String>) -> String { labels.isEmpty ? "none" : labels.sorted().joined(separator: ", ") }
    let common = left.intersection(right).sorted().joined(separator: ", ")
    return [
      Finding(
        kind: .missingBy, range: node.operatorRange,
        message: "the sides have different labels and do not match: left \(text(left)), right \(text(right))",
        mend: left.isEmpty || right.isEmpty
          ? "aggregate both sides by the same labels" : "aggregate both by (\(common)), or match on (\(common))")
    ]
  }
}
