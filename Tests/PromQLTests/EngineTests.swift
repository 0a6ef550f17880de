import Dispatch
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

  @Test func whatWouldTakeAllMemoryIsRefused() async throws {
    var options = EngineOptions()
    options.maximumSamples = 2
    let engine = QueryEngine(options: options)
    await #expect(throws: QueryError.tooManySamples) {
      _ = try await engine.instant(try engine.parse("a[1h]"), at: minute(2), source: CountingSource())
    }
    // A label that is joined with itself doubles each time.
    var query = "label_replace(vector(1), \"a\", \"xxxxxxxx\", \"\", \"\")"
    for _ in 0..<24 { query = "label_join(\(query), \"a\", \"\", \"a\", \"a\")" }
    await #expect(throws: QueryError.self) {
      _ = try await QueryEngine().instant(try QueryEngine().parse(query), at: minute(2), source: CountingSource())
    }
  }

  @Test func queriesThatAreEvaluatedTogetherShareWhatTheyRead() async throws {
    let source = CountingSource()
    let engine = QueryEngine()
    let queries = try ["sum(rate(a[5m]))", "a > 1", "rate(a[1h]) + a", "count(b)", "vector(1)"].map(engine.parse)
    var shared = SharedReadings()
    try await engine.read(
      queries.flatMap { engine.selections($0, at: minute(2)) }, into: &shared, source: source)
    for query in queries {
      let together = try await engine.instant(query, at: minute(2), sharing: shared, source: source)
      let alone = try await engine.instant(query, at: minute(2), source: CountingSource())
      #expect(String(describing: together.value) == String(describing: alone.value))
    }
    #expect(source.asked.withLock(\.count) == 2)
  }

  /// Gives its series encoded; each decoding is counted.
  final class EncodedSource: SeriesSource {
    let decoded = Mutex(0)

    func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
      (0..<20).map { number in
        let times = (0..<100).map { Int64($0) * 15_000 }.filter {
          $0 >= from.milliseconds && $0 <= through.milliseconds
        }
        return SelectedSeries(
          labels: LabelSet(["__name__": "a_total", "i": "\(number / 10)\(number % 10)"]),
          samples: SampleColumns(timestamps: times, values: times.map { Double($0 / 1000 * Int64(number)) }))
      }
    }

    func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection {
      let all = try await select(matchers, from: .init(milliseconds: 0), through: .init(milliseconds: .max))
      let samples = all.reduce(0) { $0 + $1.samples.count }
      return .encoded(
        EncodedSelection(labels: all.map(\.labels), sampleCount: samples) { [self] row, buffer in
          decoded.withLock { $0 += 1 }
          if matchers.contains(where: { $0.value == "broken" }) {
            throw InvalidMatcher(matcher: matchers[0], problem: "x")
          }
          buffer.append(all[row].samples)
        })
    }

    func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }
    func labelValues(
      of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
    ) async throws -> [String] { [] }
  }

  struct PlainSource: SeriesSource {
    let base: EncodedSource

    func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
      try await base.select(matchers, from: from, through: through)
    }
    func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }
    func labelValues(
      of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
    ) async throws -> [String] { [] }
  }

  @Test(arguments: [
    "sum(rate(a_total[1m]))", "a_total", "max_over_time(a_total[2m]) - a_total offset 1m", "timestamp(a_total)",
    "topk(3, a_total)", "absent_over_time(a_total[1m])", "max_over_time(sum(a_total)[3m:30s])", "count(a_total @ 300)",
    "a_total / on (i) a_total",
  ])
  func encodedSeriesAreDecodedOneByOne(_ text: String) async throws {
    let source = EncodedSource()
    var options = EngineOptions()
    func answer(_ source: some SeriesSource) async throws -> String {
      let engine = QueryEngine(options: options)
      let outcome = try await engine.range(
        try engine.parse(text), from: minute(2), through: minute(8), step: .seconds(30), source: source)
      return String(describing: outcome.value)
    }
    let expected = try await answer(PlainSource(base: source))
    #expect(try await answer(source) == expected)
    #expect(source.decoded.withLock { $0 } == 20)
    options.decodedSamples = 0
    // Less than all samples of the 20 series.
    options.maximumSamples = 1900
    #expect(try await answer(source) == expected)
  }

  @Test(arguments: [
    "sum(rate(a_total[1m]))", "a_total", "max_over_time(a_total[2m])", "sum by (i) (rate(a_total[1m]))",
    "avg(a_total)", "rate({__name__=\"a_total\"}[1m])",
  ])
  func severalThreadsGiveTheSame(_ text: String) async throws {
    var options = EngineOptions()
    func answer() async throws -> QueryOutcome {
      let engine = QueryEngine(options: options)
      return try await engine.range(
        try engine.parse(text), from: minute(2), through: minute(8), step: .seconds(30), source: EncodedSource())
    }
    let alone = try await answer()
    options.spread = ThreadSpread(threads: 3) { DispatchQueue.concurrentPerform(iterations: $0, execute: $1) }
    options.spread?.leastWork = 0
    let together = try await answer()
    #expect(String(describing: together.value) == String(describing: alone.value))
    #expect(together.statistics.samplesRead == alone.statistics.samplesRead)
    options.maximumSamples = 10
    await #expect(throws: QueryError.tooManySamples) { try await answer() }
  }

  @Test func seriesThatCannotBeDecodedAreAnError() async throws {
    var options = EngineOptions()
    for limit in [0, 1_000_000] {
      options.decodedSamples = limit
      let engine = QueryEngine(options: options)
      let query = try engine.parse("sum(rate({x=\"broken\"}[1m]))")
      await #expect(throws: QueryError.storage("expanding series: label matcher x=\"broken\": x")) {
        try await engine.instant(query, at: minute(2), source: EncodedSource())
      }
    }
  }

  @Test func aSelectorAloneIsRead() throws {
    let selector = try VectorSelector(parsing: " up{job=~\"a|b\"} ")
    #expect(selector.matchers == [LabelMatcher("job", .matches, "a|b"), LabelMatcher("__name__", .equal, "up")])
    for text in ["", "up offset 5m", "rate(up[5m])", "{}", "up +", "1"] {
      #expect(throws: ParseError.self) { try VectorSelector(parsing: text) }
    }
  }

  @Test func experimentalFunctionsAreThereWhenAskedFor() async throws {
    var options = EngineOptions()
    options.parser.experimentalFunctions = true
    let report = await PromQLScript(
      """
      load 10s
        a{x="1"} 1 2 4
        a{x="2"} 5 3 NaN
        b 1 2 3 4 5 6 7 8 9 10

      eval instant at 20s max_of(1, 2) + min_of(1, NaN)
        NaN

      eval instant at 10s limitk(1, a)
        a{x="1"} 2

      eval range from 0 to 20s step 10s count(limit_ratio(0.3, a) or limit_ratio(-0.7, a))
        {} 2 2 2

      eval instant at 10s limit_ratio(2, a)
        expect warn msg: PromQL warning: ratio value should be between -1 and 1, got 2, capping to 1 (1:13)
        a{x="1"} 2
        a{x="2"} 3

      eval instant at 20s mad_over_time(a{x="1"}[1m])
        {x="1"} 1

      eval instant at 20s ts_of_max_over_time(a{x="1"}[1m]) + ts_of_min_over_time(a{x="1"}[1m])
        {x="1"} 20

      eval instant at 90s double_exponential_smoothing(b[2m], 0.5, 0.5)
        {} 10

      eval instant at 10s sort_by_label_desc(a, "x")
        expect ordered
        a{x="2"} 3
        a{x="1"} 2

      eval range from 10s to 30s step 10s step() + range() + start() + end()
        {} 70 70 70
      """
    ).run(options: options)
    #expect(report.failures == [])
    #expect(report.passed == 9)
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
