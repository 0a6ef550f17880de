public import FleetModel

extension NotificationMachine {
  /// Looks at the groups whose time has come. Those that are still sending are not among them: they come when they are done. Those that have
  /// nothing to tell are done with at once and do not appear. O(alerts of the groups that are due).
  public mutating func flushDue(at now: Timestamp) -> [Flush] {
    observe(now)
    var flushes: [Flush] = []
    while let (group, due) = timers.pop(at: now) {
      if isDue(group, due), let flush = flush(group, at: now) { flushes.append(flush) }
    }
    if now >= nextSweep { sweep(at: now) }
    if now >= nextExpiry { expire(at: now) }
    while let (group, due) = timers.next, !isDue(group, due) { timers.removeNext() }
    return flushes
  }

  /// Whether this is the time that the group has, and it may flush then.
  private func isDue(_ group: Int32, _ due: Timestamp) -> Bool {
    guard Int(group) < groupTable.entries.count else { return false }
    let entry = groupTable.entries[Int(group)]
    return entry.isLive && entry.flight == 0 && entry.nextFlush == due
  }

  private mutating func flush(_ group: Int32, at now: Timestamp) -> Flush? {
    let route = policy.nodes[Int(groupTable[group].key.route)].match
    groupTable[group].hasFlushed = true
    groupTable[group].nextFlush = now + max(route.groupInterval, .milliseconds(1))
    markChanged(group: group)
    var resolved: [(alert: Int32, revision: UInt32)] = []
    for alert in groupTable[group].members where alertTable[alert].alert.isResolved(at: now) {
      resolved.append((alert, alertTable[alert].revision))
    }
    var flight = Flight(
      group: group, routeKey: route.routeKey, labels: groupTable[group].key.labels, receiver: route.receiver,
      repeatInterval: route.repeatInterval, resolved: resolved, sends: [])
    let told = unmuted(group, route, at: now)
    var sends: [(integration: Int, reason: NotificationDecision.Reason)] = []
    if !told.isEmpty {
      let (firing, ended) = fingerprints(of: told)
      flight.firing = Set(firing)
      for (index, facts) in (integrations[route.receiver] ?? []).enumerated() {
        let send = Flight.Send(integration: index, facts: facts)
        guard case .tell(let reason) = decide(flight, send, firing, ended, at: now) else { continue }
        if firing.isEmpty, !facts.sendResolved {
          _ = note(flight, send, entry(flight, firing, ended, at: now))
        } else {
          flight.sends.append(send)
          sends.append((index, reason))
        }
      }
    }
    guard !sends.isEmpty else {
      end(flight, at: now)
      return nil
    }
    lastFlight += 1
    flights[lastFlight] = flight
    groupTable[group].flight = lastFlight
    let id = GroupID(routeID: route.routeID, labels: flight.labels)
    return Flush(
      id: lastFlight, group: id, groupKey: CompiledPolicy.groupKey(routeKey: route.routeKey, labels: flight.labels),
      receiver: route.receiver,
      sends: zip(flight.sends, sends).map { send, decided in
        Flush.Send(
          id: SendID(flush: lastFlight, integration: decided.integration), integration: send.facts.name,
          reason: decided.reason)
      }, until: now + max(route.groupInterval, Self.minimumSendingTime))
  }

  /// What to send now: the group as it stands at `now`, so nothing but the id has to wait for a slow receiver. What fired when the
  /// flush began is told as firing even if it ended since: nobody else may have heard of it, and the next flush tells its end.
  /// `nil` where there is nothing to tell any more, or the send is not known; it has ended then. May be asked for again before each
  /// try: what was given last is what ``finished(_:delivered:at:)`` logs. O(n log n) in the alerts of the group.
  public mutating func notification(of id: SendID, externalURL: String, at now: Timestamp) -> GroupNotification? {
    observe(now)
    guard var flight = flights[id.flush],
      let index = flight.sends.firstIndex(where: { $0.integration == id.integration && $0.isOpen })
    else { return nil }
    let send = flight.sends[index]
    guard let group = flight.group else {
      flight.sends[index].isOpen = false
      keep(flight, id.flush, at: now)
      return nil
    }
    let route = policy.nodes[Int(groupTable[group].key.route)].match
    let told = firing(flight, among: unmuted(group, route, at: now))
    let (firing, ended) = fingerprints(of: told)
    var isTelling = false
    if case .tell = decide(flight, send, firing, ended, at: now), !told.isEmpty { isTelling = true }
    let entry = entry(flight, firing, ended, at: now)
    if isTelling, firing.isEmpty, !send.facts.sendResolved {
      _ = note(flight, send, entry)
      isTelling = false
    }
    guard isTelling else {
      flight.sends[index].isOpen = false
      keep(flight, id.flush, at: now)
      return nil
    }
    flights[id.flush]?.sends[index].told = entry
    var shown = told.firing.map { alert in
      var shown = alertTable[alert].alert
      shown.endsAt = nil
      return shown
    }
    if send.facts.sendResolved { shown += told.resolved.map { alertTable[$0].alert } }
    shown.sort { AlertOrder.precedes($0.labels, $1.labels) }
    return GroupNotification(
      receiver: flight.receiver, groupKey: CompiledPolicy.groupKey(routeKey: flight.routeKey, labels: flight.labels),
      groupLabels: flight.labels, alerts: shown, externalURL: externalURL, at: now)
  }

