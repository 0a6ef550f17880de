import AlertLogic
import FleetModel
import Logging

/// What is posted to Microsoft Teams: a `MessageCard` to an incoming webhook
/// (<https://learn.microsoft.com/outlook/actionable-messages/message-card-reference>), or an adaptive card to a workflow
/// (<https://adaptivecards.io/explorer/>).
struct TeamsMessage: Sendable {
  /// Bytes that Teams takes, with room for what stands around the text.
  static let textLimit = 20_000

  /// Characters of a title or summary.
  static let titleLimit = 1024

  private let texts: MessageTexts
  private let isAdaptive: Bool

  init(_ teams: Receiver.MSTeams, of receiver: String, _ templates: NotificationTexts, logger: Logger? = nil)
    throws(ReceiverError)
  {
    typealias D = DefaultTexts.MSTeams
    isAdaptive = false
    texts = try MessageTexts(
      ["title": teams.title ?? D.title, "summary": teams.summary ?? D.summary, "text": teams.text ?? D.text],
      in: "msteams_configs", of: receiver, templates, logger: logger)
  }

  init(_ teams: Receiver.MSTeamsV2, of receiver: String, _ templates: NotificationTexts, logger: Logger? = nil)
    throws(ReceiverError)
  {
    typealias D = DefaultTexts.MSTeamsV2
    isAdaptive = true
    texts = try MessageTexts(
      ["title": teams.title ?? D.title, "text": teams.text ?? D.text], in: "msteamsv2_configs", of: receiver, templates,
      logger: logger)
  }

  func body(of notification: GroupNotification) throws(DeliveryFailure) -> [UInt8] {
    let data = NotificationTemplateData(notification)
    let title = NotificationJSON.string(
      NotificationWords.shortened(try texts.write("title", data), to: Self.titleLimit))
    let text = NotificationJSON.string(Self.cut(try texts.write("text", data)))
    let isFiring = notification.isFiring
    if isAdaptive { return card(title, text, isFiring: isFiring).bytes }
    return NotificationJSON.object([
      "@context": .string("http://schema.org/extensions"), "@type": .string("MessageCard"),
      "type": .string("MessageCard"), "title": title,
      "summary": .string(NotificationWords.shortened(try texts.write("summary", data), to: Self.titleLimit)),
      "text": text, "themeColor": .string(isFiring ? "8C1A1A" : "2DC72D"),
    ]).bytes
  }

  private func card(_ title: NotificationJSON, _ text: NotificationJSON, isFiring: Bool) -> NotificationJSON {
    let content: NotificationJSON = .object([
      "$schema": .string("http://adaptivecards.io/schemas/adaptive-card.json"), "type": .string("AdaptiveCard"),
      "version": .string("1.4"),
      "body": .array([
        .object([
          "type": .string("TextBlock"), "text": title, "weight": .string("Bolder"), "size": .string("Medium"),
          "wrap": .bool(true), "style": .string("heading"), "color": .string(isFiring ? "Attention" : "Good"),
        ]), .object(["type": .string("TextBlock"), "text": text, "wrap": .bool(true)]),
      ]), "msteams": .object(["width": .string("full")] as KeyValuePairs<String, NotificationJSON>),
    ])
    return .object([
      "type": .string("message"),
      "attachments": .array([
        .object([
          "contentType": .string("application/vnd.microsoft.card.adaptive"), "contentUrl": .null, "content": content,
        ])
      ]),
    ])
  }

  /// At most so many bytes, at the end of a character.
  private static func cut(_ text: String) -> String {
    guard text.utf8.count > textLimit else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: textLimit - 3)
    while end > text.startIndex, String.Index(end, within: text.unicodeScalars) == nil {
      end = text.utf8.index(before: end)
    }
    return String(text[..<end]) + "…"
  }
}
