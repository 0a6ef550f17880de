public import FleetModel
public import Platform
import Synchronization
public import SystemPackage

/// What an ``ExemplarStore`` keeps.
public struct ExemplarConfiguration: Sendable {
  /// A directory of its own; `nil` keeps them in memory alone.
  public var directory: FilePath?
  /// Exemplars of all series together; 0 keeps none. 100,000 with a trace and a span id take some 25 MB.
  public var maximum = 100_000
  /// Exemplars of one series; beyond it the series' own oldest goes.
  public var maximumOfSeries = 1_000
  /// How much older than the newest of its series an exemplar may be.
  public var outOfOrderWindow: Duration = .seconds(600)

  public init(directory: FilePath? = nil) { self.directory = directory }
}

/// Keeps the exemplars of the samples that a ``SampleAppender`` takes, a bounded number: the newest takes the place of the oldest.
///
/// They outlive a restart: what was taken is written behind within ``flushInterval``, and all is once ``run()`` has ended. So the
/// end of the process by force loses the exemplars of a second, a loss of power those since the system wrote its caches (the
/// files are synced when they are begun, and at the end). Neither loses samples, or exemplars that were on disk.
public final class ExemplarStore: ExemplarAppender, ExemplarSource {
  /// Between two writes of what is new.
  public static let flushInterval: Duration = .seconds(1)
  /// Between two tries on a disk that takes nothing.
  static let longestPause: Duration = .seconds(60)

  struct State: Sendable {
    var ring: ExemplarRing
    var totals = ExemplarTotals()
    /// Numbers of series in the ring, by those of the appender.
    var numbers: [UInt32: LabelSet] = [:]
    /// What the file is yet to be told.
    var pending = FieldWriter()
    /// Series, by their numbers in the ring, that the file knows.
    var named: [Bool] = []
    /// The file is to be begun anew: there is none, or it can no longer be trusted.
    var needsImage = true
  }

  let configuration: ExemplarConfiguration
  private let appender: any SampleAppender
  private let window: Int64
  let time: any TimeSource
  let state: Mutex<State>
  let files: ExemplarFiles?
  let work = BlockingWork(label: "skep.exemplars")
  let onEvent: @Sendable (StoreEvent) -> Void

  /// Reads what is in the directory; blocks.
  ///
  /// - Parameters:
  ///   - appender: whose series the references are of.
  ///   - onEvent: is told of what an operator should know; called from any thread.
  /// - Throws: ``StoreError`` where the directory cannot be used or a later version wrote it.
  public init(
    _ configuration: ExemplarConfiguration, of appender: any SampleAppender,
    files: any FileSystem = SystemFileSystem(), time: any TimeSource,
    onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
  ) throws(StoreError) {
    self.configuration = configuration
    self.appender = appender
    self.time = time
    self.onEvent = onEvent
    window = max(0, configuration.outOfOrderWindow.wholeMilliseconds)
    var ring = ExemplarRing(capacity: configuration.maximum, share: configuration.maximumOfSeries)
    if let directory = configuration.directory, configuration.maximum > 0 {
      self.files = try ExemplarFiles(directory, files, reading: &ring, onEvent: onEvent)
    } else {
      self.files = nil
    }
    state = Mutex(State(ring: ring))
  }

  /// Pending bytes beyond which the file is begun anew instead, once the disk takes something again.
  private static let maximumPending = 8 << 20

  @discardableResult
  public func append(_ exemplar: Exemplar, to series: SeriesRef, at time: Timestamp) -> ExemplarOutcome {
    if configuration.maximum == 0 { return .off }
    let known = state.withLock { $0.numbers[series.rawValue] }
    guard let labels = known ?? appender.labels(of: series) else { return .unknownSeries }
    let outcome = append(exemplar, to: labels, at: time)
    if known == nil, outcome == .appended {
      state.withLock { state in
        // Numbers of series that have no exemplars left are few at any time, and go when they are many.
        if state.numbers.count > 2 * state.ring.seriesCount + 1024 { state.numbers.removeAll() }
        state.numbers[series.rawValue] = labels
      }
    }
    return outcome
  }

