import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import SystemPackage
import TestSupport
import Testing

/// Exemplars that are scraped, pushed by a real Prometheus, and asked for again, also after a kill.
@Suite("exemplars end to end", .timeLimit(.minutes(5)))
struct ExemplarTests {
  private static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/exemplary_agent.py").path

  private static var hasTools: Bool { Program.exists("prometheus") && Program.exists("python3") }

  private struct Answer: Decodable, Equatable {
    struct Exemplar: Decodable, Equatable {
      var labels: [String: String]
      var value: String
      var timestamp: Double
    }

    struct Series: Decodable, Equatable {
      var seriesLabels: [String: String]
      var exemplars: [Exemplar]
    }

    var data: [Series]?
    var count: Int { (data ?? []).reduce(0) { $0 + $1.exemplars.count } }
  }

  private struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  private static func exemplars(of query: String, at url: String) async throws -> Answer {
    let query = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    let now = Int(Date().timeIntervalSince1970)
    let response = try await HTTPClient.patient.execute(
      HTTPClientRequest(url: "\(url)/api/v1/query_exemplars?query=\(query)&start=\(now - 3600)&end=\(now + 60)"),
      timeout: .seconds(30))
    let body = try await response.body.collect(upTo: 32 << 20)
    return try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
  }

  private static func eventually(_ what: String, _ isSo: () async throws -> Bool) async throws {
    for _ in 0..<600 {
      if (try? await isSo()) == true { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw Problem(description: "it did not come to pass that \(what)")
  }

  @Test(.enabled(if: hasTools, "needs Debian's prometheus and python3: `make test-tools`"))
  func whatPrometheusHasIsHereToo() async throws {
    let scratch = try ScratchDirectory()
    let agent = try Program("python3", [Self.script])
    defer { agent.stop() }
    let port = try #require(agent.line())
    let directory = scratch.path.string
    let system = directory + "/system.yaml"
    try Data(
      "system: exemplary\nmonitoring: {collection_interval: 1s, collection_timeout: 800ms}\n".utf8
    ).write(to: URL(filePath: system))
    let server = try StoreLifeTests.Server(directory + "/skep", ["--config", system])
    defer { server.program.stop() }
    let registration = "{\"agent_id\":\"direct\",\"metrics_endpoint\":\"http://127.0.0.1:\(port)/metrics\"}"
    let registered = try await server.ask(
      .POST, "/fleet/v1/agents", headers: [("Content-Type", "application/json")], body: Array(registration.utf8))
    #expect(registered.status == 201, "\(registered.body)")

    let prometheus = try RealPrometheus(
      in: directory + "/prometheus",
      configuration: """
        global: {scrape_interval: 500ms, scrape_timeout: 500ms}
        scrape_configs:
        - {job_name: pushed, static_configs: [{targets: ["127.0.0.1:\(port)"]}]}
        remote_write:
        - {url: "\(server.url)/api/v1/write", send_exemplars: true, queue_config: {batch_send_deadline: 100ms}}

        """, ["--enable-feature=exemplar-storage"])
    defer { prometheus.program.stop() }
    let pushed = "sum(rate(work_seconds_bucket{job=\"pushed\"}[5m])) / work_total{job=\"pushed\"}"
    try await Self.eventually("Prometheus has exemplars") {
      try await Self.exemplars(of: pushed, at: prometheus.url).count >= 12
    }
    let direct = "{agent_id=\"direct\"}"
    try await Self.eventually("scraped exemplars are there") {
      try await Self.exemplars(of: direct, at: server.url).count >= 8
    }
    // Nothing new comes from here on.
    agent.stop()
    try await Self.eventually("both hold the same") {
      let held = try await Self.exemplars(of: pushed, at: prometheus.url)
      let here = try await Self.exemplars(of: pushed, at: server.url)
      return held.count >= 12 && held == here
    }
    let before = try await Self.exemplars(of: "{__name__=~\"work.*\"}", at: server.url)
    #expect(before.data?.count == 8)
    // All is in the file a second later.
    try await Task.sleep(for: .seconds(3))
    kill(server.program.pid, SIGKILL)
    let again = try StoreLifeTests.Server(directory + "/skep", ["--config", system])
    defer { again.program.stop() }
    #expect(try await Self.exemplars(of: "{__name__=~\"work.*\"}", at: again.url) == before)
  }

  /// Two spans of one request, of two agents, over OTLP/HTTP: series, their histogram, and the trace behind it.
  @Test func spansBecomeSeriesWithExemplars() async throws {
    let scratch = try ScratchDirectory()
    let system = scratch.path.appending("system.yaml").string
    try Data("system: spans\nmonitoring: {collection_interval: 1s, collection_timeout: 800ms}\n".utf8)
      .write(to: URL(filePath: system))
    let server = try StoreLifeTests.Server(scratch.path.appending("data").string, ["--config", system])
    defer { server.program.stop() }
    let now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
    let trace = "0af7651916cd43dd8448eb211c80319c"
    func resource(_ agent: String, _ span: String) -> String {
      #"{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"\#(agent)"}}]},"#
        + #""scopeSpans":[{"spans":[{"traceId":"\#(trace)","name":"review","endTimeUnixNano":"\#(now)",\#(span)}]}]}"#
    }
    let called = resource(
      "critic",
      #""spanId":"00000000000000b1","parentSpanId":"00000000000000a1","kind":2,"status":{"code":2},"#
        + #""startTimeUnixNano":"\#(now - 2_000_000_000)""#)
    let calling = resource(
      "planner", #""spanId":"00000000000000a1","kind":3,"startTimeUnixNano":"\#(now - 3_000_000_000)""#)
    for body in [called, calling, called] {
      let answer = try await server.ask(
        .POST, "/v1/traces", headers: [("Content-Type", "application/json")],
        body: Array(#"{"resourceSpans":[\#(body)]}"#.utf8))
      #expect(answer.status == 200, "\(answer.body)")
    }
    func value(_ query: String) async throws -> String {
      let query = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      return try await server.ask(.GET, "/api/v1/query?query=\(query)").body
    }
    let edge = #"{client="planner",server="critic"}"#
    try await Self.eventually("the call is counted") {
      try await value("traces_service_graph_request_failed_total\(edge)").contains(#","1"]"#)
    }
    #expect(try await value("traces_span_metrics_calls_total{agent_id=\"critic\"}").contains(#","1"]"#))
    #expect(
      try await value("histogram_sum(traces_service_graph_request_server_seconds\(edge))").contains(#","2"]"#))
    #expect(
      try await value("histogram_sum(traces_service_graph_request_client_seconds\(edge))").contains(#","3"]"#))
    let found = try await Self.exemplars(
      of: "rate(traces_service_graph_request_server_seconds\(edge)[5m])", at: server.url)
    #expect(found.data?.first?.exemplars.first?.labels == ["trace_id": trace, "span_id": "00000000000000b1"])
  }
}
