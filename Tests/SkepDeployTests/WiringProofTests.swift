import FleetModel
import SkepDeploy
import Testing

@testable import DeployPlan

/// What is rendered for monitoring sees what the fleet exposes, and what would not is found.
struct WiringProofTests {
  private static let metrics = [
    ExposedMetric(name: "process_cpu_seconds_total", type: .counter),
    ExposedMetric(name: "process_resident_memory_bytes", type: .gauge),
    ExposedMetric(name: "process_open_fds", type: .gauge), ExposedMetric(name: "process_max_fds", type: .gauge),
    ExposedMetric(name: "process_start_time_seconds", type: .gauge),
    ExposedMetric(name: "agent_requests_total", type: .counter, labels: ["operation", "status"]),
    ExposedMetric(name: "agent_request_duration_seconds", type: .histogram, labels: ["operation"]),
    ExposedMetric(name: "agent_messages_sent_total", type: .counter, labels: ["peer"]),
    ExposedMetric(name: "agent_tokens_total", type: .counter, labels: ["direction", "model"]),
    ExposedMetric(name: "agent_queue_depth", type: .gauge),
  ]

  private static func system(_ change: (inout FleetSystem) throws -> Void = { _ in }) throws -> FleetSystem {
    var system = FleetSystem(name: "research-team")
    for name in ["planner", "critic"] {
      var agent = AgentSpec(agentID: try AgentID(name))
      agent.image = "registry.example/\(name):1"
      agent.exposes = metrics
      agent.labels = ["team": "research"]
      system.agents.append(agent)
    }
    try change(&system)
    return system
  }

  private static func findings(
    _ system: FleetSystem, changing change: (inout MonitoringStack, inout [Manifest]) -> Void = { _, _ in }
  ) throws -> [CheckFinding] {
    var stack = MonitoringStack(of: system)
    var manifests = try Rendering(of: system).manifests
    if !manifests.contains(where: { $0.kind == "ServiceMonitor" }) { manifests += stack.manifests }
    change(&stack, &manifests)
    return WiringProof.findings(of: system, manifests: manifests, stack: stack, expressions: .promQL)
  }

  private static func alert(_ condition: AlertRule.Condition, metric: String? = nil, agent: String? = nil) -> AlertRule
  {
    AlertRule(
      name: "A", description: "{agent_id} {metric_name} {value} {threshold}", condition: condition,
      metricName: metric.map(Glob.init), agentID: agent.map(Glob.init))
  }

  @Test func aWiredSystemHasNoFindings() throws {
    let system = try Self.system { system in
      system.alertRules = [
        Self.alert(.threshold(.greater, 3), metric: "agent_queue_depth"),
        Self.alert(.rateOfChange(.less, -1), metric: "agent_*", agent: "plan*"),
        Self.alert(.absence(window: .seconds(600)), metric: "agent_queue_depth"),
        Self.alert(.absence(window: .seconds(600)), metric: "up", agent: "critic"),
        Self.alert(
          .expression("sum by (agent_id) (rate(agent_requests_total{status=\"error\"}[5m])) > 1", interval: nil),
          agent: "cri*"),
      ]
      for index in system.alertRules.indices { system.alertRules[index].name = "A\(index)" }
      system.agents[1].metrics = .port(nil, path: "/stats")
      system.agents[1].collectionInterval = .seconds(5)
    }
    #expect(try Self.findings(system).map(\.description) == [])
  }

