import AlertLogic
import FleetModel
import Logging

/// Writes one structured line for each alert of a notification to Skep's own log.
struct LogWriter: Sendable {
  let logger: Logger

  func write(_ notification: GroupNotification) {
    for alert in notification.alerts {
      var metadata: Logger.Metadata = [
        "receiver": "\(notification.receiver)", "alert_name": "\(alert.name)",
        "labels": .dictionary(alert.labels.dictionary.mapValues { "\($0)" }), "active_since": "\(alert.startsAt)",
      ]
      if !alert.annotations.isEmpty {
        metadata["annotations"] = .dictionary(alert.annotations.dictionary.mapValues { "\($0)" })
      }
      if let end = alert.endsAt { metadata["resolved_at"] = "\(end)" }
      logger.log(
        level: level(of: alert), alert.endsAt == nil ? "alert firing" : "alert resolved", metadata: metadata)
    }
  }

  private func level(of alert: NotifiedAlert) -> Logger.Level {
    if alert.endsAt != nil { return .info }
    return switch alert.labels["severity"].flatMap(Severity.init(rawValue:)) {
    case .info: .info
    case .warning, nil: .warning
    case .critical: .error
    case .emergency: .critical
    }
  }
}
