public import FleetModel

extension NotificationMachine {
  /// Takes another policy: all alerts are routed anew. Groups whose route is still there (by ``RouteMatch/routeID``) keep their timers and
  /// what they are sending; where their receiver has changed they are due at once, for it has not been told. The log and the silences
  /// stay. O(alerts × routes).
  public mutating func replace(policy: CompiledPolicy, integrations: [String: [IntegrationFacts]], at now: Timestamp) {
    observe(now)
    var left: [Int32: Set<String>] = [:]
    for alert in alertTable.live where alertTable[alert].hasLeft { left[alert] = Set(leftRoutes(alert)) }
    var records: [GroupID: GroupRecord] = [:]
    var flying: [GroupID: UInt64] = [:]
    for group in groupTable.live {
      let id = id(of: group)
      let entry = groupTable[group]
      records[id] = GroupRecord(id: id, nextFlush: entry.nextFlush, hasFlushed: entry.hasFlushed, isFlushing: false)
      if entry.flight != 0 { flying[id] = entry.flight }
    }
    let before = self.integrations
    let receivers = Dictionary(self.policy.routes.map { ($0.routeID, $0.receiver) }, uniquingKeysWith: { $1 })
    self.policy = policy
    self.integrations = integrations
    grouping = Self.grouping(policy)
    inhibition = InhibitionIndex(policy.inhibitRules)
    groupTable = GroupTable()
    timers.removeAll()
    pending.groups = []
    for (id, flight) in flights where flight.group != nil { flights[id]?.group = nil }

    restoreGroups(records, at: now)
    for group in groupTable.live {
      let id = id(of: group)
      markChanged(group: group)
      let receiver = policy.nodes[Int(groupTable[group].key.route)].match.receiver
      if receivers[id.routeID] == receiver, before[receiver] == integrations[receiver] {
        guard let flight = flying[id] else { continue }
        flights[flight]?.group = group
        flights[flight]?.repeatInterval = policy.nodes[Int(groupTable[group].key.route)].match.repeatInterval
        groupTable[group].flight = flight
      } else {
        groupTable[group].nextFlush = now
        timers.push(group, due: now)
      }
    }
    for alert in alertTable.live {
      alertTable[alert].groups = GroupNumbers()
      inhibition.put(alert, isNew: true, in: alertTable)
      if left[alert] != nil { markChanged(alert: alert) }
    }
    for alert in alertTable.live { route(alert, leaving: left[alert] ?? [], at: now) }
  }
}