  /// As ``append(_:to:at:)``, by the labels of the series.
  @discardableResult
  public func append(_ exemplar: Exemplar, to labels: LabelSet, at time: Timestamp) -> ExemplarOutcome {
    let entry = ExemplarRing.Entry(
      labels: exemplar.labels, value: exemplar.value, time: (exemplar.time ?? time).milliseconds,
      isTimed: exemplar.time != nil)
    let isTooLong = Self.characters(in: exemplar.labels) > ExemplarLimits.labelCharacters
    return state.withLock { state in
      if isTooLong {
        state.totals.labelsTooLong += 1
        return .labelsTooLong
      }
      let (outcome, number, isNew) = state.ring.insert(entry, of: labels, window: window)
      state.totals.note(outcome)
      if outcome == .appended, files != nil, !state.needsImage { state.note(entry, labels, number, isNew: isNew) }
      if state.pending.bytes.count > Self.maximumPending {
        state.pending = FieldWriter()
        state.needsImage = true
      }
      return outcome
    }
  }

  private static func characters(in labels: LabelSet) -> Int {
    // No more characters than bytes, and few sets have as many bytes.
    if labels.encoded.count <= ExemplarLimits.labelCharacters { return 0 }
    return labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
  }

  public func exemplars(
    matchingAny selectors: [[LabelMatcher]], from: Timestamp, through: Timestamp
  ) throws -> [SeriesExemplars] {
    guard from <= through else { return [] }
    let tests = try selectors.map { matchers in try matchers.map { matcher in try MatcherTest(matcher) } }
    let range = from.milliseconds...through.milliseconds
    // A copy, so that matching keeps nobody waiting.
    let ring = state.withLock { $0.ring }
    var found: [SeriesExemplars] = []
    for (number, series) in ring.series.enumerated() where series.count > 0 {
      guard tests.contains(where: { $0.allSatisfy { $0.accepts(series.labels) } }) else { continue }
      let entries = ring.entries(of: Int32(number), in: range)
      if entries.isEmpty { continue }
      let exemplars = entries.map {
        Exemplar(labels: $0.labels, value: $0.value, time: Timestamp(milliseconds: $0.time))
      }
      found.append(SeriesExemplars(labels: series.labels, exemplars: exemplars))
    }
    found.sort { LabelSet.precedes($0.labels, $1.labels) }
    return found
  }

  public func statistics() -> ExemplarStatistics {
    state.withLock { state in
      ExemplarStatistics(
        totals: state.totals, exemplars: state.ring.count, series: state.ring.seriesCount,
        maximum: configuration.maximum, oldest: state.ring.oldestTime.map { Timestamp(milliseconds: $0) })
    }
  }
}

extension ExemplarStore.State {
  /// Writes down what was taken, for the file.
  fileprivate mutating func note(
    _ entry: ExemplarRing.Entry, _ labels: LabelSet, _ number: Int32, isNew: Bool
  ) {
    let index = Int(number)
    while named.count <= index { named.append(false) }
    // A number that is used again stands for another series.
    if isNew || !named[index] { ExemplarRecords.appendSeries(number, labels, to: &pending) }
    named[index] = true
    ExemplarRecords.append(entry, of: number, to: &pending)
  }
}

/// What became of exemplars since the start.
public struct ExemplarTotals: Sendable, Hashable {
  public var appended = 0
  public var outOfOrder = 0
  public var labelsTooLong = 0

  public init() {}

  mutating func note(_ outcome: ExemplarOutcome) {
    switch outcome {
    case .appended: appended += 1
    case .outOfOrder: outOfOrder += 1
    case .labelsTooLong: labelsTooLong += 1
    case .duplicate, .unknownSeries, .off: break
    }
  }
}

public struct ExemplarStatistics: Sendable, Hashable {
  public var totals: ExemplarTotals
  public var exemplars: Int
  public var series: Int
  public var maximum: Int
  public var oldest: Timestamp?
}
