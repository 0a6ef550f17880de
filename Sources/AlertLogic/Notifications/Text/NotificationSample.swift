import FleetModel

/// Notifications on which texts are tried when they are loaded.
enum NotificationSample {
  static let all: [NotificationTemplateData] = [
    NotificationTemplateData(notification(resolved: [false, true])),
    NotificationTemplateData(notification(resolved: [true])),
  ]

  private static func notification(resolved: [Bool]) -> GroupNotification {
    let start = Timestamp(milliseconds: 1_700_000_000_000)
    let alerts = resolved.enumerated().map { index, isResolved in
      NotifiedAlert(
        labels: LabelSet([
          "alertname": "Sample", "agent_id": "agent-\(index)", "severity": "warning", "instance": "host:1",
          "job": "agents",
        ]),
        annotations: LabelSet([
          "summary": "a sample", "description": "a sample", "runbook_url": "https://runbooks.example/",
        ]),
        startsAt: start, endsAt: isResolved ? start + .seconds(60) : nil, updatedAt: start,
        generatorURL: "https://skep.example/graph")
    }
    return GroupNotification(
      receiver: "sample", groupKey: "{}:{alertname=\"Sample\"}", groupLabels: LabelSet(["alertname": "Sample"]),
      alerts: alerts, externalURL: "https://skep.example", at: start + .seconds(60))
  }
}
