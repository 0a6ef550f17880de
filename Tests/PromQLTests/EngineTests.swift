import FleetModel
import Synchronization
import Testing

@testable import PromQL

@Suite("the engine")
struct EngineTests {
  /// Counts what it is asked for, and gives one counter.
  final class CountingSource: SeriesSource {
    let asked = Mutex<[Selection]>([])
    let samples: SampleColumns

    init(_ samples: SampleColumns = SampleColumns(timestamps: [0, 60_000, 120_000], values: [1, 2, 3])) {
      self.samples = samples
    }

    func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
      let selection = Selection(matchers: matchers, from: from.milliseconds, through: through.milliseconds)
      asked.withLock { $0.append(selection) }
      if matchers.contains(where: { $0.value == "broken" }) {
        throw InvalidMatcher(matcher: matchers[0], problem: "is broken")
      }
      return [SelectedSeries(labels: LabelSet(["__name__": "a", "i": "0"]), samples: samples)]
    }

    func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }
    func labelValues(
      of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
    ) async throws -> [String] { [] }
  }

  private func minute(_ number: Int64) -> Timestamp { Timestamp(milliseconds: number * 60_000) }

  @Test func theStoreIsAskedOnceForEachSelector() async throws {
    let source = CountingSource()
    let engine = QueryEngine()
    let query = try engine.parse("rate(a[5m]) / rate(a[1h]) + a + a offset 1w + a{x=\"1\"} @ 60")
    _ = try await engine.range(query, from: minute(0), through: minute(10), step: .seconds(60), source: source)
    let asked = source.asked.withLock { $0 }
    #expect(asked.map(\.from) == [-605_099_999, -3_599_999, -239_999])
    #expect(asked.map(\.through) == [-604_200_000, 600_000, 60_000])
  }

  @Test func subqueriesReachBackTogetherWithTheirSelectors() throws {
    let engine = QueryEngine()
    let query = try engine.parse("max_over_time(rate(a[5m])[1h:10m] offset 1h)")
    let selections = engine.selections(query, at: Timestamp(milliseconds: 10_000_000_000))
    // Steps are multiples of ten minutes after the open start of the window.
    #expect(selections.map(\.from) == [9_992_700_001])
    #expect(selections.map(\.through) == [9_996_000_000])
  }

  @Test func aQueryThatHoldsTooMuchIsRefused() async throws {
    var options = EngineOptions()
    options.maximumSamples = 1000
    let engine = QueryEngine(options: options)
    for text in ["a", "vector(1)", "a[10m:1s]", "sum(a)"] {
      let query = try engine.parse(text == "a[10m:1s]" ? "sum_over_time(a[10m:1s])" : text)
      await #expect(throws: QueryError.tooManySamples) {
        try await engine.range(
          query, from: minute(0), through: minute(100), step: .seconds(5), source: CountingSource())
      }
    }
    let good = try engine.parse("sum(a)")
    let outcome = try await engine.range(
      good, from: minute(0), through: minute(2), step: .seconds(5), source: CountingSource())
    #expect(outcome.statistics.samplesRead == 3)
    #expect(outcome.statistics.peakPoints > 3)
  }

  @Test func timeAndCancellationStopAQuery() async throws {
    let engine = QueryEngine()
    let query = try engine.parse("sum(rate(a[5m]))")
    await #expect(throws: QueryError.timeout) {
      try await engine.instant(query, at: minute(1), source: CountingSource(), isOverdue: { true })
    }
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await engine.instant(query, at: minute(1), source: CountingSource())
    }
    await #expect(throws: QueryError.canceled) { try await task.value }
  }

  @Test func errorsNameTheirKind() async throws {
    let engine = QueryEngine()
    #expect(throws: QueryError.self) { try engine.parse("sum(") }
    let broken = try engine.parse("{x=\"broken\"}")
    await #expect(
      throws: QueryError.storage("expanding series: label matcher x=\"broken\": is broken")
    ) { try await engine.instant(broken, at: minute(0), source: CountingSource()) }
    let matrix = try engine.parse("a[5m]")
    await #expect(
      throws: QueryError.execution(
        "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector")
    ) {
      try await engine.range(matrix, from: minute(0), through: minute(1), step: .seconds(1), source: CountingSource())
    }
  }

  @Test func farTimesDoNotOverflow() async throws {
    let engine = QueryEngine()
    for text in ["a @ 9000000000000000", "a @ -9e15 offset 292y", "sum_over_time(a[292y:1s] @ 0 offset -292y)", "a"] {
      let query = try engine.parse(text)
      for time in [Int64.min, 0, .max] {
        // What comes out does not matter, that something does.
        _ = try? await engine.instant(query, at: Timestamp(milliseconds: time), source: CountingSource())
      }
    }
  }

  /// Deep queries run on the small stacks of Swift's own threads.
  @Test func theDeepestQueryFitsTheStack() async throws {
    let engine = QueryEngine()
    let text = Array(repeating: "abs(", count: 190).joined() + "a" + String(repeating: ")", count: 190)
    let chain = Array(repeating: "a", count: 190).joined(separator: " + ")
    for text in [text, chain] {
      let query = try engine.parse(text)
      let outcome = try await Task { try await engine.instant(query, at: minute(1), source: CountingSource()) }.value
      guard case .vector(let samples) = outcome.value else {
        Issue.record("no vector")
        return
      }
      #expect(samples.count == 1)
      #expect(query.expression.formatted.isEmpty == false)
    }
  }
}
