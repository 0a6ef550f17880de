import FleetModel
import NIOHTTP1
import Testing

@testable import ControlPlane

@Suite struct AccessTests {
  static let tokenFile = """
    operator:operator-operator-operator
    reader:reader-reader-reader
    agent:agent-agent-agent-agent
    agent/planner:planner-planner-planner
    """
  static let tokens = [
    "operator": "operator-operator-operator", "reader": "reader-reader-reader", "agent": "agent-agent-agent-agent",
    "planner": "planner-planner-planner",
  ]

  /// Who may use each route; everyone else gets 403, and whoever shows nothing gets 401.
  static let matrix: [(route: String, body: String?, allowed: Set<String>)] =
    [
      ("POST /fleet/v1/agents", #"{"agent_id":"planner","pid":1}"#, ["operator", "agent", "planner"]),
      ("POST /fleet/v1/agents", #"{"agent_id":"critic","pid":1}"#, ["operator", "agent"]),
      ("POST /fleet/v1/agents/planner/heartbeat", nil, ["operator", "agent", "planner"]),
      ("POST /fleet/v1/agents/critic/heartbeat", nil, ["operator", "agent"]),
      ("DELETE /fleet/v1/agents/planner", nil, ["operator", "planner"]),
      ("DELETE /fleet/v1/agents/critic", nil, ["operator"]),
      ("GET /fleet/v1/agents", nil, ["operator", "reader"]),
      ("GET /fleet/v1/agents/planner", nil, ["operator", "reader"]),
      ("GET /fleet/v1/agents/planner/logs", nil, ["operator", "reader"]),
      ("GET /fleet/v1/overview", nil, ["operator", "reader"]),
      ("GET /fleet/v1/board", nil, ["operator", "reader"]),
      ("GET /fleet/v1/report", nil, ["operator", "reader"]),
      ("GET /fleet/v1/alerts", nil, ["operator", "reader"]),
      ("GET /fleet/v1/rules", nil, ["operator", "reader"]),
      ("POST /fleet/v1/rules", #"{}"#, ["operator"]),
      ("DELETE /fleet/v1/rules/hot", nil, ["operator"]),
      ("GET /fleet/v1/samples/recent", nil, ["operator", "reader"]),
      ("GET /fleet/v1/samples/count", nil, ["operator", "reader"]),
      ("GET /fleet/v1/store", nil, ["operator", "reader"]),
      ("POST /fleet/v1/store/check", nil, ["operator"]),
      ("POST /fleet/v1/store/compact", nil, ["operator"]),
      ("POST /fleet/v1/store/snapshot", nil, ["operator"]),
      ("POST /fleet/v1/store/delete", nil, ["operator"]),
      ("POST /api/v1/write", nil, ["operator", "agent", "planner"]),
      ("GET /fleet/v1/instances", nil, ["operator", "reader"]),
      ("HEAD /fleet/v1/events", nil, ["operator", "reader"]),
      ("GET /fleet/v1/openapi.json", nil, ["operator", "reader"]),
      ("GET /metrics", nil, ["operator", "reader"]),
      ("GET /nothing/here", nil, ["operator", "reader"]),
      ("GET /-/healthy", nil, ["operator", "reader", "agent", "planner", "nobody"]),
      ("GET /-/ready", nil, ["operator", "reader", "agent", "planner", "nobody"]),
      ("GET /api/v1/label/hot/values", nil, ["operator", "reader"]),
      ("GET /federate", nil, ["operator", "reader"]),
    ] + queries + traces + console

  /// Agents send spans; who reads may see them, and Jaeger's screens too.
  static let traces: [(route: String, body: String?, allowed: Set<String>)] =
    [
      "POST /v1/traces", "POST /v1/metrics", "POST /api/v1/otlp/v1/metrics", "POST /fleet/v1/spans",
      "POST /fleet/v1/spans/{span_id}/finish",
    ].map { ($0, nil, ["operator", "agent", "planner"]) }
    + [
      "/fleet/v1/spans", "/fleet/v1/traces", "/fleet/v1/traces/{trace_id}", "/fleet/v1/traces/{trace_id}/analysis",
      "/fleet/v1/traces/compare", "/fleet/v1/critical-path", "/fleet/v1/call-graph", "/fleet/v1/trace-audit",
      "/fleet/v1/usage", "/api/services", "/api/services/{service}/operations", "/api/operations", "/api/traces",
      "/api/traces/{trace_id}", "/api/dependencies",
    ].map { ("GET \($0)", nil, ["operator", "reader"]) }

  /// Holds no data, so that everybody may have it; who signs in has shown nothing yet.
  static let console: [(route: String, body: String?, allowed: Set<String>)] = [
    ("GET /", nil), ("GET /console/{file}", nil), ("GET /fleet/v1/session", nil), ("DELETE /fleet/v1/session", nil),
    ("POST /fleet/v1/session", "{}"),
  ].map { ($0.0, $0.1, ["operator", "reader", "agent", "planner", "nobody"]) }

  /// Asked by GET and by POST: a form that a reader posts changes nothing.
  static let queries: [(route: String, body: String?, allowed: Set<String>)] = [
    "query", "query_range", "query_exemplars", "series", "labels", "format_query", "parse_query",
  ].flatMap { name in
    ["GET", "POST"].map { ("\($0) /api/v1/\(name)", nil, ["operator", "reader"]) }
  }

  @Test func rolesMeetRoutes() async throws {
    try await withTemporaryDirectory { directory in
      try writeFile(Self.tokenFile, to: directory + "/tokens")
      let log = RecordingLog()
      try await ServerHarness.with(
        operations: try FakeOperations.populated(), logger: log.logger,
        configuration: .with { $0.security.tokenFile = directory + "/tokens" }, routes: OpenAPITests.further
      ) { server in
        for (route, body, allowed) in Self.matrix {
          let parts = route.split(separator: " ").map(String.init)
          for who in ["nobody", "operator", "reader", "agent", "planner"] {
            let headers = Self.tokens[who].map { [("authorization", "Bearer \($0)")] } ?? []
            let answer = try await server.ask(parts[0], parts[1], headers: headers, body: body)
            if allowed.contains(who) {
              #expect(answer.status != 401 && answer.status != 403, "\(who) \(route): \(answer.status)")
            } else {
              #expect(answer.status == (who == "nobody" ? 401 : 403), "\(who) \(route)")
            }
          }
        }
      }
      // Every route of the table is in the matrix.
      for route in OpenAPITests.table.routes {
        let path = route.path.replacing("{agent_id}", with: "planner").replacing("{name}", with: "hot")
        #expect(
          Self.matrix.contains {
            $0.route == "\(route.method.rawValue) \(path)" || $0.route == "HEAD \(path)" && route.method == .get
          }, "\(route.method.rawValue) \(route.path)")
      }
      for token in Self.tokens.values {
        #expect(!log.lines.contains { $0.contains(token) }, "a token may not be logged")
      }
      #expect(log.lines.contains { $0.hasPrefix("request ") }, "the access log is on at this level")
    }
  }

  @Test(arguments: [
    ("Bearer wrong-wrong-wrong-wrong", #"Bearer realm="skep", error="invalid_token""#),
    ("Basic b3BlcmF0b3I6eA==", #"Bearer realm="skep", error="invalid_request""#),
    ("Bearer", #"Bearer realm="skep", error="invalid_request""#),
    ("", #"Bearer realm="skep", error="invalid_request""#),
  ])
  func challenges(_ authorization: String, _ challenge: String) async throws {
    try await withTemporaryDirectory { directory in
      try writeFile(Self.tokenFile, to: directory + "/tokens")
      try await ServerHarness.with(configuration: .with { $0.security.tokenFile = directory + "/tokens" }) { server in
        let answer = try await server.ask("GET", "/fleet/v1/overview", headers: [("authorization", authorization)])
        #expect(answer.status == 401)
        #expect(answer.headers["www-authenticate"] == [challenge])
        let plain = try await server.ask("GET", "/fleet/v1/overview")
        #expect(plain.headers["www-authenticate"] == [#"Bearer realm="skep""#])
        let lower = try await server.ask(
          "GET", "/fleet/v1/overview", headers: [("authorization", "bearer  reader-reader-reader")])
        #expect(lower.status == 200)
      }
    }
  }

  struct CrossSite: Sendable {
    var method: String
    var host: String
    var origin: String?
    var status: Int
  }

  @Test(arguments: [
    CrossSite(method: "GET", host: "127.0.0.1:PORT", status: 200),
    CrossSite(method: "GET", host: "localhost:1", status: 200),
    CrossSite(method: "GET", host: "skep.localhost", status: 200),
    CrossSite(method: "GET", host: "[::1]:PORT", status: 200),
    CrossSite(method: "GET", host: "console.example:443", status: 200),
    CrossSite(method: "GET", host: "attacker.example", status: 421),
    CrossSite(method: "GET", host: "127.0.0.1.attacker.example:PORT", status: 421),
    CrossSite(method: "GET", host: "127.0.0.1@attacker.example", status: 421),
    CrossSite(method: "GET", host: "", status: 421),
    CrossSite(method: "GET", host: "127.0.0.1:PORT", origin: "https://attacker.example", status: 200),
    CrossSite(method: "DELETE", host: "127.0.0.1:PORT", status: 204),
    CrossSite(method: "DELETE", host: "127.0.0.1:PORT", origin: "http://127.0.0.1:PORT", status: 204),
    CrossSite(method: "DELETE", host: "127.0.0.1:PORT", origin: "https://console.example", status: 204),
    CrossSite(method: "DELETE", host: "127.0.0.1:PORT", origin: "https://attacker.example", status: 403),
    CrossSite(method: "DELETE", host: "127.0.0.1:PORT", origin: "http://127.0.0.1:1", status: 403),
    CrossSite(method: "DELETE", host: "127.0.0.1:PORT", origin: "null", status: 403),
  ])
  func otherSitesAreKeptOut(_ test: CrossSite) async throws {
    try await ServerHarness.with(
      operations: try FakeOperations.populated(),
      configuration: .with { $0.security.allowedHosts = ["Console.example"] }
    ) { server in
      let fill = { (text: String) in text.replacing("PORT", with: "\(server.port)") }
      var request = "\(test.method) /fleet/v1/agents/planner HTTP/1.1\r\nhost: \(fill(test.host))\r\n"
      if let origin = test.origin { request += "origin: \(fill(origin))\r\n" }
      let answer = try await server.raw(request + "connection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 \(test.status) "), "\(answer)")
    }
  }

  @Test(arguments: [
    ("127.0.0.1:0", true), ("127.8.9.1", true), ("localhost", true), ("[::1]:80", true), ("0.0.0.0:0", false),
    ("[::]:0", false), ("10.0.0.1:1", false), ("example.org", false), ("127.0.0.1.example.org", false),
    ("127.1", false), ("127.0.0.256", false),
  ])
  func publicAddressesNeedProof(_ text: String, _ isLoopback: Bool) throws {
    let address = try ListenAddress(text)
    #expect(address.isLoopback == isLoopback)
    let check = { try SecurityConfiguration().check(listeningOn: address) }
    if isLoopback {
      try check()
    } else {
      let error = #expect(throws: SecurityError.self, performing: check)
      #expect(error?.description.contains("set a token file or a TLS client CA") == true)
    }
    var withTokens = SecurityConfiguration()
    withTokens.tokenFile = "t"
    try withTokens.check(listeningOn: address)
    var withTLSAlone = SecurityConfiguration()
    withTLSAlone.tls = .init(certificateFile: "c", keyFile: "k")
    #expect(withTLSAlone.asksForProof == false)
    withTLSAlone.tls?.clientCAFile = "ca"
    #expect(withTLSAlone.asksForProof)
  }

  @Test(arguments: ["", ":7540", "h:", "h:x", "h:70000", "[::1", "[zz]:1", "a b:1", "u@h:1", "h/:1", "::1"])
  func refusesAddresses(_ text: String) { #expect(throws: ListenAddress.InvalidText.self) { try ListenAddress(text) } }
}