  /// What is wrong with a rule's expression, and what the finding says.
  @Test(arguments: [
    ("sum(", "M001", "expr at 1:5"),
    ("agent_request_total > 5", "M002", "did you mean \"agent_requests_total\"?"),
    ("up > 5 or\n  nonsense{a=\"b\"}", "M002", "expr at 2:3: nobody serves the metric \"nonsense\"; declare it under"),
    ("agent_requests_total{state=\"error\"}", "M003", "the label \"state\""),
    ("sum by (agent) (agent_queue_depth)", "M003", "did you mean \"agent_id\"?"),
    ("up{agent_id=\"plannr\"} == 0", "M004", "did you mean \"planner\"?"),
    ("up{job=\"other\"} == 0", "M004", "known are \"multi-agent-system\""),
    ("up{team=~\"b.*\"}", "M004", "known are \"research\""),
    ("ALERTS{alertname=\"AgentDwn\"}", "M004", "did you mean \"AgentDown\"?"),
    ("system_cpu_usage{source=\"process\"} > 5", "M004", "process_metrics"),
    ("network_bytes_sent > 5", "M002", "nobody serves"),
    ("agent_request_duration_seconds_bucket{lee=\"1\"}", "M003", "did you mean \"le\"?"),
    ("{__name__=~\"agnt_.*\"}", "M002", "no metric of the fleet fits"),
  ])
  func expressions(_ text: String, _ rule: String, _ says: String) throws {
    let system = try Self.system { $0.alertRules = [Self.alert(.expression(text, interval: nil))] }
    let findings = try Self.findings(system)
    #expect(findings.map(\.rule.text) == ["SKEP-\(rule)"], "\(findings)")
    let told = try #require(findings.first?.description)
    #expect(told.contains(says) && told.contains("alert_rules[0].expr: \"A\": "))
  }

  @Test(arguments: [
    "agent_requests_total{status=\"error\", team=\"research\"}", "system_cpu_usage{unit=\"percent\"}",
    "histogram_quantile(0.9, sum by (le) (rate(agent_request_duration_seconds_bucket[5m])))",
    "label_replace(up, \"zone\", \"$1\", \"instance\", \"(.*):.*\") and on (zone) up", "vector(1)",
    "count by (alertname) (ALERTS{alertstate=\"firing\"})", "{job=\"multi-agent-system\", agent_id=~\"plan.*|x\"}",
    "up{nosuch=\"\"}", "up{agent_id!=\"planner\"}", "agent_request_duration_seconds_count",
  ])
  func goodExpressions(_ text: String) throws {
    let system = try Self.system { $0.alertRules = [Self.alert(.expression(text, interval: nil))] }
    #expect(try Self.findings(system).map(\.description) == [])
  }

