public import FleetModel

extension NotificationMachine {
  /// Takes in alerts as they are said, each merged with what is known of the same labels. An alert that was never heard of and has
  /// ended already is taken too: a group that has told it as firing before a restart tells its end.
  ///
  /// O(routes) for an alert, whatever the number of alerts and groups.
  public mutating func put(_ alerts: some Sequence<NotifiedAlert>, at now: Timestamp) {
    observe(now)
    for alert in alerts { put(alert, at: now) }
  }

  private mutating func put(_ alert: NotifiedAlert, at now: Timestamp) {
    guard let number = alertTable.number(of: alert.labels) else {
      let number = alertTable.insert(alert)
      inhibition.put(number, isNew: true, in: alertTable)
      markChanged(alert: number)
      for route in policy.matches(alert.labels) { join(number, route: route, at: now) }
      return
    }
    let known = alertTable[number].alert
    var merged = known.taking(alert, at: now)
    // The same labels need not be held twice.
    merged.labels = known.labels
    if merged.annotations == known.annotations { merged.annotations = known.annotations }
    alertTable[number].alert = merged
    alertTable.touch(number)
    if merged.endsAt != known.endsAt { inhibition.put(number, isNew: false, in: alertTable) }
    markChanged(alert: number)
    if alertTable[number].hasLeft {
      alertTable[number].hasLeft = false
      for route in policy.matches(merged.labels) { join(number, route: route, at: now) }
    } else {
      for group in alertTable[number].groups.all { hurry(group, for: merged, at: now) }
    }
  }

  /// Puts an alert into its group of a route, which is made if it is not there.
  mutating func join(_ alert: Int32, route: Int, at now: Timestamp) {
    let labels = alertTable[alert].alert.labels
    let key = GroupTable.Key(
      route: Int32(truncatingIfNeeded: route), labels: grouping[route].map { labels.keeping($0) } ?? labels)
    let group: Int32
    if let known = groupTable.number(of: key) {
      group = known
    } else {
      let due = now + policy.nodes[route].match.groupWait
      group = groupTable.insert(GroupTable.Entry(key: key, nextFlush: due))
      timers.push(group, due: due)
      markChanged(group: group)
    }
    if !alertTable[alert].groups.contains(group) {
      alertTable[alert].groups.insert(group)
      groupTable.append(alert, to: group)
    }
    hurry(group, for: alertTable[alert].alert, at: now)
  }

  /// A group that has told nothing yet does so at once where the alert has waited long enough elsewhere.
  private mutating func hurry(_ group: Int32, for alert: NotifiedAlert, at now: Timestamp) {
    guard !groupTable[group].hasFlushed, groupTable[group].nextFlush > now else { return }
    let wait = policy.nodes[Int(groupTable[group].key.route)].match.groupWait
    guard alert.startsAt + wait < now else { return }
    groupTable[group].nextFlush = now
    timers.push(group, due: now)
    markChanged(group: group)
  }

  /// Takes alerts that have ended out of a group, and forgets those that no other group holds.
  mutating func leave(_ group: Int32, _ leaving: Set<Int32>) {
    guard !leaving.isEmpty else { return }
    groupTable.remove(leaving, from: group)
    for alert in leaving.sorted() {
      alertTable[alert].groups.remove(group)
      if alertTable[alert].groups.isEmpty {
        forget(alert)
      } else {
        alertTable[alert].hasLeft = true
        markChanged(alert: alert)
      }
    }
  }

  mutating func forget(_ alert: Int32) {
    let labels = alertTable[alert].alert.labels
    alertTable.remove(alert)
    inhibition.remove(labels: labels, from: alertTable)
    pending.goneAlerts.append(labels)
  }
}
