import CoreMetrics
import MetricExposition
import Synchronization
import Testing

private func registry(_ change: (inout MetricRegistry.Options) -> Void = { _ in }) -> MetricRegistry {
  var options = MetricRegistry.Options()
  options.includesProcess = false
  change(&options)
  return MetricRegistry(options: options)
}

private func text(_ registry: MetricRegistry, _ format: ExpositionFormat = .prometheusText) -> String {
  String(decoding: registry.render(format: format), as: UTF8.self)
}

/// The body without the registry's own family, which every body holds.
private func own(_ registry: MetricRegistry, _ format: ExpositionFormat = .prometheusText) -> String {
  text(registry, format).split(separator: "\n").filter { !$0.contains("metrics_series_dropped") }
    .joined(separator: "\n")
}

@Suite struct RenderingTests {
  private func sample() -> MetricRegistry {
    let registry = registry { $0.timerBuckets = [0.1, 1] }
    registry.describe("agent_messages_sent_total", help: "Messages \"sent\"\nby \\ us.")
    let sent = registry.makeCounter(label: "agent_messages_sent_total", dimensions: [("peer", "writer")])
    sent.increment(by: 3)
    registry.makeCounter(label: "agent_messages_sent_total", dimensions: [("peer", "coder")]).increment(by: 1)
    registry.makeFloatingPointCounter(label: "cost", dimensions: []).increment(by: 0.25)
    registry.makeMeter(label: "queue.depth", dimensions: []).set(Double(-2.5))
    let timer = registry.makeTimer(label: "work_duration", dimensions: [("op", "plan")])
    timer.recordNanoseconds(100_000_000)
    timer.recordNanoseconds(500_000_000)
    timer.recordNanoseconds(4_000_000_000)
    return registry
  }