  @Test func oneMistakeOfARuleIsToldOnceAndInTheFile() throws {
    let system = try Self.system { system in
      var recorded = RecordingRule()
      recorded.record = "agent:queue"
      recorded.expression = "sum by (agent_id) (nope_total)"
      system.recordingRules = [recorded]
      system.alertRules = [
        Self.alert(.rateOfChange(.less, -1), metric: "nope_total"),
        Self.alert(.expression("up > nope_total", interval: nil), agent: "cri*"),
      ]
      for index in system.alertRules.indices { system.alertRules[index].name = "A\(index)" }
    }
    let told = try Self.findings(system).map { "\($0.diagnostic.path): \($0.diagnostic.message)" }
    #expect(
      told.sorted() == [
        "alert_rules[0]: \"A0\": nobody serves the metric \"nope_total\"",
        "alert_rules[1].expr: \"A1\": expr at 1:6: nobody serves the metric \"nope_total\"",
        "recording_rules[0].expr: \"agent:queue\": expr at 1:20: nobody serves the metric \"nope_total\"",
      ])
  }

  /// Labels that functions read, that rules pass on to each other, and that the sides of an operator must share.
  @Test(arguments: [
    ("label_replace(up, \"zone\", \"$1\", \"instanc\", \"(.*):.*\")", "M003", "did you mean \"instance\"?"),
    ("label_join(up, \"both\", \"-\", \"job\", \"agnt_id\")", "M003", "did you mean \"agent_id\"?"),
    ("sum by (pod) (second:queue)", "M003", "the label \"pod\""),
    ("only_planner / on (agent_id) only_critic", "M017", "the \"agent_id\" of one"),
    ("only_planner and only_critic", "M017", "expr at 1:14"),
    ("up{agent_id=\"critic\"} * on (agent_id) up{agent_id=\"planner\"}", "M017", "agent_id"),
    ("sum by (job) (up) and on (agent_id) up", "M017", "agent_id"),
    ("sum by (agent_id) (sum by (job) (up))", "M003", "\"agent_id\""),
  ])
  func labelsOnTheirWay(_ text: String, _ rule: String, _ says: String) throws {
    let findings = try Self.findings(Self.chained(text))
    #expect(findings.map(\.rule.text) == ["SKEP-\(rule)"], "\(findings)")
    #expect(findings.first?.description.contains(says) == true, "\(findings)")
  }

  @Test(arguments: [
    "sum by (agent_id) (second:queue)", "sum(only_planner) / sum(only_critic)", "only_planner or only_critic",
    "only_planner unless on (agent_id) only_critic", "max by (zone) (label_join(up, \"zone\", \"\", \"job\"))",
    "only_planner * on (job) group_left (team) only_critic", "up * on (agent_id) only_planner",
    "count by (v) (count_values by (agent_id) (\"v\", up))", "sum without (agent_id) (only_planner) > 1",
    "absent(only_planner) or on () vector(1)", "scalar(only_planner) * only_critic",
    "topk by (agent_id) (1, agent_queue_depth) > 0", "avg_over_time(only_critic[5m:1m]) > bool 3",
  ])
  func labelsThatArrive(_ text: String) throws {
    #expect(try Self.findings(Self.chained(text)).map(\.description) == [])
  }

  private static func chained(_ text: String) throws -> FleetSystem {
    try system { system in
      system.agents[0].exposes?.append(ExposedMetric(name: "only_planner", type: .gauge))
      system.agents[1].exposes?.append(ExposedMetric(name: "only_critic", type: .gauge))
      // The reader before what it reads.
      system.recordingRules = [
        ("second:queue", "first:queue > 0"), ("first:queue", "sum by (agent_id) (agent_queue_depth)"),
      ].map { name, expression in
        var rule = RecordingRule()
        rule.record = name
        rule.expression = expression
        return rule
      }
      system.alertRules = [alert(.expression(text, interval: nil))]
    }
  }

  @Test func progressIsServedByItsAgent() throws {
    var system = try Self.system { system in
      system.agents[0].progress = AgentSpec.Progress(metric: "agent_requests_total", timeout: .seconds(60))
    }
    #expect(try Self.findings(system).isEmpty)
    system.agents[0].progress?.metric = "agent_request_total"
    let told = try Self.findings(system).map(\.description)
    #expect(told.count == 1 && told[0].contains("agents[0].progress.metric"), "\(told)")
    #expect(told.allSatisfy { $0.contains("did you mean \"agent_requests_total\"?") && $0.contains("SKEP-M002") })
  }

  @Test func aSystemWithoutAgentsHasOneFinding() throws {
    let told = try Self.findings(FleetSystem(name: "s"))
    #expect(told.map(\.diagnostic.path) == ["agents"], "\(told)")
  }

  @Test func patternsFitWhatIsDerived() throws {
    let system = try Self.system { system in
      system.alertRules = [Self.alert(.absence(window: .seconds(600)), metric: "system_*")]
    }
    #expect(try Self.findings(system).map(\.description) == [])
  }

  /// A window that the fastest agent gives would not hold two samples of the slowest.
  @Test func ratesLookAsFarBackAsTheSlowestAgentNeeds() throws {
    let system = try Self.system { system in
      system.agents[0].collectionInterval = .seconds(600)
      system.agents[1].collectionInterval = .seconds(5)
      system.alertRules = [Self.alert(.rateOfChange(.less, -1), metric: "agent_queue_depth")]
    }
    let rule = try #require(MonitoringStack(of: system).groups.flatMap(\.rules).first { $0.name == "A" })
    #expect(rule.expression.contains("[40m]") && rule.expression.contains("/ 600"), "\(rule.expression)")
  }

  @Test func manyLimitsDoNotNestTooDeep() throws {
    let system = try Self.system { system in
      let pattern = system.agents[0]
      system.agents = try (0..<1000).map { number in
        var agent = pattern
        agent.agentID = try AgentID("agent-\(number)")
        agent.resources.cpuLimit = "\(number + 1)m"
        return agent
      }
    }
    for rule in Measurements(system, FleetExposition(system)).rules {
      guard case .success(let reading) = ExpressionReader.promQL.read(rule.expression) else {
        Issue.record("\(rule.name) does not parse")
        continue
      }
      #expect(reading.selectors.isEmpty == false)
    }
  }

  @Test func whatIsRecordedIsThere() throws {
    var system = try Self.system { system in
      var recorded = RecordingRule()
      recorded.record = "agent:queue"
      recorded.expression = "sum by (agent_id) (agent_queue_depth)"
      recorded.labels = ["kind": "queue"]
      system.recordingRules = [recorded]
      system.alertRules = [Self.alert(.threshold(.greater, 1), metric: "agent:queue")]
    }
    #expect(try Self.findings(system).map(\.description) == [])
    system.alertRules[0].labels = [LabelMatcher("kind", .equal, "other")]
    #expect(try Self.findings(system).map(\.rule) == ["SKEP-M004"])
    system.alertRules[0].labels = [LabelMatcher("instance", .matches, ".+")]
    #expect(try Self.findings(system).map(\.rule) == ["SKEP-M003"])
  }

  @Test func gaps() throws {
    var system = try Self.system { $0.agents[1].exposes = [ExposedMetric(name: "agent_queue_depth", type: .gauge)] }
    let unseen = try Self.findings(system)
    #expect(
      unseen.map(\.rule) == ["SKEP-M011"] && unseen[0].description.contains("HighCpuUsage does not see \"critic\""))
    system = try Self.system { $0.alertRules = [Self.alert(.rateOfChange(.greater, 1), metric: "llm_*")] }
    #expect(try Self.findings(system).map(\.rule) == ["SKEP-M005"])
    system = try Self.system { $0.ruleFiles = ["rules/*.yml"] }
    #expect(try Self.findings(system).map(\.rule) == ["SKEP-M012"])
    system = try Self.system { $0.agents[1].metrics = .url("https://u:p@critic.example/metrics") }
    #expect(Set(try Self.findings(system).map(\.rule)) == ["SKEP-M013", "SKEP-M014"])
  }

  @Test func panels() throws {
    let findings = try Self.findings(try Self.system()) { stack, _ in
      stack.dashboards[0].queries.append(
        Dashboard.Query(
          panel: "CPU", expression: "max(cpu{namespace=\"$namespace\"})", path: "panels[9].targets[0].expr"))
    }
    #expect(findings.map(\.rule) == ["SKEP-M002"])
    let told = try #require(findings.first?.description)
    #expect(told.contains("ConfigMap monitoring/multi-agents-dashboards: panel \"CPU\" (panels[9].targets[0].expr)"))
  }

  /// Prometheus looks back five minutes.
  @Test func slowCollections() throws {
    let system = try Self.system { system in
      system.monitoring.collectionInterval = .seconds(600)
      system.agents[0].collectionInterval = .seconds(299)
      system.agents[1].collectionInterval = .seconds(300)
    }
    let found = try Self.findings(system).map { "\($0.rule) \($0.diagnostic.path)" }
    #expect(found == ["SKEP-M015 monitoring.collection_interval", "SKEP-M015 agents[1].collection_interval"])
  }

  @Test func alertmanagersThatNeedCredentials() throws {
    var plain = Receiver.Alertmanager()
    plain.url = "http://plain.example:9093"
    var named = plain
    named.url = "https://user:word@named.example"
    var token = plain
    token.url = "https://token.example"
    token.http = HTTPClientOptions()
    token.http?.bearerTokenFile = "/run/token"
    let system = try Self.system { system in
      var receiver = Receiver()
      receiver.name = "others"
      receiver.alertmanagers = [plain, named, token]
      system.receivers = [receiver]
    }
    let found = try Self.findings(system)
    #expect(
      found.map { "\($0.rule) \($0.diagnostic.path)" } == [
        "SKEP-M016 receivers[0].alertmanager_configs[1]", "SKEP-M016 receivers[0].alertmanager_configs[2]",
      ])
    let config = MonitoringStack(of: system).prometheusConfig
    #expect(config.contains("plain.example:9093") && !config.contains("word") && !config.contains("token.example"))
  }

  /// `external.metrics`: what others serve may be read, and nothing is known of its labels.
  @Test func metricsFromElsewhere() throws {
    let rules = [
      Self.alert(.expression("kube_pod_status_ready{pod=~\"agent-.*\"} == 0", interval: nil)),
      Self.alert(.threshold(.greater, 3), metric: "kube_pod_restarts"),
      Self.alert(.expression("kub_pod_status_ready == 0", interval: nil)),
    ]
    func found(_ globs: [Glob]) throws -> [String] {
      try Self.findings(
        try Self.system { system in
          system.alertRules = rules
          for index in rules.indices { system.alertRules[index].name = "A\(index)" }
          system.external.metrics = globs
        }
      ).map(\.diagnostic.path)
    }
    #expect(try found([Glob("kube_*")]) == ["alert_rules[2].expr"])
    #expect(try found([]).sorted() == ["alert_rules[0].expr", "alert_rules[1]", "alert_rules[2].expr"])
    let system = try Self.system { system in
      system.external.metrics = [Glob("kube_*")]
      system.alertRules = [rules[1]]
    }
    // They have other labels than the fleet's.
    let expressions = MonitoringStack(of: system).groups.flatMap(\.rules).filter { $0.name == "A" }.map(\.expression)
    #expect(expressions == ["kube_pod_restarts > 3"])
  }

  /// Trap 3: a Service whose port has another name is never scraped.
  @Test func namelessPort() throws {
    let findings = try Self.findings(try Self.system()) { _, manifests in
      manifests = manifests.map { $0.kind == "Service" ? $0.renaming("metrics", to: "port-0") : $0 }
    }
    #expect(Set(findings.map(\.rule)) == ["SKEP-M006", "SKEP-M008"], "\(findings)")
    #expect(findings[0].description.contains("none of the 2 Services it selects has a port \"metrics\""))
  }

  @Test func podsThatAreNotKept() throws {
    let system = try Self.system()
    var findings = try Self.findings(system) { _, manifests in
      manifests = manifests.map { $0.kind == "Deployment" ? $0.renaming("metrics", to: "http") : $0 }
    }
    #expect(Set(findings.map(\.rule)) == ["SKEP-M007", "SKEP-M008"], "\(findings)")
    findings = try Self.findings(system) { _, manifests in
      manifests = manifests.map { $0.kind == "ServiceMonitor" ? $0.renaming("multi-agent-system", to: "other") : $0 }
    }
    #expect(findings.contains { $0.rule == "SKEP-M006" && $0.description.contains("its selector fits no Service") })
  }

  /// Trap 5: without relabelling, `job` is the Service's name and `agent_id` is not there.
  @Test func labelsThatRulesUse() throws {
    let findings = try Self.findings(try Self.system()) { stack, manifests in
      manifests = manifests.map { $0.kind == "ServiceMonitor" ? $0.without("relabelings") : $0 }
      stack.jobs[0].relabeling.removeAll { $0.target == FleetLabels.agent }
    }
    #expect(Set(findings.map(\.rule)) == ["SKEP-M010"] && findings.count == 6, "\(findings)")
    #expect(
      findings.contains { $0.description.contains("job=\"agent-planner-service\" in place of \"multi-agent-system\"") })
  }

  /// What is generated is wired, whatever the system.
  @Test func everyRuleHasAnIDAndAReason() {
    let rules = CheckRule.wiring
    #expect(Set(rules.map(\.id)).count == rules.count && rules.allSatisfy { $0.area == .wiring && !$0.reason.isEmpty })
  }
}

