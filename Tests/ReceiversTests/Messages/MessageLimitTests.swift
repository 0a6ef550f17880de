import AlertLogic
import FleetModel
import Foundation
import Testing

@testable import Receivers

/// What services take at most, and texts from outside in the bodies.
@Suite struct MessageLimitTests {
  static func storm(_ count: Int, name: String = "HighMemory") -> GroupNotification {
    let start = Timestamp(milliseconds: 1_767_340_800_000)
    return GroupNotification(
      receiver: "r", groupKey: "{}:{}", groupLabels: LabelSet(["alertname": name]),
      alerts: (0..<count).map {
        NotifiedAlert(
          labels: LabelSet(["alertname": name, "agent_id": "agent-\($0)", "severity": "emergency"]),
          annotations: LabelSet(["summary": String(repeating: "ä", count: 1000)]), startsAt: start, updatedAt: start)
      }, externalURL: "https://skep.example", at: start)
  }

  @Test func pagerDutyLeavesOutDetails() throws {
    var pagerDuty = Receiver.PagerDuty()
    pagerDuty.details = ["all": "{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}"]
    let message = try PagerDutyMessage(pagerDuty, of: "r", NotificationTexts())
    let small = try AlertmanagerPayloadTests.parsed(message.body(of: Self.storm(3), key: "k"))
    let details = (small["payload"] as? [String: Any])?["custom_details"] as? [String: String]
    #expect(details?["all"]?.count == 3000)
    #expect((small["payload"] as? [String: Any])?["severity"] as? String == "critical")
    let bytes = try message.body(of: Self.storm(600, name: String(repeating: "n", count: 2000)), key: "k")
    #expect(bytes.count < PagerDutyMessage.sizeLimit)
    let payload = try AlertmanagerPayloadTests.parsed(bytes)["payload"] as? [String: Any]
    #expect((payload?["custom_details"] as? [String: String])?.keys.sorted() == ["error"])
    #expect((payload?["summary"] as? String)?.unicodeScalars.count == 1024)
  }

  @Test(arguments: [
    ("critical", "critical"), ("Emergency", "critical"), (" page ", "critical"), ("warning", "warning"),
    ("info", "info"),
    ("none", "info"), ("error", "error"), ("", "error"), ("sev1", "error"),
  ]) func severities(_ word: String, _ wanted: String) { #expect(PagerDutyMessage.severity(word) == wanted) }

  @Test func aTemplateThatFailsOnTheseAlertsIsNoReasonForSilence() throws {
    let failing = "{{ (index .Alerts 99).Status }}"
    let texts = try NotificationTexts()
    var slack = Receiver.Slack()
    slack.title = failing
    let told = try AlertmanagerPayloadTests.parsed(SlackMessage(slack, of: "r", texts).body(of: Self.storm(1)))
    let title = (told["attachments"] as? [[String: Any]])?.first?["title"] as? String
    #expect(title?.contains(" (the template of title failed: ") == true, "\(title ?? "")")
    var email = Receiver.Email()
    email.to = "night@example.org"
    email.from = "skep@example.org"
    email.html = failing
    let mail = try EmailMessage(email, of: "r", texts).envelope(of: Self.storm(1, name: "<b>"), nonce: 1)
    let text = String(decoding: mail.bytes, as: UTF8.self).replacing("=\r\n", with: "")
    #expect(text.contains("&lt;b&gt; on agent-0 (the template of html failed: "), "\(text)")
  }

  @Test func serviceKeysSpeakVersionOne() throws {
    var pagerDuty = Receiver.PagerDuty()
    pagerDuty.serviceKey = SecretText("s")
    pagerDuty.details = ["x": "y"]
    let message = try PagerDutyMessage(pagerDuty, of: "r", NotificationTexts())
    #expect(message.url.hasSuffix("/generic/2010-04-15/create_event.json"))
    let event = try AlertmanagerPayloadTests.parsed(message.body(of: Self.storm(1), key: "{{ .Status }}-key"))
    #expect(
      event.keys.sorted() == [
        "client", "client_url", "description", "details", "event_type", "incident_key", "service_key",
      ])
    #expect(event["service_key"] as? String == "firing-key")
    #expect(event["event_type"] as? String == "trigger")
  }

