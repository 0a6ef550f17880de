public import FleetModel

/// What a query gives.
public enum QueryValue: Sendable {
  case scalar(Double, at: Timestamp)
  case string(StringLiteral, at: Timestamp)
  /// In the order of the answer: `sort` and `topk` give theirs.
  case vector([InstantSample])
  /// Sorted by labels.
  case matrix([ResultSeries])
}

public struct InstantSample: Sendable {
  public var labels: LabelSet
  public var time: Timestamp
  /// Of a histogram without meaning.
  public var value: Double
  /// Where the sample is a native histogram.
  public var histogram: NativeHistogram?

  public init(labels: LabelSet, time: Timestamp, value: Double, histogram: NativeHistogram? = nil) {
    self.labels = labels
    self.time = time
    self.value = value
    self.histogram = histogram
  }
}

/// A series of an answer with at least one sample, in rising order of time.
public struct ResultSeries: Sendable {
  public var labels: LabelSet
  public var samples: SampleColumns
  /// The samples that are native histograms; no time is in both columns.
  public var histograms = HistogramColumns()
}

/// The answer to a query with what should be known of it.
public struct QueryOutcome: Sendable {
  public var value: QueryValue
  public var annotations: Annotations
  public var statistics: QueryStatistics
}

public struct QueryStatistics: Hashable, Sendable {
  /// Samples that the selectors gave.
  public var samplesRead = 0
  /// The most points that were held at one time.
  public var peakPoints = 0
  public var seriesRead = 0
  /// Empty unless ``EngineOptions/countsSamples`` is set.
  public var samplesByStep: [Step] = []

  /// The samples that the selectors see at one step.
  public struct Step: Hashable, Sendable {
    public var time: Timestamp
    public var samples: Int
  }
}
