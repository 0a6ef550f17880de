import FleetModel

@testable import DeployPlan

/// Systems as `SystemFile` could have read them, with all that monitoring looks at; the same for the same seed.
struct RandomSystems {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  private mutating func next(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  private mutating func one<Element>(of elements: [Element]) -> Element { elements[next(elements.count)] }
  private mutating func maybe() -> Bool { next(2) == 0 }

  private static let metrics = [
    ExposedMetric(name: "agent_requests_total", type: .counter, labels: ["status", "operation"]),
    ExposedMetric(name: "agent_request_duration_seconds", type: .histogram, labels: ["operation"]),
    ExposedMetric(name: "agent_messages_sent_total", type: .counter, labels: ["peer"]),
    ExposedMetric(name: "agent_queue_depth", type: .gauge), ExposedMetric(name: "heartbeats_total", type: .counter),
    ExposedMetric(name: "process_cpu_seconds_total", type: .counter), ExposedMetric(name: "odd", type: .unknown),
    ExposedMetric(name: "process_resident_memory_bytes", type: .gauge),
    ExposedMetric(name: "agent_tokens_total", type: .counter, labels: ["direction", "model"]),
  ]

  mutating func system() -> FleetSystem {
    var system = FleetSystem(name: "fleet-\(next(1000))")
    system.namespace = one(of: ["multi-agents", "research", "a"])
    system.monitoring.collectionInterval = one(of: [.seconds(1), .seconds(15), .seconds(30), .milliseconds(500)])
    system.monitoring.collectionTimeout = one(of: [.milliseconds(400), .seconds(10)])
    if maybe() { system.monitoring.kubernetes.dataSource = "prom" }
    if maybe() { system.monitoring.kubernetes.traceURL = "https://t.example/${trace_id}?x=\"y\"" }
    for index in 0..<next(6) { system.agents.append(agent(index)) }
    for index in 0..<next(8) { system.alertRules.append(rule(index)) }
    if maybe() {
      var rule = RecordingRule()
      rule.record = "agent:load:sum"
      rule.expression = "sum by (agent_id) (agent_queue_depth)"
      rule.labels = maybe() ? ["team": "re \"search\""] : [:]
      rule.interval = maybe() ? .seconds(60) : nil
      system.recordingRules.append(rule)
    }
    return system
  }

  private mutating func agent(_ index: Int) -> AgentSpec {
    guard let id = try? AgentID("agent-\(index)") else { preconditionFailure("BUG: a name that is none") }
    var agent = AgentSpec(agentID: id)
    agent.image = "registry.example/agent"
    agent.honorLabels = next(4) == 0
    if maybe() { agent.collectionInterval = one(of: [.seconds(5), .seconds(60)]) }
    agent.resources.cpuLimit = one(of: ["500m", "2", "1.5"])
    agent.resources.memoryLimit = one(of: ["1Gi", "500M"])
    agent.labels = maybe() ? ["app.example.org/tier": "\(next(3))", "team": one(of: ["red", "blue"])] : [:]
    agent.metrics = one(of: [
      .port(nil, path: "/metrics"), .port(8080, path: "/stats?format=text&all"), .port(nil, path: "/a$1/b%20c"),
      .url("https://user:secret@metrics.example/x?y=%20z"), .url("http://[::1]:9090"),
    ])
    if maybe() { agent.exposes = Self.metrics.filter { _ in maybe() } }
    return agent
  }

  private mutating func rule(_ index: Int) -> AlertRule {
    let comparison = one(of: Comparison.allCases)
    let bound = one(of: [0.0, 0.5, -3, 1e9, 85])
    let condition = one(of: [
      AlertRule.Condition.threshold(comparison, bound), .rateOfChange(comparison, bound),
      .absence(window: one(of: [.seconds(1), .seconds(120), .seconds(7200)])),
      .expression("sum by (agent_id) (agent_queue_depth) > \(bound) # why\n", interval: maybe() ? .seconds(45) : nil),
    ])
    // Texts of expression rules are templates already, and a system file whose templates do not parse is refused.
    var isTemplate = false
    if case .expression = condition { isTemplate = true }
    let descriptions =
      isTemplate
      ? ["{{ $labels.agent_id }} {value} {", "{threshold} {{ $value }}"]
      : ["{agent_id} {{agent_id}} {value} {", "a {{ $x }} {threshold} } {{{"]
    return AlertRule(
      name: "rule \(index)",
      description: one(of: descriptions),
      condition: condition,
      metricName: one(of: [nil, Glob("agent_queue_depth"), Glob("agent_*"), Glob("nothing[0-9]"), Glob("*")]),
      agentID: one(of: [nil, Glob("agent-0"), Glob("agent-[!1]"), Glob("*")]),
      labels: one(of: [
        [], [LabelMatcher("status", .equal, "er\"r\\or")],
        [LabelMatcher("team", .matches, "r.*|b"), LabelMatcher("operation", .matchesNot, "x|y\\.z")],
        [LabelMatcher("team", .notEqual, "")],
      ]), hold: one(of: [.zero, .seconds(90)]), keepFiringFor: one(of: [.zero, .seconds(30)]),
      severity: one(of: Severity.allCases), annotations: maybe() && !isTemplate ? ["what": "braces {{ here }}"] : [:],
      runbookURL: maybe() ? "https://runbooks.example/x" : nil)
  }
}
