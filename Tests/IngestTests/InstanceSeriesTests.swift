import FleetModel
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite struct InstanceSeriesTests {
  private let bench: Bench
  private var series: InstanceSeries
  private var clock: Int64 = 1_000_000

  init() throws {
    bench = try Bench()
    series = InstanceSeries(target("planner"), context: bench.context)
  }

  /// One round with that body. Returns the refusal, in words.
  @discardableResult
  private mutating func round(
    _ body: String?, _ contentType: String = "text/plain", keepsSeries: Bool = false, at time: Int64? = nil
  ) -> String? {
    clock += 1000
    var facts: InstanceSeries.BodyFacts?
    var refusal: String?
    if let body {
      do throws(InstanceSeries.Refusal) {
        facts = try series.read(Array(body.utf8), contentType: contentType)
      } catch {
        switch error {
        case .agent(let failure): refusal = "\(failure.limit?.rawValue ?? failure.reason.rawValue): \(failure.message)"
        case .store(let error): refusal = "store: \(error)"
        }
      }
    }
    let round = InstanceSeries.Round(
      time: Timestamp(milliseconds: time ?? clock), isUp: facts != nil, seconds: 0.25, facts: facts,
      keepsSeries: keepsSeries)
    do throws(AppendError) { _ = try series.store(round) { _ in [] } } catch { refusal = "store: \(error)" }
    return refusal
  }

  @Test mutating func storesWhatWasServedWithItsLabels() {
    round("# TYPE m counter\nm{a=\"1\"} 5\nm{a=\"2\"} 6\n")
    round("m{a=\"1\"} 7\nm{a=\"2\"} 8\n")
    let first = bench.store.series("m", ["a": "1", "agent_id": "planner", "instance": "127.0.0.1:9000"])
    #expect(first.count == 1 && first.values.first?.map(\.value) == [5, 7])
    #expect(first.values.first?.map(\.time) == [1_001_000, 1_002_000])
    #expect(bench.store.values("up") == [1, 1])
    #expect(bench.store.values("scrape_samples_scraped") == [2, 2])
    #expect(bench.store.values("scrape_series_added") == [2, 0])
    #expect(bench.store.values("scrape_duration_seconds") == [0.25, 0.25])
  }

  @Test mutating func keepsWhatTheBodySaysOfItsMetrics() {
    func said() -> [String: MetricMetadata] {
      let families = bench.context.metadata.families(of: agent("planner"), instance: "127.0.0.1:9000")
      return Dictionary(families.map { ($0.name, $0.metadata) }, uniquingKeysWith: { $1 })
        .filter { OwnFamilies.byName[$0.key] == nil }
    }
    round("# HELP m What m is.\n# TYPE m counter\nm 5\nn 1\n")
    #expect(said() == ["m": MetricMetadata(type: .counter, help: "What m is.")])
    // The same comments about other series, a round that fails, one that is refused: nothing new is said.
    round("# HELP m What m is.\n# TYPE m counter\nm 6\n")
    round(nil)
    round("# TYPE m gauge\nm }\n")
    #expect(said() == ["m": MetricMetadata(type: .counter, help: "What m is.")])
    round("# TYPE m gauge\nm 6\n# TYPE k summary\nk_sum 1\n")
    #expect(said() == ["m": MetricMetadata(type: .gauge), "k": MetricMetadata(type: .summary)])
    round("m 6\n")
    #expect(said() == [:])
    round(
      "{\"metrics\":[{\"name\":\"j\",\"type\":\"counter\",\"value\":1},{\"name\":\"k\",\"value\":2}]}",
      "application/json")
    #expect(said() == ["j": MetricMetadata(type: .counter), "k": MetricMetadata(type: .gauge)])
    round(
      "# TYPE o_seconds gauge\n# UNIT o_seconds seconds\no_seconds 1\n# EOF\n",
      "application/openmetrics-text; version=1.0.0")
    #expect(said() == ["o_seconds": MetricMetadata(type: .gauge, unit: "seconds")])
    series.end(at: Timestamp(milliseconds: clock + 1))
    #expect(said() == [:])
  }

  /// The rule engine decides by the type whether a series counts, at the moment it first hears of it.
  @Test mutating func typesAreKnownWhenTheWatcherIsAsked() {
    let metadata = MetadataStore()
    let watch = TypeAsker(metadata: metadata)
    let context = CollectionContext(
      configuration: IngestConfiguration(), registry: bench.registry, appender: bench.store, watch: watch,
      http: bench.agents, resources: bench.resources, time: bench.time, logger: bench.context.logger,
      metrics: IngestMetrics(), metadata: metadata)
    series = InstanceSeries(target("planner"), context: context)
    round("# TYPE m counter\nm 5\nn 1\n")
    #expect(watch.types.withLock { $0 }.filter { $0.key == "m" || $0.key == "n" } == ["m": .counter, "n": nil])
  }

  @Test mutating func vanishedSeriesGetOneMarker() {
    round("a 1\nb 1\n")
    round("a 2\n")
    round("a 3\nb 3\n")
    #expect(bench.store.values("b") == [1, nil, 3])
    #expect(bench.store.values("a") == [1, 2, 3])
  }

  @Test mutating func aFailedRoundEndsAllSeriesOnce() {
    round("a 1\nb 1\n")
    round(nil)
    round("a broken\n")
    round("a 4\n")
    round("a 5\nb 5\n")
    #expect(bench.store.values("a") == [1, nil, 4, 5])
    #expect(bench.store.values("b") == [1, nil, 5], "b ended with the failure, not again when it was missing")
    #expect(bench.store.values("up") == [1, 0, 0, 1, 1])
  }

  @Test mutating func endMarksAgentsAndOwnSeries() {
    round("a 1\n")
    series.end(at: Timestamp(milliseconds: clock))
    #expect(bench.store.values("a") == [1, nil])
    #expect(bench.store.values("up") == [1, nil])
    #expect(bench.context.budget.pairs == 0)
  }

  @Test mutating func aSeriesTwiceInOneBodyCountsOnce() {
    #expect(round("a 1\na 2\na 1\nb 3\n") == nil)
    #expect(bench.store.values("a") == [1])
    #expect(bench.store.values("b") == [3])
  }

  @Test mutating func timeRunningBackwardsLosesNothingStored() {
    round("a 1\n", at: 2_000_000)
    round("a 2\n", at: 1_500_000)
    round("a 3\n", at: 2_001_000)
    #expect(bench.store.values("a") == [1, 3])
  }

  @Test mutating func anAgentCannotForgeUp() {
    round("up 7\na 1\n")
    #expect(bench.store.values("up") == [1])
  }

  @Test mutating func timesOfTheAgentAreHonoured() {
    let soon = bench.time.now().milliseconds
    clock = soon
    round("a 1 \(soon - 5000)\nb 2\na 3 \(soon - 4000)\nc 9 \(soon + 700_000)\nd 4 0\n")
    round("b 3\n")
    #expect(bench.store.series("a").values.first?.map(\.time) == [soon - 5000, soon - 4000])
    #expect(bench.store.values("a") == [1, 3], "no marker for a series with times of its own")
    #expect(bench.store.values("c").isEmpty, "more than ten minutes ahead")
    #expect(bench.store.values("d").isEmpty, "older than the retention")
    #expect(bench.store.values("b") == [2, 3])
  }

  @Test mutating func unknownSeriesAreAskedForAgain() {
    round("a 1\n")
    bench.store.dropAll()
    round("a 2\n")
    round("a 3\n")
    #expect(bench.store.values("a") == [1, 2, 3])
    #expect(bench.store.values("up") == [1, 1, 1])
    #expect(bench.store.series("a").count == 1)
  }

  @Test mutating func aHundredThousandSeriesInOneBody() {
    var context = IngestConfiguration()
    context.limits.samplesPerCollection = 100_000
    guard let big = try? Bench({ $0.limits = context.limits }) else { return }
    series = InstanceSeries(target("planner"), context: big.context)
    let body = (0..<100_000).map { "m{n=\"\($0)\"} \($0)\n" }.joined()
    #expect(round(body) == nil)
    #expect(series.count == 100_000)
    #expect(round("m{n=\"5\"} 1\n") == nil)
    #expect(series.count == 1)
    let ended = big.store.series("m").values.count { $0.count == 2 && StaleMarker.isStale($0[1].value) }
    #expect(ended == 99_999)
  }

  // MARK: - Limits

  @Test(arguments: [
    ("samples_per_collection", "a 1\nb 1\nc 1\nd 1\n"),
    ("labels_per_series", "a{b=\"1\",c=\"2\",d=\"3\"} 1\n"),
    ("label_name_bytes", "a{\(String(repeating: "n", count: 21))=\"1\"} 1\n"),
    ("label_value_bytes", "a{b=\"\(String(repeating: "v", count: 31))\"} 1\n"),
  ])
  mutating func limitsRefuseTheWholeBody(_ limit: String, _ body: String) throws {
    let small = try Bench {
      $0.limits.samplesPerCollection = 3
      $0.limits.labelsPerSeries = 4
      $0.limits.labelNameBytes = 20
      $0.limits.labelValueBytes = 30
    }
    series = InstanceSeries(target("planner"), context: small.context)
    #expect(round("ok 1\n") == nil)
    let refusal = round("ok 2\n" + body)
    #expect(refusal?.hasPrefix(limit + ":") == true, "\(refusal ?? "taken")")
    let key = limit.replacing("_bytes", with: "_length")
    #expect(refusal?.contains("limits.\(key)") == true, "it says which key of the system file to raise")
    #expect(small.store.values("ok") == [1, nil], "refused whole")
    #expect(small.store.values("a").isEmpty)
    #expect(round("ok 3\n") == nil)
    #expect(small.store.values("ok") == [1, nil, 3])
  }

  @Test func seriesLimitsCountOverInstances() throws {
    let small = try Bench {
      $0.limits.seriesPerAgent = 3
      $0.limits.seriesInAll = 5
    }
    func read(_ series: inout InstanceSeries, _ body: String) -> LimitName? {
      do throws(InstanceSeries.Refusal) {
        let facts = try series.read(Array(body.utf8), contentType: nil)
        let round = InstanceSeries.Round(time: Timestamp(milliseconds: 1), isUp: true, seconds: 0, facts: facts)
        do throws(AppendError) { _ = try series.store(round) { _ in [] } } catch { Issue.record("\(error)") }
        return nil
      } catch {
        guard case .agent(let failure) = error else { return nil }
        return failure.limit
      }
    }
    var first = InstanceSeries(target("planner", "h:1"), context: small.context)
    var second = InstanceSeries(target("planner", "h:2"), context: small.context)
    var other = InstanceSeries(target("critic", "h:3"), context: small.context)
    #expect(read(&first, "a 1\nb 1\n") == nil)
    #expect(read(&second, "a 1\nb 1\n") == .seriesPerAgent)
    #expect(read(&second, "a 1\n") == nil)
    #expect(read(&other, "a 1\nb 1\nc 1\n") == .seriesInAll)
    #expect(read(&other, "a 1\nb 1\n") == nil)
    #expect(read(&first, "a 1\n") == nil, "fewer is never over")
    #expect(read(&other, "a 1\nb 1\nc 1\n") == nil, "what was given back may be used")
  }

  @Test mutating func theStoresLimitIsSaidOfTheAgent() {
    round("a 1\n")
    bench.store.state.withLock { $0.maximumSeries = $0.numbers.count }
    #expect(round("a 2\nb 2\n")?.hasPrefix("store_series:") == true)
    #expect(round("a 3\n") == nil)
    #expect(bench.store.values("a") == [1, nil, 3])
  }

  @Test mutating func aFullDiskLosesRoundsNotSeries() {
    round("a 1\n")
    bench.store.state.withLock { $0.failure = .storage("no space") }
    #expect(round("a 2\nb 2\n") == "store: the store cannot take samples: no space")
    #expect(round("a 3\nb 3\n") == "store: the store cannot take samples: no space")
    bench.store.state.withLock { $0.failure = nil }
    #expect(round("a 4\nb 4\n") == nil)
    #expect(bench.store.values("a") == [1, 4])
    #expect(bench.store.values("b") == [4])
    #expect(series.count == 2)
  }

  // MARK: - Watching and remembering

  @Test mutating func onlyWatchedSeriesAreHandedOver() {
    bench.watch.watch(["a"])
    round("a 1\nb 1\n")
    round("a 2\nb 2\n")
    let name = "a{agent_id=\"planner\", instance=\"127.0.0.1:9000\"}"
    #expect(bench.watch.values(name) == [1, 2])
    let asked = bench.watch.state.withLock { $0.asked }
    round("a 3\nb 3\n")
    #expect(bench.watch.state.withLock { $0.asked } == asked, "nothing new, nothing asked")
    bench.watch.watch(["b", "up"])
    round("b 4\n")
    #expect(bench.watch.values(name) == [1, 2, 3])
    #expect(bench.watch.values("b{agent_id=\"planner\", instance=\"127.0.0.1:9000\"}") == [4])
    #expect(bench.watch.values("up{agent_id=\"planner\", instance=\"127.0.0.1:9000\"}") == [1])
    round(nil)
    let seen = bench.watch.state.withLock { $0.seen }
    #expect(seen.contains { $0.labels.hasPrefix("b{") && StaleMarker.isStale($0.value) }, "the end is told too")
    #expect(seen.last?.labels.hasPrefix("up{") == true)
  }

  @Test mutating func recentSamplesInOrderOfArrival() throws {
    let small = try Bench { $0.recentSamples = 20 }
    series = InstanceSeries(target("planner", labels: ["team": "a"]), context: small.context)
    for number in 1...50 { round("# TYPE a counter\na \(number)\nb{x=\"y\"} \(number)\nc\(number % 3) 1\n") }
    let all = small.context.recent.read(agentID: nil, metricName: nil, limit: 1000)
    #expect(all.count == 20)
    #expect(all.map(\.timestamp) == all.map(\.timestamp).sorted())
    let a = small.context.recent.read(agentID: "planner", metricName: "a", limit: 2)
    #expect(a.map(\.value) == [49, 50] && a.allSatisfy { $0.metricType == .counter })
    let b = small.context.recent.read(agentID: nil, metricName: "b", limit: 1)
    #expect(b.first?.labels == ["agent_id": "planner", "instance": "127.0.0.1:9000", "team": "a", "x": "y"])
    #expect(small.context.recent.read(agentID: "critic", metricName: nil, limit: 10).isEmpty)
    #expect(
      small.context.recent.read(agentID: nil, metricName: "c2", limit: 10).map(\.metricName).allSatisfy { $0 == "c2" })
    #expect(all.allSatisfy { !StaleMarker.isStale($0.value) })
  }

  /// Bodies of random series with failures between, against the plain rule: a series has a marker exactly where it was
  /// there in the previous good round, and either is not in this one or this one failed.
  @Test(arguments: 0..<30) mutating func markersExactlyForVanishedSeries(_ seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let names = (0..<12).map { "m\($0)" }
    var expected: [String: [Double?]] = [:]
    var present: Set<String> = []
    for number in 0..<60 {
      let chosen = names.filter { _ in Bool.random(using: &random) }.shuffled(using: &random)
      let fails = Int.random(in: 0..<5, using: &random) == 0
      let isBroken = fails && Bool.random(using: &random)
      let body = chosen.map { "\($0){k=\"\($0)\"} \(number)\n" }.joined() + (isBroken ? "}broken\n" : "")
      _ = round(fails && !isBroken ? nil : body)
      let now = fails ? [] : Set(chosen)
      for name in present.subtracting(now) { expected[name, default: []].append(nil) }
      for name in now { expected[name, default: []].append(Double(number)) }
      present = now
    }
    for name in names { #expect(bench.store.values(name) == expected[name] ?? [], "\(name)") }
    #expect(bench.context.budget.pairs >= present.count)
  }
}

/// Asks for the type of every series it hears of.
private final class TypeAsker: SampleWatch {
  let metadata: MetadataStore
  let types = Mutex<[String: MetricType?]>([:])

  init(metadata: MetadataStore) { self.metadata = metadata }

  var generation: UInt64 { 1 }

  func interest(in labels: LabelSet) -> WatchToken? {
    let type = metadata.type(ofSeries: labels.metricName)
    types.withLock { $0[labels.metricName] = .some(type) }
    return nil
  }

  func observe(_ samples: [WatchedSample], at time: Timestamp) {}
}
