import AlertLogic
import Alerting
import FleetModel
import TestSupport
import Testing

@testable import ControlPlane

/// Answers as Debian's Alertmanager 0.25 gave them to the same requests, but for the words about a regular expression, and for
/// the end of a silence that is not there, which it answers with 500.
@Suite("/api/v2/silences") struct SilenceRouteTests {
  typealias Answer = AlertmanagerBench.Answer

  /// A silence as it is posted, with some keys otherwise; without those that are `nil`.
  private static func silence(_ changes: [String: JSONValue?] = [:]) -> String {
    var fields: [String: JSONValue] = [
      "matchers": [["name": "a", "value": "b", "isRegex": false]], "startsAt": "2026-11-23T01:02:00Z",
      "endsAt": "2026-11-23T02:02:03Z", "createdBy": "me", "comment": "c",
    ]
    for (key, value) in changes { fields[key] = value }
    return JSONValue.object(fields.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value) }).description
  }

  private static func matcher(_ name: String, _ value: String, _ isRegex: Bool) -> JSONValue {
    [["name": .string(name), "value": .string(value), "isRegex": .bool(isRegex)]]
  }

  static let refusals: [(body: String, answer: Answer)] = [
    ("", Answer(422, #"{"code":602,"message":"silence in body is required"}"#)),
    ("{}", Answer(422, #"{"code":602,"message":"comment in body is required"}"#)),
    (
      silence(["matchers": []]), Answer(422, #"{"code":612,"message":"matchers in body should have at least 1 items"}"#)
    ),
    (silence(["matchers": nil]), Answer(422, #"{"code":602,"message":"matchers in body is required"}"#)),
    (silence(["startsAt": nil]), Answer(422, #"{"code":602,"message":"startsAt in body is required"}"#)),
    (silence(["endsAt": nil]), Answer(422, #"{"code":602,"message":"endsAt in body is required"}"#)),
    (silence(["createdBy": nil]), Answer(422, #"{"code":602,"message":"createdBy in body is required"}"#)),
    (silence(["comment": nil]), Answer(422, #"{"code":602,"message":"comment in body is required"}"#)),
    (
      silence(["matchers": [["name": "a", "value": "b"]]]),
      Answer(422, #"{"code":602,"message":"matchers.0.isRegex in body is required"}"#)
    ),
    (
      silence(["matchers": matcher("a", "", false)]),
      Answer(400, "\"silence invalid: at least one matcher must not match the empty string\"\n")
    ),
    (
      silence(["matchers": matcher("a", ".*", true)]),
      Answer(400, "\"silence invalid: at least one matcher must not match the empty string\"\n")
    ),
    (
      silence(["endsAt": "2026-11-23T01:01:00Z"]),
      Answer(400, "\"Failed to create silence: start time must be before end time\"\n")
    ),
    (
      silence(["endsAt": "2026-11-23T01:02:00Z"]),
      Answer(400, "\"Failed to create silence: start time must be before end time\"\n")
    ),
    (
      silence(["startsAt": "2026-11-23T00:00:00Z", "endsAt": "2026-11-23T01:00:00Z"]),
      Answer(400, "\"Failed to create silence: end time can't be in the past\"\n")
    ),
    (silence(["id": "11111111-1111-1111-1111-111111111111"]), Answer(404, "\"silence not found\"\n")),
    (silence(["id": "nope"]), Answer(404, "\"silence not found\"\n")),
  ]

  @Test(arguments: refusals) func refuses(_ body: String, _ answer: Answer) async throws {
    #expect(try await AlertmanagerBench().ask("POST /api/v2/silences", body) == answer)
  }

  @Test(
    arguments: [
      (silence(["matchers": matcher("a-b", "c", false)]), "silence invalid: invalid label matcher 0: "),
      (silence(["matchers": matcher("", "c", false)]), "silence invalid: invalid label matcher 0: "),
      (silence(["matchers": matcher("a", "(", true)]), "silence invalid: invalid label matcher 0: "),
      (silence(["startsAt": "bad"]), "parsing silence body failed, because startsAt"),
      (silence(["comment": 5]), "parsing silence body failed, because comment is a number"),
      (silence(["matchers": "a=b"]), "parsing silence body failed, because matchers is a string"),
      (silence(["matchers": [5]]), "parsing silence body failed, because matchers[0] is a number"),
      ("[]", "parsing silence body failed, because it is an array"),
      ("nope", "parsing silence body failed, because line 1"),
    ])
  func refusesInItsOwnWords(_ body: String, _ words: String) async throws {
    let answer = try await AlertmanagerBench().ask("POST /api/v2/silences", body)
    #expect(answer.status == 400 && answer.body.contains(words), "\(answer)")
  }

  private static func id(_ answer: Answer) throws -> String {
    guard answer.status == 200, case .string(let id)? = try JSONParser.parse(Array(answer.body.utf8))["silenceID"]
    else {
      throw AlertmanagerBench.Unexpected(answer: answer)
    }
    return id
  }

  @Test func aSilenceFromItsBeginToItsEnd() async throws {
    let bench = try AlertmanagerBench()
    let matchers: JSONValue = [
      ["name": "zone", "value": "eu-.*", "isRegex": true],
      ["name": "b", "value": "c", "isRegex": false, "isEqual": false],
    ]
    let id = try Self.id(try await bench.ask("POST /api/v2/silences", Self.silence(["matchers": matchers])))
    let shown = { (state: String, updated: String, end: String) in
      #"{"id":"\#(id)","status":{"state":"\#(state)"},"updatedAt":"\#(updated)","comment":"c","createdBy":"me","#
        + #""endsAt":"\#(end)","matchers":[{"isEqual":true,"isRegex":true,"name":"zone","value":"eu-.*"},"#
        + #"{"isEqual":false,"isRegex":false,"name":"b","value":"c"}],"startsAt":"2026-11-23T01:02:03.004Z"}"#
    }
    let start = "2026-11-23T01:02:03.004Z"
    let active = shown("active", start, "2026-11-23T02:02:03.000Z")
    #expect(
      try await bench.ask("GET /api/v2/silence/\(id)") == Answer(200, active + "\n"), "it begins now at the earliest")
    #expect(try await bench.ask("GET /api/v2/silences") == Answer(200, "[\(active)]\n"))
    bench.time.advance(by: .seconds(1))
    #expect(try await bench.ask("DELETE /api/v2/silence/\(id.uppercased())") == Answer(200))
    let now = "2026-11-23T01:02:04.004Z"
    #expect(try await bench.ask("GET /api/v2/silence/\(id)").line == shown("expired", now, now))
    #expect(try await bench.ask("DELETE /api/v2/silence/\(id)") == Answer(200), "it has ended already")
  }

  @Test func unknownOnes() async throws {
    let bench = try AlertmanagerBench()
    for method in ["GET", "DELETE"] {
      #expect(
        try await bench.ask("\(method) /api/v2/silence/nope")
          == Answer(422, #"{"code":601,"message":"silenceID in path must be of type uuid: \"nope\""}"#))
      #expect(try await bench.ask("\(method) /api/v2/silence/11111111-1111-1111-1111-111111111111") == Answer(404))
    }
  }

  @Test func inOrder() async throws {
    let bench = try AlertmanagerBench()
    func set(_ comment: String, _ start: String, _ end: String) async throws -> String {
      let body = Self.silence([
        "comment": .string(comment), "startsAt": .string("2026-11-23T\(start)Z"),
        "endsAt": .string("2026-11-23T\(end)Z"),
      ])
      return try Self.id(try await bench.ask("POST /api/v2/silences", body))
    }
    for (comment, start, end) in [
      ("active, longer", "01:00:00", "05:00:00"), ("pending, later", "04:00:00", "05:00:00"),
      ("active", "01:00:00", "04:00:00"), ("pending", "03:00:00", "09:00:00"),
    ] { _ = try await set(comment, start, end) }
    for comment in ["expired, earlier", "expired"] {
      let id = try await set(comment, "01:00:00", "08:00:00")
      bench.time.advance(by: .seconds(1))
      _ = try await bench.ask("DELETE /api/v2/silence/\(id)")
    }
    guard
      case .array(let silences) = try JSONParser.parse(Array(try await bench.ask("GET /api/v2/silences").body.utf8))
    else { throw CancellationError() }
    #expect(
      silences.map { $0["comment"] } == [
        "active", "active, longer", "pending", "pending, later", "expired", "expired, earlier",
      ])
  }

  @Test(
    arguments: [
      ("a=b", true), ("a=%22b%22", true), ("a%20=%20b", true), ("a!=b", false), ("a=~b", false),
      ("a=b&filter=x=y", false),
    ])
  func filtersByTheMatchersThatASilenceHas(_ filter: String, _ isFound: Bool) async throws {
    let bench = try AlertmanagerBench()
    _ = try Self.id(try await bench.ask("POST /api/v2/silences", Self.silence()))
    #expect((try await bench.ask("GET /api/v2/silences?filter=\(filter)") != Answer(200, "[]\n")) == isFound)
  }
}

@Suite struct AlertmanagerStatusTests {
  typealias Answer = AlertmanagerBench.Answer

  @Test func receivers() async throws {
    #expect(
      try await AlertmanagerBench().ask("GET /api/v2/receivers")
        == Answer(200, #"[{"name":"default"},{"name":"x"},{"name":"y"}]"# + "\n"))
  }

  @Test func status() async throws {
    let answer = try await AlertmanagerBench().ask("GET /api/v2/status")
    #expect(answer.body.hasPrefix(#"{"cluster":{"peers":[],"status":"disabled"},"config":{"original":""#))
    #expect(
      answer.body.hasSuffix(
        #""},"uptime":"2026-11-23T01:02:03.004Z","versionInfo":{"branch":"skep","buildDate":"","buildUser":"","#
          + #""goVersion":"","revision":"skep-0.0.1","version":"0.25.0"}}"# + "\n"))
  }

  @Test func routesThatTakeAnAlert() async throws {
    let bench = try AlertmanagerBench()
    let answer = try await bench.ask("GET /fleet/v1/routes/test?label=team=x&label=a=b=c")
    let test = try FleetJSON.decode(FleetAPI.RouteTest.self, from: answer.body.utf8)
    #expect(test.labels == ["team": "x", "a": "b=c"])
    #expect(test.routes.map(\.receiver) == ["x", "y"])
    #expect(test.routes.map(\.groupBy) == [["..."], ["alertname"]])
    #expect(test.routes.map(\.routeKey) == [#"{}/{team="x"}"#, #"{}/{team=~"x|y"}"#])
    #expect(test.routes[0].groupWait == "30s" && test.routes[0].repeatInterval == "4h")
    for bad in ["label=x", "label=a-b=c", "label=a=b&label=a=c"] {
      #expect(try await bench.ask("GET /fleet/v1/routes/test?\(bad)").status == 400)
    }
  }

  @Test func aTestThroughAReceiver() async throws {
    let integrations = [
      "x": [
        NotificationIntegration(kind: "webhook", index: 0, sendResolved: true, timeout: .seconds(1)) { _ in },
        NotificationIntegration(kind: "webhook", index: 1, sendResolved: true, timeout: .seconds(1)) { _ in
          throw DeliveryFailure("it is closed", .giveUp)
        },
      ]
    ]
    let bench = try AlertmanagerBench(integrations: integrations)
    #expect(
      try await bench.ask("POST /fleet/v1/receivers/x/test").body
        == #"{"receiver":"x","results":[{"delivered":true,"error":null,"integration":"webhook[0]"},"#
        + #"{"delivered":false,"error":"it is closed","integration":"webhook[1]"}]}"#)
    #expect(try await bench.ask("POST /fleet/v1/receivers/z/test").status == 404)
  }

  /// Who may do what, through the server: refusals have the API's own shape.
  @Test func accessAndRefusals() async throws {
    let bench = try AlertmanagerBench()
    try await ServerHarness.with(routes: AlertmanagerRoutes.all(bench.operations)) { server in
      #expect(try await server.ask("GET", "/api/v2/alerts").status == 200)
      let other = try await server.ask("PUT", "/api/v2/alerts", body: "[]")
      #expect(other.status == 405 && other.body.hasPrefix(#"{"code":405,"message":"#))
      let none = try await server.ask("GET", "/api/v2/nope")
      #expect(none.status == 404 && none.body.hasPrefix(#"{"code":404,"message":"#))
      #expect(try await server.ask("GET", "/fleet/v1/routes/test?label=a=b&label=c=d").status == 200)
    }
    let access = Dictionary(
      bench.table.routes.map { ("\($0.method.rawValue) \($0.path)", $0.access) }, uniquingKeysWith: { $1 })
    #expect(access["POST /api/v2/alerts"] == .agent)
    #expect(access["POST /api/v2/silences"] == .operate && access["DELETE /api/v2/silence/{silenceID}"] == .operate)
    #expect(access["POST /fleet/v1/receivers/{name}/test"] == .operate)
    let reading = access.filter { $0.key.hasPrefix("GET ") }
    #expect(reading.count == 7 && reading.values.allSatisfy { $0 == .read })
  }

  /// What the routes answer fits the schemas that their description names.
  @Test func answersFitTheirSchemas() async throws {
    let bench = try AlertmanagerBench()
    try await bench.post("alertname=A team=x", "alertname=B")
    let set = try await bench.ask(
      "POST /api/v2/silences", SilenceRoutes.example.description.replacing("HighCpu", with: "A"))
    #expect(
      SchemaCheck.problems(of: try JSONParser.parse(Array(set.body.utf8)), against: "AlertmanagerSilenceID") == [])
    for route in bench.table.routes where route.method == .get && !route.path.contains("{") {
      let answer = try await bench.ask("GET \(route.path)")
      guard case .json(let schema)? = route.answers.first?.content else { continue }
      #expect(
        SchemaCheck.problems(of: try JSONParser.parse(Array(answer.body.utf8)), against: schema) == [], "\(route.path)")
    }
    for body in ["[]", "[{}]", "[{\"labels\":{}}]"] {
      let answer = try await bench.ask("POST /api/v2/alerts", body)
      if answer.status == 200 { continue }
      #expect(
        SchemaCheck.problems(of: try JSONParser.parse(Array(answer.body.utf8)), against: "AlertmanagerRefusal") == [])
    }
    #expect(SchemaCheck.problems(of: SilenceRoutes.example, against: "AlertmanagerPostableSilence") == [])
    let ids = (OpenAPITests.table.routes + bench.table.routes).map(\.operationID)
    #expect(Set(ids).count == ids.count)
  }
}
