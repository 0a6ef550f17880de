import FleetModel
import SampleStore
import Testing

@Suite struct HeadStoreTests {
  private static func time(_ seconds: Int64) -> Timestamp {
    Timestamp(milliseconds: 1_700_000_000_000 + seconds * 1000)
  }

  @Test func aSeriesKeepsItsNumber() throws {
    let store = HeadStore()
    let labels = LabelSet(["__name__": "up", "agent_id": "planner"])
    let reference = try store.reference(for: labels)
    #expect(try store.reference(for: LabelSet([Label("agent_id", "planner"), Label("__name__", "up")])) == reference)
    #expect(try store.reference(for: labels.setting("agent_id", to: "critic")) != reference)
    let bare = try store.reference(for: LabelSet())
    #expect(try store.reference(for: LabelSet()) == bare)
    #expect(store.statistics().series == 3)
  }

  @Test func theSeriesLimitIsNamed() throws {
    let store = HeadStore(HeadConfiguration(maximumSeries: 2))
    for name in ["a", "b"] { _ = try store.reference(for: LabelSet(["__name__": name])) }
    #expect(throws: AppendError.tooManySeries(limit: 2)) { try store.reference(for: LabelSet(["__name__": "c"])) }
    _ = try store.reference(for: LabelSet(["__name__": "a"]))
  }

  @Test func hugeLabelsAreRefused() {
    let store = HeadStore()
    let huge = LabelSet(["a": String(repeating: "x", count: 1 << 20)])
    #expect(throws: AppendError.self) { try store.reference(for: huge) }
    #expect(store.statistics().series == 0)
  }

  @Test func aClosedStoreRefusesAndStillAnswers() async throws {
    let store = HeadStore()
    let reference = try store.reference(for: LabelSet(["__name__": "up"]))
    _ = try store.append([Sample(series: reference, value: 1)], at: Self.time(0))
    store.close()
    #expect(throws: AppendError.closed) { try store.append([], at: Self.time(1)) }
    #expect(throws: AppendError.closed) { try store.reference(for: LabelSet(["__name__": "x"])) }
    #expect(try await store.select([], from: Self.time(0), through: Self.time(1)).count == 1)
  }

