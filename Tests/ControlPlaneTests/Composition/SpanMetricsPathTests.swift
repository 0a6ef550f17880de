import Alerting
import DeployPlan
import FleetModel
import Ingest
import Logging
import Platform
import PromQL
import TestSupport
import Testing

@testable import ControlPlane

/// Spans as queries, rules and `query_exemplars` see them.
@Suite("metrics of spans in the sample store")
struct SpanMetricsPathTests {
  private struct Nobody: HTTPExchanger {
    func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse { throw CancellationError() }
  }

  /// One request each second: the planner calls the critic, which takes 100 ms, or 3 s and fails each tenth time.
  private static func spans(_ number: Int, at time: Timestamp) throws -> [Span] {
    let start = time.milliseconds * 1_000_000
    let trace = try #require(TraceID(high: 1, low: UInt64(number + 1)))
    func span(_ id: UInt64, _ parent: UInt64, _ agent: String, _ operation: String, _ kind: SpanKind, _ ms: Int64)
      throws
      -> Span
    {
      Span(
        traceID: trace, spanID: try #require(SpanID(rawValue: id)), parentID: SpanID(rawValue: parent),
        operation: operation, agent: agent, kind: kind, state: .completed, start: start, end: start + ms * 1_000_000)
    }
    let isSlow = number % 10 == 9
    var called = try span(2, 1, "critic", "POST /review", .server, isSlow ? 3_000 : 100)
    if isSlow { called.state = .error }
    return [called, try span(1, 0, "planner", "invoke_agent critic", .client, isSlow ? 3_010 : 110)]
  }

  private static func value(_ query: String, _ samples: SamplePath, at time: Timestamp) async throws -> [Double] {
    let engine = QueryEngine(options: EngineOptions())
    let outcome = try await engine.instant(try engine.parse(query), at: time, source: samples.store)
    guard case .vector(let found) = outcome.value else { return [] }
    return found.map(\.value)
  }

  @Test func queriesRulesAndExemplarsSeeThem() async throws {
    let time = SimulatedTime(start: Timestamp(milliseconds: 1_790_000_000_000))
    var system = FleetSystem(name: "t")
    system.monitoring.collectionInterval = .seconds(10)
    system.alertRules = [
      AlertRule(
        name: "failing calls", description: "calls of {agent_id} fail",
        condition: .rateOfChange(.greater, 0.05), metricName: Glob("traces_service_graph_request_failed_total"),
        agentID: Glob("crit*"))
    ]
    let samples = try SamplePath(
      system: system, stateDirectory: nil, http: Nobody(), time: time,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let service = Task { try await samples.spanMetrics.run() }
    for number in 0..<120 {
      await time.waitForSleepers()
      samples.spanMetrics.observe(try #require(SpanBatch(Self.spans(number, at: time.now()))))
      time.advance(by: .seconds(1))
    }
    await time.waitForSleepers()
    let end = time.now()
    func value(_ query: String) async throws -> Double {
      let found = try await Self.value(query, samples, at: end)
      #expect(found.count == 1, "\(query): \(found)")
      return found.first ?? .nan
    }
    func near(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) <= expected * 0.06 }

    #expect(near(try await value("sum(rate(traces_span_metrics_calls_total{agent_id=\"critic\"}[1m]))"), 1))
    #expect(
      near(
        try await value(
          "sum(rate(traces_service_graph_request_failed_total[1m])) / sum(rate(traces_service_graph_request_total[1m]))"
        ),
        0.1))
    let duration = "sum(rate(traces_span_metrics_duration_seconds{agent_id=\"critic\"}[1m]))"
    #expect(near(try await value("histogram_quantile(0.5, \(duration))"), 0.1))
    #expect(near(try await value("histogram_quantile(0.99, \(duration))"), 3))
    #expect(near(try await value("histogram_avg(\(duration))"), 0.39))
    #expect(near(try await value("histogram_avg(rate(traces_service_graph_request_client_seconds[1m]))"), 0.4))

    let alerts = samples.rules.alerts(.active)
    #expect(alerts.map(\.name) == ["failing calls"])
    #expect(alerts.first?.description == "calls of critic fail")

    let found = try samples.exemplars.exemplars(
      matchingAny: [[LabelMatcher("__name__", .equal, "traces_service_graph_request_server_seconds")]],
      from: end - .seconds(60), through: end)
    #expect(found.count == 1)
    #expect(found.first?.exemplars.allSatisfy { $0.value == 3 } == true)
    #expect(found.first?.exemplars.last?.labels["trace_id"] == "00000000000000010000000000000078")
    service.cancel()
    try await service.value
  }
}
