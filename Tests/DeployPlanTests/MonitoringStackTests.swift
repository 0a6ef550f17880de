import FleetModel
import Foundation
import Testing

@testable import DeployPlan

/// The monitoring stack as files: the same bytes each time, which promtool takes.
struct MonitoringStackTests {
  static func system(_ name: String) throws -> FleetSystem {
    let text =
      name == "research-team" ? try #require(CaseFiles.example) : try CaseFiles.yaml(name)
    let reading = SystemFile.read(text, file: "\(name).yaml")
    return try #require(reading.system, "\(reading.diagnostics)")
  }

  @Test(arguments: ["minimal", "maximal", "research-team"])
  func golden(_ name: String) throws {
    let stack = MonitoringStack(of: try Self.system(name))
    var texts = stack.files.map { ($0.name, $0.text) }
    texts.append(("manifests.yaml", ManifestText.yaml(stack.manifests.filter { $0.kind != "ConfigMap" })))
    let folder = "\(CaseFiles.packageRoot)/Tests/DeployPlanTests/Golden/monitoring/\(name)"
    for (file, text) in texts {
      let path = "\(folder)/\(file.replacing("/", with: "_"))"
      if CaseFiles.isRecording {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try CaseFiles.write(text, to: path)
      }
      #expect(try CaseFiles.text(path) == text, "\(path): run with RECORD=1 and look at the difference")
    }
    let recorded = Set(try FileManager.default.contentsOfDirectory(atPath: folder))
    #expect(recorded == Set(texts.map { $0.0.replacing("/", with: "_") }))
  }

  @Test func configMapsHoldTheFiles() throws {
    let system = try Self.system("maximal")
    let stack = MonitoringStack(of: system)
    let maps = stack.manifests.filter { $0.kind == "ConfigMap" }
    let data = maps.flatMap { $0.tree["data"]?.entries ?? [] }
    // Mounted, the keys stand in one folder, and the configuration names one of them.
    let mounted = try #require(data.first { $0.key == "prometheus.yml" }?.value.text)
    #expect(mounted == stack.prometheusConfig.replacing("- rules/", with: "- "))
    #expect(mounted.contains("rule_files:\n  - multi-agent-system.yml\n"))
    for file in stack.files where !file.name.contains("provisioning") && !file.name.hasSuffix("prometheus.yml") {
      #expect(data.contains { $0.value.text == file.text }, "\(file.name)")
    }
    #expect(maps.allSatisfy { $0.namespace == system.monitoring.kubernetes.namespace })
    let dashboards = try #require(maps.first { $0.name.hasSuffix("-dashboards") })
    #expect(system.monitoring.kubernetes.dashboardLabels.allSatisfy { dashboards.labels[$0.key] == $0.value })
  }

