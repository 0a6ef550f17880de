/// One series of an answer whose samples may still be encoded: a query over a month reads one series after the other and holds
/// the samples of one at a time.
public struct OpenedSeries: Sendable {
  public var labels: LabelSet
  /// How many samples it has, at most.
  public let count: Int
  public let samples: Samples

  public enum Samples: Sendable {
    case decoded(SampleColumns)
    /// Appends the samples in rising order of time; some before and after the range that was asked for may be among them. It
    /// only calculates: what has to be read from elsewhere was read when the series was opened.
    case encoded(@Sendable (inout SampleColumns) throws -> Void)
  }

  public init(_ series: SelectedSeries) {
    labels = series.labels
    count = series.samples.count
    samples = .decoded(series.samples)
  }

  public init(labels: LabelSet, count: Int, decode: @escaping @Sendable (inout SampleColumns) throws -> Void) {
    self.labels = labels
    self.count = count
    samples = .encoded(decode)
  }
}

extension SeriesSource {
  public func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [OpenedSeries] {
    try await select(matchers, from: from, through: through).map { OpenedSeries($0) }
  }
}