  @Test func whatBecomesOfSamplesIsCounted() throws {
    let store = HeadStore(HeadConfiguration(outOfOrderWindow: .zero))
    let one = try store.reference(for: LabelSet(["__name__": "one"]))
    let other = try store.reference(for: LabelSet(["__name__": "other"]))
    let unknown = SeriesRef(rawValue: 4_000_000_000)
    _ = try store.append([Sample(series: one, value: 1)], at: Self.time(10))
    var expected = AppendOutcome()
    expected.appended = 2
    expected.duplicateTimestamp = 1
    expected.unknownSeries = [1]
    #expect(
      try store.append(
        [
          Sample(series: one, value: 1), Sample(series: unknown, value: 1), Sample(series: other, value: 2),
          Sample(series: one, value: 2),
        ], at: Self.time(10)) == expected)
    #expect(try store.append([Sample(series: one, value: 3)], at: Self.time(9)).outOfOrder == 1)
    let statistics = store.statistics()
    #expect(statistics.samples == 2)
    #expect(statistics.outOfOrder == 1)
    #expect(statistics.duplicateTimestamp == 1)
  }

  @Test func badPatternsAreNamed() async {
    let store = HeadStore()
    let matcher = LabelMatcher("a", .matches, "(")
    await #expect(throws: InvalidMatcher.self) {
      try await store.select([matcher], from: Self.time(0), through: Self.time(1))
    }
    await #expect(throws: InvalidMatcher.self) {
      try await store.labelValues(of: "nowhere", [matcher], from: Self.time(0), through: Self.time(1))
    }
  }

  @Test func oldSamplesGo() async throws {
    let store = HeadStore(HeadConfiguration(retention: .seconds(1000)))
    let reference = try store.reference(for: LabelSet(["__name__": "up"]))
    for second in 0..<5000 {
      _ = try store.append([Sample(series: reference, value: Double(second))], at: Self.time(Int64(second)))
    }
    store.expire(now: Self.time(5000))
    let statistics = store.statistics()
    #expect(statistics.samples >= 1000)
    #expect(statistics.samples <= 1000 + UInt64(ChunkCodec.maximumSamples))
    #expect(statistics.oldest == Self.time(5000 - Int64(statistics.samples)))
    #expect(try await store.select([], from: Self.time(0), through: Self.time(3000)).isEmpty)
    #expect(try await store.select([], from: Self.time(4000), through: Self.time(9000)).first?.samples.count == 1000)
  }

  @Test func theOldestGoFirstWhenThereAreTooManyBytes() throws {
    var configuration = HeadConfiguration()
    configuration.maximumBytes = 3_000_000
    let store = HeadStore(configuration)
    let references = try (0..<100).map { try store.reference(for: LabelSet(["__name__": "series_\($0)"])) }
    for second in 0..<4000 {
      _ = try store.append(
        references.map { Sample(series: $0, value: Double(second).squareRoot()) }, at: Self.time(Int64(second)))
    }
    let before = store.statistics()
    #expect(before.bytes > 3_100_000)
    store.expire(now: Self.time(4000))
    let after = store.statistics()
    #expect(after.bytes <= before.bytes - (before.bytes - 3_000_000) / 2)
    #expect(after.samples > 0)
    #expect(after.newest == before.newest)
    #expect(try #require(after.oldest) > Self.time(0))
  }

  @Test func aForgottenSeriesIsUnknownAndComesAnew() async throws {
    let store = HeadStore(HeadConfiguration(retention: .seconds(100), seriesLifetime: .seconds(50)))
    let labels = (0..<200).map { LabelSet(["__name__": "up", "pod": "pod-\($0)"]) }
    let references = try labels.map { try store.reference(for: $0) }
    _ = try store.append(references.map { Sample(series: $0, value: 1) }, at: Self.time(0))
    let stays = references[7]
    for second in stride(from: Int64(10), through: 300, by: 10) {
      _ = try store.append([Sample(series: stays, value: 1)], at: Self.time(second))
      store.expire(now: Self.time(second))
    }
    #expect(store.statistics().series == 1)
    #expect(store.statistics().widestLabels.allSatisfy { $0.values == 1 })
    #expect(
      try store.append(references.map { Sample(series: $0, value: 2) }, at: Self.time(301)).unknownSeries.count == 199)
    let again = try store.reference(for: labels[3])
    #expect(!references.contains(again))
    _ = try store.append([Sample(series: again, value: 3)], at: Self.time(20))
    let found = try await store.select(
      [LabelMatcher("pod", .equal, "pod-3")], from: Self.time(0), through: Self.time(400))
    #expect(found.map(\.samples.values) == [[3]])
  }

  @Test func anAskedForSeriesIsNotForgottenBeforeItsFirstSample() throws {
    let store = HeadStore(HeadConfiguration(seriesLifetime: .seconds(50)))
    let reference = try store.reference(for: LabelSet(["__name__": "up"]))
    store.expire(now: Self.time(1000))
    store.expire(now: Self.time(1040))
    #expect(try store.append([Sample(series: reference, value: 1)], at: Self.time(1040)).appended == 1)
    let never = try store.reference(for: LabelSet(["__name__": "never"]))
    for second in stride(from: Int64(1000), through: 1200, by: 25) { store.expire(now: Self.time(second)) }
    #expect(try store.append([Sample(series: never, value: 1)], at: Self.time(1201)).unknownSeries == [0])
  }

  /// Churn must not make the store grow.
  @Test func churnGivesItsMemoryBack() throws {
    let store = HeadStore(HeadConfiguration(retention: .seconds(10), seriesLifetime: .seconds(10)))
    var sizes: [Int] = []
    for generation in 0..<40 {
      let start = Int64(generation) * 100
      let references = try (0..<500).map { index in
        try store.reference(
          for: LabelSet(["__name__": "m\(index % 10)", "pod": "g\(generation)-\(index)", "zone": "z"]))
      }
      for second in 0..<30 {
        _ = try store.append(
          references.map { Sample(series: $0, value: Double(second) * 0.37) }, at: Self.time(start + Int64(second)))
      }
      for second in stride(from: Int64(40), through: 90, by: 10) { store.expire(now: Self.time(start + second)) }
      #expect(store.statistics().series == 0)
      #expect(store.statistics().chunkBytes == 0)
      sizes.append(store.statistics().reservedBytes)
    }
    #expect(sizes[39] <= sizes[4] + 64_000, "\(sizes)")
  }

  @Test func sampleBytesAreAccounted() throws {
    let store = HeadStore()
    let references = try (0..<1000).map { try store.reference(for: LabelSet(["__name__": "c", "i": "\($0)"])) }
    let empty = store.statistics()
    #expect(empty.chunkBytes == 0)
    for second in 0..<240 {
      _ = try store.append(references.map { Sample(series: $0, value: Double(second)) }, at: Self.time(Int64(second)))
    }
    let full = store.statistics()
    #expect(full.samples == 240_000)
    #expect(full.chunks == 2000)
    #expect(full.labelBytes == empty.labelBytes)
    // Three to four bits a sample, what each chunk begins with, and the segments' slack.
    #expect(full.chunkBytes >= 90_000 && full.chunkBytes <= 240_000, "\(full.chunkBytes)")
    #expect(full.reservedBytes >= full.bytes)
  }
}
