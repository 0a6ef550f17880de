public import FleetModel

/// What series there are, as far as is known: expressions are checked against it.
public struct MetricCatalogue: Sendable {
  public struct Metric: Hashable, Sendable {
    public var type: MetricType
    /// The names of the labels that its series have, without the metric's own; `nil` where they are not known.
    public var labels: Set<String>?

    public init(type: MetricType = .unknown, labels: Set<String>? = []) {
      self.type = type
      self.labels = labels
    }
  }

  /// By the name of the series: a histogram is there as `x_bucket`, `x_sum` and `x_count`. With none, nothing is said of names
  /// and labels.
  public var metrics: [String: Metric]
  /// Whether there is no metric that is not in ``metrics``.
  public var isComplete: Bool
  /// Between two samples of a series, in milliseconds; 0 where unknown.
  public var interval: Int64

  public init(metrics: [String: Metric] = [:], isComplete: Bool = true, interval: Duration = .zero) {
    self.metrics = metrics
    self.isComplete = isComplete
    self.interval = interval.wholeMilliseconds
  }

  /// What the series of that name are, where it is known or the name says it: OpenMetrics keeps `_total` and `_bucket` for
  /// counters and `_info` for what is no counter.
  func type(of name: String) -> MetricType {
    if let type = metrics[name]?.type, type != .unknown { return type }
    if name.hasSuffix("_total") || name.hasSuffix("_bucket") { return .counter }
    return name.hasSuffix("_info") ? .gauge : .unknown
  }

  /// The known name that is at most a fifth of its letters away.
  func nearest(to name: String) -> String? {
    let letters = Array(name.utf8)
    let limit = max(1, letters.count / 5)
    return metrics.keys.map { (Spelling.distance(letters, Array($0.utf8), limit: limit), $0) }
      .filter { $0.0 <= limit }.min { $0 < $1 }?.1
  }
}
