import AlertLogic
public import FleetModel

/// An alert of an expression rule that fired when Skep was ended.
public struct FiringBefore: Sendable, Hashable {
  /// With `alertname`.
  public var labels: LabelSet
  public var annotations: [String: String]
  public var value: Double
  public var activeAt: Timestamp
  public var firedAt: Timestamp
  /// Since when `keep_firing_for` kept it.
  public var keptSince: Timestamp?

  public init(
    labels: LabelSet, annotations: [String: String] = [:], value: Double, activeAt: Timestamp, firedAt: Timestamp,
    keptSince: Timestamp? = nil
  ) {
    self.labels = labels
    self.annotations = annotations
    self.value = value
    self.activeAt = activeAt
    self.firedAt = firedAt
    self.keptSince = keptSince
  }
}

extension RuleGroupEvaluation {
  /// Whether ``restore(at:source:firing:)`` is still to be called.
  public var awaitsRestore: Bool { rules.contains { !$0.isRestored } }

  /// Of each rule, whether that is done.
  var restored: [Bool] { rules.map(\.isRestored) }

  /// Lets alerts go on where they stood before a restart: to be called after the second evaluation, when collected samples and
  /// recorded series are there again.
  ///
  /// `for` goes on by the `ALERTS_FOR_STATE` series, as in Prometheus: after an outage of at most
  /// ``RuleEvaluationOptions/outageTolerance``, the time of the outage not counted, and with
  /// ``RuleEvaluationOptions/gracePeriod`` at least to wait. An alert that is known to have fired fires on, whatever its
  /// `for` and the outage, as long as its condition holds: nobody was told that it ended.
  ///
  /// - Returns: the positions of rules whose series could not be read, and why; their alerts begin anew.
  @discardableResult
  public mutating func restore(
    at now: Timestamp, source: some SeriesSource, firing: [ExpressionRuleKey: [FiringBefore]] = [:]
  ) async -> [Int: String] {
    let terms = ForStateRestoration(
      outageTolerance: options.outageTolerance, gracePeriod: options.gracePeriod)
    var problems: [Int: String] = [:]
    // A rule that failed says nothing yet of its alerts: it waits for the next evaluation.
    for index in rules.indices where !rules[index].isRestored && rules[index].health != .err {
      rules[index].isRestored = true
      guard case .alerts(_, let holding) = rules[index].compiled.output else { continue }
      if terms.restores(hold: holding.hold), !rules[index].machine.alerts.isEmpty {
        do {
          try await restoreStarts(of: index, holding.hold, terms, at: now, source)
        } catch {
          problems[index] = "the series \(AlertSeries.forState) cannot be read: \(error)"
        }
      }
      for alert in firing[rules[index].compiled.key] ?? [] {
        let instance = ExpressionAlertInstance(
          labels: alert.labels, annotations: alert.annotations, value: alert.value)
        rules[index].machine.resumeFiring(
          instance, activeAt: alert.activeAt, firedAt: alert.firedAt, keptSince: alert.keptSince, holding, at: now)
      }
    }
    return problems
  }

  private mutating func restoreStarts(
    of index: Int, _ hold: Duration, _ terms: ForStateRestoration, at now: Timestamp, _ source: some SeriesSource
  ) async throws {
    let rule = rules[index].compiled
    let matchers = [
      LabelMatcher(LabelSet.metricName, .equal, AlertSeries.forState),
      LabelMatcher(AlertSeries.alertName, .equal, rule.rule.name),
    ]
    let series = try await source.select(matchers, from: now - terms.outageTolerance, through: now)
    var last: [LabelSet: (time: Int64, value: Double)] = [:]
    for one in series {
      guard let time = one.samples.timestamps.last, let value = one.samples.values.last else { continue }
      last[one.labels] = (time, value)
    }
    for (labels, _) in rules[index].machine.active {
      let forState = AlertSeries.forStateLabels(labels, ruleLabels: rule.labels)
      guard let (time, value) = last[forState],
        let activeAt = terms.activeAt(
          lastTime: Timestamp(milliseconds: time), lastValue: value, hold: hold, now: now)
      else { continue }
      rules[index].machine.setActiveAt(activeAt, of: labels)
    }
  }
}
