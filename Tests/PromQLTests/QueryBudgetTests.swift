import FleetModel
import PromQL
import Testing

/// What each operator holds while it works counts towards the bound of a query.
@Suite("memory of queries") struct QueryBudgetTests {
  /// A hundred series of each name, with a sample a minute over twenty minutes; `target_info` has one for each of them, and the
  /// samples of `h` are native histograms.
  private struct Source: SeriesSource {
    static let series = 100
    static let samples = 21
    /// The points that one of its histograms counts as.
    static let histogramPoints = 10 + 40

    func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
      let name = matchers.first { $0.name == "__name__" }?.value ?? ""
      guard ["a", "h", "target_info"].contains(name) else { return [] }
      let times = (0..<Self.samples).map { Int64($0) * 60_000 }.filter {
        $0 >= from.milliseconds && $0 <= through.milliseconds
      }
      return (0..<Self.series).map { number in
        let labels = LabelSet([
          "__name__": name, "instance": "\(number)", "job": "j", name == "target_info" ? "version" : "x": "1",
        ])
        if name != "h" {
          return SelectedSeries(
            labels: labels, samples: SampleColumns(timestamps: times, values: times.map { Double($0 / 60_000) }))
        }
        let histograms = times.map { time in
          var histogram = NativeHistogram()
          histogram.count = Double(40 * (1 + time / 60_000))
          histogram.positiveSpans = [.init(offset: 0, length: 40)]
          histogram.positiveBuckets = [Double](repeating: Double(1 + time / 60_000), count: 40)
          return histogram
        }
        return SelectedSeries(
          labels: labels, samples: SampleColumns(),
          histograms: HistogramColumns(timestamps: times, values: histograms))
      }
      .sorted { LabelSet.precedes($0.labels, $1.labels) }
    }

    func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }

    func labelValues(
      of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
    ) async throws -> [String] { [] }
  }

  private static let steps = 11

  private static func run(_ text: String, upTo limit: Int?) async throws(QueryError) -> QueryOutcome {
    var options = EngineOptions.experimental
    if let limit { options.maximumSamples = limit }
    let engine = QueryEngine(options: options)
    let query: ParsedQuery
    do { query = try engine.parse(text) } catch { throw .execution("\(error)") }
    return try await engine.range(
      query, from: Timestamp(milliseconds: 600_000), through: Timestamp(milliseconds: 1_200_000), step: .seconds(60),
      source: Source())
  }

  /// For each series, points beside those of what is selected.
  private static let cases: [(text: String, samples: Int, histograms: Int)] = [
    // The result, and a copy of each histogram.
    ("-h", steps, steps), ("-a", steps, 0),
    // The operand and the result.
    ("a + fill(0) none", steps * 2, 0), ("h * fill(2) none", steps * 2, steps),
    // The operand, the times of the info series and the result.
    ("info(a)", steps * 4, 0), ("info(h)", steps * 4, 0),
    // A time and a sample for each that is looked at, and the result.
    ("a smoothed", steps * 3, 0), ("h smoothed", steps * 3, 0), ("rate(a[5m] smoothed)", steps + 30, 0),
    ("increase(a[5m] anchored)", steps + 30, 0), ("increase(h[5m] anchored)", steps + 30, steps),
  ]

  @Test(arguments: cases.map(\.text), [true, false])
  func whatAnOperatorMakesIsHeld(text: String, isBounded: Bool) async throws {
    let item = try #require(Self.cases.first { $0.text == text })
    let outcome = try await Self.run(text, upTo: nil)
    guard case .matrix(let rows) = outcome.value else {
      Issue.record("no matrix: \(outcome.value)")
      return
    }
    #expect(rows.count == Source.series)
    let peak = outcome.statistics.peakPoints
    if isBounded {
      _ = try await Self.run(text, upTo: peak)
      await #expect(throws: QueryError.tooManySamples) { try await Self.run(text, upTo: peak - 1) }
    } else {
      let least = (item.samples + item.histograms * Source.histogramPoints) * Source.series
      #expect(peak >= outcome.statistics.samplesRead + least)
    }
  }
}
