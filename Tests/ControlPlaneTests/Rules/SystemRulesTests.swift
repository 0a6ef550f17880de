import Alerting
import DeployPlan
import FleetModel
import Logging
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import ControlPlane

@Suite("rules of a system file that think in PromQL")
struct SystemRulesTests {
  static let head = "system: t\n"

  struct Mistake: Sendable {
    var text: String
    var expected: String
  }

  @Test(arguments: [
    Mistake(
      text: "recording_rules:\n  - record: a\n    expr: sum(rate(x[5m])\n",
      expected: "s.yaml:4:26: error: recording_rules[0].expr: 1:16: parse error: unclosed left parenthesis"),
    Mistake(
      text: """
        alert_rules:
          - name: A
            description: d
            condition_type: expression
            expr: |
              up ==
              nope(x)
        """, expected: "s.yaml:8:7: error: alert_rules[0].expr: 2:1: parse error: unknown function with name \"nope\""),
    Mistake(
      text: """
        alert_rules:
          - name: A
            description: "{{ $labels.x"
            condition_type: expression
            expr: up
        """, expected: "s.yaml:4:18: error: alert_rules[0].description: "),
  ])
  func mistakesHaveTheirPlaces(_ mistake: Mistake) {
    let reading = SystemFile.readWithRules(bytes: Array((Self.head + mistake.text).utf8), file: "s.yaml")
    #expect(reading.system == nil)
    let found = reading.diagnostics.map(\.description)
    #expect(found.contains { $0.hasPrefix(mistake.expected) }, "\(found)")
  }

  @Test func whatIsGoodIsTaken() throws {
    let text = """
      system: t
      rule_files: [rules/*.yml]
      alert_rules:
        - {name: A, description: "{agent_id} {{ $value }}", condition_type: expression, expr: up == 0, interval: 10s}
      recording_rules:
        - {record: "a:b", expr: sum(up), labels: {k: v}}
      """
    let reading = SystemFile.readWithRules(bytes: Array(text.utf8), file: "s.yaml")
    let system = try #require(reading.system, "\(reading.diagnostics)")
    #expect(system.ruleFiles == ["rules/*.yml"] && system.unsupported.isEmpty)
    #expect(
      system.recordingRules.map(\.recordedRule.rule) == [
        ExpressionRule(.recording, name: "a:b", expression: "sum(up)", labels: ["k": "v"])
      ])
  }

  @Test func ruleFilesAreFoundBesideTheSystemFile() throws {
    let scratch = try ScratchDirectory()
    func write(_ name: String, _ text: String) throws {
      try StateFile(scratch.path.appending(name)).write(Array(text.utf8))
    }
    try write("b.yml", "groups: [{name: g, rules: [{record: r, expr: x}]}]")
    try write("a.yml", "groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]")
    let file = scratch.path.appending("system.yaml")
    let outright = scratch.path.appending("b.yml").string
    let set = RuleFileSet(["*.yml", outright, "none-*.yml"], beside: file)
    let reading = set.read()
    #expect(reading.isValid && reading.groups.map { $0.rules[0].name } == ["A", "r"])
    #expect(reading.groups[1].file == outright)
    let before = set.state()
    #expect(before.count == 2 && set.state() == before)

    try write("a.yml", "groups: [{name: g, rules: [{alert: A, expr: x >}]}]")
    #expect(set.state() != before)
    let broken = set.read()
    #expect(!broken.isValid && broken.diagnostics.map(\.file) == [scratch.path.appending("a.yml").string])
    let missing = RuleFileSet(["c.yml"], beside: file).read()
    #expect(missing.diagnostics.map(\.path) == ["rule_files[0]"] && !missing.isValid)
  }

  @Test func changedRuleFilesAreFollowed() async throws {
    let scratch = try ScratchDirectory()
    let file = scratch.path.appending("a.yml")
    func write(_ rules: String) throws {
      try StateFile(file).write(Array("groups: [{name: g, rules: [\(rules)]}]".utf8))
    }
    try write("{record: r, expr: x}")
    let set = RuleFileSet([file.string], beside: nil)
    let time = SimulatedTime()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let samples = try SamplePath(
      system: FleetSystem(name: "t"), fileGroups: set.read().groups, stateDirectory: nil, http: NobodyAnswers(),
      time: time, logger: logger)
    let follower = RuleFileFollower(set, rules: samples.ruleSet, time: time, logger: logger)
    func names() -> [String] { samples.ruleSet.statuses().flatMap { $0.rules.map(\.rule.name) } }
    await follower.look()
    await follower.look()
    #expect(names() == ["r"])
    // A file is taken up once two looks find it the same.
    try write("")
    await follower.look()
    try write("{record: r, expr: x}, {record: other, expr: y}")
    await follower.look()
    #expect(names() == ["r"])
    await follower.look()
    #expect(names() == ["r", "other"])
    try write("{record: r, expr: x +}")
    await follower.look()
    await follower.look()
    #expect(names() == ["r", "other"])
    follower.follow(RuleFileSet([], beside: nil))
    await follower.look()
    await follower.look()
    #expect(names().isEmpty)
  }
}

private struct NobodyAnswers: HTTPExchanger {
  func exchange(_ request: HTTPExchangeRequest) async throws -> HTTPExchangeResponse { throw CancellationError() }
}
