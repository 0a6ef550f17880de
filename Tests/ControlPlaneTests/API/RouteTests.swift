import Alerting
import FleetModel
import NIOHTTP1
import Synchronization
import Testing

@testable import ControlPlane

@Suite struct RouteTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var method: String
    var path: String
    var body: String?
    var type: String?
    var status: Int
    /// Each has to occur in the answer.
    var expects: [String]

    init(_ method: String, _ path: String, _ status: Int, _ expects: String...) {
      self.method = method
      self.path = path
      self.status = status
      self.expects = expects
    }

    init(
      _ method: String, _ path: String, _ body: String, type: String? = nil, _ status: Int, _ expects: String...
    ) {
      self.method = method
      self.path = path
      self.body = body
      self.type = type
      self.status = status
      self.expects = expects
    }

    var testDescription: String { "\(method) \(path.prefix(60)) \(body?.prefix(60) ?? "") → \(status)" }
  }

  static let registration = """
    {"agent_id":"coder","metrics_endpoint":"http://10.0.0.7:8080/metrics","labels":{"team":"x"},"some_future_key":1}
    """
  static let rule = """
    {"name":"HighCpu","description":"d","condition_type":"threshold","metric_name":"system_cpu_usage","threshold":85,
     "for":"5m","labels":["zone=~\\"eu.*\\""],"severity":"critical"}
    """

  static let cases: [Case] = [
    // Agents.
    Case("POST", "/fleet/v1/agents", registration, 201, #""agent_id":"coder""#, #""instance":"10.0.0.7:8080""#),
    Case(
      "POST", "/fleet/v1/agents", #"{"agent_id":"planner","metrics_endpoint":"http://127.0.0.1:8080/m"}"#, 200,
      #""metrics_endpoint":"http://127.0.0.1:8080/m""#),
    Case("POST", "/fleet/v1/agents", #"{"agent_id":"coder","pid":77}"#, 201, #""instance":"coder:77""#),
    Case(
      "POST", "/fleet/v1/agents", #"{"agent_id":"coder","health_endpoint":"https://[::1]/health"}"#, 201,
      #""instance":"[::1]:443""#),
    Case("POST", "/fleet/v1/agents", #"{"agent_id":"coder","instance":"me","pid":1}"#, 201, #""instance":"me""#),
    Case("POST", "/fleet/v1/agents", #"{"agent_id":"beat"}"#, 201, #""instance":"beat""#),
    Case("POST", "/fleet/v1/agents", "{}", 400, "lacks agent_id"),
    Case("POST", "/fleet/v1/agents", #"{"agent_id":"Coder","pid":1}"#, 400, "may hold only lower-case letters"),
    Case(
      "POST", "/fleet/v1/agents", #"{"agent_id":7,"metrics_endpoint":"x","pid":1.5,"labels":{"a":1}}"#, 400,
      "agent_id is a number; expected a string", #"metrics_endpoint \"x\" is not an absolute URL"#,
      "pid is 1.5; expected a whole number", "labels.a is a number"),
    Case(
      "POST", "/fleet/v1/agents", #"{"agent_id":"coder","metrics_endpoint":"http://169.254.1.1/m"}"#, 400,
      "link-local"),
    Case("POST", "/fleet/v1/agents", "{\n \"agent_id\": coder}", 400, "line 2, column 14"),
    Case("POST", "/fleet/v1/agents", "[]", 400, "the body is an array; send an object"),
    Case("POST", "/fleet/v1/agents", registration, type: "text/plain", 415, "Content-Type: application/json"),
    Case("POST", "/fleet/v1/agents", registration, type: "application/json; charset=utf-8", 201, "coder"),
    Case("POST", "/fleet/v1/agents", 400, "the body is empty"),
    Case("GET", "/fleet/v1/agents", 200, #""agents":[{"#, #""health_score":85"#, #""last_heartbeat_seconds_ago":3"#),
    Case(
      "GET", "/fleet/v1/agents/planner", 200, #""registration_time":"2026-09-21T14:13:20.000Z""#,
      #""memory_usage":null"#, #""samples_collected":12"#, #""series":4"#, #""pid":4711"#),
    Case("GET", "/fleet/v1/agents/coder", 404, #"no agent \"coder\""#),
    Case("GET", "/fleet/v1/agents/Not%20One", 400, "may hold only"),
    Case("DELETE", "/fleet/v1/agents/planner", 204),
    Case("DELETE", "/fleet/v1/agents/coder", 404, "not_found"),
    Case("POST", "/fleet/v1/agents/planner/heartbeat", 204),
    Case("POST", "/fleet/v1/agents/planner/heartbeat", #"{"instance":"127.0.0.1:8080"}"#, 204),
    Case("POST", "/fleet/v1/agents/planner/heartbeat", #"{"instance":1}"#, 400, "instance is a number"),
    Case("POST", "/fleet/v1/agents/coder/heartbeat", 404, "register it first"),
    // The fleet.
    Case(
      "GET", "/fleet/v1/overview", 200, #""total_agents":1"#, #""active_agents":1"#, #""total_alerts":2"#,
      #""active_alerts":1"#, #""critical_alerts":1"#, #""warning_alerts":0"#, #""unique_metric_types":20"#,
      #""collection_interval_seconds":30"#, #""planner":{"#),
    Case("GET", "/fleet/v1/alerts", 200, #""alert_id":"r:planner:m""#, #""value":"NaN""#, #""resolved":false"#),
    Case("GET", "/fleet/v1/alerts?state=resolved", 200, #""alert_id":"old""#, "2026-09-21T14:13:25.000Z"),
    Case("GET", "/fleet/v1/alerts?state=pending", 200, #""state":"pending""#, #""resolution_timestamp":null"#),
    Case("GET", "/fleet/v1/alerts?state=all&unknown=1", 200, "r:planner:m", "old", "soon"),
    Case("GET", "/fleet/v1/alerts?state=bad", 400, "query parameter state", "active, pending, resolved, all"),
    Case("GET", "/fleet/v1/alerts?state=all&state=all", 400, "state is given 2 times"),
    Case("GET", "/fleet/v1/alerts?state=%ff", 400, "state is not UTF-8"),
    Case("GET", "/fleet/v1/samples/recent", 200, #""metric_type":"counter""#, #""value":1.5"#, #""value":"-Inf""#),
    Case("GET", "/fleet/v1/samples/recent?agent_id=critic", 200, #""samples":[{"agent_id":"critic""#),
    Case("GET", "/fleet/v1/samples/recent?metric_name=none", 200, #"{"samples":[]}"#),
    Case("GET", "/fleet/v1/samples/recent?limit=1", 200, #""samples":[{"agent_id":"critic""#),
    Case("GET", "/fleet/v1/samples/recent?limit=ten", 400, "query parameter limit", "from 1 to 10000"),
    Case("GET", "/fleet/v1/samples/recent?limit=0", 400, "limit"),
    Case("GET", "/fleet/v1/samples/recent?limit=99999999999999999999", 400, "limit"),
    // Rules.
    Case(
      "GET", "/fleet/v1/rules", 200, #""for":"1m""#, #""window":"5m""#, #""operator":"<""#, #""rate_threshold":-1.5"#,
      #""expr":"up == 0""#, #"zone=~\"eu-\"#),
    Case(
      "POST", "/fleet/v1/rules", rule, 201, #""name":"HighCpu""#, #""operator":">""#, #""for":"5m""#,
      #""labels":["zone=~\"eu.*\""]"#),
    Case(
      "POST", "/fleet/v1/rules", #"{"threshold":1}"#, 400, "the rule lacks name, description, condition_type",
      #""details":["name is missing","description is missing","condition_type is missing"]"#),
    Case(
      "POST", "/fleet/v1/rules", #"{"name":"gone","description":"d","condition_type":"threshold"}"#, 409, "conflict"),
    Case(
      "POST", "/fleet/v1/rules", #"{"name":"q","description":"d","condition_type":"expression","expr":"up"}"#, 201,
      #""expr":"up""#),
    Case(
      "POST", "/fleet/v1/rules", #"{"name":"q","description":"d","condition_type":"expression","expr":"up +"}"#, 400,
      "1:5: parse error: unexpected end of input"),
    Case(
      "POST", "/fleet/v1/rules", #"{"name":"q","description":"d","condition_type":"absence"}"#, 400, "lacks window"),
    Case("DELETE", "/fleet/v1/rules/hot", 204),
    Case("DELETE", "/fleet/v1/rules/no%2Fsuch", 404, #"no rule \"no/such\""#),
    // The local runtime.
    Case("GET", "/fleet/v1/instances", 200, #""state":"backing_off""#, #""last_exit":"signal 9""#, #""pid":null"#),
    Case("GET", "/fleet/v1/agents/critic/logs", 404, "GET /fleet/v1/instances"),
    Case("GET", "/fleet/v1/agents/planner/logs?lines=-1", 400, "query parameter lines"),
    Case("GET", "/fleet/v1/agents/planner/logs?follow=perhaps", 400, "query parameter follow"),
    Case("GET", "/fleet/v1/agents/planner/logs?ordinal=7", 404, "no instance 7"),
    Case("GET", "/fleet/v1/agents/planner/logs", 200),
    // The store.
    Case(
      "GET", "/fleet/v1/store", 200, #""bytes_per_sample":0.5"#, #""name":"0000000007.block""#, #""failure":null"#,
      #""set_aside":["log/0000000001.corrupt-1"]"#),
    Case("GET", "/fleet/v1/store?labels=1001", 400, "labels"),
    Case("POST", "/fleet/v1/store/check", 200, #""good":false"#, "bad checksum at 12"),
    Case("POST", "/fleet/v1/store/compact", 200, #""block_bytes":500"#),
    Case("POST", "/fleet/v1/store/snapshot", 201, #""name":"now""#, #""directory":".skep/snapshots/now""#),
    Case("POST", "/fleet/v1/store/snapshot", #"{"name":"a.b-c_1"}"#, 201, #""name":"a.b-c_1""#),
    Case("POST", "/fleet/v1/store/snapshot", #"{"name":"../a"}"#, 400, "may hold letters"),
    Case("POST", "/fleet/v1/store/snapshot", #"{"name":"a/b"}"#, 400, "may hold letters"),
    Case("POST", "/fleet/v1/store/snapshot", #"{"name":".."}"#, 400, "may hold letters"),
    Case("POST", "/fleet/v1/store/snapshot", #"{"directory":"/tmp/x"}"#, 400, "unknown key"),
    Case("POST", "/fleet/v1/store/snapshot", #"{"name":"taken"}"#, 409, "choose another name"),
    Case("POST", "/fleet/v1/store/delete", #"{"matchers":["a=\"b\"","c!~x"]}"#, 200, #""samples":3"#),
    Case(
      "POST", "/fleet/v1/store/delete",
      #"{"matchers":["a=b"],"start":"2026-11-01T00:00:00Z","end":"2026-11-02T00:00:00+01:00"}"#, 200),
    Case("POST", "/fleet/v1/store/delete", 400, "the body is empty"),
    Case("POST", "/fleet/v1/store/delete", "{}", 400, "lacks matchers"),
    Case("POST", "/fleet/v1/store/delete", #"{"matchers":[]}"#, 400, "say which series"),
    Case("POST", "/fleet/v1/store/delete", #"{"matchers":"up"}"#, 400, "expected an array"),
    Case("POST", "/fleet/v1/store/delete", #"{"matchers":["up"]}"#, 400, "matchers[0] is not a matcher"),
    Case("POST", "/fleet/v1/store/delete", #"{"matchers":["a!=b","c=~.*","d=\"\""]}"#, 400, "fit every series"),
    Case("POST", "/fleet/v1/store/delete", #"{"matchers":["a=~\"(\""]}"#, 400, "does not parse"),
    Case("POST", "/fleet/v1/store/delete", #"{"matchers":["a=b"],"end":"now"}"#, 400, "is not a time"),
    Case(
      "POST", "/fleet/v1/store/delete",
      #"{"matchers":["a=b"],"start":"2026-11-02T00:00:00Z","end":"2026-11-01T00:00:00Z"}"#, 400, "exchange them"),
    Case(
      "GET", "/fleet/v1/samples/count?metric_name=up&end=2026-11-02T00:00:00Z", 200, #""samples":42"#,
      #""start":"2026-11-01T23:00:00.000Z""#),
    Case("GET", "/fleet/v1/samples/count", 400, "metric_name is missing"),
    Case("GET", "/fleet/v1/samples/count?metric_name=up&start=yesterday", 400, "start"),
    // Skep itself.
    Case("GET", "/-/healthy", 200, "healthy"),
    Case("GET", "/-/ready", 200, "ready"),
    Case("GET", "/metrics", 200, "skep_up 1"),
    Case("GET", "/fleet/v1/openapi.json", 200, #""openapi":"3.1.0""#),
    // Nothing there.
    Case("GET", "/fleet/v1/agents/", 404),
    Case("GET", "/fleet/v1/../v1/overview", 404),
    Case("PUT", "/fleet/v1/agents", 405, "GET, HEAD, POST"),
    Case("PATCH", "/fleet/v1/overview", 405, "GET, HEAD"),
  ]

  @Test(arguments: cases) func answers(_ test: Case) async throws {
    let operations = try FakeOperations.populated()
    try await ServerHarness.with(operations: operations) { server in
      let headers = test.type.map { [("content-type", $0)] } ?? []
      let answer = try await server.ask(test.method, test.path, headers: headers, body: test.body)
      #expect(answer.status == test.status, "\(answer.body)")
      // Allow is what a 405 is expected to say; the rest is in the body.
      let text = answer.status == 405 ? (answer.headers.first(name: "allow") ?? "") : answer.body
      for expected in test.expects { #expect(text.contains(expected), "\(text)") }
      if answer.status >= 400 {
        let error = try FleetJSON.decode(FleetAPI.ErrorEnvelope.self, from: answer.body.utf8).error
        #expect(!error.message.isEmpty && APIError.Code(rawValue: error.code) != nil)
        #expect(answer.headers.first(name: "content-type") == "application/json")
      }
      if answer.status == 204 { #expect(answer.body.isEmpty) }
      #expect(answer.headers.first(name: "x-content-type-options") == "nosniff")
      #expect(answer.headers.first(name: "date")?.hasSuffix("GMT") == true)
    }
  }

  @Test func headAnswersAsGetWithoutBody() async throws {
    try await ServerHarness.with(operations: try FakeOperations.populated()) { server in
      let get = try await server.ask("GET", "/fleet/v1/overview")
      let head = try await server.ask("HEAD", "/fleet/v1/overview")
      #expect(head.status == 200)
      #expect(head.body.isEmpty)
      #expect(head.headers.first(name: "content-length") == "\(get.body.utf8.count)")
      #expect(try await server.ask("HEAD", "/fleet/v1/events").status == 200)
      #expect(try await server.ask("HEAD", "/nothing").status == 404)
    }
  }

  @Test func readinessSaysWhatIsInTheWay() async throws {
    let operations = FakeOperations()
    operations.state.withLock { $0.obstacles = ["the store replays its log"] }
    try await ServerHarness.with(operations: operations) { server in
      let answer = try await server.ask("GET", "/-/ready")
      #expect(answer.status == 503)
      #expect(answer.body == "the store replays its log\n")
    }
  }

  @Test func healthNamesWhatDoesNotWork() async throws {
    let operations = FakeOperations()
    operations.state.withLock { $0.troubles = ["the sample store takes no samples: no space left"] }
    try await ServerHarness.with(operations: operations) { server in
      let answer = try await server.ask("GET", "/-/healthy")
      #expect(answer.status == 200)
      #expect(answer.body == "Skep is healthy\nthe sample store takes no samples: no space left\n")
      #expect(try await server.ask("GET", "/-/ready").status == 200)
    }
  }

  @Test func heartbeatNamesItsInstance() async throws {
    let operations = try FakeOperations.populated()
    try await ServerHarness.with(operations: operations) { server in
      _ = try await server.ask("POST", "/fleet/v1/agents/planner/heartbeat", body: #"{"instance":"a:1"}"#)
      _ = try await server.ask("POST", "/fleet/v1/agents/planner/heartbeat")
    }
    #expect(operations.state.withLock { $0.heartbeats } == ["planner a:1", "planner all"])
  }

  @Test func clientsDecodeWhatTheServerSends() async throws {
    let operations = try FakeOperations.populated()
    try await ServerHarness.with(operations: operations) { server in
      let agents = try FleetJSON.decode(
        FleetAPI.AgentList.self, from: try await server.ask("GET", "/fleet/v1/agents").body.utf8)
      #expect(agents.agents.first?.instances.first?.labels == ["team": "research"])
      #expect(agents.agents.first?.lastHeartbeat?.timestamp == FakeOperations.start - .seconds(3))
      let alerts = try FleetJSON.decode(
        FleetAPI.AlertList.self, from: try await server.ask("GET", "/fleet/v1/alerts").body.utf8)
      #expect(alerts.alerts.first?.value?.isNaN == true)
      #expect(alerts.alerts.first?.resolutionTimestamp == nil)
      let rules = try FleetJSON.decode(
        FleetAPI.RuleList.self, from: try await server.ask("GET", "/fleet/v1/rules").body.utf8)
      #expect(rules.rules.map(\.name) == ["gone", "hot", "fast", "query"])
    }
  }

  @Test func overviewOfAThousandAgentsIsOneAnswer() async throws {
    let operations = FakeOperations()
    for number in 0..<1000 {
      let id = try AgentID("agent-\(number)")
      operations.state.withLock {
        $0.agents[id] = [
          CollectionTarget(agentID: id, instance: "h:\(number)"), CollectionTarget(agentID: id, instance: "i"),
        ]
      }
    }
    try await ServerHarness.with(operations: operations) { server in
      let answer = try await server.ask("GET", "/fleet/v1/overview")
      let overview = try FleetJSON.decode(FleetAPI.OverviewAnswer.self, from: answer.body.utf8).systemOverview
      #expect(overview.agents.totalAgents == 1000)
      #expect(overview.agents.agentsDetail["agent-999"]?.instances == 2)
    }
  }

  /// Every rule that the server shows can be sent to it again.
  @Test func rulesComeBackAsTheyWent() throws {
    for rule in try FakeOperations.populated().state.withLock({ $0.rules }) {
      let bytes = try FleetJSON.encode(FleetAPI.Rule(rule))
      #expect(try AlertRule(document: try JSONParser.parse(Array(bytes))) == rule)
    }
  }
}
