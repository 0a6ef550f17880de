/// What Prometheus remarks on native histograms (`util/annotations/annotations.go`).
extension Annotations {
  /// Where histograms came together.
  enum HistogramOperation: String {
    case addition, subtraction, aggregation
  }

  private static func named(_ metric: String) -> String {
    metric.isEmpty ? "" : " for metric name \(GoText.quoted(metric))"
  }

  mutating func mixedFloatsAndHistograms(_ metric: String, at range: SourceRange) {
    add(.warning, "encountered a mix of histograms and floats for metric name \(GoText.quoted(metric))", at: range)
  }

  mutating func mixedFloatsAndHistogramsInAggregation(at range: SourceRange) {
    add(.warning, "encountered a mix of histograms and floats for aggregation", at: range)
  }

  mutating func mixedClassicAndNativeHistograms(_ metric: String, at range: SourceRange) {
    add(.warning, "vector contains a mix of classic and native histograms\(Self.named(metric))", at: range)
  }

  mutating func mixedSchemas(_ metric: String, at range: SourceRange) {
    add(
      .warning,
      "vector contains a mix of histograms with exponential and custom buckets schemas for metric name "
        + GoText.quoted(metric), at: range)
  }

  mutating func noCounterHistogram(_ metric: String, at range: SourceRange) {
    add(.warning, "this native histogram metric is not a counter: \(GoText.quoted(metric))", at: range)
  }

  mutating func noGaugeHistogram(_ metric: String, at range: SourceRange) {
    add(.warning, "this native histogram metric is not a gauge: \(GoText.quoted(metric))", at: range)
  }

  mutating func incompatibleBuckets(_ sign: BinaryOperator, at range: SourceRange) {
    add(.warning, "incompatible bucket layout encountered for binary operator \(sign.rawValue)", at: range)
  }

  mutating func collidingResets(in operation: HistogramOperation, at range: SourceRange) {
    add(.warning, "conflicting counter resets during histogram \(operation.rawValue)", at: range)
  }

  mutating func reconciledBounds(in operation: HistogramOperation, at range: SourceRange) {
    add(.info, "mismatched custom buckets were reconciled during \(operation.rawValue)", at: range)
  }

  mutating func incompatibleTypes(_ left: String, _ sign: BinaryOperator, _ right: String, at range: SourceRange) {
    let sign = sign.rawValue
    add(
      .info,
      "incompatible sample types encountered for binary operator \(GoText.quoted(sign)): \(left) \(sign) \(right)",
      at: range)
  }

  mutating func ignoredHistogram(in aggregator: Aggregator, at range: SourceRange) {
    add(.info, "ignored histogram in \(aggregator.rawValue) aggregation", at: range)
  }

  mutating func ignoredHistogramsInMixedRange(_ metric: String, at range: SourceRange) {
    add(
      .info,
      "ignored histograms in a range containing both floats and histograms for metric name \(GoText.quoted(metric))",
      at: range)
  }

  mutating func quantileAmongNaN(_ metric: String, isResultNaN: Bool, at range: SourceRange) {
    let result = isResultNaN ? "result is NaN" : "result is skewed higher"
    add(
      .info, "input to histogram_quantile has NaN observations, \(result)\(Self.named(metric))", at: range)
  }

  mutating func fractionAmongNaN(_ metric: String, at range: SourceRange) {
    add(
      .info,
      "input to histogram_fraction has NaN observations, which are excluded from all fractions\(Self.named(metric))",
      at: range)
  }
}
