import FleetModel
import Testing

@testable import DeployPlan

/// Rules that are too many for one object.
struct RulePartsTests {
  private static func group(_ name: String, _ count: Int, bytes: Int = 1000) -> RuleGroup {
    let rules = (0..<count).map { index in
      ExpressionRule(
        .recording, name: "\(name)\(index)", expression: "vector(1)",
        labels: ["x": String(repeating: "x", count: bytes)])
    }
    return RuleGroup(name: name, file: "", interval: .seconds(30), rules: rules)
  }

  @Test func whatFitsStaysTogether() {
    let groups = [Self.group("a", 3), Self.group("b", 3)]
    #expect(RuleParts.split(groups).map { $0.map(\.name) } == [["a", "b"]])
    #expect(RuleParts.split([]).count == 1)
  }

  @Test func groupsAreKeptWholeBeforeTheyAreSplit() {
    let groups = [Self.group("a", 6), Self.group("b", 6), Self.group("c", 25), Self.group("c (2)", 1)]
    let parts = RuleParts.split(groups, maximumSize: 11_000)
    #expect(
      parts.map { $0.map { "\($0.name):\($0.rules.count)" } } == [
        ["a:6"], ["b:6"], ["c:10"], ["c (3):10"], ["c (4):5", "c (2):1"],
      ])
    // No rule is lost, and their order is kept.
    #expect(parts.flatMap { $0.flatMap(\.rules) } == groups.flatMap(\.rules))
  }

  /// A thousand agents missed by name, in thirty rules.
  @Test func aLargeFleetIsTaken() throws {
    var system = FleetSystem(name: "large")
    for index in 0..<1000 {
      var agent = AgentSpec(agentID: try AgentID("agent-number-\(index)"))
      agent.image = "a:1"
      system.agents.append(agent)
    }
    for index in 0..<30 {
      system.alertRules.append(
        AlertRule(
          name: "Silent\(index)", description: "d", condition: .absence(window: .seconds(600 + Double(index))),
          metricName: Glob("up")))
    }
    let stack = MonitoringStack(of: system)
    let rules = stack.manifests.filter { $0.kind == "PrometheusRule" }
    #expect(rules.count > 3 && rules[1].name == "multi-agent-system-2")
    let names = rules.flatMap { ($0.tree["spec"]?["groups"]?.items ?? []).compactMap { $0["name"]?.text } }
    #expect(Set(names).count == names.count)
    // One object of everything is what the operator refuses.
    var naive = try #require(rules.first)
    let whole = YAMLMapping([("groups", .sequence(stack.groups.map(\.tree)))]).tree
    naive.tree.content = .mapping(
      naive.tree.entries.map { entry in
        var entry = entry
        if entry.key == "spec" { entry.value = whole }
        return entry
      })
    func large(_ manifests: [Manifest]) -> [String] {
      DeployCheck.findings(in: manifests, of: nil, expressions: DeployCheckCases.expressions)
        .filter { ["SKEP-O008", "SKEP-K030"].contains($0.rule) }.map(\.description)
    }
    #expect(large(stack.manifests) == [])
    #expect(large([naive]).count == 1)
    // The configuration names every part, and each is a file.
    let mounted = stack.manifests.filter { $0.kind == "ConfigMap" }.flatMap { $0.tree["data"]?.entries ?? [] }
    let configuration = try #require(mounted.first { $0.key == "prometheus.yml" }?.value.text)
    for rule in rules {
      #expect(configuration.contains("  - \(rule.name).yml\n"))
      #expect(mounted.contains { $0.key == "\(rule.name).yml" })
      #expect(stack.files.contains { $0.name == "prometheus/rules/\(rule.name).yml" })
    }
  }

  /// Environments of one file, and systems, that share the namespace of Prometheus and Grafana.
  @Test func namesInTheSharedNamespaceDiffer() throws {
    var system = FleetSystem(name: "team")
    func places() -> [String] {
      MonitoringStack(of: system).manifests.filter { $0.kind == "ConfigMap" }.map { "\($0.namespace ?? "")/\($0.name)" }
    }
    func dashboards() -> [String] {
      MonitoringStack(of: system).manifests.flatMap { $0.tree["data"]?.entries.map(\.key) ?? [] }
        .filter { $0.hasSuffix(".json") }
    }
    system.namespace = "team-staging"
    let staging = (places(), dashboards())
    system.namespace = "team"
    #expect(Set(places()).isDisjoint(with: staging.0) && Set(dashboards()).isDisjoint(with: staging.1))
    #expect(places() == ["monitoring/team-prometheus", "monitoring/team-dashboards"])
    system.namespace = String(repeating: "n", count: 63)
    #expect(places().allSatisfy { $0.utf8.count <= "monitoring/".utf8.count + 63 })
  }
}
