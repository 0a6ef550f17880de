import FleetModel
import Testing

@testable import PromQL

@Suite("readings that several queries share")
struct SharedReadingsTests {
  /// Two series with a sample every 15 seconds for two hours; counts how often it is asked.
  private final class Source: SeriesSource {
    nonisolated(unsafe) var asked: [[LabelMatcher]] = []

    func select(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
      asked.append(matchers)
      return ["a", "b"].map { name in
        let times = stride(from: Int64(0), through: 7_200_000, by: 15_000).filter {
          $0 >= from.milliseconds && $0 <= through.milliseconds
        }
        return SelectedSeries(
          labels: LabelSet(["__name__": "x", "i": name]),
          samples: SampleColumns(timestamps: times, values: times.map { Double($0 / 1000) * (name == "a" ? 1 : 2) }))
      }
    }

    func labelNames(_ matchers: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }

    func labelValues(
      of name: String, _ matchers: [LabelMatcher], from: Timestamp, through: Timestamp
    ) async throws -> [String] { [] }
  }

  private static let queries = [
    "x", "sum(rate(x[5m]))", "x offset 1h", "max_over_time(x[30m:1m])", "x @ 600 + on(i) x", "y",
    "absent_over_time(x[10s])",
  ]

  @Test func answersAreTheSame() async throws {
    let engine = QueryEngine()
    let now = Timestamp(milliseconds: 7_000_000)
    let parsed = try Self.queries.map { try engine.parse($0) }
    let source = Source()
    var shared = SharedReadings()
    let ofX = parsed.flatMap { engine.selections($0, at: now) }.filter { $0.matchers.last?.value == "x" }
    let matchers = try #require(ofX.first?.matchers)
    try await engine.read(ofX, into: &shared, source: source)
    // Stretches of time that do not touch are read apart; nothing between them is.
    #expect(source.asked.count == 3 && shared.holds(matchers))
    for query in parsed {
      source.asked = []
      let with = try await engine.instant(query, at: now, sharing: shared, source: source)
      #expect(source.asked.count == (query.text == "y" ? 1 : 0), "\(query.text)")
      let alone = try await engine.instant(query, at: now, source: source)
      #expect("\(with.value)" == "\(alone.value)", "\(query.text)")
    }
    shared.remove(matchers)
    #expect(!shared.holds(matchers))
  }
}
