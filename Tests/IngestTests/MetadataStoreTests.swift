import FleetModel
import Testing

@testable import Ingest

@Suite struct MetadataStoreTests {
  private func key(_ number: Int) -> InstanceKey {
    InstanceKey(agent: agent("a\(number % 3)"), instance: "127.0.0.1:\(number)")
  }

  private func describe(_ store: MetadataStore, _ key: InstanceKey, _ families: [String: MetricMetadata]) {
    let text = families.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    store.describe(key, by: Array(text.utf8)) { families }
  }

  @Test func whatSkepMakesIsAlwaysKnown() {
    let store = MetadataStore()
    #expect(store.families(named: "up")["up"]?.map(\.type) == [.gauge])
    #expect(store.type(ofSeries: "network_bytes_sent") == .counter)
    #expect(store.types()["system_cpu_usage"] == .gauge)
    #expect(store.families(named: "other") == [:])
    #expect(Set(OwnFamilies.ofInstances.map(\.name)) == Set((0..<OwnSeries.count).map(OwnSeries.name)))
    for index in 0..<OwnSeries.count {
      #expect(OwnFamilies.byName[OwnSeries.name(index)]?.type == OwnSeries.type(index))
    }
  }

  @Test func instancesThatSayTheSameShareIt() {
    let store = MetadataStore()
    var asked = 0
    for number in 0..<10 {
      store.describe(key(number), by: Array("# TYPE m counter\n".utf8)) {
        asked += 1
        return ["m": MetricMetadata(type: .counter)]
      }
    }
    #expect(asked == 1)
    for number in 0..<9 { store.forget(key(number)) }
    #expect(store.types()["m"] == .counter)
    store.forget(key(9))
    #expect(store.types()["m"] == nil)
  }

  @Test func differentWordsOfOneFamilyAllShow() {
    let store = MetadataStore()
    describe(store, key(0), ["m": MetricMetadata(type: .counter, help: "one")])
    describe(store, key(1), ["m": MetricMetadata(type: .counter, help: "two")])
    describe(store, key(2), ["m": MetricMetadata(help: "three")])
    #expect(store.families(named: "m")["m"]?.map(\.help) == ["one", "two", "three"])
    #expect(store.types()["m"] == .counter)
    #expect(store.families(of: agent("a1"), instance: "127.0.0.1:1").first { $0.name == "m" }?.metadata.help == "two")
    store.record(family: "m", type: .gauge, help: "", unit: "")
    #expect(store.families(named: "m")["m"]?.count == 4)
  }

  @Test(
    arguments: [
      ("http_requests_total", .counter), ("plain", .counter), ("h", .histogram), ("h_bucket", .counter),
      ("h_sum", .counter), ("h_created", .gauge), ("s", .gauge), ("s_count", .counter), ("build_info", .gauge),
      ("g", .gauge), ("g_bucket", nil), ("gh_bucket", .gauge), ("u", nil), ("open_total", .counter), ("_total", nil),
      ("x_y", nil),
    ] as [(String, MetricType?)])
  func seriesBehaveAsTheirFamilySays(_ name: String, _ type: MetricType?) {
    let store = MetadataStore()
    describe(
      store, key(0),
      [
        "http_requests_total": MetricMetadata(type: .counter), "plain": MetricMetadata(type: .counter),
        "open": MetricMetadata(type: .counter), "h": MetricMetadata(type: .histogram),
        "s": MetricMetadata(type: .summary), "build": MetricMetadata(type: .info), "g": MetricMetadata(type: .gauge),
        "gh": MetricMetadata(type: .gaugehistogram), "u": MetricMetadata(type: .unknown, help: "x"),
      ])
    #expect(store.type(ofSeries: name) == type)
  }

  @Test func nothingGrowsBeyondItsBound() {
    var limits = MetadataStore.Limits()
    limits.familiesPerInstance = 5
    limits.familiesInAll = 12
    limits.pushedFamilies = 4
    limits.textBytes = 8
    let store = MetadataStore(limits: limits)
    let many = Dictionary(uniqueKeysWithValues: (0..<9).map { ("m\($0)", MetricMetadata(type: .gauge)) })
    describe(store, key(0), many)
    #expect(store.families(of: agent("a0"), instance: "127.0.0.1:0").count == 5 + OwnFamilies.ofInstances.count)
    for number in 0..<100 { store.record(family: "p\(number)", type: .counter, help: "", unit: "") }
    let pushed = store.types().keys.filter { $0.hasPrefix("p") }.sorted()
    #expect(pushed.count <= 4 && pushed.contains("p99") && !pushed.contains("p10"))
    store.record(family: "help", type: .counter, help: "12345äöü", unit: "")
    #expect(store.families(named: "help")["help"]?.map(\.help) == ["12345ä"])
    store.record(family: "name too long", type: .counter, help: "", unit: "")
    store.record(family: "said", type: .unknown, help: "", unit: "")
    #expect(store.types()["name too long"] == nil && store.types()["said"] == nil)
  }

  /// Whatever comes, the store says what a plain list of who said what last says, and holds nothing else.
  @Test(arguments: 1...20) func agreesWithAPlainList(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var limits = MetadataStore.Limits()
    limits.pushedFamilies = 1_000
    var state = MetadataState(limits: limits)
    var said: [InstanceKey: [String: MetricMetadata]] = [:]
    var bySeries: Set<InstanceKey> = []
    var pushed: [String: MetricMetadata] = [:]
    func words() -> MetricMetadata {
      MetricMetadata(
        type: MetricType.allCases[Int.random(in: 0..<4, using: &random)],
        help: ["", "a", "b"][Int.random(in: 0..<3, using: &random)])
    }
    for _ in 0..<400 {
      let key = key(Int.random(in: 0..<6, using: &random))
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        var families: [String: MetricMetadata] = [:]
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
          families["m\(Int.random(in: 0..<5, using: &random))"] = words()
        }
        let ordered = families.sorted { $0.key < $1.key }
        var hasher = Hasher()
        for (name, metadata) in ordered {
          hasher.combine(name)
          hasher.combine(metadata)
        }
        let document = MetadataState.DocumentKey.text(hash: hasher.finalize(), bytes: ordered.count)
        if !state.adopt(document, by: key) { #expect(state.store(ordered, as: document, by: key) == 0) }
        said[key] = families
        bySeries.remove(key)
      case 4..<6:
        var types: [String: MetricType] = [:]
        for _ in 0..<Int.random(in: 1..<4, using: &random) {
          types["m\(Int.random(in: 0..<5, using: &random))"] = words().type
        }
        #expect(state.add(types.sorted { $0.key < $1.key }, by: key) == 0)
        if bySeries.insert(key).inserted { said[key] = [:] }
        for (name, type) in types { said[key]?[name] = MetricMetadata(type: type) }
      case 6:
        state.forget(key)
        said[key] = nil
        bySeries.remove(key)
      default:
        let name = "m\(Int.random(in: 0..<5, using: &random))"
        let metadata = words()
        #expect(state.push(name, metadata) == 0)
        pushed[name] = metadata
      }
      #expect(state.invariantViolations() == [])
      let all = Set(said.values.flatMap { $0.map { MetadataStore.Family($0.key, $0.value) } })
        .union(pushed.map { MetadataStore.Family($0.key, $0.value) })
      #expect(Set(state.families) == all && state.families.count == all.count)
      let own = state.families(of: key).map { ($0.name, $0.metadata) }
      #expect(Dictionary(own, uniquingKeysWith: { $1 }) == said[key] ?? [:])
    }
  }
}
