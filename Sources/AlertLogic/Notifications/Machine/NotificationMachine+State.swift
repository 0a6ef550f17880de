import FleetModel

/// What changed since the changes were last taken.
struct PendingChanges: Sendable {
  var alerts: [Int32] = []
  var goneAlerts: [LabelSet] = []
  var groups: [Int32] = []
  var goneGroups: [GroupID] = []
  var silences: Set<String> = []
  var goneSilences: [String] = []
}

extension NotificationMachine {
  /// What is to be stored, since it was last asked for. Each thing comes once, as it is now. O(changes).
  public mutating func takeChanges() -> StateChanges {
    var changes = StateChanges()
    for number in pending.alerts where Int(number) < alertTable.entries.count && alertTable[number].isChanged {
      alertTable[number].isChanged = false
      changes.alerts.append(record(alert: number))
    }
    for number in pending.groups where Int(number) < groupTable.entries.count && groupTable[number].isChanged {
      groupTable[number].isChanged = false
      changes.groups.append(record(group: number))
    }
    changes.silences = pending.silences.sorted().compactMap { silenceTable[$0] }
    changes.goneAlerts = pending.goneAlerts
    changes.goneGroups = pending.goneGroups
    changes.goneSilences = pending.goneSilences
    log.takeChanges(into: &changes)
    pending = PendingChanges()
    return changes
  }

  /// Everything that the changes so far amount to.
  public var state: NotificationState {
    var state = NotificationState()
    state.alerts = alertTable.live.map(record(alert:))
    state.groups = groupTable.live.map(record(group:))
    state.silences = silences
    state.log = log.records
    return state
  }

  mutating func restore(_ state: NotificationState, at now: Timestamp) {
    for silence in state.silences {
      // Its expressions parsed when it was set; one that does not parse any more cannot match.
      do throws(SilenceError) { try silenceTable.put(silence) } catch { continue }
    }
    for record in state.log {
      log.restore(record)
    }
    log.clampTimes(to: now)
    var timersOfGroups: [GroupID: GroupRecord] = [:]
    for record in state.groups { timersOfGroups[record.id] = record }
    restoreGroups(timersOfGroups, at: now)
    for record in state.alerts where alertTable.number(of: record.alert.labels) == nil {
      let alert = awaited(record, at: now)
      let number = alertTable.insert(alert)
      if alert != record.alert { markChanged(alert: number) }
      inhibition.put(number, isNew: true, in: alertTable)
      route(number, leaving: Set(record.leftRoutes), at: now)
    }
  }

  /// Whoever says an alert anew before its end could not do so while the process was down: it gets the resolve timeout to say it
  /// again. An end that was said, or told, stays.
  private func awaited(_ record: AlertRecord, at now: Timestamp) -> NotifiedAlert {
    var alert = record.alert
    let grace = now + policy.policy.resolveTimeout
    guard let end = alert.endsAt, end > alert.updatedAt, end < grace, record.leftRoutes.isEmpty else { return alert }
    alert.endsAt = grace
    alert.endsByTimeout = true
    return alert
  }

  /// Makes the groups of the routes that are there, with the timers that they had.
  mutating func restoreGroups(_ records: [GroupID: GroupRecord], at now: Timestamp) {
    var routes: [String: Int] = [:]
    for node in policy.nodes { routes[node.match.routeID] = node.match.index }
    for record in records.values.sorted(by: {
      $0.id.labels != $1.id.labels
        ? LabelSet.precedes($0.id.labels, $1.id.labels) : $0.id.routeID < $1.id.routeID
    }) {
      guard let route = routes[record.id.routeID] else {
        pending.goneGroups.append(record.id)
        continue
      }
      let match = policy.nodes[route].match
      let latest = now + max(match.groupWait, match.groupInterval)
      var due = min(record.nextFlush, latest)
      if record.isFlushing { due = now }
      let key = GroupTable.Key(route: Int32(truncatingIfNeeded: route), labels: record.id.labels)
      guard groupTable.number(of: key) == nil else { continue }
      let group = groupTable.insert(GroupTable.Entry(key: key, nextFlush: due, hasFlushed: record.hasFlushed))
      timers.push(group, due: due)
      if due != record.nextFlush || record.isFlushing { markChanged(group: group) }
    }
  }

  /// Puts an alert into the groups of its routes, but not into those that have let it go.
  mutating func route(_ number: Int32, leaving left: Set<String>, at now: Timestamp) {
    var hasLeft = false
    for route in policy.matches(alertTable[number].alert.labels) {
      if left.contains(policy.nodes[route].match.routeID) {
        hasLeft = true
      } else {
        join(number, route: route, at: now)
      }
    }
    alertTable[number].hasLeft = hasLeft
    if alertTable[number].groups.isEmpty { forget(number) }
  }

  mutating func markChanged(alert: Int32) {
    guard !alertTable[alert].isChanged else { return }
    alertTable[alert].isChanged = true
    pending.alerts.append(alert)
  }

  mutating func markChanged(group: Int32) {
    guard !groupTable[group].isChanged else { return }
    groupTable[group].isChanged = true
    pending.groups.append(group)
  }

  func id(of group: Int32) -> GroupID {
    let key = groupTable[group].key
    return GroupID(routeID: policy.nodes[Int(key.route)].match.routeID, labels: key.labels)
  }

  private func record(group number: Int32) -> GroupRecord {
    let group = groupTable[number]
    return GroupRecord(
      id: id(of: number), nextFlush: group.nextFlush, hasFlushed: group.hasFlushed, isFlushing: group.flight != 0)
  }

  private func record(alert number: Int32) -> AlertRecord {
    AlertRecord(alert: alertTable[number].alert, leftRoutes: leftRoutes(number))
  }

  /// The routes whose groups have let the alert go.
  func leftRoutes(_ number: Int32) -> [String] {
    guard alertTable[number].hasLeft else { return [] }
    let held = Set(alertTable[number].groups.all.map { Int(groupTable[$0].key.route) })
    return policy.matches(alertTable[number].alert.labels).filter { !held.contains($0) }
      .map { policy.nodes[$0].match.routeID }
  }
}
