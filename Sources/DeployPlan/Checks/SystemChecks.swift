import FleetModel

/// What must hold between the parts of a system, once each is read.
enum SystemChecks {
  static func run(_ system: inout FleetSystem, _ reader: Reader) {
    checkCollectionTimes(&system, reader)
    checkAgents(system, reader)
    MeshChecks.run(system, reader)
    checkRules(system, reader)
    AlertingChecks.run(&system, reader)
    checkStorage(system, reader)
  }

  /// The timeout is never above the interval. A default timeout gives way to a shorter interval; a given one does not.
  private static func checkCollectionTimes(_ system: inout FleetSystem, _ reader: Reader) {
    let timeoutPath = "monitoring.collection_timeout"
    guard reader.isSound(timeoutPath, "monitoring.collection_interval") else { return }
    if system.monitoring.collectionTimeout > system.monitoring.collectionInterval {
      if reader.isGiven(timeoutPath) {
        reportTimeout(
          timeoutPath, system.monitoring.collectionTimeout, system.monitoring.collectionInterval,
          intervalGiven: reader.isGiven("monitoring.collection_interval"), reader)
        return
      }
      system.monitoring.collectionTimeout = system.monitoring.collectionInterval
    }
    guard reader.isSound("agents") else { return }
    for index in system.agents.indices {
      let path = Path.index(index, in: "agents")
      let agentTimeout = Path.key("collection_timeout", in: path)
      let agentInterval = Path.key("collection_interval", in: path)
      guard reader.isSound(agentTimeout, agentInterval) else { continue }
      let interval = system.agents[index].collectionInterval ?? system.monitoring.collectionInterval
      let timeout = system.agents[index].collectionTimeout ?? system.monitoring.collectionTimeout
      guard timeout > interval else { continue }
      if system.agents[index].collectionTimeout != nil {
        reportTimeout(agentTimeout, timeout, interval, intervalGiven: true, reader)
      } else {
        system.agents[index].collectionTimeout = interval
      }
    }
  }

  private static func reportTimeout(
    _ path: String, _ timeout: Duration, _ interval: Duration, intervalGiven: Bool, _ reader: Reader
  ) {
    reader.error(
      path,
      "\(PrometheusDuration.format(timeout)) is above collection_interval \(PrometheusDuration.format(interval))"
        + (intervalGiven ? "" : " (the default)"),
      mend: "lower it or raise the interval")
  }

  private static func checkAgents(_ system: FleetSystem, _ reader: Reader) {
    guard reader.isSound("agents") else { return }
    var first: [AgentID: Int] = [:]
    for (index, agent) in system.agents.enumerated() {
      let path = Path.index(index, in: "agents")
      guard reader.isSound(Path.key("agent_id", in: path)) else { continue }
      if let other = first[agent.agentID] {
        reader.error(
          Path.key("agent_id", in: path), "\"\(agent.agentID)\" is the id of agents[\(other)] too",
          mend: "give each agent an id of its own")
      } else {
        first[agent.agentID] = index
      }
    }
    for (index, agent) in system.agents.enumerated() {
      let listPath = Path.key("depends_on", in: Path.index(index, in: "agents"))
      guard reader.isSound(listPath) else { continue }
      for (position, dependency) in agent.dependsOn.enumerated() where first[dependency] == nil {
        let names = first.keys.map(\.name).sorted()
        reader.error(
          Path.index(position, in: listPath), "there is no agent \"\(dependency)\"",
          mend: KeyDistance.nearest(to: dependency.name, among: names).map { "did you mean \"\($0)\"?" }
            ?? "add the agent, or remove it here")
      }
    }
    reportCycle(system, first, reader)
    checkWaivers(system, Set(first.keys), reader)
  }