  @Test func prometheusText() {
    #expect(
      text(sample()) == """
        # HELP agent_messages_sent_total Messages "sent"\\nby \\\\ us.
        # TYPE agent_messages_sent_total counter
        agent_messages_sent_total{peer="coder"} 1
        agent_messages_sent_total{peer="writer"} 3
        # TYPE cost_total counter
        cost_total 0.25
        # HELP metrics_series_dropped_total Attempts to make a series that were refused, by reason.
        # TYPE metrics_series_dropped_total counter
        metrics_series_dropped_total{reason="limit"} 0
        metrics_series_dropped_total{reason="type_conflict"} 0
        # TYPE queue_depth gauge
        queue_depth -2.5
        # TYPE work_duration_seconds histogram
        work_duration_seconds_bucket{op="plan",le="0.1"} 1
        work_duration_seconds_bucket{op="plan",le="1.0"} 2
        work_duration_seconds_bucket{op="plan",le="+Inf"} 3
        work_duration_seconds_sum{op="plan"} 4.6
        work_duration_seconds_count{op="plan"} 3

        """)
  }

  @Test func openMetrics() {
    #expect(
      text(sample(), .openMetrics) == """
        # HELP agent_messages_sent Messages \\"sent\\"\\nby \\\\ us.
        # TYPE agent_messages_sent counter
        agent_messages_sent_total{peer="coder"} 1
        agent_messages_sent_total{peer="writer"} 3
        # TYPE cost counter
        cost_total 0.25
        # HELP metrics_series_dropped Attempts to make a series that were refused, by reason.
        # TYPE metrics_series_dropped counter
        metrics_series_dropped_total{reason="limit"} 0
        metrics_series_dropped_total{reason="type_conflict"} 0
        # TYPE queue_depth gauge
        queue_depth -2.5
        # TYPE work_duration_seconds histogram
        work_duration_seconds_bucket{op="plan",le="0.1"} 1
        work_duration_seconds_bucket{op="plan",le="1.0"} 2
        work_duration_seconds_bucket{op="plan",le="+Inf"} 3
        work_duration_seconds_sum{op="plan"} 4.6
        work_duration_seconds_count{op="plan"} 3
        # EOF

        """)
  }

  @Test func everyBodyIsWellFormed() throws {
    for format in ExpositionFormat.allCases { try BodyCheck.check(text(sample(), format), format: format) }
    let whole = MetricRegistry()
    for format in ExpositionFormat.allCases { try BodyCheck.check(text(whole, format), format: format) }
  }

  @Test(arguments: [
    (0.0, "0"), (-0.5, "-0.5"), (1e18, "1e+18"), (123_456_789_012_345, "123456789012345"), (.infinity, "+Inf"),
    (-.infinity, "-Inf"), (.nan, "NaN"), (1e-7, "1e-07"), (-3, "-3"), (0.1, "0.1"),
  ])
  func numbers(value: Double, expected: String) {
    let registry = registry()
    registry.makeMeter(label: "value", dimensions: []).set(value)
    #expect(own(registry) == "# TYPE value gauge\nvalue \(expected)")
  }

  @Test func wholeCountsStayExactBeyondTheDoublesMantissa() {
    let registry = registry()
    let counter = registry.makeCounter(label: "big_total", dimensions: [])
    counter.increment(by: 9_007_199_254_740_993)
    #expect(own(registry).hasSuffix("big_total 9007199254740993"))
  }

  @Test(arguments: [
    ([("path", "a\\b\"c\nd")], #"m_total{path="a\\b\"c\nd"} 0"#),
    ([("größe", "1")], #"m_total{gr__e="1"} 0"#),
    ([("9lives", "x")], #"m_total{_9lives="x"} 0"#),
    ([("__name__", "x")], #"m_total{_name__="x"} 0"#),
    ([("b", "2"), ("a", "1")], #"m_total{a="1",b="2"} 0"#),
    ([("a.b", "first"), ("a_b", "second")], #"m_total{a_b="first"} 0"#),
    ([("", "x")], #"m_total{_="x"} 0"#),
    ([("emoji", "🐝")], #"m_total{emoji="🐝"} 0"#),
  ])
  func labels(dimensions: [(String, String)], line: String) throws {
    let registry = registry()
    _ = registry.makeCounter(label: "m", dimensions: dimensions)
    #expect(own(registry) == "# TYPE m_total counter\n\(line)")
    try BodyCheck.check(text(registry), format: .prometheusText)
  }

  @Test(arguments: [
    ("http.server.requests", "http_server_requests"), ("1st", "_1st"), ("a:b", "a:b"), ("", "_"), ("ä-b c", "__b_c"),
    ("line\nbreak", "line_break"),
  ])
  func names(label: String, name: String) {
    let registry = registry()
    registry.makeMeter(label: label, dimensions: []).set(Int64(1))
    #expect(own(registry) == "# TYPE \(name) gauge\n\(name) 1")
  }

  @Test func theBucketLabelIsKeptForBuckets() throws {
    let registry = registry { $0.recorderBuckets = [1] }
    registry.makeRecorder(label: "size", dimensions: [("le", "mine")], aggregate: true).record(Int64(1))
    #expect(own(registry).contains(#"size_bucket{exported_le="mine",le="1.0"} 1"#))
    try BodyCheck.check(text(registry), format: .prometheusText)
  }

  @Test func longValuesAreCutBetweenCharacters() {
    let registry = registry()
    _ = registry.makeCounter(label: "m", dimensions: [("v", String(repeating: "é", count: 5000))])
    let expected = "{v=\"\(String(repeating: "é", count: 2048))\"}"
    #expect(own(registry).contains(expected))
  }
}

@Suite struct RegistryTests {
  @Test func theSameLabelAndDimensionsAreTheSameSeries() {
    let registry = registry()
    registry.makeCounter(label: "hits", dimensions: [("a", "1"), ("b", "2")]).increment(by: 1)
    registry.makeCounter(label: "hits_total", dimensions: [("b", "2"), ("a", "1")]).increment(by: 2)
    registry.makeFloatingPointCounter(label: "hits", dimensions: [("a", "1"), ("b", "2")]).increment(by: 0.5)
    #expect(own(registry) == "# TYPE hits_total counter\nhits_total{a=\"1\",b=\"2\"} 3.5")
  }

  @Test func countersNeverGoDown() {
    let registry = registry()
    let counter = registry.makeFloatingPointCounter(label: "c", dimensions: [])
    counter.increment(by: 2)
    for amount in [-1, Double.nan, Double.infinity, -Double.infinity] { counter.increment(by: amount) }
    registry.makeCounter(label: "c", dimensions: []).increment(by: -5)
    #expect(own(registry).hasSuffix("c_total 2"))
    counter.reset()
    #expect(own(registry).hasSuffix("c_total 0"))
  }

  @Test func observationsThatAreNotFiniteSpoilNothing() {
    let registry = registry { $0.recorderBuckets = [1] }
    let recorder = registry.makeRecorder(label: "r", dimensions: [], aggregate: true)
    for value in [Double.nan, .infinity, -.infinity, 0.5] { recorder.record(value) }
    #expect(own(registry).hasSuffix("r_sum 0.5\nr_count 1"))
  }

  @Test func bucketsAreSortedAndUnique() {
    let registry = registry()
    registry.useBuckets([5, 1, .infinity, 1, .nan], for: "r")
    registry.makeRecorder(label: "r", dimensions: [], aggregate: true).record(Int64(5))
    let body = own(registry)
    #expect(body.contains("r_bucket{le=\"1.0\"} 0\nr_bucket{le=\"5.0\"} 1\nr_bucket{le=\"+Inf\"} 1"))
  }

  /// A name that is taken by another type, in each form in which names can collide.
  @Test(arguments: [
    ("x_total", "x"), ("x", "x"), ("x_count", "x"), ("x_bucket", "x"), ("x_sum", "x"),
  ])
  func conflictingTypesAreDroppedAndCounted(first: String, second: String) throws {
    let problems = Mutex<[String]>([])
    let registry = registry { options in options.onProblem = { text in problems.withLock { $0.append(text) } } }
    if first == "x" || first == "x_total" {
      registry.makeCounter(label: first, dimensions: []).increment(by: 1)
      registry.makeMeter(label: second, dimensions: []).set(Int64(7))
      registry.makeMeter(label: second, dimensions: []).set(Int64(7))
    } else {
      registry.makeMeter(label: first, dimensions: []).set(Int64(1))
      registry.makeRecorder(label: second, dimensions: [], aggregate: true).record(Int64(7))
      registry.makeRecorder(label: second, dimensions: [], aggregate: true).record(Int64(7))
    }
    #expect(text(registry).contains("metrics_series_dropped_total{reason=\"type_conflict\"} 2"))
    #expect(problems.withLock { $0.count } == 1)
    #expect(!own(registry).contains("7"))
    try BodyCheck.check(text(registry, .openMetrics), format: .openMetrics)
  }

  @Test func cardinalityIsBounded() {
    let registry = registry { $0.maximumSeries = 3 }
    for number in 0..<10 {
      registry.makeCounter(label: "user_requests", dimensions: [("user", "\(number)")]).increment(by: 1)
    }
    #expect(own(registry).split(separator: "\n").count == 1 + 3)
    #expect(text(registry).contains("metrics_series_dropped_total{reason=\"limit\"} 7"))
    registry.makeCounter(label: "user_requests", dimensions: [("user", "1")]).increment(by: 1)
    #expect(own(registry).contains("user_requests_total{user=\"1\"} 2"))
  }

  @Test func destroyedSeriesDisappearAndFreeTheirPlace() {
    let registry = registry { $0.maximumSeries = 1 }
    let first = registry.makeCounter(label: "x", dimensions: [])
    registry.destroyCounter(first)
    registry.destroyCounter(first)
    #expect(own(registry).isEmpty)
    registry.makeMeter(label: "x", dimensions: []).set(Int64(1))
    #expect(own(registry) == "# TYPE x gauge\nx 1")
  }

  @Test func metersCountBothWays() {
    let registry = registry()
    let meter = registry.makeMeter(label: "m", dimensions: [])
    meter.increment(by: 3)
    meter.decrement(by: 1)
    #expect(own(registry).hasSuffix("m 2"))
  }

  @Test func helpMayComeBeforeOrAfter() {
    let registry = registry()
    registry.describe("work", help: "before")
    _ = registry.makeTimer(label: "work", dimensions: [])
    #expect(own(registry).hasPrefix("# HELP work_seconds before\n"))
    registry.describe("work", help: "after")
    #expect(own(registry).hasPrefix("# HELP work_seconds after\n"))
  }

  @Test func thisProcessReportsItself() throws {
    let values = try BodyCheck.check(text(MetricRegistry()), format: .prometheusText)
    #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
    #expect(try #require(values["process_open_fds"]) >= 3)
    #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
    #expect(try #require(values["process_start_time_seconds"]) > 1_500_000_000)
  }

  /// Meant for the thread sanitizer as much as for its sums.
  @Test func manyThreadsCountAndRenderAtOnce() async throws {
    let registry = registry()
    let rounds = 20_000
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let shared = registry.makeCounter(label: "shared", dimensions: [])
          let fractional = registry.makeFloatingPointCounter(label: "fractional", dimensions: [])
          let timer = registry.makeTimer(label: "t", dimensions: [])
          for round in 0..<rounds {
            shared.increment(by: 1)
            fractional.increment(by: 0.5)
            timer.recordNanoseconds(Int64(round))
            if round % 1000 == 0 {
              registry.makeCounter(label: "own", dimensions: [("worker", "\(worker)"), ("round", "\(round)")])
                .increment(by: 1)
            }
          }
        }
      }
      group.addTask { for _ in 0..<200 { _ = registry.render(format: .openMetrics) } }
    }
    let values = try BodyCheck.check(text(registry), format: .prometheusText)
    #expect(values["shared_total"] == Double(4 * rounds))
    #expect(values["fractional_total"] == Double(2 * rounds))
    #expect(values["t_seconds_count"] == Double(4 * rounds))
    #expect(values.keys.count { $0.hasPrefix("own_total") } == 4 * rounds / 1000)
  }
}

@Suite struct NegotiationTests {
  @Test(arguments: [
    (nil, ExpositionFormat.prometheusText), ("", .prometheusText), ("*/*", .prometheusText),
    ("text/plain", .prometheusText), ("application/openmetrics-text", .openMetrics),
    ("application/openmetrics-text; version=1.0.0; charset=utf-8", .openMetrics),
    ("application/openmetrics-text;version=2.0.0", .prometheusText),
    ("application/openmetrics-text;q=0", .prometheusText),
    ("application/openmetrics-text;q=abc,text/plain", .prometheusText),
    ("application/openmetrics-text;q=0.3, text/plain;q=0.5", .prometheusText),
    ("Application/OpenMetrics-Text;version=\"1.0.0\";q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", .openMetrics),
    (
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2", .openMetrics
    ),
    (";;;,,q=1;", .prometheusText), ("application/json", .prometheusText),
  ])
  func negotiation(accept: String?, format: ExpositionFormat) {
    #expect(ExpositionFormat.negotiated(accept: accept) == format)
  }
}
