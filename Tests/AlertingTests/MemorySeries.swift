import FleetModel
import Synchronization

@testable import Alerting

/// Series in memory, to be read and recorded to.
final class MemorySeries: SeriesSource, SampleAppender {
  private struct State {
    var series: [LabelSet: SampleColumns] = [:]
    var histograms: [LabelSet: HistogramColumns] = [:]
    var references: [LabelSet] = []
    var selections = 0
    var limit = Int.max
    var failure: String?
  }

  private let state = Mutex(State())

  /// How often series were asked for.
  var selections: Int { state.withLock { $0.selections } }
  /// Series that there may be.
  var limit: Int {
    get { state.withLock { $0.limit } }
    set { state.withLock { $0.limit = newValue } }
  }
  /// Why reading fails.
  var failure: String? {
    get { state.withLock { $0.failure } }
    set { state.withLock { $0.failure = newValue } }
  }

  func add(_ metric: String, _ labels: [String: String] = [:], _ value: Double, at seconds: Double) {
    add(LabelSet(labels.merging([LabelSet.metricName: metric]) { $1 }), value, Self.time(seconds))
  }

  private func add(_ labels: LabelSet, _ value: Double, _ time: Timestamp) {
    state.withLock { state in
      state.series[labels, default: SampleColumns()].timestamps.append(time.milliseconds)
      state.series[labels]?.values.append(value)
    }
  }

  /// A moment of the tests, in seconds.
  static func time(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: 1_700_000_000_000) + .seconds(seconds) }

  /// All samples of a metric, by the series' other labels: `time:value`, stale as `time:-`.
  func recorded(_ metric: String) -> [String: String] {
    state.withLock { state in
      var found: [String: String] = [:]
      for (labels, samples) in state.series where labels.metricName == metric {
        let text = zip(samples.timestamps, samples.values).map { time, value in
          let seconds = Double(time - 1_700_000_000_000) / 1000
          return "\(Self.text(seconds)):\(StaleMarker.isStale(value) ? "-" : Self.text(value))"
        }
        found["\(labels.removing(LabelSet.metricName))"] = text.joined(separator: " ")
      }
      return found
    }
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
  }

  func record(_ recorded: RecordedSamples) -> RecordingOutcome {
    for sample in recorded.samples { add(sample.labels, sample.value, recorded.time) }
    return RecordingOutcome()
  }

  // MARK: SeriesSource

  private struct Failed: Error, CustomStringConvertible { let description: String }

  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
    let series = try state.withLock { state in
      state.selections += 1
      if let failure = state.failure { throw Failed(description: failure) }
      return state.series
    }
    let compiled = try matchers.map { try MatcherTest($0) }
    var selected: [SelectedSeries] = []
    for (labels, samples) in series where compiled.allSatisfy({ $0.accepts(labels) }) {
      let positions = samples.timestamps.indices.filter {
        samples.timestamps[$0] >= from.milliseconds && samples.timestamps[$0] <= through.milliseconds
      }
      if positions.isEmpty { continue }
      selected.append(
        SelectedSeries(
          labels: labels,
          samples: SampleColumns(
            timestamps: positions.map { samples.timestamps[$0] }, values: positions.map { samples.values[$0] })))
    }
    return selected.sorted { LabelSet.precedes($0.labels, $1.labels) }
  }

  func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }

  func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] { [] }

  // MARK: SampleAppender

  func reference(for labels: LabelSet) throws(AppendError) -> SeriesRef {
    let found = state.withLock { state -> (UInt32, Int)? in
      if let index = state.references.firstIndex(of: labels) { return (UInt32(index), 0) }
      guard state.references.count < state.limit else { return nil }
      state.references.append(labels)
      return (UInt32(state.references.count - 1), 0)
    }
    guard let found else { throw .tooManySeries(limit: limit) }
    return SeriesRef(rawValue: found.0)
  }

  func append(histograms: [HistogramSample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    var outcome = AppendOutcome()
    for sample in histograms {
      guard let labels = labels(of: sample.series) else { continue }
      state.withLock {
        $0.histograms[labels, default: HistogramColumns()].append(sample.value, at: time.milliseconds)
      }
      outcome.appended += 1
    }
    return outcome
  }

  /// The histograms of the one series of a metric.
  func histograms(_ metric: String) -> HistogramColumns {
    state.withLock { $0.histograms.first { $0.key.metricName == metric }?.value ?? HistogramColumns() }
  }

  func append(_ samples: [Sample], at time: Timestamp) throws(AppendError) -> AppendOutcome {
    var outcome = AppendOutcome()
    for sample in samples {
      guard let labels = labels(of: sample.series) else { continue }
      let isLate = state.withLock { state in
        state.series[labels]?.timestamps.last.map { $0 >= time.milliseconds } ?? false
      }
      if isLate {
        outcome.duplicateTimestamp += 1
      } else {
        add(labels, sample.value, time)
        outcome.appended += 1
      }
    }
    return outcome
  }

  func acknowledge() async throws(AppendError) {}

  func labels(of series: SeriesRef) -> LabelSet? {
    state.withLock { $0.references.indices.contains(Int(series.rawValue)) ? $0.references[Int(series.rawValue)] : nil }
  }
}

extension RuleGroup {
  /// A group of the tests.
  init(_ rules: [ExpressionRule], interval: Duration = .seconds(60), limit: Int = 0, offset: Duration? = nil) {
    self.init(name: "g", file: "f.yml", interval: interval, queryOffset: offset, limit: limit, rules: rules)
  }
}

extension ExpressionRule {
  static func record(_ name: String, _ expression: String, _ labels: [String: String] = [:]) -> ExpressionRule {
    ExpressionRule(.recording, name: name, expression: expression, labels: labels)
  }

  static func alert(
    _ name: String, _ expression: String, for hold: Duration = .zero, keep: Duration = .zero,
    labels: [String: String] = [:], annotations: [String: String] = [:], filter: Filter? = nil
  ) -> ExpressionRule {
    ExpressionRule(
      .alerting(Alerting(hold: hold, keepFiringFor: keep, annotations: annotations, filter: filter)), name: name,
      expression: expression, labels: labels)
  }
}
