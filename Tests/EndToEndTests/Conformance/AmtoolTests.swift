import AsyncHTTPClient
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Debian's `amtool` and Debian's `prometheus` with a Skep in place of an Alertmanager.
@Suite("a Skep as an Alertmanager", .timeLimit(.minutes(5)))
struct AmtoolTests {
  private static let configuration = """
    route:
      receiver: rest
      group_by: [alertname]
      group_wait: 100ms
      group_interval: 500ms
      routes:
      - matchers: ['team="a"']
        receiver: a
        continue: true
        routes: [{matchers: ['severity=~"critical|page"'], receiver: page}]
      - matchers: ['team=~"a|b"']
        receiver: b
        active_time_intervals: [work]
    receivers:
    - name: rest
      webhook_configs: [{url: WEBHOOK/rest}]
    - {name: a}
    - {name: b}
    - {name: page}
    inhibit_rules:
    - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}
    time_intervals:
    - {name: work, time_intervals: [{weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '17:00'}]}]}

    """

  private struct Amtool {
    let url: String

    /// Standard output of a run that must end with `status`.
    func run(_ arguments: String..., status: Int32 = 0) throws -> String {
      let result = try Program.run("amtool", ["--alertmanager.url=\(url)"] + arguments)
      let output = String(decoding: result.output, as: UTF8.self)
      #expect(result.status == status, "amtool \(arguments): \(output)")
      return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  private static func withSkep(
    _ configuration: String = configuration, _ body: (AlertingProgram, WebhookRecorder) async throws -> Void
  ) async throws {
    let recorder = try await WebhookRecorder()
    let skep = try AlertingProgram(.skep, configuration: configuration.replacing("WEBHOOK", with: recorder.url))
    defer { skep.kill() }
    try await skep.start()
    try await body(skep, recorder)
    try await skep.end(SIGTERM)
    await recorder.close()
  }

  private static let hasAmtool = Program.exists("amtool")

  @Test(.enabled(if: hasAmtool, "needs Debian's amtool: `make test-tools`"))
  func alertsAndSilences() async throws {
    try await Self.withSkep { skep, _ in
      let amtool = Amtool(url: skep.url)
      _ = try amtool.run(
        "alert", "add", "alertname=Down", "team=a", "severity=critical", "--annotation=summary=no answer")
      _ = try amtool.run("alert", "add", "Slow", "cluster=c", "severity=warning")
      #expect(try amtool.run("alert", "query").contains("no answer"))
      #expect(try amtool.run("alert", "query", "severity=~crit.*", "-o", "json").contains("\"alertname\":\"Down\""))
      #expect(try !amtool.run("alert", "query", "severity=~crit.*").contains("Slow"))
      #expect(try amtool.run("alert", "query", "--receiver=page").contains("Down"))

      let id = try amtool.run(
        "silence", "add", "alertname=Down", "team=~a|b", "--comment=known", "--author=ana", "--duration=1h")
      #expect(id.count == 36)
      #expect(try !amtool.run("alert", "query").contains("Down"))
      #expect(try amtool.run("alert", "query", "--silenced").contains("Down"))
      #expect(try amtool.run("silence", "query", "-q") == id)
      #expect(try amtool.run("silence", "query", "alertname=Down", "--created-by=ana").contains("known"))
      #expect(try amtool.run("silence", "query", "-q", "alertname=Slow").isEmpty)

      _ = try amtool.run("silence", "update", "--duration=2h", "--comment=longer", id)
      #expect(try amtool.run("silence", "query", "-q") == id, "the same silence with another end")
      #expect(try amtool.run("silence", "query", "-o", "extended").contains("longer"))
      _ = try amtool.run("silence", "expire", id)
      #expect(try amtool.run("silence", "query", "-q").isEmpty)
      #expect(try amtool.run("silence", "query", "--expired", "-q") == id)
      #expect(try amtool.run("alert", "query").contains("Down"))
      _ = try amtool.run("silence", "expire", "11111111-1111-1111-1111-111111111111", status: 1)
      _ = try amtool.run("silence", "add", "a=b", "c=~(", "--comment=x", status: 1)
      #expect(try amtool.run("cluster", "show").contains("disabled"))
    }
  }

  @Test(.enabled(if: hasAmtool, "needs Debian's amtool: `make test-tools`"))
  func routesAndConfiguration() async throws {
    try await Self.withSkep { skep, _ in
      let amtool = Amtool(url: skep.url)
      func receivers(_ labels: String...) throws -> String {
        let result = try Program.run(
          "amtool", ["--alertmanager.url=\(skep.url)", "config", "routes", "test"] + labels)
        #expect(result.status == 0)
        return String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      }
      #expect(try receivers("team=a", "severity=page") == "page,b")
      #expect(try receivers("team=a") == "a,b")
      #expect(try receivers("team=b") == "b")
      #expect(try receivers("team=c") == "rest")
      let tree = try amtool.run("config", "routes", "show")
      #expect(tree.contains("receiver: page") && tree.contains(#"{severity=~"critical|page"}"#))
      // What Skep gives as its configuration is a file that Alertmanager's own tool finds in order.
      let shown = try amtool.run("config", "show")
      let scratch = try ScratchDirectory()
      let file = try scratch.write("shown.yml", shown + "\n")
      let checked = try amtool.run("check-config", file.string)
      #expect(checked.contains("SUCCESS") && checked.contains("4 receivers") && checked.contains("1 inhibit rules"))
    }
  }

  /// A Prometheus whose rule fires for some seconds sends to Skep, which tells the receiver of the begin and the end.
  @Test(.enabled(if: Program.exists("prometheus"), "needs Debian's prometheus: `make test-tools`"))
  func prometheusSendsItsAlerts() async throws {
    let configuration = """
      route: {receiver: hook, group_wait: 100ms, group_interval: 500ms, group_by: [alertname]}
      receivers: [{name: hook, webhook_configs: [{url: WEBHOOK/hook}]}]

      """
    try await Self.withSkep(configuration) { skep, recorder in
      let scratch = try ScratchDirectory()
      let end = Date().timeIntervalSince1970 + 6
      _ = try scratch.write(
        "rules.yml",
        """
        groups:
        - name: g
          interval: 1s
          rules:
          - alert: Busy
            expr: vector(7) and on() (vector(time()) < \(end))
            labels: {severity: page}
            annotations: {summary: "it is {{ $value }}"}
        """)
      let prometheus = try RealPrometheus(
        in: scratch.path.string,
        configuration: """
          global: {evaluation_interval: 1s, external_labels: {site: lab}}
          rule_files: [rules.yml]
          alerting:
            alertmanagers:
            - {api_version: v2, static_configs: [{targets: ["\(skep.url.dropFirst("http://".count))"]}]}

          """)
      defer { prometheus.program.stop() }
      var calls: [WebhookRecorder.Call] = []
      for _ in 0..<600 where calls.count < 2 {
        try await Task.sleep(for: .milliseconds(100))
        calls = recorder.calls(below: "/")["hook"] ?? []
      }
      let notifications = try calls.map { try WebhookNotification(body: $0.body) }
      #expect(notifications.map(\.status) == ["firing", "resolved"])
      let alert = try #require(notifications.first?.alerts.first)
      #expect(alert.labels == ["alertname": "Busy", "severity": "page", "site": "lab"])
      #expect(alert.annotations == ["summary": "it is 7"])
      #expect(alert.generatorURL.contains("/graph?g0.expr=vector"))
      #expect(notifications.last?.alerts.first?.fingerprint == alert.fingerprint)
    }
  }
}

/// `skep alerts` against a running Skep.
@Suite("skep alerts", .timeLimit(.minutes(5)))
struct AlertsCommandTests {
  private static let configuration = """
    route: {receiver: hook, group_wait: 100ms, group_by: [alertname]}
    receivers:
    - {name: hook, webhook_configs: [{url: WEBHOOK/hook}, {url: WEBHOOK/broken}]}
    - {name: nobody}
    inhibit_rules:
    - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [cluster]}

    """

