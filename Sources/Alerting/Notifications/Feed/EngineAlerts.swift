import AlertLogic
import FleetModel

/// Which of the alerts that are known the rules hold firing: those end when the rules say so, and by nobody else's word.
struct EngineAlerts: Sendable {
  /// How many alerts of the rules fire with these labels: two rules of one name in two groups may raise the same.
  private var holders: [LabelSet: Int] = [:]

  func holds(_ labels: LabelSet) -> Bool { holders[labels] != nil }

  /// Takes what the rules say, in their order.
  ///
  /// - Returns: what it means to the routes; `nil` if another of the rules' alerts with these labels still fires.
  mutating func take(_ alert: NotifiedAlert) -> NotifiedAlert? {
    guard alert.endsAt != nil else {
      holders[alert.labels, default: 0] += 1
      return alert
    }
    guard let count = holders[alert.labels], count > 1 else {
      holders[alert.labels] = nil
      return alert
    }
    holders[alert.labels] = count - 1
    return nil
  }

  /// What someone else says; `nil` for an alert that the rules hold: neither its end nor its words are theirs to say.
  func admit(_ alert: NotifiedAlert) -> NotifiedAlert? { holds(alert.labels) ? nil : alert }

  /// Brings what was restored to how the rules stand after a restart.
  ///
  /// What fires is said again. What the rules held before and hold no more ended while Skep was down or when it began: at the time
  /// that their history gives. Where it gives none, Skep was killed before the rules' state was written, and they may raise it
  /// again with the next samples: it ends as an alert does whose sender fell silent, after the resolve timeout.
  mutating func reconcile(
    restored: [NotifiedAlert], firing: [NotifiedAlert], resolved: [NotifiedAlert], resolveTimeout: Duration,
    at now: Timestamp
  ) -> [NotifiedAlert] {
    var changes = firing.compactMap { take($0) }
    var ends: [LabelSet: Timestamp] = [:]
    for alert in resolved { ends[alert.labels] = alert.endsAt }
    for alert in restored where alert.endsAt == nil && !holds(alert.labels) {
      var ended = alert
      ended.updatedAt = now
      if let end = ends[alert.labels], end >= alert.startsAt {
        ended.endsAt = end
      } else {
        ended.endsAt = now + resolveTimeout
        ended.endsByTimeout = true
      }
      changes.append(ended)
    }
    return changes
  }
}
