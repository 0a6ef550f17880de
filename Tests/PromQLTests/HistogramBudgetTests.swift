import FleetModel
import PromQL
import Synchronization
import Testing

@Suite("memory of histograms in queries")
struct HistogramBudgetTests {
  /// A hundred series that come encoded; it counts the rows that are decoded.
  private struct Source: SeriesSource {
    var histogramsOfARow = 1
    let decoded: @Sendable (Int) -> Void

    func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] { [] }

    func open(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> OpenedSelection {
      let labels = (0..<100).map { LabelSet(["__name__": "h", "i": String(100 + $0)]) }
      let end = through.milliseconds
      return .encoded(
        EncodedSelection(
          labels: labels, sampleCount: 100, decode: { _, buffer in buffer.removeAll() },
          decodeHistograms: { [decoded] row, columns in
            decoded(row)
            var histogram = NativeHistogram()
            histogram.count = 90
            histogram.positiveSpans = [.init(offset: 0, length: 90)]
            histogram.positiveBuckets = [Double](repeating: 1, count: 90)
            columns.append(histogram, at: end)
          }, histogramCount: { [histogramsOfARow] _ in histogramsOfARow }))
    }

    func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }

    func labelValues(
      of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
    ) async throws -> [String] { [] }
  }

  @Test func aQueryThatWouldHoldTooMuchEndsBeforeItDoes() async throws {
    let now = Timestamp(milliseconds: 1_700_000_000_000)
    for (limit, isRefused) in [(1000, true), (100_000, false)] {
      var options = EngineOptions()
      options.maximumSamples = limit
      let engine = QueryEngine(options: options)
      let query = try engine.parse("count(h)")
      let rows = Rows()
      let source = Source { _ in rows.add() }
      do {
        let outcome = try await engine.instant(query, at: now, source: source)
        guard case .vector(let samples) = outcome.value else {
          Issue.record("no vector")
          return
        }
        #expect(!isRefused && samples.map(\.value) == [100])
      } catch {
        #expect(isRefused && error == .tooManySamples)
        // Each is worth about a hundred points.
        #expect(rows.count < 12)
      }
    }
  }

  @Test func aRowThatWouldHoldTooMuchIsNotDecoded() async throws {
    var options = EngineOptions()
    options.maximumSamples = 1000
    let engine = QueryEngine(options: options)
    let rows = Rows()
    let source = Source(histogramsOfARow: 101) { _ in rows.add() }
    await #expect(throws: QueryError.tooManySamples) {
      try await engine.instant(
        engine.parse("count(h)"), at: Timestamp(milliseconds: 1_700_000_000_000), source: source)
    }
    #expect(rows.count == 0)
  }

  /// The source has 100 series of 100 points each: 10,000 and some are held for what is selected.
  @Test(arguments: ["-1 * h", "-h", "h + h", "last_over_time(h[5m])", "sum by (i) (h)"])
  func whatAQueryMakesIsHeld(text: String) async throws {
    for (limit, isRefused) in [(10_900, true), (40_000, false)] {
      var options = EngineOptions()
      options.maximumSamples = limit
      let engine = QueryEngine(options: options)
      let query = try engine.parse(text)
      var failure: QueryError?
      do throws(QueryError) {
        _ = try await engine.instant(
          query, at: Timestamp(milliseconds: 1_700_000_000_000), source: Source { _ in })
      } catch {
        failure = error
      }
      #expect(failure == (isRefused ? .tooManySamples : nil), "\(text) with \(limit)")
    }
  }

  private final class Rows: Sendable {
    private let counter = Mutex(0)

    var count: Int { counter.withLock { $0 } }
    func add() { counter.withLock { $0 += 1 } }
  }
}
