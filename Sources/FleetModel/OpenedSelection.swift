/// The series of an answer for a caller that looks at one after the other. Their samples may still be encoded: a query over a
/// month holds the samples of one series at a time.
public enum OpenedSelection: Sendable {
  case decoded([SelectedSeries])
  case encoded(EncodedSelection)

  public var count: Int {
    switch self {
    case .decoded(let series): series.count
    case .encoded(let series): series.labels.count
    }
  }

  /// Whether any series has, or may have, native histograms. O(series).
  public var hasHistograms: Bool {
    switch self {
    case .decoded(let series): series.contains { !$0.histograms.isEmpty }
    case .encoded(let series): series.decodeHistograms != nil
    }
  }
}

/// Series whose samples are decoded when they are asked for.
public struct EncodedSelection: Sendable {
  /// Of each series, in their order.
  public let labels: [LabelSet]
  /// About how many samples all of them have together.
  public let sampleCount: Int
  /// Puts the samples of a series into a buffer in place of what is there, in rising order of time; some before and after the
  /// range that was asked for may be among them. It only calculates, and any number of threads may do so at once: what has to be
  /// read from elsewhere was read when the series were opened.
  public let decode: @Sendable (_ row: Int, _ into: inout SampleBuffer) throws -> Void
  /// Appends the samples that are native histograms, as ``decode`` does for numbers; `nil` if no series has any.
  public let decodeHistograms: DecodeHistograms?

  /// How many samples ``decodeHistograms`` decodes for a row, about: known without decoding them.
  public let histogramCount: (@Sendable (_ row: Int) -> Int)?

  public typealias DecodeHistograms = @Sendable (_ row: Int, _ into: inout HistogramColumns) throws -> Void

  public init(
    labels: [LabelSet], sampleCount: Int,
    decode: @escaping @Sendable (_ row: Int, _ into: inout SampleBuffer) throws -> Void,
    decodeHistograms: DecodeHistograms? = nil, histogramCount: (@Sendable (_ row: Int) -> Int)? = nil
  ) {
    self.labels = labels
    self.sampleCount = sampleCount
    self.decode = decode
    self.decodeHistograms = decodeHistograms
    self.histogramCount = histogramCount
  }
}

extension SeriesSource {
  public func openLatest(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> OpenedSelection {
    try await open(matchers, from: from, through: through)
  }

  public func labelSets(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [LabelSet] {
    try await select(matchers, from: from, through: through).map(\.labels)
  }

  public func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection {
    .decoded(try await select(matchers, from: from, through: through))
  }
}