  @Test(.enabled(if: Promtool.isThere, "needs Debian's promtool: `make test-tools`"))
  func promtoolTakesAll() throws {
    var systems = try ["minimal", "maximal", "research-team"].map(Self.system)
    for seed in 0..<60 {
      var random = RandomSystems(seed: UInt64(seed))
      systems.append(random.system())
    }
    var files: [(path: String, text: String)] = []
    var configs: [String] = []
    for (index, system) in systems.enumerated() {
      let stack = MonitoringStack(of: system)
      #expect(stack.files == MonitoringStack(of: system).files)
      files += stack.files.map { ("\(index)/\($0.name)", Promtool.withoutKubernetes($0.text)) }
      configs.append("\(index)/prometheus/prometheus.yml")
    }
    // Rule files are named in the configurations, and checked with them.
    let (status, output) = try Promtool.run(["check", "config"] + configs, files: files)
    #expect(status == 0, "\(output.split(separator: "\n").filter { !$0.contains("SUCCESS") && !$0.isEmpty })")
    let rules = configs.map { $0.replacing("prometheus.yml", with: "rules/multi-agent-system.yml") }
    let ruled = try Promtool.run(["check", "rules"] + rules, files: files)
    #expect(
      ruled.status == 0 && !ruled.output.contains("duplicate"),
      "\(ruled.output.split(separator: "\n").filter { !$0.contains("SUCCESS") && !$0.contains("Checking") })")
  }

  /// Groups are those that Skep evaluates: by interval, recording rules first.
  @Test func groupsAreSkeps() throws {
    var system = FleetSystem(name: "t")
    for (name, interval) in [("b", nil), ("a", Duration.seconds(10))] {
      system.alertRules.append(
        AlertRule(name: name, description: name, condition: .expression("up > 0", interval: interval)))
    }
    var recorded = RecordingRule()
    recorded.record = "r"
    recorded.expression = "sum(up)"
    system.recordingRules.append(recorded)
    let groups = MonitoringStack(of: system).groups
    #expect(groups.map(\.name) == ["every 10s", "every 30s"])
    #expect(groups.map { $0.rules.map(\.name) } == [["a"], ["r", "b"]])
  }

  /// A label says one value of one parameter whose name is a label's; other queries make jobs of their own.
  @Test func queriesAreAskedAsTheyStand() throws {
    var system = FleetSystem(name: "t")
    for (name, query) in [("a", "?x=1"), ("b", "?a-b=1"), ("c", "?x=1&x=2"), ("d", "")] {
      var agent = AgentSpec(agentID: try AgentID(name))
      agent.image = "a:1"
      agent.metrics = .port(nil, path: "/m\(query)")
      system.agents.append(agent)
    }
    system.agents[3].metrics = .url("http://d.example/federate?match[]=up&match[]=x")
    let stack = MonitoringStack(of: system)
    let config = stack.prometheusConfig
    #expect(
      stack.jobs.map(\.name) == [
        "multi-agent-system", "multi-agent-system-b", "multi-agent-system-c", "multi-agent-system-static-d",
      ])
    #expect(config.contains("__param_x") && !config.contains("__param_a") && !config.contains("__param_match"))
    #expect(config.contains("    params:\n      x:\n        - \"1\"\n        - \"2\"\n"))
    #expect(config.contains("    params:\n      match[]:\n        - up\n        - x\n"))
    let findings = WiringProof.findings(
      of: system, manifests: try Rendering(of: system).manifests, stack: stack,
      expressions: DeployCheckCases.expressions)
    // Each is collected once, whichever job it falls to.
    #expect(findings.filter { ["SKEP-M007", "SKEP-M008", "SKEP-M009", "SKEP-M010"].contains($0.rule) } == [])
    guard Promtool.isThere else { return }
    let (status, output) = try Promtool.run(
      ["check", "config", "--syntax-only", "p.yml"], files: [("p.yml", Promtool.withoutKubernetes(config))])
    #expect(status == 0, "\(output)")
  }

  @Test func texts() {
    let texts = DescriptionTemplates.Replacements(metricName: "m", threshold: "5")
    #expect(DescriptionTemplates.plain("{agent_id} > {threshold}", texts) == "{{ $labels.agent_id }} > 5")
    #expect(DescriptionTemplates.plain("{{agent_id}}", texts) == "{{ \"{\" }}{{ $labels.agent_id }}}")
    #expect(DescriptionTemplates.plain("{{ $x }} {value} {", texts) == "{{ \"{\" }}{ $x }} {{ $value }} {")
    #expect(DescriptionTemplates.template("{{ $labels.x }} {value}{", texts) == "{{ $labels.x }} {{ $value }}{")
    #expect(DescriptionTemplates.literal("a {{ b }}") == "a {{ \"{{\" }} b }}")
  }

  @Test(
    arguments: [
      ("rate(x[5m]) > 5", ["x"], 5), ("sum by (a) (x{b=\"{\"}) / on (c) group_left (d) y", ["x", "y"], nil),
      ("-3 < x", ["x"], -3), ("(x > bool (0.5))", ["x"], 0.5), ("x > 1 and y > 2", ["x", "y"], nil),
      ("{__name__=\"m\", a='b'} == 1e-3 # > 7", ["m"], 0.001), ("sum(x) without (b) >= 2", ["x"], 2),
      ("time() - x offset 5m", ["x"], nil), ("count({a=\"b\"}) > 1", [""], 1), ("x > (y == 3)", ["x", "y"], nil),
      ("a:b:c[5m:1m] != 4", ["a:b:c"], 4), ("", [], nil), ("((", [], nil), ("{", [""], nil),
    ] as [(String, Set<String>, Double?)])
  func outlines(_ text: String, _ metrics: Set<String>, _ threshold: Double?) {
    let outline = ExpressionOutline(text)
    #expect(outline.metrics == metrics && outline.threshold == threshold)
  }
}
