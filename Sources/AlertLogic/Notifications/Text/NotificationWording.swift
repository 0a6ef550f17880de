import FleetModel
import GoTemplate

/// How Skep speaks of an alert.
struct AlertWording {
  let alert: NotifiedAlert

  init(_ alert: NotifiedAlert) { self.alert = alert }

  /// `HighMemory on planner`
  var headline: String {
    let name = alert.name.isEmpty ? "alert" : alert.name
    return place.map { "\(name) on \($0)" } ?? name
  }

  private var place: String? { Self.place(alert.labels) }

  /// What is concerned: the agent, or what other sources name so.
  static func place(_ labels: LabelSet) -> String? {
    for name in [AlertIdentity.agentLabel, "instance", "pod", "service", "job"] {
      if let value = labels[name], !value.isEmpty { return value }
    }
    return nil
  }

  var severity: String { alert.labels["severity"] ?? "" }

  /// What its rule says of it.
  var summary: String {
    var said: [String] = []
    for name in ["summary", "description", "message"] {
      if let text = alert.annotations[name], !text.isEmpty, !said.contains(text) { said.append(text) }
    }
    return said.joined(separator: "\n")
  }

  var runbook: String {
    ["runbook_url", "runbook"].lazy.compactMap { alert.annotations[$0] }.first { !$0.isEmpty } ?? ""
  }

  /// `since 23 Nov 10:15 UTC`, or `23 Nov 10:15 to 10:30 UTC (15m 0s)`.
  var period: String {
    let start = GoTime(milliseconds: alert.startsAt.milliseconds)
    let day = "2 Jan 15:04"
    guard let end = alert.endsAt else { return "since \(start.formatted(day)) UTC" }
    let ends = GoTime(milliseconds: end.milliseconds)
    let isSameDay = start.formatted("2006-01-02") == ends.formatted("2006-01-02")
    let length = RuleNumber.humanizeDuration(Double((end - alert.startsAt).wholeMilliseconds / 1000))
    return "\(start.formatted(day)) to \(ends.formatted(isSameDay ? "15:04" : day)) UTC (\(length))"
  }
}

/// How Skep speaks of a notification.
struct NotificationWording {
  let notification: GroupNotification

  init(_ notification: GroupNotification) { self.notification = notification }

  private static let ranks = ["emergency", "critical", "error", "page", "warning", "info", "none"]

  /// The gravest of those that fire, or of all where none does; empty where no alert says one.
  var severity: String {
    let alerts = notification.isFiring ? notification.firing : notification.alerts
    let severities = Set(alerts.map { AlertWording($0).severity }.filter { !$0.isEmpty })
    return severities.min { one, other in
      let (left, right) = (Self.rank(one), Self.rank(other))
      return left == right ? one < other : left < right
    } ?? ""
  }

  private static func rank(_ severity: String) -> Int {
    ranks.firstIndex(of: severity.lowercased()) ?? ranks.count - 2
  }

  /// One line, the most telling first: a phone shows no more of it.
  ///
  /// `CRITICAL: HighMemory on planner`, `WARNING: 3 alerts on planner`, `RESOLVED: HighMemory (12 alerts)`.
  var headline: String {
    let (firing, count) = (notification.firing.count, notification.alerts.count)
    let told = notification.isFiring ? firing : count
    let word = notification.isFiring ? (severity.isEmpty ? "firing" : severity) : "resolved"
    let labels = notification.commonLabels
    let name = labels[NotifiedAlert.nameLabel] ?? ""
    let place = AlertWording.place(labels).map { " on \($0)" } ?? ""
    var text = RuleWording.uppercased(word) + ": "
    if name.isEmpty {
      text += "\(told) \(told == 1 ? "alert" : "alerts")\(place)"
    } else {
      text += name + place + (told > 1 ? " (\(told) alerts)" : "")
    }
    if notification.isFiring, count > firing { text += ", \(count - firing) resolved" }
    return text
  }
}
