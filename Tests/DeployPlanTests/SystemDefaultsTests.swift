import DeployPlan
import FleetModel
import Testing

/// The defaults and the meaning of a well-formed file.
@Suite struct SystemDefaultsTests {
  private func system(_ text: String) throws -> FleetSystem {
    let reading = SystemFile.read(text, file: "system.yaml")
    return try #require(reading.system, "\(reading.diagnostics)")
  }

  @Test func defaultsOfTheSystem() throws {
    let system = try system("system: team")
    #expect(system.name == "team")
    #expect(system.namespace == "multi-agents")
    #expect(system.monitoring.collectionInterval == .seconds(30))
    #expect(system.monitoring.collectionTimeout == .seconds(10))
    #expect(system.monitoring.retention == .seconds(15 * 86_400))
    #expect(system.monitoring.retentionSize == nil)
    #expect(system.monitoring.failureThreshold == 1)
    #expect(system.mesh == .istio)
    #expect(system.limits.bodySize == 16 << 20)
    #expect(system.limits.samplesPerCollection == 50_000)
    #expect(system.limits.labelsPerSeries == 64)
    #expect(system.limits.labelNameLength == 1024)
    #expect(system.limits.labelValueLength == 4096)
    #expect(system.limits.seriesPerAgent == 100_000)
    #expect(system.limits.seriesTotal == 5_000_000)
    #expect(system.storage.fsyncInterval == .seconds(1))
    #expect(system.storage.outOfOrderWindow == .seconds(600))
    #expect(system.agents.isEmpty && system.alertRules.isEmpty && system.receivers.isEmpty && system.routes.isEmpty)
  }

  @Test func defaultsOfAnAgent() throws {
    let agent = try #require(try system("system: team\nagents: [{agent_id: planner}]").agents.first)
    #expect(agent.agentID.name == "planner")
    #expect(agent.image == nil && agent.tag == "latest" && agent.command.isEmpty)
    #expect(agent.ports == [8080])
    #expect(agent.metrics == .port(nil, path: "/metrics"))
    #expect(agent.healthCheck.path == "/health" && agent.healthCheck.readinessPath == "/ready")
    #expect(agent.healthCheck.port == 8080)
    #expect(agent.resources.cpuRequest == "100m" && agent.resources.memoryRequest == "256Mi")
    #expect(agent.resources.cpuLimit == "500m" && agent.resources.memoryLimit == "1Gi")
    #expect(agent.scaling == AgentSpec.Scaling())
    #expect(agent.scaling.initialReplicas == 3 && !agent.scaling.initialReplicasGiven)
    #expect(agent.scaling.minReplicas == 2 && agent.scaling.maxReplicas == 10)
    #expect(agent.scaling.targetCPU == 70 && agent.scaling.targetMemory == 80)
    #expect(agent.loadBalancer == .roundRobin)
    #expect(agent.routingRules.isEmpty && agent.labels.isEmpty && agent.environment.isEmpty)
  }

  @Test func defaultsOfARoutingRule() throws {
    let rule = try #require(
      try system("system: t\nagents: [{agent_id: a, routing_rules: [{}]}]").agents.first?.routingRules.first)
    #expect(rule.pathPrefix == "/" && rule.port == 8080 && rule.weight == 100 && rule.headers.isEmpty)
  }

  @Test func defaultsOfAnAlertRule() throws {
    let rules = try system(
      """
      system: t
      alert_rules:
        - {name: a, description: d, condition_type: threshold, metric_name: x}
        - {name: b, description: d, condition_type: rate_of_change, metric_name: x}
        - {name: c, description: d, condition_type: absence, metric_name: x, window: 1m}
      """
    ).alertRules
    #expect(
      rules.map(\.condition) == [.threshold(.greater, 0), .rateOfChange(.greater, 0), .absence(window: .seconds(60))])
    #expect(rules.allSatisfy { $0.severity == .warning && $0.hold == .zero && $0.keepFiringFor == .zero })
  }

  @Test func theTimeoutGivesWayToAShorterInterval() throws {
    let system = try system(
      """
      system: t
      monitoring: {collection_interval: 5s}
      agents:
        - {agent_id: a, collection_interval: 1s}
        - {agent_id: b}
      """)
    #expect(system.monitoring.collectionTimeout == .seconds(5))
    #expect(system.agents.map(\.collectionTimeout) == [.seconds(1), nil])
  }

  @Test func theInitialReplicasGiveWayToTheBounds() throws {
    let text = "system: t\nagents: [{agent_id: a, scaling: {min_replicas: 1, max_replicas: 2}}]"
    let scaling = try #require(try system(text).agents.first).scaling
    #expect(scaling.initialReplicas == 2 && !scaling.initialReplicasGiven)
  }

  @Test func oneRuleTakesTheRestOfTheWeight() throws {
    let text = """
      system: t
      agents:
        - agent_id: a
          routing_rules: [{subset: v2, weight: 15}, {subset: v1}, {path_prefix: /x}]
      """
    #expect(try #require(try system(text).agents.first).routingRules.map(\.weight) == [15, 85, 100])
  }

  @Test func mergeKeysAndAliases() throws {
    let system = try system(
      """
      x-defaults: &defaults
        ports: [9000, 9001]
        health_check: {port: 9000}
        labels: {team: research}
      system: t
      agents:
        - {<<: *defaults, agent_id: a}
        - <<: *defaults
          agent_id: b
          labels: {team: writing}
      """)
    #expect(system.agents.map(\.ports) == [[9000, 9001], [9000, 9001]])
    #expect(system.agents.map { $0.labels["team"] } == ["research", "writing"])
  }

  @Test func textsKeepTheirForm() throws {
    let agent = try #require(
      try system("system: t\nagents: [{agent_id: a, image: x, tag: 1.10, environment: {A: 010, B: yes, C: ''}}]").agents
        .first)
    #expect(agent.tag == "1.10")
    #expect(agent.environment.map(\.value) == [.text("010"), .text("yes"), .text("")])
  }

  @Test func theOrderOfTheFileIsKept() throws {
    let agent = try #require(
      try system("system: t\nagents: [{agent_id: a, environment: {Z: 1, A: 2, M: 3}}]").agents.first)
    #expect(agent.environment.map(\.name) == ["Z", "A", "M"])
  }
}
