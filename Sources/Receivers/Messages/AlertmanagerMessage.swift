import AlertLogic
import FleetModel

/// Alerts handed on to another Alertmanager (`POST /api/v2/alerts`,
/// <https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml>).
enum AlertmanagerMessage {
  /// A firing alert is said to end so long after the notification: the other side would otherwise take it for resolved
  /// after its own resolve timeout, long before it is told again.
  static let validity: Duration = .seconds(24 * 3600)

  static func body(of notification: GroupNotification) -> [UInt8] {
    NotificationJSON.array(
      notification.alerts.map { alert in
        var members = [
          NotificationJSON.Member(name: "labels", value: .object(alert.labels.dictionary)),
          NotificationJSON.Member(name: "annotations", value: .object(alert.annotations.dictionary)),
          NotificationJSON.Member(name: "startsAt", value: .string(MessageTime.text(alert.startsAt))),
          NotificationJSON.Member(
            name: "endsAt", value: .string(MessageTime.text(alert.endsAt ?? notification.at + validity))),
        ]
        if !alert.generatorURL.isEmpty {
          members.append(NotificationJSON.Member(name: "generatorURL", value: .string(alert.generatorURL)))
        }
        return .object(members)
      }
    ).bytes
  }
}
