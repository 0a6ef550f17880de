import AlertLogic
import FleetModel

extension EngineState {
  /// What outlives a restart.
  func document() -> AlertStateDocument {
    var document = AlertStateDocument()
    document.active = active.all.compactMap(record)
    document.history = history.suffix(max(options.historyLength, 0)).map(AlertStateDocument.AlertRecord.init)
    for (agent, machine) in health {
      for (instance, error) in machine.failing {
        document.failing.append(AlertStateDocument.FailingInstance(agent: agent, instance: instance, error: error))
      }
    }
    for pair in pairs.values where !pair.machine.isNamed && !pair.machine.isDormant {
      guard let rule = book[pair.key.rule]?.rule.name else { continue }
      document.absencePairs.append(
        AlertStateDocument.PairRecord(rule: rule, agent: pair.key.agent, metric: pair.key.metric))
    }
    for (handler, notifications) in desk.undelivered {
      document.undelivered += notifications.map { notification in
        AlertStateDocument.UndeliveredRecord(
          handler: handler, kind: notification.kind.rawValue, id: notification.alert.id,
          firedAt: (notification.alert.firedAt ?? notification.alert.activeSince).milliseconds)
      }
    }
    return document
  }

  private func record(_ owner: AlertOwner, _ alert: Alert) -> AlertStateDocument.ActiveRecord? {
    var phase = AlertLifecycle.Phase.inactive
    var keptSince: Int64?
    let described: AlertStateDocument.Owner
    switch owner {
    case .series(let token, let slot):
      guard let position = table.position(of: token), let rule = book[slot]?.rule else { return nil }
      let member = table[position].members.first { $0.rule == slot }
      phase = member?.machine.lifecycle.phase ?? .inactive
      described = .series(rule: rule.name, labels: table[position].labels.dictionary)
    case .absence(let id):
      guard let pair = pairs[id], let rule = book[pair.key.rule]?.rule else { return nil }
      phase = pair.machine.lifecycle.phase
      described = .absence(rule: rule.name, agent: pair.key.agent, metric: pair.key.metric)
    case .health(let agent): described = .health(agent: agent)
    case .expression(let owner):
      keptSince = expressions[owner.rule]?[owner.labels]?.keptSince?.milliseconds
      described = .expression(rule: owner.rule, labels: owner.labels.dictionary)
    }
    var keptUntil: Int64?
    if case .kept(let until) = phase { keptUntil = until.milliseconds }
    return AlertStateDocument.ActiveRecord(
      alert: AlertStateDocument.AlertRecord(alert), owner: described, keptUntil: keptUntil, keptSince: keptSince)
  }

  /// Takes up where an earlier engine left off; the rules must be there already. Alerts of rules that are gone, or that
  /// watch the series no longer, resolve.
  mutating func restore(_ document: AlertStateDocument, at moment: Moment) {
    history = document.history.suffix(max(options.historyLength, 0)).map(\.alert)
    for pair in document.absencePairs {
      guard let slot = book.slot(named: pair.rule), let rule = book[slot], case .absence(let terms) = rule.terms,
        pairStillFits(rule.rule, agent: pair.agent, metric: pair.metric)
      else { continue }
      let key = AbsencePair.Key(rule: slot, agent: pair.agent, metric: pair.metric)
      watchPair(key, terms, isNamed: false, at: moment)
    }
    for (agent, instances) in Dictionary(grouping: document.failing, by: \.agent) {
      let failing = Dictionary(instances.map { ($0.instance, $0.error) }, uniquingKeysWith: { $1 })
      health[agent] = AgentHealthMachine(restored: failing)
      healthConfirmationDeadline = moment.steady + options.lookback
    }
    for record in document.active {
      var alert = record.alert.alert
      alert.activeSince = min(alert.activeSince, moment.wall)
      guard let owner = adopt(record, alert, at: moment), active.insert(alert, of: owner) else {
        conclude(alert, at: moment)
        continue
      }
    }
    metrics.setActive(active.firing)
    desk.restore(undelivered(of: document))
  }

