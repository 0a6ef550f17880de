import AlertLogic
import FleetModel
import Logging

/// An event for PagerDuty: of the Events API v2 (<https://developer.pagerduty.com/docs/send-alert-event>), or of v1 where
/// the integration has a service key.
struct PagerDutyMessage: Sendable {
  /// Characters of a summary.
  static let summaryLimit = 1024
  /// Bytes of an event; details are left out of a longer one.
  static let sizeLimit = 512_000
  static let omission = "left out: with the details the event would be longer than the 512 kB that PagerDuty takes"

  private let pagerDuty: Receiver.PagerDuty
  private let templates: NotificationTexts
  private let texts: MessageTexts
  private let details: [String]

  init(_ pagerDuty: Receiver.PagerDuty, of receiver: String, _ templates: NotificationTexts, logger: Logger? = nil)
    throws(ReceiverError)
  {
    self.pagerDuty = pagerDuty
    self.templates = templates
    typealias D = DefaultTexts.PagerDuty
    var own: [String: String?] = [
      "client": pagerDuty.client ?? D.client, "client_url": pagerDuty.clientURL ?? D.clientURL,
      "description": pagerDuty.description ?? D.description, "severity": pagerDuty.severity ?? D.severity,
      "source": pagerDuty.source ?? pagerDuty.client ?? D.client, "class": pagerDuty.class,
      "component": pagerDuty.component, "group": pagerDuty.group,
    ]
    let details = D.details.merging(pagerDuty.details) { _, own in own }
    for (key, text) in details { own["details.\(key)"] = text }
    for (index, image) in pagerDuty.images.enumerated() {
      own["images[\(index)].src"] = image.src
      own["images[\(index)].alt"] = image.alt
      own["images[\(index)].href"] = image.href
    }
    for (index, link) in pagerDuty.links.enumerated() {
      own["links[\(index)].href"] = link.href
      own["links[\(index)].text"] = link.text
    }
    self.details = details.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    texts = try MessageTexts(own, in: "pagerduty_configs", of: receiver, templates, logger: logger)
  }

  var usesServiceKey: Bool { pagerDuty.serviceKey != nil || pagerDuty.serviceKeyFile != nil }

  /// Where the event goes.
  var url: String { usesServiceKey ? Receiver.PagerDuty.serviceURL : pagerDuty.url ?? Receiver.PagerDuty.defaultURL }

  /// - Parameter key: the routing key or service key, from the configuration or its file.
  func body(of notification: GroupNotification, key: String) throws(DeliveryFailure) -> [UInt8] {
    let data = NotificationTemplateData(notification)
    let key = try MessageTexts.secret(
      key, named: usesServiceKey ? "service_key" : "routing_key", templates, data)
    var written: [String: String] = [:]
    for name in details { written[name] = try texts.write("details.\(name)", data) }
    let body = try event(notification, data, key, written).bytes
    if body.count <= Self.sizeLimit { return body }
    return try event(notification, data, key, ["error": Self.omission]).bytes
  }

  private func event(
    _ notification: GroupNotification, _ data: NotificationTemplateData, _ key: String, _ details: [String: String]
  ) throws(DeliveryFailure) -> NotificationJSON {
    func text(_ key: String) throws(DeliveryFailure) -> NotificationJSON { .string(try texts.write(key, data)) }
    let summary = NotificationJSON.string(
      NotificationWords.shortened(try texts.write("description", data), to: Self.summaryLimit))
    let action = NotificationJSON.string(notification.isFiring ? "trigger" : "resolve")
    let group = NotificationJSON.string(GroupHash.text(notification.groupKey))
    if usesServiceKey {
      let isFiring = notification.isFiring
      return .object(
        [
          "service_key": .string(key), "incident_key": group, "event_type": action, "description": summary,
          "client": isFiring ? try text("client") : .null, "client_url": isFiring ? try text("client_url") : .null,
          "details": .object(details),
        ], omittingEmpty: ["client", "client_url", "description", "details"])
    }
    let payload: NotificationJSON = .object(
      [
        "summary": summary, "source": try text("source"),
        "severity": .string(Self.severity(try texts.write("severity", data))), "class": try text("class"),
        "component": try text("component"), "group": try text("group"), "custom_details": .object(details),
      ], omittingEmpty: ["class", "component", "group", "custom_details"])
    return .object(
      [
        "routing_key": .string(key), "dedup_key": group, "event_action": action, "payload": payload,
        "client": try text("client"), "client_url": try text("client_url"), "images": try images(data),
        "links": try links(data),
      ], omittingEmpty: ["client", "client_url", "images", "links"])
  }

  /// One of the four words that PagerDuty takes: it refuses an event with another.
  static func severity(_ word: String) -> String {
    switch NotificationWords.trimmed(word).lowercased() {
    case "emergency", "critical", "page": "critical"
    case "warning": "warning"
    case "info", "none": "info"
    default: "error"
    }
  }

  /// Without those whose address comes out empty.
  private func images(_ data: NotificationTemplateData) throws(DeliveryFailure) -> NotificationJSON {
    var images: [NotificationJSON] = []
    for index in pagerDuty.images.indices {
      let src = try texts.write("images[\(index)].src", data)
      if src.isEmpty { continue }
      images.append(
        .object([
          "src": .string(src), "alt": .string(try texts.write("images[\(index)].alt", data)),
          "href": .string(try texts.write("images[\(index)].href", data)),
        ]))
    }
    return .array(images)
  }

  private func links(_ data: NotificationTemplateData) throws(DeliveryFailure) -> NotificationJSON {
    var links: [NotificationJSON] = []
    for index in pagerDuty.links.indices {
      let href = try texts.write("links[\(index)].href", data)
      if href.isEmpty { continue }
      links.append(
        .object(["href": .string(href), "text": .string(try texts.write("links[\(index)].text", data))]))
    }
    return .array(links)
  }
}
