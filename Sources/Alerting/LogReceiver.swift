import FleetModel
public import Logging

/// Writes one structured line for each alert that fires or resolves.
public struct LogReceiver: Sendable {
  private let logger: Logger

  public init(logger: Logger) { self.logger = logger }

  public func deliver(_ notification: AlertNotification) async throws {
    let alert = notification.alert
    var metadata: Logger.Metadata = [
      "alert_id": "\(alert.id)", "alert_name": "\(alert.name)", "severity": "\(alert.severity.rawValue)",
      "affected_agents": .array(alert.affectedAgents.map { "\($0)" }), "description": "\(alert.description)",
      "active_since": "\(alert.activeSince)",
    ]
    if let value = alert.value { metadata["value"] = "\(value)" }
    if let runbook = alert.runbookURL { metadata["runbook_url"] = "\(runbook)" }
    if let resolved = alert.resolvedAt { metadata["resolved_at"] = "\(resolved)" }
    let level: Logger.Level =
      switch (notification.kind, alert.severity) {
      case (.resolved, _), (.firing, .info): .info
      case (.firing, .warning): .warning
      case (.firing, .critical): .error
      case (.firing, .emergency): .critical
      }
    logger.log(level: level, "alert \(notification.kind.rawValue)", metadata: metadata)
  }
}
