import DeployPlan
import FleetModel
import Testing

/// The catalogue: every rule has an example that it finds and one that it leaves alone.
@Suite struct DeployRuleTests {
  @Test(arguments: DeployCheckCases.examples)
  func example(_ example: DeployCheckCases.Example) {
    let system = example.isOfSystem ? FleetSystem(name: "s") : nil
    let findings = DeployCheckCases.findings(in: example.text, system: system)
    let isFound = findings.contains { $0.rule == example.rule }
    #expect(isFound == example.isBad, "\(findings.map { "\($0)" }.joined(separator: "\n"))")
    if !example.isBad { #expect(findings.filter(\.isError) == []) }
  }

  @Test func everyRuleHasBoth() {
    let bad = Set(DeployCheckCases.examples.filter(\.isBad).map(\.rule))
    let good = Set(DeployCheckCases.examples.filter { !$0.isBad }.map(\.rule))
    for rule in CheckRule.all where rule.area != .wiring {
      #expect(bad.contains(rule.id), "\(rule.id) has no bad example")
      #expect(good.contains(rule.id), "\(rule.id) has no good example")
    }
    for example in DeployCheckCases.examples { #expect(CheckRule.of(example.rule) != nil, "\(example.rule)") }
  }

  @Test func theCatalogueIsSound() {
    #expect(Set(CheckRule.all.map(\.id)).count == CheckRule.all.count)
    for rule in CheckRule.all {
      #expect(rule.area != nil && !rule.title.isEmpty && !rule.reason.isEmpty && !rule.mend.isEmpty, "\(rule.id)")
      #expect(!rule.mend.hasSuffix(".") && !rule.reason.hasSuffix("."), "\(rule.id)")
    }
    // What the schema refuses stays refused.
    #expect(CheckRule.all.allSatisfy { $0.area != .structure || $0.level == .warning || !$0.isWaivable })
  }

  /// `docs/deploy-rules.md` is the catalogue, written by `RECORD=1`.
  @Test func theCatalogueIsPublished() throws {
    let names: [CheckRule.Area: String] = [
      .structure: "Structure", .kubernetes: "Kubernetes", .istio: "Istio", .prometheusOperator: "Prometheus Operator",
      .references: "References", .policy: "Policy", .wiring: "Wiring of the monitoring", .waivers: "Waivers",
    ]
    var text = """
      # Rules of `skep deploy check`

      Errors keep the objects from being applied; warnings do not. A rule that can be waived is waived with a reason: in the
      system file under `waivers` (`rule`, `reason`, and `agent` or `resource` as `Kind/name`), or on the object by the
      annotation `skep.dev/waive: "SKEP-P013: reason"`, several with `;` between them. What a cluster refuses cannot be waived.

      Policy is warnings alone: what is unwise still works, and may be meant. A missing reference is an error where a system
      file says what there is (declare the rest under `external`), or where it contradicts an object at hand; among
      manifests of somebody else's it is a warning, for the rest may be in the cluster.

      """
    for area in CheckRule.Area.allCases {
      let rules = CheckRule.all.filter { $0.area == area }
      if rules.isEmpty { continue }
      text +=
        "\n## \(names[area] ?? "")\n| rule | level | what | why | mend | waivable |\n| --- | --- | --- | --- | --- | --- |\n"
      for rule in rules {
        let cells = [rule.title, rule.reason, rule.mend].map { $0.replacing("|", with: "\\|") }
        text +=
          "| \(rule.id) | \(rule.level.rawValue) | \(cells.joined(separator: " | ")) | \(rule.isWaivable ? "yes" : "no") |\n"
      }
    }
    let path = CaseFiles.packageRoot + "/docs/deploy-rules.md"
    if CaseFiles.isRecording { try CaseFiles.write(text, to: path) }
    #expect(text == (try CaseFiles.text(path)), "write it anew with RECORD=1")
  }

  @Test func theSystemFileWaives() throws {
    let text = """
      apiVersion: v1
      kind: Service
      metadata: {name: a, namespace: ns, labels: {agent-id: planner}}
      spec: {type: NodePort, ports: [{port: 80}]}
      """
    var system = FleetSystem(name: "s")
    system.waivers = [
      Waiver(rule: "SKEP-P017", agent: try AgentID("planner"), resource: "Service/a", reason: "a demo")
    ]
    let waived = DeployCheckCases.findings(in: text, system: system)
    #expect(waived.map { "\($0.rule) \($0.waiver?.reason ?? "-")" } == ["SKEP-P017 a demo"])
    system.waivers[0].resource = "Service/b"
    #expect(DeployCheckCases.findings(in: text, system: system).map(\.rule) == ["SKEP-P017", "SKEP-W004"])
    system.waivers = [
      Waiver(rule: "SKEP-S004", reason: "x"), Waiver(rule: "SKEP-P999", reason: "x"),
      Waiver(rule: "SKEP-P017", reason: " "),
    ]
    #expect(
      DeployCheckCases.findings(in: text, system: system).map(\.rule) == [
        "SKEP-P017", "SKEP-W003", "SKEP-W002", "SKEP-W001",
      ])
  }

  /// Findings of the wiring proof are waived like others.
  @Test func wiringIsWaivedToo() {
    var system = FleetSystem(name: "s")
    system.waivers = [Waiver(rule: "SKEP-P013", reason: "one is enough")]
    let finding = CheckFinding(rule: "SKEP-P013", diagnostic: Diagnostic(.warning, message: "runs once"))
    let all = DeployCheck.findings(in: [], of: system, expressions: DeployCheckCases.expressions, wiring: [finding])
    #expect(all.map { $0.waiver?.reason } == ["one is enough"])
  }
}
