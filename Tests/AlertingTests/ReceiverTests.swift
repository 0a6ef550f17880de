import AlertLogic
import FleetModel
import Logging
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Alerting

/// Answers from a list, the last one for ever; keeps the requests.
private final class FakeExchanger: HTTPExchanger {
  private let state:
    Mutex<(answers: [Result<HTTPExchangeResponse, HTTPExchangeError>], requests: [HTTPExchangeRequest])>

  init(_ answers: Result<HTTPExchangeResponse, HTTPExchangeError>...) { state = Mutex((answers, [])) }

  var requests: [HTTPExchangeRequest] { state.withLock { $0.requests } }

  func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse {
    try state.withLock { state in
      state.requests.append(request)
      return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
    }.get()
  }
}

@Suite struct WebhookTests {
  let time = SimulatedTime(start: Timestamp(milliseconds: 784_111_700_000))
  let firing = AlertNotification(
    kind: .firing,
    alert: Alert(
      id: "High:planner:cpu:0", name: "High", severity: .critical, description: "cpu is 90/s \"hot\"",
      affectedAgents: ["planner"], activeSince: Timestamp(milliseconds: 1_700_000_000_000),
      firedAt: Timestamp(milliseconds: 1_700_000_001_500), labels: ["agent_id": "planner", "instance": "h:1"],
      annotations: ["team": "ops"], runbookURL: "https://runbooks.example/high", value: 90))

  private func receiver(_ http: FakeExchanger, _ change: (inout WebhookReceiver.Configuration) -> Void = { _ in })
    -> WebhookReceiver
  {
    var configuration = WebhookReceiver.Configuration(name: "pager", url: "http://hook.example/secret")
    configuration.externalURL = "http://skep.example"
    change(&configuration)
    return WebhookReceiver(configuration, http: http, time: time)
  }

  @Test func postsAlertmanagersMessage() async throws {
    let http = FakeExchanger(.success(HTTPExchangeResponse(status: 200)))
    try await receiver(http) { $0.headers = [HTTPField("X-Team", "ops")] }.deliver(firing)
    let request = try #require(http.requests.first)
    #expect(request.method == .post)
    #expect(request.url == "http://hook.example/secret")
    #expect(request.headers.contains(HTTPField("X-Team", "ops")))
    #expect(request.headers.contains(HTTPField("Content-Type", "application/json")))
    let labels =
      #"{"agent_id":"planner","alertname":"High","instance":"h:1","severity":"critical"}"#
    let annotations =
      #"{"description":"cpu is 90/s \"hot\"","runbook_url":"https://runbooks.example/high","team":"ops"}"#
    let key =
      #"{}:{agent_id=\"planner\", alertname=\"High\", instance=\"h:1\", severity=\"critical\"}"#
    let body = String(decoding: request.body, as: UTF8.self)
    let fingerprint = AlertIdentity.fingerprint(of: [
      "agent_id": "planner", "alertname": "High", "instance": "h:1", "severity": "critical",
    ])
    #expect(
      body == #"{"alerts":[{"annotations":\#(annotations),"endsAt":"0001-01-01T00:00:00Z","#
        + #""fingerprint":"\#(fingerprint)","generatorURL":"http://skep.example","labels":\#(labels),"#
        + #""startsAt":"2023-11-14T22:13:21.500Z","status":"firing"}],"commonAnnotations":\#(annotations),"#
        + #""commonLabels":\#(labels),"externalURL":"http://skep.example","groupKey":"\#(key)","#
        + #""groupLabels":\#(labels),"receiver":"pager","status":"firing","truncatedAlerts":0,"version":"4"}"#)
  }

