import FleetModel
import SampleStore
import Testing

@Suite struct HeadStoreOrderTests {
  @Test func seriesComeSortedByNameThenValue() async throws {
    let store = HeadStore()
    let labels = [
      LabelSet(["__name__": "a", "b": "10"]), LabelSet(["__name__": "a", "b": "9"]), LabelSet(["__name__": "a"]),
      LabelSet(["__name__": "aa"]), LabelSet(["__name__": "B"]), LabelSet(["__name__": "a", "aaaaaaaaaaaaaaaaa": "z"]),
      LabelSet(), LabelSet(["__name__": "a", "b": String(repeating: "x", count: 300)]),
    ]
    for labels in labels {
      _ = try store.append([Sample(series: try store.reference(for: labels), value: 1)], at: Timestamp(milliseconds: 5))
    }
    let found = try await store.select([], from: Timestamp(milliseconds: 5), through: Timestamp(milliseconds: 5))
    #expect(found.map(\.labels) == [6, 4, 2, 5, 0, 1, 7, 3].map { labels[$0] })
  }

  /// More series of one label than a container of the index holds as a list, with holes.
  @Test func largePostingsAnswerExactly() async throws {
    let store = HeadStore(HeadConfiguration(retention: .seconds(100), seriesLifetime: .seconds(100)))
    var kept: [Sample] = []
    for index in 0..<12_000 {
      let labels = LabelSet(["all": "1", "third": "\(index % 3)", "i": "\(index)"])
      let sample = Sample(series: try store.reference(for: labels), value: Double(index))
      _ = try store.append([sample], at: Timestamp(milliseconds: 1_000))
      if index % 4 == 0 { kept.append(sample) }
    }
    func count(_ matchers: [LabelMatcher]) async throws -> Int {
      try await store.select(matchers, from: Timestamp(milliseconds: 0), through: Timestamp(milliseconds: .max)).count
    }
    let all = LabelMatcher("all", .equal, "1")
    #expect(try await count([all]) == 12_000)
    #expect(try await count([all, LabelMatcher("third", .equal, "1")]) == 4_000)
    #expect(try await count([all, LabelMatcher("third", .notEqual, "1")]) == 8_000)
    #expect(try await count([all, LabelMatcher("third", .matches, "0|2")]) == 8_000)
    #expect(try await count([all, LabelMatcher("i", .matches, "[0-9]{2}")]) == 90)
    _ = try store.append(kept, at: Timestamp(milliseconds: 300_000))
    store.expire(now: Timestamp(milliseconds: 300_000))
    store.expire(now: Timestamp(milliseconds: 300_001))
    #expect(store.statistics().series == 3_000)
    #expect(try await count([all]) == 3_000)
    #expect(try await count([all, LabelMatcher("third", .equal, "1")]) == 1_000)
    #expect(try await count([LabelMatcher("i", .equal, "1")]) == 0)
  }
}
