import AlertLogic
import FleetModel
import Logging

/// What is posted to Slack: one attachment, with the members that Alertmanager gives it
/// (<https://api.slack.com/reference/messaging/attachments>).
struct SlackMessage: Sendable {
  /// Characters of a title.
  static let titleLimit = 1024
  /// Characters of a text: Slack cuts off behind 40,000, and shows a long text only on demand.
  static let textLimit = 12_000

  private let slack: Receiver.Slack
  private let texts: MessageTexts

  init(_ slack: Receiver.Slack, of receiver: String, _ templates: NotificationTexts, logger: Logger? = nil)
    throws(ReceiverError)
  {
    self.slack = slack
    typealias D = DefaultTexts.Slack
    var own: [String: String?] = [
      "channel": slack.channel, "username": slack.username ?? D.username, "color": slack.color ?? D.color,
      "title": slack.title ?? D.title, "title_link": slack.titleLink ?? D.titleLink,
      "pretext": slack.pretext ?? D.pretext, "text": slack.text ?? D.text, "footer": slack.footer ?? D.footer,
      "fallback": slack.fallback ?? D.fallback, "callback_id": slack.callbackID ?? D.callbackID,
      "icon_emoji": slack.iconEmoji ?? D.iconEmoji, "icon_url": slack.iconURL ?? D.iconURL,
      "image_url": slack.imageURL, "thumb_url": slack.thumbURL,
    ]
    for (index, field) in slack.fields.enumerated() {
      own["fields[\(index)].title"] = field.title
      own["fields[\(index)].value"] = field.value
    }
    for (index, action) in slack.actions.enumerated() {
      for (key, text) in Self.parts(of: action) { own["actions[\(index)].\(key)"] = text }
    }
    texts = try MessageTexts(own, in: "slack_configs", of: receiver, templates, logger: logger)
  }

  private static func parts(of action: Receiver.Slack.Action) -> [(key: String, text: String)] {
    let isLink = !action.url.isEmpty
    var parts = [("type", action.type), ("text", action.text), ("url", action.url), ("style", action.style)]
    // A button that leads somewhere does nothing else.
    if isLink { return parts }
    parts += [("name", action.name), ("value", action.value)]
    guard let confirm = action.confirm else { return parts }
    return parts + [
      ("confirm.text", confirm.text), ("confirm.title", confirm.title), ("confirm.ok_text", confirm.okText),
      ("confirm.dismiss_text", confirm.dismissText),
    ]
  }

  func body(of notification: GroupNotification) throws(DeliveryFailure) -> [UInt8] {
    let data = NotificationTemplateData(notification)
    func text(_ key: String) throws(DeliveryFailure) -> NotificationJSON { .string(try texts.write(key, data)) }
    func cut(_ key: String, _ limit: Int) throws(DeliveryFailure) -> NotificationJSON {
      .string(NotificationWords.shortened(try texts.write(key, data), to: limit))
    }
    let attachment: NotificationJSON = .object(
      [
        "title": try cut("title", Self.titleLimit), "title_link": try text("title_link"),
        "pretext": try text("pretext"), "text": try cut("text", Self.textLimit), "fallback": try text("fallback"),
        "callback_id": try text("callback_id"), "fields": try fields(data), "actions": try actions(data),
        "image_url": try text("image_url"), "thumb_url": try text("thumb_url"), "footer": try text("footer"),
        "color": try text("color"),
        "mrkdwn_in": .strings(slack.markdownIn ?? Receiver.Slack.defaultMarkdownIn),
      ],
      omittingEmpty: [
        "title", "title_link", "pretext", "fields", "actions", "image_url", "thumb_url", "color", "mrkdwn_in",
      ])
    let message: NotificationJSON = .object(
      [
        "channel": try text("channel"), "username": try text("username"), "icon_emoji": try text("icon_emoji"),
        "icon_url": try text("icon_url"), "link_names": .bool(slack.linkNames), "attachments": .array([attachment]),
      ], omittingEmpty: ["channel", "username", "icon_emoji", "icon_url", "link_names"])
    return message.bytes
  }

  private func fields(_ data: NotificationTemplateData) throws(DeliveryFailure) -> NotificationJSON {
    var fields: [NotificationJSON] = []
    for (index, field) in slack.fields.enumerated() {
      fields.append(
        .object(
          [
            "title": .string(try texts.write("fields[\(index)].title", data)),
            "value": .string(try texts.write("fields[\(index)].value", data)),
            "short": .bool(field.short ?? slack.shortFields),
          ], omittingEmpty: ["title", "value"]))
    }
    return .array(fields)
  }

  private func actions(_ data: NotificationTemplateData) throws(DeliveryFailure) -> NotificationJSON {
    var actions: [NotificationJSON] = []
    for (index, action) in slack.actions.enumerated() {
      var members: [NotificationJSON.Member] = []
      var confirm: [NotificationJSON.Member] = []
      for (key, _) in Self.parts(of: action) {
        let text = try texts.write("actions[\(index)].\(key)", data)
        if text.isEmpty { continue }
        if key.hasPrefix("confirm.") {
          confirm.append(NotificationJSON.Member(name: String(key.dropFirst(8)), value: .string(text)))
        } else {
          members.append(NotificationJSON.Member(name: key, value: .string(text)))
        }
      }
      if !confirm.isEmpty { members.append(NotificationJSON.Member(name: "confirm", value: .object(confirm))) }
      actions.append(.object(members))
    }
    return .array(actions)
  }
}
