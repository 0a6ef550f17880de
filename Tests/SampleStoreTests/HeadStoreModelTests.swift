import FleetModel
import SampleStore
import Testing

/// Any sequence of appends, expiries and questions gives what the plain model gives.
@Suite struct HeadStoreModelTests {
  static let matchers: [LabelMatcher] = [
    LabelMatcher("__name__", .equal, "up"), LabelMatcher("__name__", .matches, "up|load"),
    LabelMatcher("__name__", .notEqual, "up"), LabelMatcher("agent_id", .equal, "a3"),
    LabelMatcher("agent_id", .matches, "a[1-4]"), LabelMatcher("agent_id", .matches, "a1.*"),
    LabelMatcher("agent_id", .matchesNot, ".*[13579]"), LabelMatcher("agent_id", .notEqual, ""),
    LabelMatcher("agent_id", .matches, ".+"), LabelMatcher("zone", .equal, ""), LabelMatcher("zone", .notEqual, ""),
    LabelMatcher("zone", .matches, "|x"), LabelMatcher("zone", .matchesNot, "|x"), LabelMatcher("zone", .matches, ".*"),
    LabelMatcher("zone", .matchesNot, ".*"), LabelMatcher("zone", .matches, "(x|z)?"),
    LabelMatcher("zone", .matchesNot, "x.*"),
    LabelMatcher("nowhere", .equal, "x"), LabelMatcher("nowhere", .notEqual, "x"), LabelMatcher("nowhere", .equal, ""),
    LabelMatcher("agent_id", .equal, "none"), LabelMatcher("agent_id", .matchesNot, ".+"),
  ]

  @Test(arguments: 0..<24)
  func behavesAsTheModel(_ seed: Int) async throws {
    var run = Run(seed: UInt64(seed))
    for _ in 0..<300 { try await run.step() }
    try await run.checkEverything()
  }

  struct Run {
    let store = HeadStore(
      HeadConfiguration(retention: .seconds(600), seriesLifetime: .seconds(120), hashSeed: 42))
    var model = PlainModel()
    var random: SplitMix
    var references: [LabelSet: SeriesRef] = [:]
    var now: Int64 = 1_700_000_000_000
    let labels: [LabelSet]

    init(seed: UInt64) {
      random = SplitMix(state: seed)
      let names = ["up", "load", "queue_depth"]
      let zones = ["", "x", "yy"]
      var labels: [LabelSet] = []
      for index in 0..<60 {
        let agent = index % 7 == 6 ? "" : "a\(index / 3)"
        labels.append(
          LabelSet([
            Label("__name__", names[index % 3]), Label("agent_id", agent), Label("i", "\(index)"),
            Label("zone", zones[index % 5 % 3]),
          ]))
      }
      self.labels = labels
    }

    mutating func step() async throws {
      switch Int.random(in: 0..<20, using: &random) {
      case 0: expire()
      case 1, 2: try await check(choose())
      case 3: now += Int64.random(in: 0...400_000, using: &random)
      default: try append()
      }
    }

    private mutating func choose() -> [LabelMatcher] {
      (0..<Int.random(in: 0...3, using: &random)).map { _ in
        HeadStoreModelTests.matchers[Int.random(in: 0..<HeadStoreModelTests.matchers.count, using: &random)]
      }
    }

    private mutating func append() throws {
      now += Int64.random(in: 0...5_000, using: &random)
      let time = Int.random(in: 0..<10, using: &random) == 0 ? now - Int64.random(in: 0...20_000, using: &random) : now
      let chosen = Set((0..<Int.random(in: 1...30, using: &random)).map { _ in Int.random(in: 0..<60, using: &random) })
      var batch: [Sample] = []
      var expected = AppendOutcome()
      for index in chosen.sorted() {
        let labels = labels[index]
        let reference = try store.reference(for: labels)
        // Another number: the store had forgotten the series.
        if let old = references[labels], old != reference { model.series[labels] = nil }
        references[labels] = reference
        let value = value(of: index)
        batch.append(Sample(series: reference, value: value))
        switch model.append(value, at: time, to: labels) {
        case .appended, .repeated: expected.appended += 1
        case .duplicate: expected.duplicateTimestamp += 1
        case .late: expected.outOfOrder += 1
        }
      }
      #expect(try store.append(batch, at: Timestamp(milliseconds: time)) == expected)
    }

    private mutating func value(of index: Int) -> Double {
      switch index % 4 {
      case 0: Double(now / 1000 % 100_000)
      case 1: Double(Int.random(in: 0...3, using: &random))
      case 2: Double(Int.random(in: 0...9_999, using: &random)) / 100
      default: Int.random(in: 0..<9, using: &random) == 0 ? StaleMarker.value : Double.random(in: 0...1, using: &random)
      }
    }

    private mutating func expire() {
      store.expire(now: Timestamp(milliseconds: now))
      model.cutoff = max(model.cutoff, now - 600_000)
    }

    private mutating func check(_ matchers: [LabelMatcher]) async throws {
      let from = max(model.cutoff, now - Int64.random(in: 0...900_000, using: &random))
      let through = from + Int64.random(in: -1...900_000, using: &random)
      let expected = model.select(matchers, from: from, through: through)
      let (start, end) = (Timestamp(milliseconds: from), Timestamp(milliseconds: through))
      let found = try await store.select(matchers, from: start, through: end)
      #expect(found.map(\.labels) == expected.map(\.labels), "\(matchers)")
      for (one, other) in zip(found, expected) {
        #expect(one.samples.timestamps == other.samples.map(\.time))
        #expect(one.samples.values.map(\.bitPattern) == other.samples.map(\.value.bitPattern))
      }
      #expect(
        try await store.labelNames(matchers, from: start, through: end)
          == Set(expected.flatMap { $0.labels.map(\.name) }).sorted(), "\(matchers)")
      #expect(
        try await store.labelValues(of: "agent_id", matchers, from: start, through: end)
          == Set(expected.compactMap { $0.labels["agent_id"] }).sorted(), "\(matchers)")
    }

    mutating func checkEverything() async throws {
      for matcher in HeadStoreModelTests.matchers { try await check([matcher]) }
      let all = try await store.select([], from: Timestamp(milliseconds: .min), through: Timestamp(milliseconds: .max))
      #expect(UInt64(all.reduce(0) { $0 + $1.samples.count }) == store.statistics().samples)
    }
  }
}
