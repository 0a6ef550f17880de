import AlertLogic
import FleetModel

extension EngineState {
  /// Carries out what a machine decided: keeps the alert and tells the handlers.
  mutating func apply(_ transition: AlertTransition?, to owner: AlertOwner, value: Double?, at moment: Moment) {
    switch transition {
    case nil: return
    case .continued:
      if let value { active.update(owner, value: value) }
      return
    case .becamePending:
      if let alert = draft(for: owner, value: value, at: moment) { _ = active.insert(alert, of: owner) }
    case .fired:
      guard let alert = draft(for: owner, value: value, at: moment) else { return }
      fire(alert, of: owner, at: moment)
    case .dropped: _ = active.remove(owner)
    case .resolved: resolve(owner, at: moment)
    }
    isDirty = true
  }

  mutating func fire(_ alert: Alert, of owner: AlertOwner, at moment: Moment) {
    // An alert of the same id that belongs to another series says the same already.
    if active[owner] == nil, !active.insert(alert, of: owner) { return }
    let fired = active.fire(owner, at: moment.wall, value: alert.value, description: alert.description)
    guard let fired else { return }
    metrics.setActive(active.firing)
    tell(AlertNotification(kind: .firing, alert: fired), at: moment)
  }

  mutating func resolve(_ owner: AlertOwner, at moment: Moment) {
    guard var alert = active.remove(owner), let firedAt = alert.firedAt else { return }
    alert.resolvedAt = max(moment.wall, firedAt)
    archive(alert)
    metrics.setActive(active.firing)
    tell(AlertNotification(kind: .resolved, alert: alert), at: moment)
  }

  func tell(_ notification: AlertNotification, at moment: Moment) {
    sink?(notification)
    desk.post(notification, at: moment)
  }

  /// Adds to the history and trims it, a tenth at a time so that trimming costs nothing for each alert.
  mutating func archive(_ alert: Alert) {
    history.append(alert)
    let length = max(options.historyLength, 0)
    if history.count > length + max(length / 10, 1) { history.removeFirst(history.count - length) }
  }

  /// The alert as it would be if its condition began to hold now.
  private func draft(for owner: AlertOwner, value: Double?, at moment: Moment) -> Alert? {
    switch owner {
    case .series(let token, let slot):
      guard let rule = book[slot]?.rule, let position = table.position(of: token) else { return nil }
      let series = table[position].labels
      let metric = series.metricName
      let agent = series[AlertIdentity.agentLabel] ?? ""
      var labels = series.dictionary
      labels[LabelSet.metricName] = nil
      let id = AlertIdentity.id(rule: rule.name, agent: agent, metric: metric, labels: series)
      return draft(rule, id: id, agent: agent, metric: metric, labels: labels, value: value, at: moment)
    case .absence(let id):
      guard let key = pairs[id]?.key, let rule = book[key.rule]?.rule else { return nil }
      var labels = key.agent.isEmpty ? [:] : [AlertIdentity.agentLabel: key.agent]
      for matcher in rule.labels where matcher.operation == .equal && !matcher.value.isEmpty {
        labels[matcher.name] = matcher.value
      }
      let name = AlertIdentity.id(rule: rule.name, agent: key.agent, metric: key.metric, labels: LabelSet())
      return draft(rule, id: name, agent: key.agent, metric: key.metric, labels: labels, value: nil, at: moment)
    case .health, .expression: return nil
    }
  }

  private func draft(
    _ rule: AlertRule, id: String, agent: String, metric: String, labels: [String: String], value: Double?,
    at moment: Moment
  ) -> Alert {
    let threshold =
      switch rule.condition {
      case .threshold(_, let bound), .rateOfChange(_, let bound): AlertText.number(bound)
      case .absence(let window): PrometheusDuration.format(window)
      case .expression: ""
      }
    let facts = AlertText.Facts(
      agentID: agent, metricName: metric, value: value.map(AlertText.number) ?? "no data", threshold: threshold)
    var labels = labels
    // Without it two metrics of one series' other labels could not be told apart by those who know labels alone.
    if rule.metricName?.literal == nil, labels["metric_name"] == nil { labels["metric_name"] = metric }
    return Alert(
      id: id, name: rule.name, severity: rule.severity, description: AlertText.fill(rule.description, with: facts),
      affectedAgents: agent.isEmpty ? [] : [agent], activeSince: moment.wall, labels: labels,
      annotations: rule.annotations, runbookURL: rule.runbookURL, value: value)
  }

  // MARK: Health

  mutating func handle(_ event: InstanceEvent, at moment: Moment) {
    let agent = event.agentID.name
    let transition = health[agent, default: AgentHealthMachine()].step(event)
    applyHealth(transition, agent: agent, at: moment)
    guard case .removed = event, health[agent]?.instances.isEmpty == true else { return }
    if health[agent]?.isFiring == false { health[agent] = nil }
    for (id, pair) in pairs where pair.key.agent == agent { step(pair: id, .agentRemoved, at: moment) }
  }

  /// Resolves the restored health alerts of instances that have not shown up since the restart.
  mutating func confirmHealth(at moment: Moment) {
    guard let deadline = healthConfirmationDeadline, deadline <= moment.steady else { return }
    healthConfirmationDeadline = nil
    for agent in health.keys {
      applyHealth(health[agent]?.dropUnconfirmed(), agent: agent, at: moment)
      if health[agent]?.instances.isEmpty == true { health[agent] = nil }
    }
  }

  private mutating func applyHealth(_ transition: AgentHealthMachine.Transition?, agent: String, at moment: Moment) {
    let owner = AlertOwner.health(agent: agent)
    switch transition {
    case nil: return
    case .fired(let problem):
      let alert = Alert(
        id: AlertIdentity.healthID(agent: agent), name: "Agent Health Issue", severity: .critical,
        description: "agent \(agent) fails: \(problem)", affectedAgents: [agent], activeSince: moment.wall,
        labels: [AlertIdentity.agentLabel: agent])
      fire(alert, of: owner, at: moment)
    case .changed(let problem): active.update(owner, description: "agent \(agent) fails: \(problem)")
    case .resolved: resolve(owner, at: moment)
    }
    isDirty = true
  }
}

extension InstanceEvent {
  var agentID: AgentID {
    switch self {
    case .failed(let agentID, _, _, _, _), .recovered(let agentID, _, _), .removed(let agentID, _, _): agentID
    }
  }
}
