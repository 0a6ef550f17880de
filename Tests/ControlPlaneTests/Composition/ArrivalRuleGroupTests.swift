import Alerting
import FleetModel
import PromQL
import Testing

@testable import ControlPlane

@Suite struct ArrivalRuleGroupTests {
  private let expression = ArrivalExpression(interval: .seconds(15)) { $0 == "jobs_done" ? .counter : nil }

  static let conditions: [(AlertRule, String)] = [
    (rule(.threshold(.greater, 85), "cpu"), "cpu > 85"),
    (rule(.threshold(.notEqual, -0.5), "a:b", "planner"), #"a:b{agent_id="planner"} != -0.5"#),
    (rule(.threshold(.lessOrEqual, 1e9), "cpu*", "pl?nner"), #"{__name__=~"cpu.*",agent_id=~"pl.nner"} <= 1e+09"#),
    (rule(.threshold(.equal, .infinity), nil, "*"), #"{__name__=~".+"} == +Inf"#),
    (rule(.threshold(.less, 0), "gen_ai.usage"), #"{__name__="gen_ai.usage"} < 0"#),
    (
      rule(
        .threshold(.greater, 0), "m", nil,
        [LabelMatcher("zone", .matches, "eu-\"x\""), LabelMatcher("a.b", .notEqual, "")]),
      #"m{zone=~"eu-\"x\"","a.b"!=""} > 0"#
    ),
    // The range holds two samples of a gauge; of a counter the last two count, whatever else it holds.
    (rule(.rateOfChange(.greater, 3), "depth"), "deriv(depth[30s]) > 3"),
    (rule(.rateOfChange(.less, 3), "sent_total"), "irate(sent_total[1m]) < 3"),
    (rule(.rateOfChange(.less, 3), "jobs_done"), "irate(jobs_done[1m]) < 3"),
    (rule(.absence(window: .seconds(300)), "beat", "a"), #"absent_over_time(beat{agent_id="a"}[5m])"#),
  ]

  static func rule(
    _ condition: AlertRule.Condition, _ metric: String?, _ agent: String? = nil, _ labels: [LabelMatcher] = []
  ) -> AlertRule {
    AlertRule(
      name: "r", description: "d", condition: condition, metricName: metric.map(Glob.init),
      agentID: agent.map(Glob.init), labels: labels)
  }

  @Test(arguments: conditions.indices) func saysTheSameInPromQL(_ index: Int) throws {
    let (rule, text) = Self.conditions[index]
    #expect(expression.text(of: rule) == text)
    let query = try ParsedQuery(text)
    #expect(try ParsedQuery(query.expression.description).expression.description == query.expression.description)
  }

  @Test(
    arguments: [
      ("*", ".*"), ("a?c", "a.c"), ("a.b+c", "a\\.b\\+c"), ("[a-c]x", "[a-c]x"), ("[!a-c]", "[^a-c]"),
      ("[]a]", "[\\]a]"),
      ("[a", "\\[a"), ("\\*", "\\*"), ("a\\", "a\\\\"), ("[z-a]", "[^\\x{0}-\\x{10FFFF}]"), ("[!z-a]", "."),
    ])
  func globsAsRegularExpressions(_ glob: String, _ expression: String) {
    #expect(Glob(glob).regularExpression == expression)
  }

  /// Of random globs and texts, both fit or neither.
  @Test(arguments: 0..<20) func regularExpressionsFitTheSame(seed: UInt64) throws {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(limit))
    }
    let pieces = Array("ab*?[]!-\\^.c")
    let letters = Array("abc]-^![.\\")
    for _ in 0..<300 {
      let glob = Glob(String((0..<next(7)).map { _ in pieces[next(pieces.count)] }))
      let pattern = try LabelPattern(glob.regularExpression)
      for _ in 0..<30 {
        let text = String((0..<next(5)).map { _ in letters[next(letters.count)] })
        #expect(glob.matches(text) == pattern.matches(text), "\(glob.pattern) → \(glob.regularExpression) on \(text)")
      }
    }
  }

  @Test func showsRulesWithTheirAlerts() throws {
    let start = StatusBench.start
    var rule = Self.rule(.threshold(.greater, 85), "cpu")
    rule.hold = .seconds(60)
    rule.severity = .critical
    rule.runbookURL = "https://example.org"
    rule.annotations = ["k": "v"]
    let group = ArrivalRuleGroup(file: "system.yaml", expression: expression, lastCollection: start)
    let alerts = [
      Alert(
        id: "r:b:cpu", name: "r", severity: .critical, description: "b is hot", affectedAgents: ["b"],
        activeSince: start, firedAt: start, labels: ["agent_id": "b"], annotations: ["k": "v"],
        runbookURL: "https://example.org", value: 90),
      Alert(
        id: "r:a:cpu", name: "r", severity: .critical, description: "a is hot", affectedAgents: ["a"],
        activeSince: start, labels: ["agent_id": "a"], value: 99),
      Alert(
        id: "agent_health:c", name: "Agent Health Issue", severity: .critical, description: "c fails",
        affectedAgents: ["c"], activeSince: start, firedAt: start, labels: ["agent_id": "c"]),
    ]
    let status = group.status(
      rules: [rule, Self.rule(.expression("up", interval: nil), nil)], alerts: alerts)
    #expect(status.group.name == "on_arrival" && status.group.file == "system.yaml" && status.interval == .seconds(15))
    #expect(status.rules.map(\.rule.name) == ["r", "Agent Health Issue"])
    let first = try #require(status.rules.first)
    #expect(first.rule.labels == ["severity": "critical"])
    #expect(
      first.rule.kind
        == .alerting(
          .init(
            hold: .seconds(60), annotations: ["k": "v", "description": "d", "runbook_url": "https://example.org"])))
    #expect(first.alerts.map(\.state) == [.pending, .firing])
    #expect(first.alerts.map(\.value) == [99, 90])
    #expect(first.alerts[1].labels == LabelSet(["alertname": "r", "severity": "critical", "agent_id": "b"]))
    #expect(
      first.alerts[1].annotations == ["k": "v", "description": "b is hot", "runbook_url": "https://example.org"])
    #expect(status.rules[1].rule.expression == "up == 0" && status.rules[1].alerts.map(\.value) == [0])
    #expect(status.rules.allSatisfy { $0.health == .ok && $0.lastEvaluation == start })
  }
}