  @Test func postsResolvedOnlyIfAsked() async throws {
    var resolved = firing
    resolved.kind = .resolved
    resolved.alert.resolvedAt = Timestamp(milliseconds: 1_700_000_002_000)
    let http = FakeExchanger(.success(HTTPExchangeResponse(status: 204)))
    try await receiver(http) { $0.sendResolved = false }.deliver(resolved)
    #expect(http.requests.isEmpty)
    try await receiver(http).deliver(resolved)
    let body = String(decoding: try #require(http.requests.first).body, as: UTF8.self)
    #expect(body.contains(#""endsAt":"2023-11-14T22:13:22.000Z""#))
    #expect(body.contains(#""status":"resolved""#))
  }

  @Test(
    arguments: [
      (400, nil, DeliveryFailure.Advice.giveUp), (404, nil, .giveUp), (301, nil, .giveUp),
      (500, nil, .retry(after: nil)),
      (503, "7", .retry(after: .seconds(7))), (429, "120", .retry(after: .seconds(120))),
      (429, "soon", .retry(after: nil)), (429, "-1", .retry(after: nil)),
      (429, "Sun, 06 Nov 1994 08:49:37 GMT", .retry(after: .seconds(77))),
      (429, "Sun, 06 Nov 1904 08:49:37 GMT", .retry(after: .zero)),
    ] as [(Int, String?, DeliveryFailure.Advice)])
  func saysWhetherToTryAgain(_ status: Int, _ header: String?, _ advice: DeliveryFailure.Advice) async throws {
    let headers = header.map { [HTTPField("retry-after", $0)] } ?? []
    let http = FakeExchanger(.success(HTTPExchangeResponse(status: status, headers: headers)))
    let failure = await #expect(throws: DeliveryFailure.self) { try await receiver(http).deliver(firing) }
    #expect(failure?.advice == advice)
  }

  @Test(
    arguments: [
      (HTTPExchangeError.cannotConnect("refused"), DeliveryFailure.Advice.retry(after: nil)),
      (.timeout(after: .seconds(1)), .retry(after: nil)), (.invalidURL("http://hook.example/secret"), .giveUp),
    ] as [(HTTPExchangeError, DeliveryFailure.Advice)])
  func failedExchanges(_ error: HTTPExchangeError, _ advice: DeliveryFailure.Advice) async throws {
    let http = FakeExchanger(.failure(error))
    let failure = await #expect(throws: DeliveryFailure.self) { try await receiver(http).deliver(firing) }
    #expect(failure?.advice == advice)
    #expect(failure?.description.contains("secret") == false)
  }

  @Test func readsTheTokenForEachCall() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory.appending("token")
      let http = FakeExchanger(.success(HTTPExchangeResponse(status: 200)))
      let receiver = receiver(http) { $0.bearerTokenFile = path }
      await #expect(throws: DeliveryFailure.self) { try await receiver.deliver(firing) }
      for token in ["first", "second"] {
        try StateFile(path).write(Array(" \(token)\n".utf8))
        try await receiver.deliver(firing)
      }
      let sent = http.requests.map { $0.headers.first { $0.name == "Authorization" }?.value }
      #expect(sent == ["Bearer first", "Bearer second"])
      try StateFile(path).write(Array("two\r\nX-Injected: 1".utf8))
      await #expect(throws: DeliveryFailure.self) { try await receiver.deliver(firing) }
    }
  }

  /// From the engine's queue to the wire: a busy receiver is asked again, not before it said.
  @Test(.timeLimit(.minutes(10))) func aBusyReceiverIsAskedAgain() async throws {
    let http = FakeExchanger(
      .success(HTTPExchangeResponse(status: 503, headers: [HTTPField("Retry-After", "30")])),
      .success(HTTPExchangeResponse(status: 200)))
    let engine = try makeEngine([.above(80)], time: time)
    let receiver = receiver(http)
    engine.addHandler(named: "hook") { try await receiver.deliver($0) }
    try await running(engine) {
      engine.feed(series("cpu"), 90, at: time.now())
      while engine.deliveryStatistics().first?.failures == 0 { await Task.yield() }
      await time.waitForSleepers(2)
      time.advance(by: .seconds(29))
      #expect(http.requests.count == 1)
      time.advance(by: .seconds(1))
      while http.requests.count < 2 { await Task.yield() }
    }
    #expect(engine.deliveryStatistics().first?.deliveries == 1)
  }
}

@Suite struct LogReceiverTests {
  final class Lines: LogHandler, @unchecked Sendable {
    // Unchecked: written by one test, one line after the other.
    var lines: [(Logger.Level, Logger.Metadata)] = []
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { lines.append((event.level, event.metadata ?? [:])) }
  }

  @Test func writesALineOfTheAlertsSeverity() async throws {
    let lines = Lines()
    let receiver = LogReceiver(logger: Logger(label: "alerts") { _ in lines })
    var alert = Alert(
      id: "id", name: "n", severity: .info, description: "d", affectedAgents: ["a"],
      activeSince: Timestamp(milliseconds: 0))
    for severity in Severity.allCases {
      alert.severity = severity
      try await receiver.deliver(AlertNotification(kind: .firing, alert: alert))
    }
    try await receiver.deliver(AlertNotification(kind: .resolved, alert: alert))
    #expect(lines.lines.map(\.0) == [.info, .warning, .error, .critical, .info])
    #expect(lines.lines[0].1["alert_id"] == "id")
  }
}
