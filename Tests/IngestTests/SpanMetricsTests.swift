import FleetModel
import Logging
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite struct SpanMetricsTests {
  /// Spans, and what they become.
  private struct Rig {
    let store = FakeStore()
    let exemplars = FakeExemplars()
    let watch = FakeWatch()
    let time = SimulatedTime()
    let metrics: SpanMetrics

    init(_ configure: (inout SpanMetricsConfiguration) -> Void = { _ in }) {
      var configuration = SpanMetricsConfiguration()
      configure(&configuration)
      metrics = SpanMetrics(
        configuration, appender: store, exemplars: exemplars, watch: watch, time: time,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func observe(_ spans: [Span]) throws { metrics.observe(try #require(SpanBatch(spans))) }

    func collect(after seconds: Int = 30) {
      time.advance(by: .seconds(seconds))
      metrics.collect()
    }

    /// The values of the series with this name and among its labels these.
    func values(_ name: String, _ labels: [String: String] = [:]) -> [Double] {
      store.series(name, labels).values.flatMap { $0.map(\.value) }
    }

    func histogram(_ name: String, _ labels: [String: String] = [:]) -> NativeHistogram? {
      store.state.withLock { state in
        state.histograms.first { entry in
          entry.key.metricName == name && labels.allSatisfy { entry.key[$0.key] == $0.value }
        }?.value.values.last
      }
    }

    func now() -> Int64 { time.now().milliseconds * 1_000_000 }
  }

  private static func span(
    _ number: UInt64, parent: UInt64 = 0, trace: UInt64 = 1, agent: String = "planner", _ operation: String = "plan",
    kind: SpanKind = .internal, state: SpanState = .completed, start: Int64 = 1_000_000_000_000, seconds: Double = 1
  ) throws -> Span {
    Span(
      traceID: try #require(TraceID(high: 7, low: trace)), spanID: try #require(SpanID(rawValue: number)),
      parentID: SpanID(rawValue: parent), operation: operation, agent: agent, kind: kind, state: state, start: start,
      end: state.hasEnded ? start + Int64(seconds * 1e9) : nil)
  }

  @Test func operationsAreCountedByAgentKindAndStatus() throws {
    let rig = Rig()
    try rig.observe([
      Self.span(1), Self.span(2), Self.span(3, state: .ok), Self.span(4, state: .error),
      Self.span(5, agent: "critic", "chat gpt", kind: .client),
    ])
    rig.collect()
    let labels = ["agent_id": "planner", "span_name": "plan", "span_kind": "SPAN_KIND_INTERNAL"]
    let name = "traces_span_metrics_calls_total"
    #expect(rig.values(name, labels.merging(["status_code": "STATUS_CODE_UNSET"]) { $1 }) == [0, 2])
    #expect(rig.values(name, labels.merging(["status_code": "STATUS_CODE_OK"]) { $1 }) == [0, 1])
    #expect(rig.values(name, labels.merging(["status_code": "STATUS_CODE_ERROR"]) { $1 }) == [0, 1])
    #expect(
      rig.values(name, ["agent_id": "critic", "span_name": "chat gpt", "span_kind": "SPAN_KIND_CLIENT"]) == [0, 1])
    try rig.observe([Self.span(6)])
    rig.collect()
    #expect(rig.values(name, labels.merging(["status_code": "STATUS_CODE_UNSET"]) { $1 }) == [0, 2, 3])
    #expect(rig.metrics.totals.spans == 6)
    #expect(rig.metrics.totals.operationSeries == 4)
  }

  @Test func durationsAreNativeHistograms() throws {
    let rig = Rig()
    let seconds = [0, 5e-7, 0.001, 1, 1.05, 2, 7_200, 1e9]
    try rig.observe(seconds.enumerated().map { try Self.span(UInt64($0 + 1), seconds: $1) })
    rig.collect()
    let histogram = try #require(rig.histogram("traces_span_metrics_duration_seconds"))
    try histogram.validate()
    #expect(histogram.isStorable)
    #expect(histogram.count == 8)
    #expect(histogram.zeroCount == 2)
    #expect(abs(histogram.sum - seconds.reduce(0, +)) < 1e-3)
    #expect(histogram.positiveBuckets.reduce(0, +) == 6)
  }

  /// Every duration is in the bucket whose bounds hold it, by the definition of the schema.
  @Test func bucketsHoldWhatTheirBoundsSay() {
    var seconds = 0x1p-22
    while seconds < 0x1p19 {
      for value in [seconds, seconds.nextUp, seconds.nextDown] {
        var counts = LatencyCounts()
        counts.add(seconds: value)
        let histogram = counts.histogram
        if histogram.zeroCount > 0 {
          #expect(value <= histogram.zeroThreshold)
        } else {
          let bucket = histogram.apiBuckets().first { $0.count > 0 }
          #expect(bucket.map { $0.lower < value && value <= $0.upper } == true, "\(value)")
        }
      }
      seconds *= 1.0905077326652577.squareRoot()
    }
  }

  @Test func aSpanCountsOnce() throws {
    let rig = Rig()
    try rig.observe([Self.span(1, state: .active)])
    try rig.observe([Self.span(1), Self.span(1)])
    rig.time.advance(by: .seconds(600))
    try rig.observe([Self.span(1, state: .error), Self.span(1, trace: 2), Self.span(2, state: .lost)])
    rig.collect()
    #expect(rig.values("traces_span_metrics_calls_total") == [0, 2])
    #expect(rig.metrics.totals.repeated == 2)
  }

  struct Order: Sendable, CustomStringConvertible {
    var description: String
    /// Positions of caller, its call and the called span, batch by batch.
    var batches: [[Int]]
  }

  private static let orders = [
    Order(description: "as they ended, in one batch", batches: [[2, 1, 0]]),
    Order(description: "parents first", batches: [[0], [1], [2]]),
    Order(description: "children first", batches: [[2], [1], [0]]),
    Order(description: "the call last", batches: [[0, 2], [1]]),
    Order(description: "all twice", batches: [[2, 1], [0, 2, 1], [2]]),
  ]

  @Test(arguments: orders) func edgesAreFoundInAnyOrder(order: Order) throws {
    let rig = Rig()
    let spans = [
      try Self.span(1, seconds: 10),
      try Self.span(2, parent: 1, "invoke_agent critic", kind: .client, seconds: 3),
      try Self.span(3, parent: 2, agent: "critic", "POST /task", kind: .server, state: .error, seconds: 2),
    ]
    for batch in order.batches { try rig.observe(batch.map { spans[$0] }) }
    rig.collect()
    let edge = ["client": "planner", "server": "critic"]
    #expect(rig.store.series("traces_service_graph_request_total").count == 1)
    #expect(rig.values("traces_service_graph_request_total", edge) == [0, 1])
    #expect(rig.values("traces_service_graph_request_failed_total", edge) == [0, 1])
    #expect(rig.histogram("traces_service_graph_request_server_seconds", edge)?.sum == 2)
    #expect(rig.histogram("traces_service_graph_request_client_seconds", edge)?.sum == 3)
    #expect(rig.metrics.totals.edges == 1)
    #expect(rig.metrics.totals.unpaired == 0)
  }

  @Test func agentsOfOneProcessHaveEdgesToo() throws {
    let rig = Rig()
    try rig.observe([
      Self.span(2, parent: 1, agent: "critic", "invoke_agent critic"), Self.span(1),
      Self.span(4, parent: 3, agent: "worker", "take", kind: .consumer),
      Self.span(3, parent: 1, "give", kind: .producer),
    ])
    rig.collect()
    #expect(rig.values("traces_service_graph_request_total", ["client": "planner", "server": "critic"]) == [0, 1])
    #expect(rig.values("traces_service_graph_request_failed_total", ["server": "critic"]) == [0, 0])
    // Its caller did not say how long the call took.
    #expect(rig.histogram("traces_service_graph_request_client_seconds", ["server": "critic"]) == nil)
    #expect(
      rig.values(
        "traces_service_graph_request_total", ["server": "worker", "connection_type": "messaging_system"]) == [0, 1])
  }

  @Test func aParentThatIsTooLateMakesNoEdge() throws {
    let rig = Rig { $0.patience = .seconds(60) }
    try rig.observe([Self.span(2, parent: 1, agent: "critic"), Self.span(3, parent: 1, agent: "worker")])
    rig.time.advance(by: .seconds(61))
    try rig.observe([Self.span(1)])
    #expect(rig.metrics.totals.unpaired == 2)
    #expect(rig.metrics.totals.edges == 0)
    try rig.observe([Self.span(12, parent: 11, agent: "critic")])
    rig.collect(after: 62)
    #expect(rig.metrics.totals.unpaired == 3)
    // It is remembered no longer, and its parent may come: nothing waits.
    try rig.observe([Self.span(11)])
    #expect(rig.metrics.totals.edges == 0)
  }

  /// The start of a parent says whose it is, long before it ends; a call tells first how it went.
  @Test(arguments: [true, false]) func aParentInFlightIsACallerAtOnce(startsFirst: Bool) throws {
    let rig = Rig { $0.patience = .seconds(60) }
    let start = [try Self.span(1, state: .active), try Self.span(4, kind: .client, state: .active)]
    let children = [
      try Self.span(2, parent: 1, agent: "critic"), try Self.span(3, parent: 4, agent: "worker", seconds: 1),
    ]
    for batch in startsFirst ? [start, children] : [children, start] { try rig.observe(batch) }
    #expect(rig.metrics.totals.edges == 1)
    #expect(rig.metrics.totals.spans == 2)
    try rig.observe([Self.span(4, kind: .client, state: .error, seconds: 2)])
    rig.time.advance(by: .seconds(600))
    try rig.observe([Self.span(1, seconds: 600), Self.span(1, state: .active)])
    rig.collect()
    #expect(rig.metrics.totals.edges == 2)
    #expect(rig.metrics.totals.unpaired == 0 && rig.metrics.totals.repeated == 0)
    let name = "traces_service_graph_request_total"
    #expect(rig.values(name, ["client": "planner", "server": "critic"]) == [0, 1])
    #expect(rig.values("traces_service_graph_request_failed_total", ["server": "worker"]) == [0, 1])
    #expect(rig.histogram("traces_service_graph_request_client_seconds", ["server": "worker"])?.sum == 2)
    #expect(
      rig.values("traces_span_metrics_calls_total", ["agent_id": "planner", "span_kind": "SPAN_KIND_INTERNAL"]) == [
        0, 1,
      ])
  }

  @Test func agentsBeyondTheBoundAreSaidToBeSo() throws {
    let rig = Rig { $0.maximumAgents = 2 }
    for index in 0..<5 as Range<UInt64> { try rig.observe([Self.span(100 + index, agent: "a\(index)", "op")]) }
    rig.collect()
    let name = "traces_span_metrics_calls_total"
    let overflow = ["span_name": "op", "otel_metric_overflow": "true"]
    #expect(rig.values(name, overflow) == [0, 3])
    #expect(rig.store.series(name, overflow).keys.allSatisfy { !$0.contains("agent_id") })
    #expect(rig.values(name, ["agent_id": "a1"]) == [0, 1])
    #expect(rig.metrics.totals.overflowed == 3)
  }

  @Test func beyondTheBoundsAllIsCountedTogether() throws {
    let rig = Rig {
      $0.maximumSeries = 3
      $0.maximumEdges = 2
      $0.maximumAgents = 4
    }
    for index in 0..<10 as Range<UInt64> { try rig.observe([Self.span(100 + index, "op \(index)")]) }
    for index in 0..<6 as Range<UInt64> {
      try rig.observe([Self.span(200 + index, parent: 100, agent: "a\(index)", "called")])
    }
    rig.collect()
    #expect(rig.values("traces_span_metrics_calls_total", ["span_name": "op 1"]) == [0, 1])
    let overflow = ["otel_metric_overflow": "true"]
    #expect(
      rig.values("traces_span_metrics_calls_total", overflow.merging(["agent_id": "planner"]) { $1 }) == [0, 7])
    // Agents beyond the bound have no name left, and of the others one alone has an overflow of its own.
    let nameless = rig.store.series("traces_span_metrics_calls_total", overflow).filter { !$0.key.contains("agent_id") }
    #expect(nameless.values.flatMap { $0.map(\.value) } == [0, 6])
    #expect(rig.metrics.totals.operationSeries == 5)
    #expect(rig.store.series("traces_service_graph_request_total").count == 3)
    #expect(rig.values("traces_service_graph_request_total", overflow) == [0, 1])
    let all = rig.store.series("traces_span_metrics_calls_total").values.compactMap(\.last?.value).reduce(0, +)
    #expect(all == 16)
  }

  @Test func whatIsNotCountedAnyMoreEnds() throws {
    let rig = Rig { $0.seriesLifetime = .seconds(100) }
    try rig.observe([Self.span(1), Self.span(2, parent: 1, agent: "critic")])
    for _ in 0..<3 { rig.collect(after: 60) }
    for name in ["traces_span_metrics_calls_total", "traces_service_graph_request_total"] {
      for series in rig.store.series(name).values {
        #expect(series.map(\.value).prefix(2) == [0, 1])
        #expect(series.last.map { StaleMarker.isStale($0.value) } == true)
      }
    }
    #expect(rig.metrics.totals.operationSeries == 0 && rig.metrics.totals.edgeSeries == 0)
    // It begins anew.
    try rig.observe([Self.span(3)])
    rig.collect()
    let again = rig.store.series("traces_span_metrics_calls_total", ["agent_id": "planner"]).values.first
    #expect(again?.suffix(2).map(\.value) == [0, 1])
  }

  @Test func namesThatNobodyHasAreForgotten() throws {
    let rig = Rig { $0.seriesLifetime = .seconds(10) }
    for round in 0..<5 {
      let spans = try (0..<600).map { index in
        try Self.span(UInt64(round * 1000 + index + 1), "op \(round) \(index)", start: 1_000_000_000_000)
      }
      try rig.observe(spans + [Self.span(UInt64(round * 1000 + 999), "stays")])
      rig.collect(after: 9)
    }
    let values = rig.values("traces_span_metrics_calls_total", ["span_name": "stays"])
    #expect(values == [0, 1, 2, 3, 4, 5])
    #expect(rig.store.series("traces_span_metrics_calls_total", ["span_name": "op 4 599"]).count == 1)
  }

  @Test func agentsThatAreGoneMakeRoomForOthers() throws {
    let rig = Rig {
      $0.maximumAgents = 8
      $0.seriesLifetime = .seconds(20)
    }
    for round in 0..<8 {
      let numbers = (0..<6).map { UInt64(round * 10 + $0 + 2) }
      try rig.observe(
        [Self.span(UInt64(round * 10 + 1), agent: "root", "call")]
          + numbers.map { try Self.span($0, parent: UInt64(round * 10 + 1), agent: "a\($0)", "work") })
      rig.collect(after: 15)
      rig.collect(after: 15)
    }
    let named = (0..<80).filter { !rig.store.series("traces_span_metrics_calls_total", ["agent_id": "a\($0)"]).isEmpty }
    // Where the bound held for ever, six or seven would have been named.
    #expect(named.count > 20)
    for agent in named {
      let labels = ["client": "root", "server": "a\(agent)"]
      #expect(rig.values("traces_service_graph_request_total", labels).prefix(2) == [0, 1])
      #expect(rig.values("traces_span_metrics_calls_total", ["agent_id": "a\(agent)"]).prefix(2) == [0, 1])
    }
  }

  @Test func theSlowAndTheFailedAreExemplars() throws {
    let rig = Rig()
    try rig.observe([
      Self.span(1, seconds: 1), Self.span(2, seconds: 5), Self.span(3, seconds: 2),
      Self.span(4, state: .error, seconds: 3), Self.span(9, parent: 1, agent: "critic", state: .error, seconds: 1),
    ])
    rig.collect()
    let durations = rig.exemplars.exemplars(of: "traces_span_metrics_duration_seconds", in: rig.store)
    #expect(Set(durations.map(\.value)) == [5, 3, 1])
    let slowest = durations.first { $0.value == 5 }
    #expect(
      slowest?.labels == LabelSet(["trace_id": "00000000000000070000000000000001", "span_id": "0000000000000002"]))
    #expect(slowest?.time == Timestamp(milliseconds: 1_005_000))
    #expect(
      rig.exemplars.exemplars(of: "traces_span_metrics_calls_total", in: rig.store).map(\.value).sorted() == [1, 3])
    #expect(
      rig.exemplars.exemplars(of: "traces_service_graph_request_failed_total", in: rig.store)
        .map { $0.labels["span_id"] } == ["0000000000000009"])
    // Only what came since.
    rig.exemplars.kept.withLock { $0 = [] }
    rig.collect()
    #expect(rig.exemplars.kept.withLock { $0.isEmpty })
  }

  @Test func rulesOnArrivalSeeThem() throws {
    let rig = Rig()
    rig.watch.watch(["traces_span_metrics_calls_total", "traces_service_graph_request_failed_total"])
    try rig.observe([Self.span(1), Self.span(2, parent: 1, agent: "critic", state: .error)])
    rig.collect()
    #expect(rig.watch.state.withLock { $0.seen.map(\.value) } == [1, 1, 1])
    // A rule that comes later hears too.
    rig.watch.watch(["traces_service_graph_request_total"])
    rig.collect()
    #expect(rig.watch.state.withLock { $0.seen.map(\.value) } == [1, 1, 1, 1])
  }

  @Test func aStoreThatForgetsOrFailsLosesNoCount() throws {
    let rig = Rig()
    try rig.observe([Self.span(1)])
    rig.collect()
    rig.store.dropAll()
    rig.collect()
    rig.store.state.withLock { $0.failure = .storage("full") }
    try rig.observe([Self.span(2)])
    rig.collect()
    rig.store.state.withLock { $0.failure = nil }
    rig.collect()
    #expect(rig.values("traces_span_metrics_calls_total").sorted() == [0, 1, 1, 2])
    #expect(rig.histogram("traces_span_metrics_duration_seconds")?.count == 2)
  }

  @Test func theServiceWritesEachIntervalAndAtItsEnd() async throws {
    let rig = Rig()
    let service = Task { try await rig.metrics.run() }
    try rig.observe([Self.span(1)])
    await rig.time.waitForSleepers()
    rig.time.advance(by: .seconds(30))
    await rig.time.waitForSleepers()
    #expect(rig.values("traces_span_metrics_calls_total") == [0, 1])
    try rig.observe([Self.span(2)])
    service.cancel()
    try await service.value
    #expect(rig.values("traces_span_metrics_calls_total") == [0, 1, 2])
  }

  /// Whatever the order, the batches and the repetitions, the counts are those of the set of spans.
  @Test(arguments: 0..<20) func anyOrderGivesTheSameCounts(_ seed: UInt64) throws {
    var random = RepeatedRandom(seed: seed)
    let rig = Rig()
    var spans: [Span] = []
    for trace in 1...8 as ClosedRange<UInt64> {
      for number in 1...20 as ClosedRange<UInt64> {
        spans.append(
          try Self.span(
            number, parent: number == 1 ? 0 : UInt64.random(in: 1..<number, using: &random), trace: trace,
            agent: "a\(Int.random(in: 0..<4, using: &random))", "op \(Int.random(in: 0..<3, using: &random))",
            kind: Bool.random(using: &random) ? .client : .internal,
            state: Int.random(in: 0..<5, using: &random) == 0 ? .error : .completed,
            seconds: Double.random(in: 0...10, using: &random)))
      }
    }
    let repeated = spans.filter { _ in Bool.random(using: &random) }
    var arrivals = (spans + repeated).shuffled(using: &random)
    while !arrivals.isEmpty {
      let batch = arrivals.prefix(Int.random(in: 1...40, using: &random))
      arrivals.removeFirst(batch.count)
      try rig.observe(Array(batch))
    }
    rig.collect()
    var calls: [String: Double] = [:]
    var edges: [String: Double] = [:]
    for span in spans {
      calls["\(span.agent) \(span.operation) \(span.kind) \(span.state)", default: 0] += 1
      guard let parent = spans.first(where: { $0.traceID == span.traceID && $0.spanID == span.parentID }) else {
        continue
      }
      if parent.agent != span.agent { edges["\(parent.agent) \(span.agent)", default: 0] += 1 }
    }
    let counted = rig.store.series("traces_span_metrics_calls_total").values.compactMap(\.last?.value)
    #expect(counted.sorted() == calls.values.sorted())
    let joined = rig.store.series("traces_service_graph_request_total").values.compactMap(\.last?.value)
    #expect(joined.sorted() == edges.values.sorted())
    #expect(rig.metrics.totals.repeated == repeated.count)
    #expect(rig.metrics.totals.unpaired == 0)
  }
}

/// Random numbers that repeat from their seed.
private struct RepeatedRandom: RandomNumberGenerator {
  private let source: SeededRandom

  init(seed: UInt64) { source = SeededRandom(seed: seed) }

  mutating func next() -> UInt64 { source.next() }
}
