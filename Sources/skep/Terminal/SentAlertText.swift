import ControlPlane
import FleetModel

/// Alerts and silences of the Alertmanager API as people read them.
enum SentAlertText {
  static func table(of alerts: [SentAlert], at now: Timestamp) -> String {
    var table = Table(
      ("ALERT", .left), ("STATE", .left), ("SEVERITY", .left), ("SINCE", .left), ("RECEIVERS", .left),
      ("LABELS", .left),
      ("SUMMARY", .left))
    for alert in alerts {
      let others = alert.labels.filter { $0.key != "alertname" && $0.key != "severity" }
      table.add(
        .init(alert.name), .init(alert.state, alert.state == "firing" ? .red : .yellow),
        .init(alert.labels["severity"] ?? "-"), .init(Wording.age((now - alert.startsAt.timestamp).seconds)),
        .init(receivers(of: alert)), .init(labels(others)), .init(summary(of: alert)))
    }
    return table.text
  }

  /// One alert, all that is known of it.
  static func text(of alert: SentAlert) -> String {
    var lines = [
      "\(Terminal.safe(alert.name))  \(alert.state)  \(Terminal.safe(alert.labels["severity"] ?? "-"))",
      "  \(Terminal.safe(summary(of: alert)))", "  since     \(RFC3339.format(alert.startsAt.timestamp))",
      "  id        \(alert.fingerprint)", "  receivers \(Terminal.safe(receivers(of: alert)))",
    ]
    for id in alert.status.silencedBy { lines.append("  silenced  by \(id)") }
    for id in alert.status.inhibitedBy { lines.append("  inhibited by \(id)") }
    if let url = alert.generatorURL { lines.append("  source    \(Terminal.safe(url))") }
    for (name, value) in alert.labels.sorted(by: { $0.key < $1.key }) {
      lines.append("  label     \(Terminal.safe(name))=\(Terminal.safe(value))")
    }
    for (name, value) in alert.annotations.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(Terminal.safe(name)): \(Terminal.safe(value))")
    }
    return lines.joined(separator: "\n")
  }

  static func table(of silences: [SentSilence], at now: Timestamp) -> String {
    var table = Table(
      ("SILENCE", .left), ("STATE", .left), ("MATCHERS", .left), ("ENDS", .left), ("LEFT", .left), ("BY", .left),
      ("COMMENT", .left))
    for silence in silences {
      let state = silence.status?.state ?? "-"
      let end = silence.endsAt.timestamp
      table.add(
        .init(silence.id ?? "-"), .init(state, state == "active" ? .yellow : nil), .init(matchers(of: silence)),
        .init(RFC3339.format(end)), .init(state == "expired" ? "-" : Wording.age((end - now).seconds)),
        .init(silence.createdBy), .init(silence.comment))
    }
    return table.text
  }

  static func matchers(of silence: SentSilence) -> String {
    silence.matchers.map(\.matcher.matcherText).joined(separator: " ")
  }

  private static func receivers(of alert: SentAlert) -> String {
    var names: [String] = []
    for receiver in alert.receivers where !names.contains(receiver.name) { names.append(receiver.name) }
    return names.joined(separator: ", ")
  }

  private static func summary(of alert: SentAlert) -> String {
    alert.annotations["summary"] ?? alert.annotations["description"] ?? ""
  }

  private static func labels(_ labels: [String: String]) -> String {
    labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }
}
