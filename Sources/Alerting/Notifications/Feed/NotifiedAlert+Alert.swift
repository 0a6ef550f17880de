public import AlertLogic
public import FleetModel

extension NotifiedAlert {
  /// An alert of the rules as routes and receivers see it. It has no end until it is resolved: the rules say so themselves.
  ///
  /// - Parameter url: where people see what raised it.
  public init(_ alert: Alert, url: String, at now: Timestamp) {
    var labels = alert.labels
    labels[Self.nameLabel] = alert.name
    // An expression rule may give its alerts a severity of its own words, which routes go by.
    let ownWord = labels["severity"].map { Severity(rawValue: $0) == nil } ?? false
    if !ownWord { labels["severity"] = alert.severity.rawValue }
    if labels[AlertIdentity.agentLabel] == nil, let agent = alert.affectedAgents.first {
      labels[AlertIdentity.agentLabel] = agent
    }
    var annotations = alert.annotations
    annotations["description"] = alert.description
    if let runbook = alert.runbookURL { annotations["runbook_url"] = runbook }
    let startsAt = alert.firedAt ?? alert.activeSince
    self.init(
      labels: LabelSet(labels), annotations: LabelSet(annotations), startsAt: startsAt,
      endsAt: alert.resolvedAt.map { max($0, startsAt) }, updatedAt: now, generatorURL: url)
  }
}
