/// What a query's author should know of an answer: each remark once, in the order found.
public struct Annotations: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    case warning = "PromQL warning"
    case info = "PromQL info"
  }

  public struct Entry: Hashable, Sendable {
    public var kind: Kind
    public var message: String
    public var range: SourceRange
  }

  public private(set) var entries: [Entry] = []
  private var known: Set<Entry> = []

  public init() {}

  mutating func add(_ kind: Kind, _ message: String, at range: SourceRange) {
    let entry = Entry(kind: kind, message: message, range: range)
    if known.insert(entry).inserted { entries.append(entry) }
  }

  mutating func merge(_ other: Annotations) {
    for entry in other.entries where known.insert(entry).inserted { entries.append(entry) }
  }

  /// As the HTTP API gives them: `PromQL warning: … (1:5)`.
  public func texts(_ kind: Kind, in query: String) -> [String] {
    var texts: [String] = []
    for entry in entries where entry.kind == kind {
      let text = "\(kind.rawValue): \(entry.message) (\(entry.range.place(in: query)))"
      if !texts.contains(text) { texts.append(text) }
    }
    return texts
  }
}

extension Annotations {
  mutating func invalidQuantile(_ value: Double, at range: SourceRange) {
    add(.warning, "quantile value should be between 0 and 1, got \(GoText.general(value))", at: range)
  }

  mutating func badBucketLabel(_ label: String, metric: String, at range: SourceRange) {
    let suffix = metric.isEmpty ? "" : " for metric name \(GoText.quoted(metric))"
    add(
      .warning, "bucket label \"le\" is missing or has a malformed value of \(GoText.quoted(label))\(suffix)", at: range
    )
  }

  mutating func sortInRangeQuery(at range: SourceRange) {
    add(
      .warning, "sort is ineffective for range queries since results are always ordered by labels", at: range)
  }

  mutating func possiblyNoCounter(_ metric: String, at range: SourceRange) {
    add(
      .info,
      "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(GoText.quoted(metric))",
      at: range)
  }

  mutating func forcedMonotonicity(metric: String, at range: SourceRange) {
    let suffix = metric.isEmpty ? "" : " for metric name \(GoText.quoted(metric))"
    add(
      .info,
      "input to histogram_quantile needed to be fixed for monotonicity (see "
        + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)\(suffix)", at: range)
  }
}
