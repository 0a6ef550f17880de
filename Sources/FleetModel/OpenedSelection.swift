/// The series of an answer for a caller that looks at one after the other. Their samples may still be encoded: a query over a
/// month holds the samples of one series at a time.
public enum OpenedSelection: Sendable {
  case decoded([SelectedSeries])
  case encoded([EncodedSeries])

  public var count: Int {
    switch self {
    case .decoded(let series): series.count
    case .encoded(let series): series.count
    }
  }

  /// Whether any series has native histograms. O(series).
  public var hasHistograms: Bool {
    switch self {
    case .decoded(let series): series.contains { !$0.histograms.isEmpty }
    case .encoded(let series): series.contains { $0.decodeHistograms != nil }
    }
  }
}

/// One series whose samples are decoded when they are asked for.
public struct EncodedSeries: Sendable {
  public var labels: LabelSet
  /// How many samples it has, at most.
  public let count: Int
  /// Appends the samples in rising order of time; some before and after the range that was asked for may be among them. It only
  /// calculates: what has to be read from elsewhere was read when the series was opened.
  public let decode: @Sendable (inout SampleColumns) throws -> Void
  /// Appends the samples that are native histograms, as ``decode`` does for numbers; `nil` if there are none.
  public let decodeHistograms: (@Sendable (inout HistogramColumns) throws -> Void)?

  public init(
    labels: LabelSet, count: Int, decode: @escaping @Sendable (inout SampleColumns) throws -> Void,
    decodeHistograms: (@Sendable (inout HistogramColumns) throws -> Void)? = nil
  ) {
    self.labels = labels
    self.count = count
    self.decode = decode
    self.decodeHistograms = decodeHistograms
  }
}

extension SeriesSource {
  public func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection {
    .decoded(try await select(matchers, from: from, through: through))
  }
}