  /// Takes note of the end of a send: what was given out for it counts as told where it was delivered. After the last send of its flush
  /// the group is free again. `nil` where the send is not known, was not delivered or was overtaken; the record is among the next
  /// ``takeChanges()`` too.
  @discardableResult
  public mutating func finished(_ id: SendID, delivered: Bool, at now: Timestamp) -> LogRecord? {
    observe(now)
    guard var flight = flights[id.flush],
      let index = flight.sends.firstIndex(where: { $0.integration == id.integration && $0.isOpen })
    else { return nil }
    flight.sends[index].isOpen = false
    var record: LogRecord?
    if delivered, var told = flight.sends[index].told {
      // After a reload the group may have told something newer through another flight.
      let known = log[flight.key(flight.sends[index])]
      let isOutdated = flight.group == nil && known.map { $0.toldAt > told.toldAt } ?? false
      told.toldAt = now
      told.expiresAt = now + Self.logRetention(flight.repeatInterval)
      if !isOutdated { record = note(flight, flight.sends[index], told) }
    } else {
      flight.hasFailed = true
    }
    keep(flight, id.flush, at: now)
    return record
  }

  /// Counts as firing what fired when the flush began.
  private func firing(_ flight: Flight, among told: ToldAlerts) -> ToldAlerts {
    guard !told.resolved.isEmpty, !flight.firing.isEmpty else { return told }
    var counted = ToldAlerts(firing: told.firing)
    for alert in told.resolved {
      if flight.firing.contains(alertTable[alert].fingerprint) {
        counted.firing.append(alert)
      } else {
        counted.resolved.append(alert)
      }
    }
    return counted
  }

  private mutating func keep(_ flight: Flight, _ id: UInt64, at now: Timestamp) {
    guard flight.isDone else {
      flights[id] = flight
      return
    }
    flights[id] = nil
    end(flight, at: now)
  }

  /// The group is free again; what had ended when the flush began and was not said again since leaves it.
  private mutating func end(_ flight: Flight, at now: Timestamp) {
    guard let group = flight.group else { return }
    groupTable[group].flight = 0
    timers.push(group, due: groupTable[group].nextFlush)
    markChanged(group: group)
    guard !flight.hasFailed else { return }
    leave(group, Set(flight.resolved.filter { alertTable.isUnchanged($0.alert, since: $0.revision) }.map(\.alert)))
  }

  private func decide(
    _ flight: Flight, _ send: Flight.Send, _ firing: [UInt64], _ resolved: [UInt64], at now: Timestamp
  ) -> NotificationDecision {
    NotificationDecision(
      firing: firing, resolved: resolved, entry: log[flight.key(send)], sendResolved: send.facts.sendResolved,
      repeatInterval: flight.repeatInterval, at: now)
  }

  private func entry(_ flight: Flight, _ firing: [UInt64], _ resolved: [UInt64], at now: Timestamp)
    -> NotificationLog.Entry
  {
    NotificationLog.Entry(
      firing: firing, resolved: resolved, toldAt: now, expiresAt: now + Self.logRetention(flight.repeatInterval))
  }

  private mutating func note(_ flight: Flight, _ send: Flight.Send, _ entry: NotificationLog.Entry) -> LogRecord {
    log.put(entry, for: flight.key(send))
    return LogRecord(
      key: flight.key(send), firing: entry.firing, resolved: entry.resolved, toldAt: entry.toldAt,
      expiresAt: entry.expiresAt)
  }

  private static func logRetention(_ repeatInterval: Duration) -> Duration {
    max(NotificationLog.retention, repeatInterval + repeatInterval)
  }

  private mutating func sweep(at now: Timestamp) {
    for group in groupTable.empty.sorted() where groupTable[group].flight == 0 {
      pending.goneGroups.append(id(of: group))
      groupTable.remove(group)
    }
    nextSweep = Self.next(nextSweep, Self.sweepInterval, after: now)
  }

  private mutating func expire(at now: Timestamp) {
    log.removeExpired(at: now)
    pending.goneSilences += silenceTable.removeForgotten(at: now)
    nextExpiry = Self.next(nextExpiry, Self.expiryInterval, after: now)
  }

  /// The first tick after `now`.
  static func next(_ tick: Timestamp, _ interval: Duration, after now: Timestamp) -> Timestamp {
    let step = interval.wholeMilliseconds
    let missed = (now - tick).wholeMilliseconds / step
    return Timestamp(milliseconds: tick.milliseconds + (missed + 1) * step)
  }
}
