import FleetModel
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

private typealias Families = MetricFamilyBytes

/// Native histograms from what is scraped to the store.
@Suite struct InstanceHistogramTests {
  private static let contentType =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

  private let bench: Bench
  private var series: InstanceSeries
  private var clock: Int64 = 1_000_000

  init() throws {
    bench = try Bench()
    series = InstanceSeries(target("planner"), context: bench.context)
  }

  private static func histogram(_ count: Double) -> NativeHistogram {
    var histogram = NativeHistogram()
    histogram.schema = 1
    histogram.zeroThreshold = 0.001
    histogram.count = count
    histogram.sum = count / 2
    histogram.positiveSpans = [.init(offset: 1, length: 1)]
    histogram.positiveBuckets = [count]
    return histogram
  }

  private static func family(
    _ name: String, _ count: Double, at time: Int64? = nil, exemplars: [Families.Exemplar] = []
  ) -> MetricFamilyBytes {
    Families(
      name, type: 4, help: "Seconds.",
      [.init([("a", "1")], .native(histogram(count), exemplars: exemplars, buckets: [(1, 2, nil)]), at: time)])
  }

  /// One round with these families; `nil` for one that failed. Returns the refusal, in words.
  @discardableResult
  private mutating func round(_ families: [MetricFamilyBytes]?) throws -> String? {
    clock += 1000
    var facts: InstanceSeries.BodyFacts?
    var refusal: String?
    if let families {
      do throws(InstanceSeries.Refusal) {
        facts = try series.read(MetricFamilyBytes.body(families), contentType: Self.contentType)
      } catch {
        guard case .agent(let failure) = error else { throw error }
        refusal = failure.message
      }
    }
    let round = InstanceSeries.Round(
      time: Timestamp(milliseconds: clock), isUp: facts != nil, seconds: 0, facts: facts)
    _ = try series.store(round) { _ in [] }
    return refusal
  }

  private func stored(_ name: String) -> HistogramColumns {
    let all = bench.store.state.withLock { $0.histograms }
    let found = all.filter { $0.key.metricName == name }
    #expect(found.count <= 1)
    return found.first?.value ?? HistogramColumns()
  }

  @Test mutating func histogramsGoToTheStoreWithTheirLabels() throws {
    let gauge = Families("g", type: 1, [.init([], .gauge(4))])
    try round([Self.family("h", 5), gauge])
    try round([Self.family("h", 7), gauge])
    #expect(stored("h") == HistogramColumns(timestamps: [1_001_000, 1_002_000], values: [5, 7].map(Self.histogram)))
    let labels = bench.store.state.withLock { $0.histograms.keys.first }
    #expect(labels == LabelSet(["__name__": "h", "a": "1", "agent_id": "planner", "instance": "127.0.0.1:9000"]))
    #expect(bench.store.values("h_count").isEmpty && bench.store.values("h_bucket").isEmpty)
    #expect(bench.store.values("g") == [4, 4])
    #expect(bench.store.values("scrape_samples_scraped") == [2, 2])
    #expect(bench.store.values("scrape_series_added") == [2, 0])
    let families = bench.context.metadata.families(of: agent("planner"), instance: "127.0.0.1:9000")
    #expect(families.first { $0.name == "h" }?.metadata == MetricMetadata(type: .histogram, help: "Seconds."))
  }

  /// The markers are numbers: a series may have numbers at some times and histograms at others.
  @Test mutating func vanishedHistogramsGetOneMarker() throws {
    try round([Self.family("h", 5), Self.family("k", 6)])
    try round([Self.family("k", 7)])
    try round([Self.family("k", 8)])
    try round(nil)
    try round([Self.family("h", 9), Self.family("k", 9)])
    #expect(stored("h").timestamps == [1_001_000, 1_005_000])
    #expect(bench.store.values("h") == [nil])
    #expect(stored("k").timestamps == [1_001_000, 1_002_000, 1_003_000, 1_005_000])
    #expect(bench.store.series("k").values.first?.map(\.time) == [1_004_000])
  }