  private static func checkWaivers(_ system: FleetSystem, _ agents: Set<AgentID>, _ reader: Reader) {
    guard reader.isSound("waivers") else { return }
    for (index, waiver) in system.waivers.enumerated() {
      let path = Path.key("agent", in: Path.index(index, in: "waivers"))
      guard let agent = waiver.agent, reader.isSound(path), !agents.contains(agent) else { continue }
      reader.error(
        path, "there is no agent \"\(agent)\"",
        mend: KeyDistance.nearest(to: agent.name, among: agents.map(\.name).sorted()).map { "did you mean \"\($0)\"?" }
          ?? "remove the waiver, or name one of the agents")
    }
  }

  /// Agents that wait for each other: what remains when all that wait for nobody have been taken away.
  private static func reportCycle(_ system: FleetSystem, _ positions: [AgentID: Int], _ reader: Reader) {
    var waiting: [AgentID: Set<AgentID>] = [:]
    for (id, index) in positions {
      waiting[id] = Set(system.agents[index].dependsOn.filter { positions[$0] != nil && $0 != id })
    }
    while true {
      let ready = waiting.filter { $0.value.isEmpty }.map(\.key)
      if ready.isEmpty { break }
      for id in ready { waiting[id] = nil }
      for id in waiting.keys { waiting[id]?.subtract(ready) }
    }
    guard var current = waiting.keys.min() else { return }
    var walked: [AgentID] = []
    while !walked.contains(current) {
      walked.append(current)
      guard let next = waiting[current]?.min() else { return }
      current = next
    }
    let cycle = walked.drop { $0 != current } + [current]
    guard let index = positions[current] else { return }
    reader.error(
      Path.key("depends_on", in: Path.index(index, in: "agents")),
      "agents wait for each other: \(cycle.map(\.name).joined(separator: " → "))", mend: "break the circle")
  }

  private static func checkRules(_ system: FleetSystem, _ reader: Reader) {
    if reader.isSound("alert_rules") {
      reportDuplicates(system.alertRules.map(\.name), key: "name", in: "alert_rules", "rule", reader)
    }
    guard reader.isSound("recording_rules") else { return }
    var seen: Set<RecordedSeries> = []
    for (index, rule) in system.recordingRules.enumerated() {
      let path = Path.key("record", in: Path.index(index, in: "recording_rules"))
      guard reader.isSound(path) else { continue }
      if !seen.insert(RecordedSeries(record: rule.record, labels: rule.labels)).inserted {
        reader.error(
          path, "another rule records \"\(rule.record)\" with the same labels", mend: "rename one of the two")
      }
    }
  }

  private struct RecordedSeries: Hashable {
    let record: String
    let labels: [String: String]
  }

  static func reportDuplicates(
    _ names: [String], key: String, in listPath: String, _ word: String, _ reader: Reader
  ) {
    var seen: [String: Int] = [:]
    for (index, name) in names.enumerated() {
      let path = Path.key(key, in: Path.index(index, in: listPath))
      guard reader.isSound(path) else { continue }
      if let first = seen[name] {
        reader.error(
          path, "\"\(YAMLTree.shortened(name))\" is the name of \(listPath)[\(first)] too",
          mend: "give each \(word) a name of its own")
      } else {
        seen[name] = index
      }
    }
  }

  private static func checkStorage(_ system: FleetSystem, _ reader: Reader) {
    guard reader.isSound("storage.remote_write") else { return }
    let named = system.storage.remoteWrite.enumerated().compactMap { index, target in
      target.name.map { (index: index, name: $0) }
    }
    var seen: Set<String> = []
    for (index, name) in named where !seen.insert(name).inserted {
      reader.error(
        "storage.remote_write[\(index)].name", "\"\(YAMLTree.shortened(name))\" is the name of another target too",
        mend: "give each a name of its own")
    }
    let query = "storage.query_http_config"
    if reader.isGiven(query), !reader.isGiven("storage.query_url") {
      reader.error(query, "means nothing without query_url", mend: "give query_url or remove it")
    }
  }
}
