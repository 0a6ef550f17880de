import FleetModel
import PromQL
import Synchronization

/// What a query took, in the shape of Prometheus' `util/stats/query_stats.go`.
struct QueryTimings {
  /// For a thread.
  var waited: Duration
  /// For the store.
  var fetching: Duration
  /// Fetching and calculating.
  var evaluation: Duration
  /// All of it.
  var total: Duration

  func json(_ statistics: QueryStatistics, ofEachStep: Bool) -> JSONValue {
    var samples: [JSONValue.Member] = []
    if ofEachStep, !statistics.samplesByStep.isEmpty {
      let steps = statistics.samplesByStep.map { step -> JSONValue in
        [.number(Double(step.time.milliseconds) / 1000), .number(Double(step.samples))]
      }
      samples.append(.init(key: "totalQueryableSamplesPerStep", value: .array(steps)))
    }
    let total = statistics.samplesByStep.reduce(0) { $0 + $1.samples }
    samples.append(.init(key: "totalQueryableSamples", value: .number(Double(total))))
    samples.append(.init(key: "peakSamples", value: .number(Double(statistics.peakPoints))))
    return ["timings": timings, "samples": .object(samples)]
  }

  private var timings: JSONValue {
    [
      "evalTotalTime": .number(evaluation.seconds),
      // Answers are put in order as they are made.
      "resultSortTime": 0,
      "queryPreparationTime": .number(fetching.seconds),
      "innerEvalTime": .number((evaluation - fetching).seconds),
      "execQueueTime": .number(waited.seconds),
      "execTotalTime": .number(total.seconds),
    ]
  }
}

/// A source that knows how long it was waited for.
final class TimedSource: SeriesSource {
  private let source: any SeriesSource
  private let monotonic: @Sendable () -> Duration
  private let sum = Mutex(Duration.zero)

  init(_ source: any SeriesSource, monotonic: @escaping @Sendable () -> Duration) {
    self.source = source
    self.monotonic = monotonic
  }

  var elapsed: Duration { sum.withLock { $0 } }

  func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection {
    let began = monotonic()
    defer { note(since: began) }
    return try await source.open(matchers, from: from, through: through)
  }

  func openLatest(
    _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> OpenedSelection {
    let began = monotonic()
    defer { note(since: began) }
    return try await source.openLatest(matchers, from: from, through: through)
  }

  private func note(since began: Duration) {
    let took = monotonic() - began
    sum.withLock { $0 += took }
  }

  func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
    try await source.select(matchers, from: from, through: through)
  }

  func labelSets(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [LabelSet] {
    try await source.labelSets(matchers, from: from, through: through)
  }

  func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] {
    try await source.labelNames(matchers, from: from, through: through)
  }

  func labelValues(
    of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
  ) async throws -> [String] {
    try await source.labelValues(of: name, matchers, from: from, through: through)
  }
}
