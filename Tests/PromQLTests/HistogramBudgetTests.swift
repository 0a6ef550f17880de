import FleetModel
import PromQL
import Synchronization
import Testing

@Suite("memory of histograms in queries")
struct HistogramBudgetTests {
  /// A hundred series that come encoded; it counts the rows that are decoded.
  private struct Source: SeriesSource {
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
          }))
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

  private final class Rows: Sendable {
    private let counter = Mutex(0)

    var count: Int { counter.withLock { $0 } }
    func add() { counter.withLock { $0 += 1 } }
  }
}
