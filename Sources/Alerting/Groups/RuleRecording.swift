public import FleetModel

/// What one rule gives at one time: all of it belongs under that time.
public struct RecordedSamples: Sendable {
  public var time: Timestamp
  public var samples: [RecordedSample]

  public init(time: Timestamp, samples: [RecordedSample]) {
    self.time = time
    self.samples = samples
  }
}

public struct RecordedSample: Sendable, Hashable {
  /// With the metric's name.
  public var labels: LabelSet
  /// Of a histogram without meaning.
  public var value: Double
  /// Where the sample is a native histogram.
  public var histogram: NativeHistogram?

  public init(labels: LabelSet, value: Double, histogram: NativeHistogram? = nil) {
    self.labels = labels
    self.value = value
    self.histogram = histogram
  }

  /// A staleness marker: the series has ended.
  public static func end(of labels: LabelSet) -> RecordedSample {
    RecordedSample(labels: labels, value: StaleMarker.value)
  }

  public var isEnd: Bool { histogram == nil && StaleMarker.isStale(value) }
}

/// What became of recorded samples.
public struct RecordingOutcome: Sendable, Hashable {
  /// Positions of those that were not taken, rising.
  public var refused: [Int]
  /// How many others were not taken for their times, where it is not known which.
  public var lost: Int
  /// Why the first of them was not, staleness markers aside.
  public var problem: String?

  public init(refused: [Int] = [], lost: Int = 0, problem: String? = nil) {
    self.refused = refused
    self.lost = lost
    self.problem = problem
  }
}
