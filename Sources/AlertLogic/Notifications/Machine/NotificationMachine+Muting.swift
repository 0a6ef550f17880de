import FleetModel

/// The alerts of a group that nothing keeps quiet.
struct ToldAlerts: Sendable {
  var firing: [Int32] = []
  var resolved: [Int32] = []

  var isEmpty: Bool { firing.isEmpty && resolved.isEmpty }
}

extension NotificationMachine {
  /// Alertmanager's stages before the log: inhibition, active and mute time intervals, silences. They all drop alerts, so their order
  /// does not show; the one that costs least goes first. O(members).
  mutating func unmuted(_ group: Int32, _ route: RouteMatch, at now: Timestamp) -> ToldAlerts {
    var told = ToldAlerts()
    guard policy.mutedBy(route, at: now).isEmpty else { return told }
    for alert in groupTable[group].members {
      if isSilenced(alert, at: now) || inhibition.inhibitor(of: alertTable[alert].alert.labels, at: now) != nil {
        continue
      }
      if alertTable[alert].alert.isResolved(at: now) { told.resolved.append(alert) } else { told.firing.append(alert) }
    }
    return told
  }

  func fingerprints(of told: ToldAlerts) -> (firing: [UInt64], resolved: [UInt64]) {
    (
      told.firing.map { alertTable[$0].fingerprint }.sorted(), told.resolved.map { alertTable[$0].fingerprint }.sorted()
    )
  }

  /// Holds the alert against the silences that came since it was last asked for.
  private mutating func isSilenced(_ alert: Int32, at now: Timestamp) -> Bool {
    guard silenceTable.count > 0 else { return false }
    if alertTable[alert].silencesSeen != silenceTable.latest {
      alertTable[alert].silences = silencesMatching(alert, at: now)
      alertTable[alert].silencesSeen = silenceTable.latest
    }
    return alertTable[alert].silences.contains { silenceTable.silence(number: $0)?.state(at: now) == .active }
  }

  /// The numbers of the silences that match the alert, those left out that are forgotten or had expired when it was first held against them.
  func silencesMatching(_ alert: Int32, at now: Timestamp) -> [UInt32] {
    let entry = alertTable[alert]
    var found = entry.silences.filter { silenceTable.silence(number: $0) != nil }
    silenceTable.matches(entry.alert.labels, after: entry.silencesSeen, at: now, to: &found)
    return found
  }
}
