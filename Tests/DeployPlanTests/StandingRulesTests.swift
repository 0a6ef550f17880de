import FleetModel
import Testing

@testable import DeployPlan

/// promtool's unit tests of the rules that every fleet has, and of what is said in PromQL in a roundabout way.
@Suite(.enabled(if: Promtool.isThere, "needs Debian's promtool: `make test-tools`"))
struct StandingRulesTests {
  private static func test(_ system: FleetSystem, _ tests: String) throws {
    let rules = try #require(MonitoringStack(of: system).ruleFiles.first)
    let (status, output) = try Promtool.run(
      ["test", "rules", "tests.yml"],
      files: [
        (rules.name, rules.text), ("tests.yml", "rule_files: [\(rules.name)]\nevaluation_interval: 30s\n\(tests)"),
      ])
    #expect(status == 0, "\(output)")
  }

  private static func system(_ change: (inout FleetSystem) -> Void = { _ in }) throws -> FleetSystem {
    var system = FleetSystem(name: "t")
    system.agents = [AgentSpec(agentID: try AgentID("planner")), AgentSpec(agentID: try AgentID("critic"))]
    system.agents[1].resources.cpuLimit = "2"
    change(&system)
    return system
  }

  private static let labels = "job=\"multi-agent-system\",namespace=\"multi-agents\""

  @Test func agentDown() throws {
    try Self.test(
      try Self.system(),
      """
      tests:
      - interval: 30s
        input_series:
        - {series: 'up{\(Self.labels),agent_id="planner",instance="a:1"}', values: '1 0 0 0 0 1'}
        - {series: 'up{\(Self.labels),agent_id="critic",instance="b:1"}', values: '1 0 1 0 1 1'}
        - {series: 'up{job="other",namespace="multi-agents",agent_id="x",instance="c:1"}', values: '0x9'}
        - {series: 'up{job="multi-agent-system",namespace="other",agent_id="x",instance="c:1"}', values: '0x9'}
        alert_rule_test:
        - {eval_time: 60s, alertname: AgentDown, exp_alerts: []}
        - eval_time: 90s
          alertname: AgentDown
          exp_alerts:
          - exp_labels: {severity: critical, job: multi-agent-system, namespace: multi-agents, agent_id: planner, instance: "a:1"}
            exp_annotations:
              summary: Agent planner is down
              description: planner (a:1) has not answered a collection for a minute
        - {eval_time: 150s, alertname: AgentDown, exp_alerts: []}
      """)
  }

  /// planner may use half a core and uses 27 s of 30 in a minute, so 90 %; critic as much of two, 22.5 %.
  @Test func highCPU() throws {
    try Self.test(
      try Self.system(),
      """
      tests:
      - interval: 30s
        input_series:
        - {series: 'process_cpu_seconds_total{\(Self.labels),agent_id="planner",instance="a:1"}', values: '0+13.5x20'}
        - {series: 'process_cpu_seconds_total{\(Self.labels),agent_id="critic",instance="b:1"}', values: '0+13.5x20'}
        - {series: 'process_resident_memory_bytes{\(Self.labels),agent_id="critic",instance="b:1"}', values: '536870912x20'}
        promql_expr_test:
        - expr: system_cpu_usage
          eval_time: 2m
          exp_samples:
          - labels: 'system_cpu_usage{\(Self.labels),agent_id="planner",instance="a:1",source="process_metrics",unit="percent"}'
            value: 90
          - labels: 'system_cpu_usage{\(Self.labels),agent_id="critic",instance="b:1",source="process_metrics",unit="percent"}'
            value: 22.5
        - expr: system_memory_usage
          eval_time: 2m
          exp_samples:
          - labels: 'system_memory_usage{\(Self.labels),agent_id="critic",instance="b:1",source="process_metrics"}'
            value: 50
        alert_rule_test:
        - {eval_time: 5m, alertname: HighCpuUsage, exp_alerts: []}
        - eval_time: 6m
          alertname: HighCpuUsage
          exp_alerts:
          - exp_labels: {severity: warning, job: multi-agent-system, namespace: multi-agents, agent_id: planner, instance: "a:1", source: process_metrics, unit: percent}
            exp_annotations:
              summary: Agent planner is short of CPU
              description: planner (a:1) uses 90 % of its CPU
      """)
  }

  /// A rule of the system's own takes the place of the one that every fleet has.
  @Test func ownRuleOfTheSameName() throws {
    let system = try Self.system { system in
      system.alertRules = [
        AlertRule(
          name: "AgentDown", description: "{agent_id}", condition: .threshold(.less, 1), metricName: Glob("up"))
      ]
    }
    let named = MonitoringStack(of: system).groups.flatMap(\.rules).filter { $0.name == "AgentDown" }
    #expect(named.map(\.labels) == [["severity": "warning"]])
  }

  /// `metric_name`, `agent_id` and `labels` of an expression rule.
  @Test func filters() throws {
    func rule(_ name: String, _ expression: String, _ change: (inout AlertRule) -> Void) -> AlertRule {
      var rule = AlertRule(
        name: name, description: "{metric_name} {threshold}", condition: .expression(expression, interval: nil))
      change(&rule)
      return rule
    }
    let system = try Self.system { system in
      system.alertRules = [
        rule("agents", "sum by (agent_id, zone) (load) > 2 # or less") { $0.agentID = Glob("p*") },
        rule("labels", "load > 2") {
          $0.labels = [LabelMatcher("zone", .notEqual, "a"), LabelMatcher("agent_id", .matches, "planner|x")]
        },
        rule("named", "{__name__=~\"lo.d|lord\"} > 2") { $0.metricName = Glob("loa[d]") },
        rule("unnamed", "load * 1 > 2") { $0.metricName = Glob("load") },
        rule("none", "load * 1 > 2") { $0.metricName = Glob("other") },
      ]
    }
    func alert(_ agent: String, _ zone: String, _ description: String = "load 2") -> String {
      "{exp_labels: {severity: warning, agent_id: \(agent), zone: \(zone)}, exp_annotations: {description: \"\(description)\"}}"
    }
    try Self.test(
      system,
      """
      tests:
      - interval: 30s
        input_series:
        - {series: 'load{agent_id="planner",zone="a"}', values: '3 3'}
        - {series: 'load{agent_id="planner",zone="b"}', values: '3 3'}
        - {series: 'load{agent_id="critic",zone="b"}', values: '3 3'}
        - {series: 'lord{agent_id="critic",zone="c"}', values: '3 3'}
        alert_rule_test:
        - {eval_time: 30s, alertname: agents, exp_alerts: [\(alert("planner", "a")), \(alert("planner", "b"))]}
        - {eval_time: 30s, alertname: labels, exp_alerts: [\(alert("planner", "b"))]}
        - eval_time: 30s
          alertname: named
          exp_alerts: [\(alert("planner", "a")), \(alert("planner", "b")), \(alert("critic", "b"))]
        - eval_time: 30s
          alertname: unnamed
          exp_alerts: [\(alert("planner", "a")), \(alert("planner", "b")), \(alert("critic", "b"))]
        - {eval_time: 30s, alertname: none, exp_alerts: []}
      """)
  }
}
