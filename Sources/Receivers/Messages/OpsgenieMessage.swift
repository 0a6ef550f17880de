import AlertLogic
import FleetModel
import Logging

/// Requests to Opsgenie's Alert API (<https://docs.opsgenie.com/docs/alert-api>): an alert is opened, or closed, under an
/// alias that is the group's.
struct OpsgenieMessage: Sendable {
  struct Request: Sendable, Hashable {
    var method = "POST"
    /// Behind the API's address, which ends with a `/`.
    var path: String
    var body: [UInt8]
  }

  /// Characters of a message.
  static let messageLimit = 130
  /// Characters of a description.
  static let descriptionLimit = 15_000

  private let opsgenie: Receiver.Opsgenie
  private let texts: MessageTexts

  init(_ opsgenie: Receiver.Opsgenie, of receiver: String, _ templates: NotificationTexts, logger: Logger? = nil)
    throws(ReceiverError)
  {
    self.opsgenie = opsgenie
    typealias D = DefaultTexts.Opsgenie
    var own: [String: String?] = [
      "message": opsgenie.message ?? D.message, "description": opsgenie.description ?? D.description,
      "source": opsgenie.source ?? D.source, "entity": opsgenie.entity, "actions": opsgenie.actions,
      "tags": opsgenie.tags, "note": opsgenie.note, "priority": opsgenie.priority,
    ]
    for (key, text) in opsgenie.details { own["details.\(key)"] = text }
    for (index, responder) in opsgenie.responders.enumerated() {
      own["responders[\(index)].id"] = responder.id
      own["responders[\(index)].name"] = responder.name
      own["responders[\(index)].username"] = responder.username
      own["responders[\(index)].type"] = responder.type
    }
    texts = try MessageTexts(own, in: "opsgenie_configs", of: receiver, templates, logger: logger)
  }

  /// To be sent in this order.
  func requests(for notification: GroupNotification) throws(DeliveryFailure) -> [Request] {
    let data = NotificationTemplateData(notification)
    let alias = GroupHash.text(notification.groupKey)
    let source = NotificationJSON.string(try texts.write("source", data))
    guard notification.isFiring else {
      return [
        Request(
          path: "v2/alerts/\(alias)/close?identifierType=alias", body: NotificationJSON.object(["source": source]).bytes
        )
      ]
    }
    let message = NotificationWords.shortened(try texts.write("message", data), to: Self.messageLimit)
    let description = NotificationWords.shortened(try texts.write("description", data), to: Self.descriptionLimit)
    var details = notification.commonLabels.dictionary
    for key in opsgenie.details.keys { details[key] = try texts.write("details.\(key)", data) }
    let alert: NotificationJSON = .object(
      [
        "alias": .string(alias), "message": .string(message), "description": .string(description),
        "details": .object(details), "source": source, "responders": .array(try responders(data)),
        "tags": .strings(Self.words(try texts.write("tags", data))), "note": .string(try texts.write("note", data)),
        "priority": .string(try texts.write("priority", data)), "entity": .string(try texts.write("entity", data)),
        "actions": .strings(Self.words(try texts.write("actions", data))),
      ], omittingEmpty: ["description", "responders", "tags", "note", "priority", "entity", "actions"])
    var requests = [Request(path: "v2/alerts", body: alert.bytes)]
    if opsgenie.updateAlerts {
      requests += [
        Request(
          method: "PUT", path: "v2/alerts/\(alias)/message?identifierType=alias",
          body: NotificationJSON.object(["message": .string(message)]).bytes),
        Request(
          method: "PUT", path: "v2/alerts/\(alias)/description?identifierType=alias",
          body: NotificationJSON.object(["description": .string(description)]).bytes),
      ]
    }
    return requests
  }

  /// What stands between commas.
  static func words(_ text: String) -> [String] {
    text.split(separator: ",").map { NotificationWords.trimmed(String($0)) }.filter { !$0.isEmpty }
  }

  private func responders(_ data: NotificationTemplateData) throws(DeliveryFailure) -> [NotificationJSON] {
    var responders: [NotificationJSON] = []
    for index in opsgenie.responders.indices {
      func text(_ key: String) throws(DeliveryFailure) -> String {
        try texts.write("responders[\(index)].\(key)", data)
      }
      let (id, name, username) = (try text("id"), try text("name"), try text("username"))
      let type = try text("type").lowercased()
      if type == "teams" {
        responders += Self.words(name).map { .object(["name": .string($0), "type": .string("team")]) }
      } else if !(id + name + username).isEmpty {
        responders.append(
          .object(
            ["id": .string(id), "name": .string(name), "username": .string(username), "type": .string(type)],
            omittingEmpty: ["id", "name", "username"]))
      }
    }
    return responders
  }
}
