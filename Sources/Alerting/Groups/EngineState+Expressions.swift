import AlertLogic
import FleetModel

/// What an alert of an expression rule belongs to.
struct ExpressionOwner: Hashable, Sendable {
  var rule: ExpressionRuleKey
  /// With `alertname`.
  var labels: LabelSet
}

/// What the engine needs to know of an expression rule to make its alerts.
struct ExpressionRuleFacts: Sendable {
  var key: ExpressionRuleKey
  var name: String
  /// Of the only metric that it reads, else empty.
  var metric: String
}

extension EngineState {
  /// Brings the alerts of an expression rule to where they stand after an evaluation, and tells the handlers what fired and
  /// what ended. O(alerts of the rule).
  ///
  /// - Parameter isSettled: whether the rule is past its restoration. Before, no alert ends; and one that fired before a restart
  ///   fires on while the rule has it pending.
  mutating func take(_ reports: [ExpressionAlert], of rule: ExpressionRuleFacts, isSettled: Bool, at moment: Moment) {
    // An evaluation that was under way when its rule was removed ends after it.
    if let liveExpressions, !liveExpressions.contains(rule.key) { return }
    let before = expressions[rule.key] ?? [:]
    var left = before
    for report in reports {
      left[report.labels] = nil
      let owner = AlertOwner.expression(ExpressionOwner(rule: rule.key, labels: report.labels))
      guard var known = active[owner] else {
        begin(report, of: rule, owner, at: moment)
        continue
      }
      note(keptSince: report.keptSince, of: rule.key, report.labels, before)
      known.value = report.value
      let texts = Texts(report, rule: rule.name)
      known.annotations = texts.annotations
      known.runbookURL = texts.runbookURL
      known.description = texts.description
      if known.firedAt == nil, known.activeSince != report.activeAt {
        known.activeSince = report.activeAt
        isDirty = true
      }
      active.replace(owner, known)
      if report.state == .firing { fire(known, of: owner, at: moment) }
    }
    guard isSettled else { return }
    for labels in left.keys { end(ExpressionOwner(rule: rule.key, labels: labels), at: moment) }
  }

  private mutating func begin(
    _ report: ExpressionAlert, of rule: ExpressionRuleFacts, _ owner: AlertOwner, at moment: Moment
  ) {
    let alert = draft(report, of: rule)
    // Where another rule's alert has the same name and labels, that one says the same already, unless it is pending only.
    if report.state == .firing, let holder = active.owner(of: alert.id), active[holder]?.firedAt == nil {
      if case .expression(let other) = holder { expressions[other.rule]?[other.labels] = nil }
      _ = active.remove(holder)
    }
    guard active.insert(alert, of: owner) else { return }
    expressions[rule.key, default: [:]][report.labels] = ExpressionStanding(keptSince: report.keptSince)
    isDirty = true
    if report.state == .firing { fire(alert, of: owner, at: moment) }
  }

  private mutating func note(
    keptSince: Timestamp?, of rule: ExpressionRuleKey, _ labels: LabelSet,
    _ before: [LabelSet: ExpressionStanding]
  ) {
    guard before[labels]?.keptSince != keptSince else { return }
    expressions[rule]?[labels]?.keptSince = keptSince
    isDirty = true
  }

  private mutating func end(_ owner: ExpressionOwner, at moment: Moment) {
    expressions[owner.rule]?[owner.labels] = nil
    if expressions[owner.rule]?.isEmpty == true { expressions[owner.rule] = nil }
    let owner = AlertOwner.expression(owner)
    if active[owner]?.firedAt == nil { _ = active.remove(owner) } else { resolve(owner, at: moment) }
    isDirty = true
  }

  /// Ends the alerts of rules that are gone.
  mutating func retainExpressions(_ keys: Set<ExpressionRuleKey>, at moment: Moment) {
    liveExpressions = keys
    for (key, standings) in expressions where !keys.contains(key) {
      for labels in standings.keys { end(ExpressionOwner(rule: key, labels: labels), at: moment) }
    }
  }

  /// The firing alerts of expression rules.
  var firingExpressions: [ExpressionRuleKey: [FiringBefore]] {
    var firing: [ExpressionRuleKey: [FiringBefore]] = [:]
    for (key, standings) in expressions {
      for (labels, standing) in standings {
        guard let alert = active[.expression(ExpressionOwner(rule: key, labels: labels))], let firedAt = alert.firedAt
        else { continue }
        firing[key, default: []].append(
          FiringBefore(
            labels: labels, annotations: alert.annotationsAsWritten, value: alert.value ?? .nan,
            activeAt: alert.activeSince, firedAt: firedAt, keptSince: standing.keptSince))
      }
    }
    return firing
  }

  private func draft(_ report: ExpressionAlert, of rule: ExpressionRuleFacts) -> Alert {
    var labels = report.labels.dictionary
    labels[AlertSeries.alertName] = nil
    let agent = labels[AlertIdentity.agentLabel] ?? ""
    let texts = Texts(report, rule: rule.name)
    return Alert(
      id: AlertIdentity.id(
        rule: rule.name, agent: agent, metric: rule.metric, labels: report.labels.removing(AlertSeries.alertName)),
      name: rule.name, severity: labels[Self.severityLabel].flatMap(Severity.init) ?? .warning,
      description: texts.description, affectedAgents: agent.isEmpty ? [] : [agent], activeSince: report.activeAt,
      labels: labels, annotations: texts.annotations, runbookURL: texts.runbookURL, value: report.value)
  }

  static let severityLabel = "severity"

  /// The annotations that Skep has fields for, and the others.
  private struct Texts {
    let description: String
    let runbookURL: String?
    let annotations: [String: String]

    init(_ report: ExpressionAlert, rule: String) {
      var others = report.annotations
      let description = others.removeValue(forKey: "description")
      self.description = description ?? others["summary"] ?? others["message"] ?? rule
      runbookURL = others.removeValue(forKey: "runbook_url")
      annotations = others
    }
  }
}

/// What the engine keeps of an expression alert beside the alert.
struct ExpressionStanding: Sendable {
  /// Since when `keep_firing_for` keeps it.
  var keptSince: Timestamp?
}

extension Alert {
  /// With those that have fields of their own.
  fileprivate var annotationsAsWritten: [String: String] {
    var all = annotations
    all["description"] = description
    all["runbook_url"] = runbookURL
    return all
  }
}
