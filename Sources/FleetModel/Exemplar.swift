/// One observation behind a sample, by example: the trace in which it was made (OpenMetrics 1.0, section 4.7).
public struct Exemplar: Sendable, Hashable {
  /// `trace_id` and `span_id` as a rule; not those of the series.
  public var labels: LabelSet
  public var value: Double
  /// When the observation was made; `nil` where the sender does not say: then it counts as made at the time of its sample.
  public var time: Timestamp?

  public init(labels: LabelSet, value: Double, time: Timestamp? = nil) {
    self.labels = labels
    self.value = value
    self.time = time
  }
}

/// What became of an exemplar.
public enum ExemplarOutcome: Sendable, Hashable {
  case appended
  /// The series' newest exemplar is this one: it is kept once and not counted as an error.
  case duplicate
  /// The series has a newer one.
  case outOfOrder
  /// Names and values of the labels together are longer than ``ExemplarLimits/labelCharacters``.
  case labelsTooLong
  /// The store no longer has the series; ask for a new reference and append again.
  case unknownSeries
  /// Exemplars are turned off.
  case off
}

public enum ExemplarLimits {
  /// Unicode characters in all names and values of an exemplar's labels together (OpenMetrics 1.0, section 4.7).
  public static let labelCharacters = 128
}

/// Takes exemplars in, beside the samples of ``SampleAppender``; its series references are that appender's.
///
/// Calls are quick (no waiting for a disk) and may come from any thread at once.
public protocol ExemplarAppender: Sendable {
  /// Keeps the exemplar under a series; `time` is that of the sample it came with, used where the exemplar has none.
  @discardableResult
  func append(_ exemplar: Exemplar, to series: SeriesRef, at time: Timestamp) -> ExemplarOutcome
}

/// Gives exemplars back.
public protocol ExemplarSource: Sendable {
  /// The exemplars in `from...through` of all series that match every matcher of at least one of the lists; by series in the
  /// order of its labels, each in order of time. A series without an exemplar in the range is left out.
  ///
  /// - Throws: ``InvalidMatcher`` if a regular expression does not parse.
  func exemplars(matchingAny selectors: [[LabelMatcher]], from: Timestamp, through: Timestamp) throws
    -> [SeriesExemplars]
}

public struct SeriesExemplars: Sendable, Hashable {
  public var labels: LabelSet
  /// Each with its time.
  public var exemplars: [Exemplar]

  public init(labels: LabelSet, exemplars: [Exemplar]) {
    self.labels = labels
    self.exemplars = exemplars
  }
}