  /// Gives a restored alert back to the machine that it came from.
  private mutating func adopt(
    _ record: AlertStateDocument.ActiveRecord, _ alert: Alert, at moment: Moment
  ) -> AlertOwner? {
    let phase: AlertLifecycle.Phase =
      if alert.firedAt == nil {
        .pending(since: alert.activeSince)
      } else if let until = record.keptUntil {
        .kept(until: Timestamp(milliseconds: until))
      } else {
        .firing
      }
    switch record.owner {
    case .health(let agent): return health[agent]?.isFiring == true ? .health(agent: agent) : nil
    case .expression(let key, let pairs):
      // Whether the rule is still there its group says, and whether the alert still holds its evaluations.
      let owner = ExpressionOwner(rule: key, labels: LabelSet(pairs))
      expressions[key, default: [:]][owner.labels] = ExpressionStanding(
        keptSince: record.keptSince.map(Timestamp.init(milliseconds:)))
      return .expression(owner)
    case .series(let name, let pairs):
      let labels = LabelSet(pairs)
      let slots = book.slots(watching: labels)
      guard let slot = book.slot(named: name), slots.contains(slot) else { return nil }
      let position = watch(labels, slots: slots, at: moment)
      guard let index = table[position].members.firstIndex(where: { $0.rule == slot }) else { return nil }
      table[position].members[index].machine.resume(phase, observed: alert.value ?? .nan, at: moment.steady)
      let deadline = table[position].members[index].machine.deadline(table[position].members[index].terms)
      table[position].members[index].scheduled = deadline
      let owner = AlertOwner.series(token: table[position].token, rule: slot)
      if let deadline { push(deadline, .series(token: table[position].token, rule: slot)) }
      return owner
    case .absence(let name, let agent, let metric):
      guard let slot = book.slot(named: name), let rule = book[slot], case .absence(let terms) = rule.terms,
        pairStillFits(rule.rule, agent: agent, metric: metric)
      else { return nil }
      let key = AbsencePair.Key(rule: slot, agent: agent, metric: metric)
      let known = pairIDs[key]
      guard let id = watchPair(key, terms, isNamed: false, phase: phase, at: moment) else { return nil }
      if known != nil {
        pairs[id]?.machine.resume(phase, at: moment.steady)
        reschedule(pair: id)
      }
      return .absence(pair: id)
    }
  }

  private func pairStillFits(_ rule: AlertRule, agent: String, metric: String) -> Bool {
    (rule.agentID?.matches(agent) ?? true) && (rule.metricName?.matches(metric) ?? true)
  }

  /// An alert that nothing stands behind any more.
  private mutating func conclude(_ alert: Alert, at moment: Moment) {
    guard let firedAt = alert.firedAt else { return }
    var alert = alert
    alert.resolvedAt = max(moment.wall, firedAt)
    archive(alert)
    tell(AlertNotification(kind: .resolved, alert: alert), at: moment)
    isDirty = true
  }

  private func undelivered(of document: AlertStateDocument) -> [String: [AlertNotification]] {
    var known: [String: Alert] = [:]
    func key(_ id: String, _ firedAt: Int64) -> String { "\(firedAt) \(id)" }
    for record in document.history + document.active.map(\.alert) {
      known[key(record.id, record.firedAt ?? record.activeSince)] = record.alert
    }
    var result: [String: [AlertNotification]] = [:]
    for record in document.undelivered {
      guard let kind = AlertNotification.Kind(rawValue: record.kind), var alert = known[key(record.id, record.firedAt)]
      else { continue }
      // The firing was said before the end was known.
      if kind == .firing { alert.resolvedAt = nil }
      result[record.handler, default: []].append(AlertNotification(kind: kind, alert: alert))
    }
    return result
  }
}