extension Manifest {
  /// The same with another text in every scalar that is `old`.
  fileprivate func renaming(_ old: String, to new: String) -> Manifest {
    var manifest = self
    manifest.tree = tree.mapped { $0 == old ? new : $0 }
    return manifest
  }

  /// The same without a key, wherever it stands.
  fileprivate func without(_ key: String) -> Manifest {
    var manifest = self
    manifest.tree = tree.removing(key)
    return manifest
  }
}

extension YAMLTree {
  fileprivate func mapped(_ change: (String) -> String) -> YAMLTree {
    switch content {
    case .scalar(let text, let plain): YAMLTree(content: .scalar(change(text), plain: plain), place: place)
    case .sequence(let items): YAMLTree(content: .sequence(items.map { $0.mapped(change) }), place: place)
    case .mapping(let entries):
      YAMLTree(
        content: .mapping(
          entries.map { Entry(key: $0.key, place: $0.place, value: $0.value.mapped(change)) }), place: place)
    }
  }

  fileprivate func removing(_ key: String) -> YAMLTree {
    switch content {
    case .scalar: self
    case .sequence(let items): YAMLTree(content: .sequence(items.map { $0.removing(key) }), place: place)
    case .mapping(let entries):
      YAMLTree(
        content: .mapping(
          entries.filter { $0.key != key }.map { Entry(key: $0.key, place: $0.place, value: $0.value.removing(key)) }),
        place: place)
    }
  }
}
