import AlertLogic
import FleetModel
import Foundation
import Testing

/// The default texts about some notifications, each beside the name of its template in `Cases/texts`; `RECORD=1` writes the
/// files anew.
@Suite struct DefaultTextTests {
  static let start = Timestamp(milliseconds: 1_767_340_800_000)

  static func alert(_ agent: String, name: String = "HighMemory", _ severity: String, resolved: Bool = false)
    -> NotifiedAlert
  {
    NotifiedAlert(
      labels: LabelSet(["alertname": name, "agent_id": agent, "severity": severity]),
      annotations: LabelSet([
        "summary": "Memory of \(agent) is nearly full", "description": "7.9 of 8 GiB are in use",
        "runbook_url": "https://runbooks.example/memory?agent=\(agent)",
      ]), startsAt: start, endsAt: resolved ? start + .seconds(754) : nil, updatedAt: start,
      generatorURL: "https://skep.example/graph?expr=memory")
  }

  static func notification(_ alerts: [NotifiedAlert]) -> GroupNotification {
    GroupNotification(
      receiver: "on-call", groupKey: "{}:{alertname=\"HighMemory\"}",
      groupLabels: LabelSet(["alertname": alerts[0].name]), alerts: alerts, externalURL: "https://skep.example",
      at: start + .seconds(900))
  }

  /// An agent that would call everybody, end a tag, break a line and turn the direction of reading.
  static let hostile = "<!channel> </td><script>alert(\"1\")</script> [x](javascript:y) *b* \u{202e}\u{5d0}\nBcc: a@b"

  static let notifications: [(name: String, notification: GroupNotification)] = [
    ("one", notification([alert("planner", "critical")])),
    ("resolved", notification([alert("planner", "critical", resolved: true)])),
    (
      "mixed",
      notification([
        alert("coder", "warning"), alert("planner", "emergency"), alert("tester", "critical", resolved: true),
      ])
    ), ("many", notification((0..<25).map { alert("agent-\($0)", "warning") })),
    (
      "hostile",
      notification([
        NotifiedAlert(
          labels: LabelSet(["alertname": hostile, "agent_id": hostile, "severity": hostile]),
          annotations: LabelSet([
            "summary": hostile + String(repeating: "long ", count: 2000), "runbook_url": "javascript:alert(1)",
          ]), startsAt: start, updatedAt: start, generatorURL: "https://x/<!here>|\"><script>")
      ])
    ), ("bare", notification([NotifiedAlert(labels: LabelSet(["job": "agents"]), startsAt: start, updatedAt: start)])),
  ]

  static let names = [
    "__subject", "__alertmanager", "__alertmanagerURL", "__text", "slack.default.title", "slack.default.text",
    "slack.default.fallback", "slack.default.titlelink", "pagerduty.default.description", "pagerduty.default.clientURL",
    "opsgenie.default.message", "opsgenie.default.description", "opsgenie.default.source", "msteams.default.title",
    "msteams.default.summary", "msteams.default.text", "msteamsv2.default.title", "msteamsv2.default.text",
    "email.default.subject", "email.default.text", "email.default.html",
  ]

  @Test(arguments: notifications.indices) func golden(_ index: Int) throws {
    let (name, notification) = Self.notifications[index]
    let texts = try NotificationTexts()
    let data = NotificationTemplateData(notification)
    var written = ""
    for template in Self.names {
      let text = try texts.compile("{{ template \"\(template)\" . }}", isHTML: template.hasSuffix("html")).write(data)
      written += "=== \(template)\n\(text)\n"
    }
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Cases/texts/\(name).txt")
    if ProcessInfo.processInfo.environment["RECORD"] != nil {
      try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(written.utf8).write(to: path)
    }
    #expect(written == String(decoding: try Data(contentsOf: path), as: UTF8.self))
  }

  @Test func nobodyIsCalledByAName() throws {
    let texts = try NotificationTexts()
    let data = NotificationTemplateData(Self.notifications[4].notification)
    for name in ["slack.default.title", "slack.default.text", "slack.default.fallback"] {
      let text = try texts.compile("{{ template \"\(name)\" . }}").write(data)
      #expect(!text.contains("<!"), "\(name)")
    }
    let html = try texts.compile("{{ template \"email.default.html\" . }}", isHTML: true).write(data)
    #expect(!html.contains("<script"))
    #expect(!html.contains("href=\"javascript"))
  }

  /// All names that Alertmanager's default templates define for what it sends.
  @Test func everyNameIsThere() throws {
    let names = try NotificationTexts().names
    let wanted = [
      "__alertmanager", "__alertmanagerURL", "__subject", "__description", "__text_alert_list",
      "__text_alert_list_markdown", "slack.default.title", "slack.default.username", "slack.default.fallback",
      "slack.default.callbackid", "slack.default.pretext", "slack.default.titlelink", "slack.default.iconemoji",
      "slack.default.iconurl", "slack.default.text", "slack.default.footer", "pagerduty.default.description",
      "pagerduty.default.client", "pagerduty.default.clientURL", "pagerduty.default.instances",
      "opsgenie.default.message", "opsgenie.default.description", "opsgenie.default.source", "email.default.subject",
      "email.default.html", "msteams.default.summary", "msteams.default.title", "msteams.default.text",
      "msteamsv2.default.title", "msteamsv2.default.text",
    ]
    #expect(Set(wanted).subtracting(names) == [])
  }

  /// A group of ten thousand is told within the bounds of a template.
  @Test func aStormIsShort() throws {
    let texts = try NotificationTexts()
    let data = NotificationTemplateData(Self.notification((0..<10_000).map { Self.alert("agent-\($0)", "warning") }))
    for name in Self.names {
      let text = try texts.compile("{{ template \"\(name)\" . }}", isHTML: name.hasSuffix("html")).write(data)
      #expect(text.utf8.count < 64_000, "\(name)")
    }
    #expect(try texts.compile("{{ .Headline }}").write(data) == "WARNING: HighMemory (10000 alerts)")
  }
}