  @Test mutating func timesOfTheAgentAreHonoured() throws {
    let soon = bench.time.now().milliseconds
    clock = soon
    try round([
      Self.family("a", 1, at: soon - 5000), Self.family("b", 2), Self.family("c", 3, at: soon + 700_000),
      Self.family("d", 4, at: 7),
    ])
    try round([Self.family("b", 5)])
    #expect(stored("a").timestamps == [soon - 5000])
    #expect(bench.store.values("a").isEmpty, "no marker for a series with times of its own")
    #expect(stored("b").timestamps == [soon + 1000, soon + 2000])
    #expect(stored("c").isEmpty && stored("d").isEmpty)
  }

  @Test mutating func aSeriesTwiceInOneBodyCountsOnce() throws {
    let gauge = Families("h", type: 1, [.init([("a", "1")], .gauge(4))])
    try round([Self.family("h", 1), Self.family("h", 2)])
    try round([Self.family("h", 3), gauge])
    #expect(stored("h").values == [Self.histogram(1)])
    #expect(bench.store.values("h") == [4], "numbers go before histograms")
  }

  @Test mutating func unknownSeriesAreAskedForAgain() throws {
    try round([Self.family("h", 1)])
    bench.store.dropAll()
    try round([Self.family("h", 2)])
    try round([Self.family("h", 3)])
    #expect(stored("h").values == [1, 2, 3].map(Self.histogram))
  }

  @Test mutating func aHistogramThatCannotBeStoredRefusesAll() throws {
    try round([Self.family("h", 1)])
    var bad = Self.histogram(2)
    bad.schema = 100
    let refusal = try round([Self.family("k", 2), Families("h", type: 4, [.init([], .native(bad))])])
    #expect(refusal?.contains("byte ") == true && refusal?.contains("schema 100") == true)
    #expect(stored("k").isEmpty)
    #expect(bench.store.values("up") == [1, 0])
  }

  @Test mutating func exemplarsGoAlong() throws {
    try round([
      Self.family(
        "h", 1, exemplars: [.init([("trace_id", "2")], 2, at: 2000), .init([("trace_id", "1")], 1, at: 1000)])
    ])
    let found = bench.exemplars.exemplars(of: "h", in: bench.store)
    #expect(found.map(\.value) == [1, 2])
    #expect(found.map(\.time) == [1000, 2000].map { Timestamp(milliseconds: $0) })
  }

  @Test mutating func recentSamplesShowCountAndSum() throws {
    try round([Self.family("h", 8), Families("g", type: 1, [.init([], .gauge(4))])])
    let found = bench.context.recent.read(agentID: "planner", metricName: "h", limit: 10)
    #expect(found.map(\.value) == [8] && found.map(\.sum) == [4])
    #expect(found.map(\.metricType) == [.histogram])
    #expect(found.first?.labels == ["a": "1", "agent_id": "planner", "instance": "127.0.0.1:9000"])
    let gauge = bench.context.recent.read(agentID: nil, metricName: "g", limit: 10)
    #expect(gauge.map(\.value) == [4] && gauge.map(\.sum) == [nil])
    // The ring goes round, over histograms and numbers alike.
    for count in 1...3000 { try round([Self.family("h", Double(count)), Self.family("k", 1)]) }
    let last = bench.context.recent.read(agentID: nil, metricName: "h", limit: 10_000)
    #expect(last.last?.value == 3000 && last.last?.sum == 1500)
    #expect(last.count < 3000 && last.count > 1500)
  }

  @Test func protobufIsAskedForWhereItIsWanted() async throws {
    let url = "http://127.0.0.1:9000/metrics"
    for isWanted in [false, true] {
      let bench = try Bench { $0.nativeHistograms = isWanted }
      _ = try bench.registry.register(target("planner"))
      try await bench.run {
        await bench.advance("a request") { bench.agents.accepted(url) != nil }
      }
      #expect(bench.agents.accepted(url)?.hasPrefix("application/vnd.google.protobuf;") == isWanted)
    }
  }
}
