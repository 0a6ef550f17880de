public import FleetModel

extension NotificationMachine {
  public func alert(labels: LabelSet) -> NotifiedAlert? {
    alertTable.number(of: labels).map { alertTable[$0].alert }
  }

  /// How the alerts stand, by fingerprint; those that have ended too while a group holds them. O(alerts + chosen × (routes + rules)).
  public func alerts(at now: Timestamp, where chosen: (NotifiedAlert) -> Bool = { _ in true }) -> [AlertStanding] {
    var standings: [AlertStanding] = []
    for number in alertTable.live where chosen(alertTable[number].alert) { standings.append(standing(number, at: now)) }
    return standings.sorted { $0.fingerprint < $1.fingerprint }
  }

  /// How the groups stand, in Alertmanager's order: by labels, then receiver. Groups without a chosen alert are left out. O(alerts of
  /// all groups).
  public func groups(at now: Timestamp, where chosen: (NotifiedAlert) -> Bool = { _ in true }) -> [GroupStanding] {
    var standings: [GroupStanding] = []
    var known: [Int32: AlertStanding] = [:]
    for number in groupTable.live {
      let group = groupTable[number]
      var alerts: [AlertStanding] = []
      for member in group.members where chosen(alertTable[member].alert) {
        let standing = known[member] ?? standing(member, at: now)
        known[member] = standing
        alerts.append(standing)
      }
      guard !alerts.isEmpty else { continue }
      let route = policy.nodes[Int(group.key.route)].match
      standings.append(
        GroupStanding(
          id: id(of: number), receiver: route.receiver,
          key: CompiledPolicy.groupKey(routeKey: route.routeKey, labels: group.key.labels), nextFlush: group.nextFlush,
          isFlushing: group.flight != 0, mutedBy: policy.mutedBy(route, at: now),
          alerts: alerts.sorted { AlertOrder.precedes($0.alert.labels, $1.alert.labels) }))
    }
    return standings.sorted {
      if $0.labels != $1.labels { return AlertOrder.labelsPrecede($0.labels, $1.labels) }
      return $0.receiver != $1.receiver ? $0.receiver < $1.receiver : $0.id.routeID < $1.id.routeID
    }
  }

  private func standing(_ number: Int32, at now: Timestamp) -> AlertStanding {
    let entry = alertTable[number]
    let routes = policy.routes(for: entry.alert.labels)
    var muted: [String] = []
    for name in routes.flatMap({ policy.mutedBy($0, at: now) }) where !muted.contains(name) { muted.append(name) }
    let silencing = silencesMatching(number, at: now).compactMap { silenceTable.silence(number: $0) }
    return AlertStanding(
      fingerprint: entry.fingerprint.fingerprintText, alert: entry.alert, receivers: routes.map(\.receiver),
      silencedBy: silencing.filter { $0.state(at: now) == .active }.map(\.id).sorted(),
      inhibitedBy: inhibition.inhibitor(of: entry.alert.labels, at: now).map { [$0.fingerprintText] } ?? [],
      mutedBy: muted)
  }
}
