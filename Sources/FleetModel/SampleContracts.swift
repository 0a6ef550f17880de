/// Takes samples in. The store implements it; ingest calls it.
///
/// Calls are quick (microseconds: no waiting for a disk) and may come from any thread at once.
public protocol SampleAppender: Sendable {
  /// The number of the series with exactly these labels, made anew if there is none yet.
  ///
  /// The store keeps a series at least as long as it holds samples of it, and for `seriesLifetime` after its last
  /// append; a reference older than that may be refused by ``append(_:at:)`` and must then be asked for again.
  ///
  /// - Throws: ``AppendError/tooManySeries(limit:)``.
  func reference(for labels: LabelSet) throws(AppendError) -> SeriesRef

  /// Appends one value to each named series, all under one time. All are checked, then all good ones are taken: a sample
  /// that is refused does not keep out the others.
  ///
  /// - Returns: how many were taken and, by reason, how many were not.
  /// - Throws: ``AppendError/closed`` or ``AppendError/storage(_:)``; then none was taken.
  func append(_ samples: [Sample], at time: Timestamp) throws(AppendError) -> AppendOutcome

  /// As ``append(_:at:)`` of numbers, for native histograms. A series may have numbers at some times and histograms at others.
  func append(histograms: [HistogramSample], at time: Timestamp) throws(AppendError) -> AppendOutcome

  /// Returns once all that this caller appended before is as safe as the store promises: to be awaited before a client is
  /// told that its samples were taken. A store that syncs in the background returns at once; one that was told to sync
  /// always waits for the disk, together with all others who wait.
  ///
  /// - Throws: ``AppendError/storage(_:)`` if the samples could not be made safe; the client must send them again.
  func acknowledge() async throws(AppendError)

  /// The labels of a series; `nil` if the store no longer has it. Makes a copy: not for hot paths.
  func labels(of series: SeriesRef) -> LabelSet?
}

/// What became of a batch of samples.
public struct AppendOutcome: Sendable, Hashable {
  public var appended = 0
  /// The series has a sample at this time with another value (one with the same value is taken as appended).
  public var duplicateTimestamp = 0
  /// The series has a later sample, and the time is outside the out-of-order window.
  public var outOfOrder = 0
  /// Histograms that are not valid, or have more buckets than the store takes (``NativeHistogram/isStorable``).
  public var malformed = 0
  /// Positions in the batch whose series the store no longer has; ask for new references and append these again.
  public var unknownSeries: [Int] = []

  public init() {}
}

public enum AppendError: Error, Hashable, Sendable, CustomStringConvertible {
  case tooManySeries(limit: Int)
  case storage(String)
  case closed

  public var description: String {
    switch self {
    case .tooManySeries(let limit):
      "the store holds \(limit) series, its limit; drop labels with many values or raise limits.series"
    case .storage(let reason): "the store cannot take samples: \(reason)"
    case .closed: "the store is closed"
    }
  }
}

/// Gives samples back. The store implements it; PromQL, rules, reports and the API read through it.
public protocol SeriesSource: Sendable {
  /// The series that match every matcher, each with its samples in `from...through`, sorted by labels. A series without
  /// a sample in the range is left out. Staleness markers are among the samples.
  ///
  /// - Throws: ``InvalidMatcher`` if a regular expression does not parse.
  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries]

  /// As ``select(_:from:through:)``, for a caller that looks at one series after the other: the samples may come encoded, to be
  /// decoded one series at a time, and a series without a sample in the range may be among the answers. A source that has nothing
  /// to gain gives what it selects.
  func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection

  /// As ``open(_:from:through:)``, for a caller that needs no more than the last sample of each series in the range.
  func openLatest(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection

  /// The labels of the series that ``select(_:from:through:)`` gives, in its order.
  func labelSets(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [LabelSet]

  /// The names of the labels of all matching series that have samples in the range, sorted.
  func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String]

  /// The values of the label `name` among matching series that have samples in the range, sorted.
  func labelValues(of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws
    -> [String]
}

/// One series of an answer. The samples cross the module boundary as columns, never one by one.
public struct SelectedSeries: Sendable {
  public var labels: LabelSet
  public var samples: SampleColumns
  /// The samples that are native histograms; no time is in both columns. Staleness markers may be in either.
  public var histograms: HistogramColumns

  public init(labels: LabelSet, samples: SampleColumns, histograms: HistogramColumns = HistogramColumns()) {
    self.labels = labels
    self.samples = samples
    self.histograms = histograms
  }
}

/// Times (milliseconds) and values of one series, in rising order of time; both arrays have the same count.
public struct SampleColumns: Sendable {
  public var timestamps: [Int64]
  public var values: [Double]

  public init(timestamps: [Int64] = [], values: [Double] = []) {
    precondition(timestamps.count == values.count, "BUG: columns of different length")
    self.timestamps = timestamps
    self.values = values
  }

  public var count: Int { timestamps.count }
}

/// A matcher whose regular expression does not parse.
public struct InvalidMatcher: Error, Hashable, Sendable, CustomStringConvertible {
  public var matcher: LabelMatcher
  public var problem: String

  public init(matcher: LabelMatcher, problem: String) {
    self.matcher = matcher
    self.problem = problem
  }

  public var description: String { "label matcher \(matcher): \(problem)" }
}

/// Is told of samples as they arrive, and only of those that it asked for: a series that nobody watches costs nothing.
/// The rule engine implements it; ingest calls it.
public protocol SampleWatch: Sendable {
  /// Changes whenever the answers of ``interest(in:)`` may have changed. Cheap: an atomic load.
  var generation: UInt64 { get }

  /// A number under which the watcher wants to hear of this series, `nil` if it does not. Asked once for each series and
  /// generation. Equal labels give an equal number.
  func interest(in labels: LabelSet) -> WatchToken?

  /// The watched samples of one collection, in the order in which they came. Called after they were appended, on the path
  /// from arrival to notification, so it must decide quickly and hand delivery on.
  func observe(_ samples: [WatchedSample], at time: Timestamp)
}

public struct WatchToken: Hashable, Sendable {
  public let rawValue: UInt32

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

public struct WatchedSample: Sendable, Hashable {
  public var token: WatchToken
  public var value: Double

  @inlinable public init(token: WatchToken, value: Double) {
    self.token = token
    self.value = value
  }
}
