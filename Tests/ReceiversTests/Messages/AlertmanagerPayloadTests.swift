import AlertLogic
import FleetModel
import Foundation
import Testing

@testable import Receivers

/// The bodies that Alertmanager sent for three notifications of one group (recorded by `Cases/record.py`), and ours for the
/// same.
@Suite struct AlertmanagerPayloadTests {
  static var recorded: [String: Any] {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Cases/alertmanager.json")
    let json = (try? Data(contentsOf: path)).flatMap { try? JSONSerialization.jsonObject(with: $0) }
    return json as? [String: Any] ?? [:]
  }

  static func requests(_ name: String) -> [[String: Any]] {
    (recorded[name] as? [String: Any])?["requests"] as? [[String: Any]] ?? []
  }

  static func bodies(_ name: String) -> [[String: Any]] { requests(name).compactMap { $0["body"] as? [String: Any] } }

  static func config(_ name: String) -> [String: Any] {
    (recorded[name] as? [String: Any])?["config"] as? [String: Any] ?? [:]
  }

  static func parsed(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  static func text(_ json: Any) throws -> String {
    String(
      decoding: try JSONSerialization.data(withJSONObject: json, options: [.sortedKeys, .prettyPrinted]), as: UTF8.self)
  }

  /// The notifications as the webhook told of them.
  static func notifications() throws -> [GroupNotification] {
    try bodies("webhook").map { body in
      func texts(_ json: Any?) -> LabelSet { LabelSet(json as? [String: String] ?? [:]) }
      let alerts = try #require(body["alerts"] as? [[String: Any]]).map { alert in
        let start = try #require((alert["startsAt"] as? String).flatMap { RFC3339.parse($0) })
        return NotifiedAlert(
          labels: texts(alert["labels"]), annotations: texts(alert["annotations"]), startsAt: start,
          endsAt: alert["status"] as? String == "resolved"
            ? (alert["endsAt"] as? String).flatMap { RFC3339.parse($0) } : nil,
          updatedAt: start, generatorURL: alert["generatorURL"] as? String ?? "")
      }
      return GroupNotification(
        receiver: "on (call)", groupKey: try #require(body["groupKey"] as? String),
        groupLabels: texts(body["groupLabels"]), alerts: alerts,
        externalURL: try #require(body["externalURL"] as? String),
        at: Timestamp(milliseconds: 1_767_400_000_000))
    }
  }

  @Test func webhook() throws {
    let notifications = try Self.notifications()
    #expect(notifications.count == 3)
    for (name, maximum) in [("webhook", 0), ("webhook-one", 1)] {
      for (notification, wanted) in zip(notifications, Self.bodies(name)) {
        let ours = try Self.parsed(WebhookMessage.body(of: notification, maximum: maximum))
        #expect(try Self.text(ours) == Self.text(wanted), "\(name)")
      }
    }
  }

  static func slack(_ config: [String: Any]) -> Receiver.Slack {
    func text(_ key: String) -> String? { config[key] as? String }
    var slack = Receiver.Slack()
    slack.channel = text("channel")
    slack.username = text("username")
    slack.color = text("color")
    slack.title = text("title")
    slack.titleLink = text("title_link")
    slack.pretext = text("pretext")
    slack.text = text("text")
    slack.footer = text("footer")
    slack.fallback = text("fallback")
    slack.callbackID = text("callback_id")
    slack.iconEmoji = text("icon_emoji")
    slack.iconURL = text("icon_url")
    slack.imageURL = text("image_url")
    slack.thumbURL = text("thumb_url")
    slack.linkNames = config["link_names"] as? Bool ?? false
    slack.shortFields = config["short_fields"] as? Bool ?? false
    slack.markdownIn = config["mrkdwn_in"] as? [String]
    slack.fields = (config["fields"] as? [[String: Any]] ?? []).map { given in
      var field = Receiver.Slack.Field()
      field.title = given["title"] as? String ?? ""
      field.value = given["value"] as? String ?? ""
      field.short = given["short"] as? Bool
      return field
    }
    slack.actions = (config["actions"] as? [[String: Any]] ?? []).map { given in
      var action = Receiver.Slack.Action()
      action.type = given["type"] as? String ?? ""
      action.text = given["text"] as? String ?? ""
      action.url = given["url"] as? String ?? ""
      action.style = given["style"] as? String ?? ""
      action.name = given["name"] as? String ?? ""
      action.value = given["value"] as? String ?? ""
      if let asked = given["confirm"] as? [String: String] {
        var confirm = Receiver.Slack.Confirmation()
        confirm.text = asked["text"] ?? ""
        confirm.title = asked["title"] ?? ""
        confirm.okText = asked["ok_text"] ?? ""
        confirm.dismissText = asked["dismiss_text"] ?? ""
        action.confirm = confirm
      }
      return action
    }
    return slack
  }