  @Test func listSilenceExpireAndSendTest() async throws {
    let recorder = try await WebhookRecorder()
    recorder.answer("/broken", with: Array(repeating: 404, count: 100))
    let program = try AlertingProgram(.skep, configuration: Self.configuration.replacing("WEBHOOK", with: recorder.url))
    defer { program.kill() }
    try await program.start()
    func skep(_ arguments: String..., status: Int32 = 0) throws -> String {
      let result = try Program.run(StoreLifeTests.executable, ["alerts"] + arguments + ["--server", program.url])
      let output = String(decoding: result.output, as: UTF8.self)
      #expect(result.status == status, "skep alerts \(arguments): \(output)")
      return output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let clock = ScenarioClock(start: .now, date: Date())
    try await AlertmanagerClient(url: program.url).post(
      [
        "alertname=Down severity=critical cluster=c", "alertname=Slow severity=warning cluster=c",
        "alertname=Odd zone=x",
      ]
      .map { text in
        let alert = PostedAlert(text)
        return ["labels": alert.labels, "annotations": ["summary": "of \(text.prefix(14))"], "endsAt": clock.text(600)]
      })

    #expect(try skep("list") == "no active alerts", "those of Skep's own rules")
    #expect(try skep("list", "zone=x").contains("of alertname=Odd"))
    #expect(try skep("list", "Down", "--output", "json").contains("\"alertname\" : \"Down\""))
    let inhibited = try skep("list", "--state", "inhibited")
    #expect(inhibited.contains("Slow") && !inhibited.contains("Down"))
    #expect(try skep("show", "Slow").contains("inhibited by"))

    let id = try skep("silence", "Odd", "zone=~\"x|y\"", "--duration", "2h", "--comment", "known", "--author", "ana")
    #expect(id.count == 36)
    #expect(try skep("list", "--state", "silenced").contains("Odd"))
    #expect(try !skep("list", "--state", "notified").contains("Odd"))
    #expect(try skep("show", "Odd").contains("silenced  by \(id)"))
    let list = try skep("silence", "list")
    #expect(list.contains(id) && list.contains("alertname=\"Odd\" zone=~\"x|y\"") && list.contains("ana"))
    #expect(try skep("silence", "list", "--created-by", "bob") == "no silences")
    #expect(try skep("silence", "update", id, "--duration", "3h") == id)
    #expect(try skep("expire", id) == "silence \(id) has ended")
    #expect(try skep("silence", "list") == "no silences")
    #expect(try skep("silence", "list", "--expired").contains(id))
    _ = try skep("expire", "11111111-1111-1111-1111-111111111111", status: 1)
    _ = try skep("expire", "nope", status: 2)
    _ = try skep("silence", "a=~(", "--comment", "x", status: 2)
    _ = try skep("silence", "a=~.*", "--comment", "x", status: 2)
    _ = try skep("silence", "a=b", status: 2)
    _ = try skep("list", "a=b", "--state", "resolved", status: 2)

    let sent = try skep("send-test", "hook", status: 1)
    #expect(sent.contains("webhook[0]  delivered") && sent.contains("webhook[1]  failed: "))
    _ = try skep("send-test", "nobody", status: 1)
    _ = try skep("send-test", "none", status: 1)
    let tests = (recorder.calls(below: "/")["hook"] ?? []).filter {
      String(decoding: $0.body, as: UTF8.self).contains("SkepTest")
    }
    #expect(tests.count == 1)
    try await program.end(SIGTERM)
    await recorder.close()
  }
}
