import AlertLogic
import CoreMetrics
import FleetModel

/// What the service says of itself (swift-metrics), beside what its lanes count.
struct NotificationMetrics: Sendable {
  private let alerts = Gauge(label: "skep_notification_alerts")
  private let groups = Gauge(label: "skep_notification_groups")
  private let silences: [String: Gauge]
  private let received: [Bool: Counter]

  init() {
    silences = Dictionary(
      uniqueKeysWithValues: ["active", "pending", "expired"].map {
        ($0, Gauge(label: "skep_silences", dimensions: [("state", $0)]))
      })
    received = [
      true: Counter(label: "skep_alerts_received_total", dimensions: [("status", "resolved")]),
      false: Counter(label: "skep_alerts_received_total", dimensions: [("status", "firing")]),
    ]
  }

  func count(received alerts: [NotifiedAlert], at now: Timestamp) {
    let resolved = alerts.count { $0.isResolved(at: now) }
    received[true]?.increment(by: resolved)
    received[false]?.increment(by: alerts.count - resolved)
  }

  func record(alerts: Int, groups: Int, silences: [Silence], at now: Timestamp) {
    self.alerts.record(alerts)
    self.groups.record(groups)
    var counts: [String: Int] = [:]
    for silence in silences {
      counts[silence.endsAt <= now ? "expired" : silence.startsAt > now ? "pending" : "active", default: 0] += 1
    }
    for (state, gauge) in self.silences { gauge.record(counts[state] ?? 0) }
  }
}
