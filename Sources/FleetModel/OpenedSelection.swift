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
}

/// One series whose samples are decoded when they are asked for.
public struct EncodedSeries: Sendable {
  public var labels: LabelSet
  /// How many samples it has, at most.
  public let count: Int
  /// Appends the samples in rising order of time; some before and after the range that was asked for may be among them. It only
  /// calculates: what has to be read from elsewhere was read when the series was opened.
  public let decode: @Sendable (inout SampleColumns) throws -> Void

  public init(labels: LabelSet, count: Int, decode: @escaping @Sendable (inout SampleColumns) throws -> Void) {
    self.labels = labels
    self.count = count
    self.decode = decode
  }
}

extension SeriesSource {
  public func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection {
    .decoded(try await select(matchers, from: from, through: through))
  }

  /// Through ``open(_:from:through:)``: nothing that is encoded gets decoded.
  public func labelSets(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [LabelSet] {
    switch try await open(matchers, from: from, through: through) {
    case .decoded(let series): series.map(\.labels)
    case .encoded(let series): series.map(\.labels)
    }
  }
}
