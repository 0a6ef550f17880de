import AlertLogic
import FleetModel

/// The body that Alertmanager posts to a webhook, version 4
/// (<https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>).
///
/// One alert is one group here, as under Alertmanager's `group_by: ['...']`: all its labels are the group's.
struct WebhookMessage: Encodable, Sendable {
  var version = "4"
  var groupKey: String
  var truncatedAlerts = 0
  var status: String
  var receiver: String
  var groupLabels: [String: String]
  var commonLabels: [String: String]
  var commonAnnotations: [String: String]
  var externalURL: String
  var alerts: [Entry]

  struct Entry: Encodable, Sendable {
    var status: String
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String
    var generatorURL: String
    var fingerprint: String
  }

  init(_ notification: AlertNotification, receiver: String, externalURL: String) {
    let alert = notification.alert
    var labels = alert.labels
    labels["alertname"] = alert.name
    // An expression rule may give its alerts a severity of its own words, which routes go by.
    let ownWord = labels["severity"].map { Severity(rawValue: $0) == nil } ?? false
    if !ownWord { labels["severity"] = alert.severity.rawValue }
    if labels[AlertIdentity.agentLabel] == nil, let agent = alert.affectedAgents.first {
      labels[AlertIdentity.agentLabel] = agent
    }
    var annotations = alert.annotations
    annotations["description"] = alert.description
    if let runbook = alert.runbookURL { annotations["runbook_url"] = runbook }
    let group = labels.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { LabelMatcher($0.key, .equal, Self.escaped($0.value)).description }
    groupKey = "{}:{\(group.joined(separator: ", "))}"
    status = notification.kind.rawValue
    self.receiver = receiver
    groupLabels = labels
    commonLabels = labels
    commonAnnotations = annotations
    self.externalURL = externalURL
    alerts = [
      Entry(
        status: notification.kind.rawValue, labels: labels, annotations: annotations,
        startsAt: (alert.firedAt ?? alert.activeSince).description,
        // What Go prints for a time that is not set, and what receivers test for.
        endsAt: alert.resolvedAt?.description ?? "0001-01-01T00:00:00Z", generatorURL: externalURL,
        fingerprint: AlertIdentity.fingerprint(of: labels))
    ]
  }

  private static func escaped(_ value: String) -> String {
    var text = ""
    for character in value {
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
    return text
  }
}
