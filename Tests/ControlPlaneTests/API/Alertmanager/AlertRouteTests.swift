import AlertLogic
import FleetModel
import TestSupport
import Testing

@testable import ControlPlane

/// Answers as Debian's Alertmanager 0.25 gave them to the same requests, but for what a problem of JSON or of a regular
/// expression is called.
@Suite("/api/v2/alerts") struct AlertRouteTests {
  typealias Answer = AlertmanagerBench.Answer

  static let posts: [(body: String, answer: Answer)] = [
    ("", Answer(422, #"{"code":602,"message":"alerts in body is required"}"#)),
    ("[]", Answer(200)),
    ("null", Answer(200)),
    ("[{}]", Answer(422, #"{"code":602,"message":"0.labels in body is required"}"#)),
    (#"[{"labels":null}]"#, Answer(422, #"{"code":602,"message":"0.labels in body is required"}"#)),
    (#"[{"labels":{}}]"#, Answer(400, "\"at least one label pair required\"\n")),
    (#"[{"labels":{"a":""}}]"#, Answer(400, "\"at least one label pair required\"\n")),
    (#"[{"labels":{"a-b":"x"}}]"#, Answer(400, #""invalid label set: invalid name \"a-b\"""# + "\n")),
    (
      #"[{"labels":{"a":"x"},"annotations":{"a-b":"x"}}]"#,
      Answer(400, #""invalid annotations: invalid name \"a-b\"""# + "\n")
    ),
    (
      #"[{"labels":{"a-b":"x"}},{"labels":{}},{"labels":{"alertname":"good"}}]"#,
      Answer(400, #""invalid label set: invalid name \"a-b\"; at least one label pair required""# + "\n")
    ),
    (
      #"[{"labels":{"a":"x"},"startsAt":"2026-11-23T01:00:00Z","endsAt":"2026-11-23T00:59:59Z"}]"#,
      Answer(400, "\"start time must be before end time\"\n")
    ),
    (
      #"[{"labels":{"a":"x"},"generatorURL":"nourl"}]"#,
      Answer(422, #"{"code":601,"message":"0.generatorURL in body must be of type uri: \"nourl\""}"#)
    ),
    (
      #"[{"generatorURL":"::bad"}]"#,
      Answer(422, #"{"code":601,"message":"0.generatorURL in body must be of type uri: \"::bad\""}"#)
    ),
    (#"[{"labels":{"a":"x"},"generatorURL":""}]"#, Answer(200)),
    (#"[{"labels":{"a":"x"},"generatorURL":"/path"}]"#, Answer(200)),
    (#"[{"labels":{"a":"x"},"annotations":null,"startsAt":null}]"#, Answer(200)),
    (#"[{"labels":{"__name__":"A"},"status":{"state":["x",{"y":-1.5e3}]},"more":true}]"#, Answer(200)),
    (#"[{"labels":{"a":"x"},"startsAt":"0001-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z"}]"#, Answer(200)),
    (#"[{"labels":{"a":"x"},"startsAt":"2026-11-23 01:00:00"}]"#, Answer(200)),
    (#"[{"labels":{"a":"x"},"startsAt":"2026-11-23T01:00Z"}]"#, Answer(200)),
    (#"[{"labels":{"a":"x"}}] and more"#, Answer(200)),
  ]

  @Test(arguments: posts) func answersPosts(_ body: String, _ answer: Answer) async throws {
    #expect(try await AlertmanagerBench().ask("POST /api/v2/alerts", body) == answer)
  }

  @Test(
    arguments: [
      "nope", "{}", "[5]", "[", "[{]", #"[{"labels":{"a":5}}]"#, #"[{"labels":{"a":"x"},"startsAt":"nope"}]"#,
      #"[{"labels":{"a":"x"},"generatorURL":5}]"#, #"[{"labels":{"a":"x}}]"#, #"[{"labels":{"a":"\q"}}]"#,
      #"[{"labels":{"a":"x"},"startsAt":"2026-11-23"}]"#, "[{\"labels\":{\"a\":\"\n\"}}]",
      "[{\"x\":" + String(repeating: "[", count: 1000) + "]",
    ])
  func refusesWhatItCannotRead(_ body: String) async throws {
    let answer = try await AlertmanagerBench().ask("POST /api/v2/alerts", body)
    #expect(answer.status == 400)
    #expect(answer.body.hasPrefix(#"{"code":400,"message":"parsing alerts body failed, because line 1, column "#))
  }

  @Test(arguments: ["", "text/plain", "application/x-www-form-urlencoded"])
  func takesJSONAlone(_ type: String) async throws {
    let answer = try await AlertmanagerBench().ask("POST /api/v2/alerts", "[]", type: type)
    #expect(answer.status == 415)
    let named = type.isEmpty ? "application/octet-stream" : type
    #expect(
      answer.body
        == #"{"code":415,"message":"unsupported media type \"\#(named)\", only [application/json] are allowed"}"#)
    #expect(
      try await AlertmanagerBench().ask("POST /api/v2/alerts", "[]", type: "application/json; charset=utf-8").status
        == 200)
  }

  @Test func goodOnesAreTakenBesideBadOnes() async throws {
    let bench = try AlertmanagerBench()
    _ = try await bench.ask("POST /api/v2/alerts", #"[{"labels":{}},{"labels":{"alertname":"ok"}}]"#)
    #expect(bench.operations.alerts { _ in true }.map(\.alert.name) == ["ok"])
  }

  @Test func anAlertInFull() async throws {
    let bench = try AlertmanagerBench()
    let body =
      #"[{"labels":{"b":"2","alertname":"A","empty":"","b":"3"},"annotations":{"s":"é \"q\" \n","t":"\ud83d\udc1d"},"#
      + #""startsAt":"2026-11-23T02:00:00\u002b01:00","endsAt":"2026-11-23T01:30:00.5Z","generatorURL":"http:\/\/x/y?a=b\u0026c"}]"#
    #expect(try await bench.ask("POST /api/v2/alerts", body) == Answer(200))
    #expect(
      try await bench.ask("GET /api/v2/alerts").body
        == #"[{"annotations":{"s":"é \"q\" \n","t":"🐝"},"endsAt":"2026-11-23T01:30:00.500Z","fingerprint":"3e36ff7574e6cde2","#
        + #""receivers":[{"name":"default"}],"startsAt":"2026-11-23T01:00:00.000Z","status":{"inhibitedBy":[],"silencedBy":[],"#
        + #""state":"active"},"updatedAt":"2026-11-23T01:02:03.004Z","generatorURL":"http://x/y?a=b&c","#
        + #""labels":{"alertname":"A","b":"3"}}]"# + "\n")
  }

  /// The fingerprints are those that Alertmanager gave.
  @Test(arguments: [(#"{"__name__":"A"}"#, "76ec99c156e3b0ab"), (#"{"alertname":"dup2"}"#, "7df33f8f2de9af9f")])
  func fingerprints(_ labels: String, _ fingerprint: String) async throws {
    let bench = try AlertmanagerBench()
    _ = try await bench.ask("POST /api/v2/alerts", #"[{"labels":\#(labels)}]"#)
    let answer = try await bench.ask("GET /api/v2/alerts")
    #expect(answer.body.contains(#""fingerprint":"\#(fingerprint)""#))
    #expect(answer.body.contains(#""endsAt":"2026-11-23T01:07:03.004Z""#), "the resolve timeout")
  }

  @Test func anAgentSpeaksForItself() async throws {
    let bench = try AlertmanagerBench()
    let planner = Principal(role: .agent, agentID: try AgentID("planner"))
    let own = #"{"labels":{"agent_id":"planner"}}"#
    #expect(try await bench.ask("POST /api/v2/alerts", "[\(own)]", as: planner) == Answer(200))
    #expect(
      try await bench.ask("POST /api/v2/alerts", #"[{"labels":{"a":"b"}}]"#, as: Principal(role: .agent)) == Answer(200)
    )
    let answer = try await bench.ask("POST /api/v2/alerts", #"[\#(own),{"labels":{"agent_id":"critic"}}]"#, as: planner)
    #expect(
      answer.status == 403
        && answer.body.hasPrefix(#"{"code":403,"message":"alert {agent_id=\"critic\"} does not bear"#))
    #expect(bench.operations.alerts { _ in true }.count == 2)
  }

  /// What Alertmanager chose of the same alerts.
  static let choices: [(query: String, alerts: String, groups: String)] = [
    ("", "i2 - i1 i0 i9", "-:default i0:y i9,i1:default i2:y i2:x"),
    ("active=false", "i2 i0", "i0:y i2:y i2:x"),
    ("silenced=false", "i2 - i1 i9", "-:default i9,i1:default i2:y i2:x"),
    ("inhibited=false", "- i1 i0 i9", "-:default i0:y i9,i1:default"),
    ("unprocessed=false", "i2 - i1 i0 i9", "-:default i0:y i9,i1:default i2:y i2:x"),
    ("active=false&silenced=false", "i2", "i2:y i2:x"),
    ("active=false&inhibited=false", "i0", "i0:y"),
    ("active=x", "i2 i0", "i0:y i2:y i2:x"),
    ("active=", "i2 - i1 i0 i9", "-:default i0:y i9,i1:default i2:y i2:x"),
    ("active=yes", "i2 - i1 i0 i9", "-:default i0:y i9,i1:default i2:y i2:x"),
    ("active=false&active=true", "i2 - i1 i0 i9", "-:default i0:y i9,i1:default i2:y i2:x"),
    ("receiver=x", "i2", "i2:x"),
    ("receiver=x%7Cy", "i2 i0", "i0:y i2:y i2:x"),
    ("receiver=X", "", ""),
    ("receiver=", "i2 - i1 i0 i9", "-:default i0:y i9,i1:default i2:y i2:x"),
    ("filter=team%3Dx", "i2", "i2:y i2:x"),
    ("filter=team=%22%22", "- i1 i9", "-:default i9,i1:default"),
    ("filter=team!=%22%22", "i2 i0", "i0:y i2:y i2:x"),
    ("filter=team=~%22.%2B%22", "i2 i0", "i0:y i2:y i2:x"),
    ("filter=team!~x", "- i1 i0 i9", "-:default i0:y i9,i1:default"),
    ("filter=team=~x%7Cy&filter=cluster=c", "i2", "i2:y i2:x"),
    ("filter=alertname=Up,cluster=c", "", ""),
    ("filter=instance=~i", "", ""),
    ("filter=team=%22x%22%20", "i2", "i2:y i2:x"),
    ("filter=team='x'", "", ""),
    ("filter%5B%5D=team=x", "i2 - i1 i0 i9", "-:default i0:y i9,i1:default i2:y i2:x"),
  ]

  @Test(arguments: choices) func chooses(_ query: String, _ alerts: String, _ groups: String) async throws {
    let bench = try AlertmanagerBench()
    try await bench.post(
      "alertname=Up cluster=c severity=critical instance=i1 job=b",
      "alertname=Up cluster=c severity=warning instance=i2 job=a team=x",
      "alertname=Other cluster=d severity=warning instance=i0 team=y", "alertname=Up cluster=e instance=i9 job=a",
      "foo=bar")
    let silence =
      #"{"matchers":[{"name":"team","value":"y","isRegex":false}],"startsAt":"2026-11-23T01:02:03Z","#
      + #""endsAt":"2026-11-23T02:02:03Z","createdBy":"me","comment":"c"}"#
    #expect(try await bench.ask("POST /api/v2/silences", silence).status == 200)
    func instance(_ alert: JSONValue) -> String {
      if case .string(let name)? = alert["labels"]?["instance"] { return name }
      return "-"
    }
    func list(_ path: String) async throws -> [JSONValue] {
      let answer = try await bench.ask("GET \(path)?\(query)")
      guard answer.status == 200, case .array(let elements) = try JSONParser.parse(Array(answer.body.utf8)) else {
        throw AlertmanagerBench.Unexpected(answer: answer)
      }
      return elements
    }
    #expect(try await list("/api/v2/alerts").map(instance).joined(separator: " ") == alerts)
    let found = try await list("/api/v2/alerts/groups").map { group -> String in
      guard case .array(let members)? = group["alerts"], case .string(let receiver)? = group["receiver"]?["name"] else {
        return "?"
      }
      return members.map(instance).joined(separator: ",") + ":" + receiver
    }
    #expect(found.joined(separator: " ") == groups)
  }

  static let badQueries: [(String, String)] = [
    ("filter=team", #""bad matcher format: team""#),
    ("filter=", #""bad matcher format: ""#), ("filter", #""bad matcher format: ""#),
    ("filter=%3Dx", #""bad matcher format: =x""#), ("filter=a-b%3Dc", #""bad matcher format: a-b=c""#),
    ("filter=%7Ba=b%7D", #""bad matcher format: {a=b}""#),
    ("filter=a=%22b", #""matcher value contains unescaped double quote: \"b""#),
    (
      "filter=a=%22A%22,b=%22x%22", #""matcher value contains unescaped double quote: \"A\",b=\"x\"""#
    ),
  ]

  @Test(arguments: badQueries) func refusesBadMatchers(_ query: String, _ words: String) async throws {
    for path in ["/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences"] {
      #expect(try await AlertmanagerBench().ask("GET \(path)?\(query)") == Answer(400, words + "\n"))
    }
  }

  @Test func refusesBadExpressions() async throws {
    let bench = try AlertmanagerBench()
    let receiver = try await bench.ask("GET /api/v2/alerts?receiver=(")
    #expect(receiver.status == 400 && receiver.body.hasPrefix("\"failed to parse receiver param: "))
    #expect(try await bench.ask("GET /api/v2/alerts?filter=a=~(").status == 400)
    #expect(try await bench.ask("GET /api/v2/silences?filter=a=~(").status == 400)
  }

  @Test func whatEndedIsNotListed() async throws {
    let bench = try AlertmanagerBench()
    try await bench.post("alertname=A")
    bench.time.advance(by: .seconds(3601))
    #expect(try await bench.ask("GET /api/v2/alerts") == Answer(200, "[]\n"))
    #expect(try await bench.ask("GET /api/v2/alerts/groups") == Answer(200, "[]\n"))
  }
}

@Suite struct PostedAlertReaderTests {
  /// The same as a reading by way of ``JSONValue``, for any order of keys and any texts.
  @Test func readsAsTheParserDoes() throws {
    var random = SystemRandomNumberGenerator()
    let texts = [
      "", "a", "é", "\"", "\\", "\n", "🐝", "{}", "x y", "\u{1}", "\u{2028}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ]
    for _ in 0..<200 {
      var expected: [LabelSet] = []
      let alerts = (0..<Int.random(in: 0..<6, using: &random)).map { _ -> JSONValue in
        let members = (0..<Int.random(in: 0..<9, using: &random)).map { _ in
          JSONValue.Member(
            key: "n\(Int.random(in: 0..<6, using: &random))", value: .string(texts.randomElement(using: &random) ?? ""))
        }
        var values: [String: String] = [:]
        // An empty value counts as none: it does not take the place of one before it.
        for member in members {
          if case .string(let text) = member.value, !text.isEmpty { values[member.key] = text }
        }
        expected.append(LabelSet(values))
        return ["x": [1, .null, ["y": "z"]], "labels": .object(members)]
      }
      let text = JSONValue.array(alerts).description
      #expect(try PostedAlertReader.read(Array(text.utf8)).map(\.labels) == expected, "\(text)")
    }
  }

  @Test(arguments: [#"\ud800"#, #"\udc00\ud800"#, #"\ud800x"#]) func halfPairsBecomeReplacements(_ text: String) throws
  {
    let alert = try #require(try PostedAlertReader.read(Array(#"[{"labels":{"a":"\#(text)"}}]"#.utf8)).first)
    #expect(alert.labels?["a"]?.contains("\u{FFFD}") == true)
  }

  @Test func bytesThatAreNotTextBecomeReplacements() throws {
    let bytes = Array(#"[{"labels":{"a":"x"#.utf8) + [0xFF] + Array(#"y"}}]"#.utf8)
    #expect(try PostedAlertReader.read(bytes).first?.labels?["a"] == "x\u{FFFD}y")
  }

  /// No prefix of a document is one, nor makes the reader fail otherwise than by saying so.
  @Test func everyCutIsRefused() throws {
    let text = #"[{"labels":{"a":"b\u00e9\n","c":"d"},"x":[true,false,null,-1.5],"startsAt":"2026-11-23T01:02:03Z"}]"#
    _ = try PostedAlertReader.read(Array(text.utf8))
    for count in 0..<text.utf8.count {
      #expect(throws: JSONParser.Failure.self) { try PostedAlertReader.read(Array(text.utf8.prefix(count))) }
    }
  }

  @Test(
    arguments: [
      ("http://x", true), ("/x", true), ("mailto:x", true), ("a+b-c.d:e", true), ("x", false), ("::bad", false),
      (":x", false), ("1x:y", false), ("http://a\nb", false),
    ])
  func uris(_ text: String, _ isURI: Bool) { #expect(AlertRoutes.isURI(text) == isURI) }
}
