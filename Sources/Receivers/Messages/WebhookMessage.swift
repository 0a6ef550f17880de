import AlertLogic
import FleetModel
import GoTemplate

/// The body that Alertmanager posts to a webhook, version 4
/// (<https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>); programs get the same on standard input.
enum WebhookMessage {
  /// - Parameter maximum: alerts that are told at most; 0 for all. What the alerts have in common is then that of those.
  static func body(of notification: GroupNotification, maximum: Int = 0) -> [UInt8] {
    var told = notification
    let omitted = maximum > 0 ? max(0, notification.alerts.count - maximum) : 0
    if omitted > 0 { told.alerts = Array(told.alerts.prefix(maximum)) }
    let body: NotificationJSON = .object([
      "receiver": .string(NotificationTemplateData.quotedMeta(told.receiver)),
      "status": .string(told.isFiring ? "firing" : "resolved"), "alerts": .array(told.alerts.map(alert)),
      "groupLabels": .object(told.groupLabels.dictionary), "commonLabels": .object(told.commonLabels.dictionary),
      "commonAnnotations": .object(told.commonAnnotations.dictionary), "externalURL": .string(told.externalURL),
      "version": .string("4"), "groupKey": .string(told.groupKey), "truncatedAlerts": .int(omitted),
    ])
    return body.bytes + [0x0a]
  }

  private static func alert(_ alert: NotifiedAlert) -> NotificationJSON {
    let labels = alert.labels.dictionary
    return .object([
      "status": .string(alert.endsAt == nil ? "firing" : "resolved"), "labels": .object(labels),
      "annotations": .object(alert.annotations.dictionary), "startsAt": .string(MessageTime.text(alert.startsAt)),
      "endsAt": .string(alert.endsAt.map(MessageTime.text) ?? MessageTime.none),
      "generatorURL": .string(alert.generatorURL), "fingerprint": .string(AlertIdentity.fingerprint(of: labels)),
    ])
  }
}

/// Times as Go writes them into JSON.
enum MessageTime {
  /// RFC 3339 in UTC, the fraction without zeros at its end.
  static func text(_ time: Timestamp) -> String {
    GoTime(milliseconds: time.milliseconds).formatted("2006-01-02T15:04:05.999999999Z07:00")
  }

  /// A time that is not set.
  static let none = "0001-01-01T00:00:00Z"
}