  /// Everything comes back from JSON as it went in, and fits.
  @Test func hostileNames() throws {
    let name = "\u{0}\u{1f}\u{7f}\"\\</script>\u{202e}\u{2028}😀" + String(repeating: "e\u{301}", count: 5000)
    let notification = Self.storm(2, name: name)
    let texts = try NotificationTexts()
    let webhook = try AlertmanagerPayloadTests.parsed(WebhookMessage.body(of: notification))
    #expect((webhook["commonLabels"] as? [String: String])?["alertname"].map { Array($0.utf8) } == Array(name.utf8))
    let slack = try AlertmanagerPayloadTests.parsed(
      SlackMessage(Receiver.Slack(), of: "r", texts).body(of: notification))
    let title = (slack["attachments"] as? [[String: Any]])?.first?["title"] as? String
    #expect(title?.unicodeScalars.count == 1024)
    for body in [
      try TeamsMessage(Receiver.MSTeams(), of: "r", texts).body(of: notification),
      try TeamsMessage(Receiver.MSTeamsV2(), of: "r", texts).body(of: notification),
    ] {
      _ = try AlertmanagerPayloadTests.parsed(body)
      #expect(body.count < 28_000)
    }
    let request = try #require(
      try OpsgenieMessage(Receiver.Opsgenie(), of: "r", texts).requests(for: notification).first)
    let message = try AlertmanagerPayloadTests.parsed(request.body)["message"] as? String
    #expect(message?.unicodeScalars.count == 130)
  }

  @Test func teamsCards() throws {
    let texts = try NotificationTexts()
    let card = try AlertmanagerPayloadTests.parsed(
      TeamsMessage(Receiver.MSTeams(), of: "r", texts).body(of: Self.storm(1)))
    #expect(card.keys.sorted() == ["@context", "@type", "summary", "text", "themeColor", "title", "type"])
    let message = try AlertmanagerPayloadTests.parsed(
      TeamsMessage(Receiver.MSTeamsV2(), of: "r", texts).body(of: Self.storm(1)))
    let attachment = (message["attachments"] as? [[String: Any]])?.first
    #expect(attachment?["contentType"] as? String == "application/vnd.microsoft.card.adaptive")
    let content = attachment?["content"] as? [String: Any]
    #expect((content?["body"] as? [[String: Any]])?.count == 2)
  }

  @Test func alertsHandedOn() throws {
    var notification = Self.storm(2)
    notification.alerts[1].endsAt = notification.at
    let json = try JSONSerialization.jsonObject(with: Data(AlertmanagerMessage.body(of: notification)))
    let alerts = try #require(json as? [[String: Any]])
    #expect(alerts.count == 2)
    #expect(alerts[0].keys.sorted() == ["annotations", "endsAt", "labels", "startsAt"])
    #expect(alerts[0]["endsAt"] as? String == "2026-01-03T08:00:00Z")
    #expect(alerts[1]["endsAt"] as? String == "2026-01-02T08:00:00Z")
  }

  @Test func aTextThatFailsIsNotTriedAgain() throws {
    var slack = Receiver.Slack()
    slack.channel = "{{ index .Alerts 7 }}"
    let message = try SlackMessage(slack, of: "r", NotificationTexts())
    #expect {
      _ = try message.body(of: Self.storm(1))
    } throws: { ($0 as? DeliveryFailure)?.advice == .giveUp }
    var teams = Receiver.MSTeams()
    teams.text = "{{ .Nope }}"
    #expect(throws: ReceiverError.self) { _ = try TeamsMessage(teams, of: "r", NotificationTexts()) }
  }
}