  @Test func slack() throws {
    let message = try SlackMessage(Self.slack(Self.config("slack")), of: "r", NotificationTexts())
    for (notification, wanted) in zip(try Self.notifications(), Self.bodies("slack")) {
      #expect(try Self.text(Self.parsed(message.body(of: notification))) == Self.text(wanted))
    }
    let plain = try SlackMessage(Self.slack(Self.config("slack-default")), of: "r", NotificationTexts())
    for (notification, wanted) in zip(try Self.notifications(), Self.bodies("slack-default")) {
      let ours = try Self.parsed(plain.body(of: notification))
      #expect(ours.keys.sorted() == wanted.keys.sorted())
      let (one, other) = (ours["attachments"] as? [[String: Any]], wanted["attachments"] as? [[String: Any]])
      #expect(one?.first?.keys.sorted() == other?.first?.keys.sorted())
      #expect(one?.first?["color"] as? String == other?.first?["color"] as? String)
    }
  }

  static func pagerDuty(_ config: [String: Any]) -> Receiver.PagerDuty {
    func text(_ key: String) -> String? { config[key] as? String }
    var pagerDuty = Receiver.PagerDuty()
    pagerDuty.client = text("client")
    pagerDuty.clientURL = text("client_url")
    pagerDuty.description = text("description")
    pagerDuty.severity = text("severity")
    pagerDuty.class = text("class")
    pagerDuty.component = text("component")
    pagerDuty.group = text("group")
    pagerDuty.details = config["details"] as? [String: String] ?? [:]
    pagerDuty.images = (config["images"] as? [[String: String]] ?? []).map { given in
      var image = Receiver.PagerDuty.Image()
      image.src = given["src"] ?? ""
      image.alt = given["alt"] ?? ""
      image.href = given["href"] ?? ""
      return image
    }
    pagerDuty.links = (config["links"] as? [[String: String]] ?? []).map { given in
      var link = Receiver.PagerDuty.Link()
      link.href = given["href"] ?? ""
      link.text = given["text"] ?? ""
      return link
    }
    return pagerDuty
  }

  @Test func pagerDuty() throws {
    var config = Self.pagerDuty(Self.config("pagerduty"))
    // Alertmanager says "error" where nothing is said.
    for name in ["pagerduty", "pagerduty-default"] {
      if name == "pagerduty-default" { config = Receiver.PagerDuty() }
      let key = try #require(Self.config(name)["routing_key"] as? String)
      let message = try PagerDutyMessage(config, of: "r", NotificationTexts())
      #expect(message.url == "https://events.pagerduty.com/v2/enqueue")
      for (notification, wanted) in zip(try Self.notifications(), Self.bodies(name)) {
        let ours = try Self.parsed(message.body(of: notification, key: key))
        if name == "pagerduty" {
          #expect(try Self.text(ours) == Self.text(wanted))
        } else {
          let (payload, other) = (ours["payload"] as? [String: Any], wanted["payload"] as? [String: Any])
          #expect(ours.keys.sorted() == wanted.keys.sorted())
          #expect(payload?.keys.sorted() == other?.keys.sorted())
          #expect(ours["dedup_key"] as? String == wanted["dedup_key"] as? String)
          #expect(
            (payload?["custom_details"] as? [String: Any])?.keys.sorted()
              == (other?["custom_details"] as? [String: Any])?.keys.sorted())
        }
      }
    }
  }

  @Test func opsgenie() throws {
    let config = Self.config("opsgenie")
    func text(_ key: String) -> String? { config[key] as? String }
    var opsgenie = Receiver.Opsgenie()
    opsgenie.message = text("message")
    opsgenie.description = text("description")
    opsgenie.source = text("source")
    opsgenie.tags = text("tags")
    opsgenie.note = text("note")
    opsgenie.priority = text("priority")
    opsgenie.entity = text("entity")
    opsgenie.actions = text("actions")
    opsgenie.details = config["details"] as? [String: String] ?? [:]
    opsgenie.updateAlerts = config["update_alerts"] as? Bool ?? false
    opsgenie.responders = (config["responders"] as? [[String: String]] ?? []).map { given in
      var responder = Receiver.Opsgenie.Responder()
      responder.name = given["name"] ?? ""
      responder.username = given["username"] ?? ""
      responder.type = given["type"] ?? ""
      return responder
    }
    for (name, config) in [("opsgenie", opsgenie), ("opsgenie-default", Receiver.Opsgenie())] {
      let message = try OpsgenieMessage(config, of: "r", NotificationTexts())
      let ours = try Self.notifications().flatMap { try message.requests(for: $0) }
      let wanted = Self.requests(name)
      #expect(ours.count == wanted.count)
      for (request, other) in zip(ours, wanted) {
        #expect("/" + request.path == other["path"] as? String)
        #expect(request.method == other["method"] as? String)
        let (body, recorded) = (try Self.parsed(request.body), Self.trimmed(other["body"]))
        if name == "opsgenie" {
          #expect(try Self.text(body) == Self.text(recorded))
        } else {
          #expect(body.keys.sorted() == recorded.keys.sorted())
          #expect(body["alias"] as? String == recorded["alias"] as? String)
        }
      }
    }
  }

  /// Alertmanager leaves blanks around words, and the responder's type in the letters of the file.
  private static func trimmed(_ json: Any?) -> [String: Any] {
    var body = json as? [String: Any] ?? [:]
    for key in ["tags", "actions"] {
      if let words = body[key] as? [String] { body[key] = words.map { $0.trimmingCharacters(in: .whitespaces) } }
    }
    if let responders = body["responders"] as? [[String: String]] {
      body["responders"] = responders.map { $0.merging(["type": $0["type", default: ""].lowercased()]) { $1 } }
    }
    return body
  }
}
