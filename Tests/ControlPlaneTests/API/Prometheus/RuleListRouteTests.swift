import Alerting
import FleetModel
import Testing

@testable import ControlPlane

@Suite struct RuleListRouteTests {
  private func bench() -> StatusBench {
    var bench = StatusBench()
    let start = StatusBench.start
    let alerting = ExpressionRule(
      .alerting(
        .init(hold: .seconds(90), keepFiringFor: .milliseconds(1500), annotations: ["summary": "{{ $value }}"])),
      name: "Hot", expression: "sum (x)   by(job)>1", labels: ["severity": "page"])
    let recording = ExpressionRule(.recording, name: "job:x:sum", expression: "sum by (job) (x)")
    let alerts = [
      ExpressionAlert(
        labels: LabelSet(["alertname": "Hot", "job": "a"]), annotations: ["summary": "86.5"], state: .firing,
        activeAt: start, keptSince: start + .seconds(1), value: 86.5),
      ExpressionAlert(
        labels: LabelSet(["alertname": "Hot", "job": "b"]), state: .pending, activeAt: start, value: 3e-7),
    ]
    bench.groups = [
      RuleGroupStatus(
        group: RuleGroup(name: "g1", file: "r.yml", limit: 3, labels: ["team": "core"], rules: [alerting, recording]),
        interval: .seconds(15), lastEvaluation: start, evaluationTime: .microseconds(1500),
        rules: [
          ExpressionRuleStatus(
            rule: alerting, health: .ok, lastEvaluation: start, evaluationTime: .milliseconds(1), alerts: alerts),
          ExpressionRuleStatus(
            rule: recording, health: .err, lastError: "many-to-many", lastEvaluation: start + .milliseconds(996)),
        ]),
      RuleGroupStatus(
        group: RuleGroup(name: "g2", file: "r.yml"), interval: .seconds(60),
        rules: [ExpressionRuleStatus(rule: ExpressionRule(.recording, name: "one", expression: "1"))]),
      RuleGroupStatus(
        group: RuleGroup(name: "g1", file: "s.yml"), interval: .seconds(60),
        rules: [ExpressionRuleStatus(rule: ExpressionRule(.alerting(.init()), name: "Cold", expression: "x <"))]),
    ]
    return bench
  }

  private static let hot =
    #"{"labels":{"alertname":"Hot","job":"a"},"annotations":{"summary":"86.5"},"state":"firing","#
    + #""activeAt":"2026-11-23T01:02:03.004Z","keepFiringSince":"2026-11-23T01:02:04.004Z","value":"8.65e+01"}"#
  private static let warm =
    #"{"labels":{"alertname":"Hot","job":"b"},"annotations":{},"state":"pending","activeAt":"2026-11-23T01:02:03.004Z","#
    + #""value":"3e-07"}"#

  @Test func everyKeyOfAGroup() async throws {
    let alerting =
      #"{"state":"firing","name":"Hot","query":"sum by (job) (x) > 1","duration":90,"keepFiringFor":1.5,"#
      + #""labels":{"severity":"page","team":"core"},"annotations":{"summary":"{{ $value }}"},"alerts":[\#(Self.hot),"#
      + #"\#(Self.warm)],"health":"ok","evaluationTime":0.001,"lastEvaluation":"2026-11-23T01:02:03.004Z","type":"alerting"}"#
    let recording =
      #"{"name":"job:x:sum","query":"sum by (job) (x)","labels":{"team":"core"},"health":"err","lastError":"many-to-many","#
      + #""evaluationTime":0,"lastEvaluation":"2026-11-23T01:02:04Z","type":"recording"}"#
    #expect(
      try await bench().data("rules?rule_group[]=g1&file[]=r.yml")
        == #"{"groups":[{"name":"g1","file":"r.yml","rules":[\#(alerting),\#(recording)],"interval":15,"limit":3,"#
        + #""evaluationTime":0.0015,"lastEvaluation":"2026-11-23T01:02:03.004Z"}]}"#)
  }

  @Test func alerts() async throws {
    #expect(try await bench().data("alerts") == #"{"alerts":[\#(Self.hot),\#(Self.warm)]}"#)
    #expect(try await StatusBench().data("alerts") == #"{"alerts":[]}"#)
  }

  @Test func aRuleThatWasNeverEvaluated() async throws {
    #expect(
      try await bench().data("rules?rule_name[]=Cold")
        == #"{"groups":[{"name":"g1","file":"s.yml","rules":[{"state":"inactive","name":"Cold","query":"x <","duration":0,"#
        + #""keepFiringFor":0,"labels":{},"annotations":{},"alerts":[],"health":"unknown","evaluationTime":0,"#
        + #""lastEvaluation":"0001-01-01T00:00:00Z","type":"alerting"}],"interval":60,"limit":0,"evaluationTime":0,"#
        + #""lastEvaluation":"0001-01-01T00:00:00Z"}]}"#)
  }

  /// `file/group:rules` of each group in the answer.
  private func shown(_ path: String) async throws -> [String] {
    let document = try JSONParser.parse(Array(try await bench().data(path).utf8))
    guard case .array(let groups)? = document["groups"] else { throw CancellationError() }
    return groups.map { group in
      guard case .string(let file)? = group["file"], case .string(let name)? = group["name"],
        case .array(let rules)? = group["rules"]
      else { return "?" }
      let names = rules.map { rule in if case .string(let name)? = rule["name"] { name } else { "?" } }
      return "\(file)/\(name):\(names.joined(separator: ","))"
    }
  }

  @Test(
    arguments: [
      ("rules", ["r.yml/g1:Hot,job:x:sum", "r.yml/g2:one", "s.yml/g1:Cold"]),
      ("rules?type=alert", ["r.yml/g1:Hot", "s.yml/g1:Cold"]),
      ("rules?type=Record", ["r.yml/g1:job:x:sum", "r.yml/g2:one"]),
      ("rules?rule_name[]=one&rule_name[]=Hot", ["r.yml/g1:Hot", "r.yml/g2:one"]),
      ("rules?file[]=s.yml", ["s.yml/g1:Cold"]),
      ("rules?rule_group[]=g2&file[]=s.yml", []),
      ("rules?match[]={team=%22core%22}", ["r.yml/g1:Hot,job:x:sum"]),
      ("rules?match[]={severity=~%22pa.%2B%22}&match[]={team=%22none%22}", ["r.yml/g1:Hot"]),
      ("rules?group_limit=10", ["r.yml/g1:Hot,job:x:sum", "r.yml/g2:one", "s.yml/g1:Cold"]),
    ])
  func filters(_ path: String, _ groups: [String]) async throws {
    #expect(try await shown(path) == groups)
  }

  @Test func alertsCanBeLeftOut() async throws {
    let answer = try await bench().data("rules?rule_name[]=Hot&exclude_alerts=1")
    #expect(answer.contains(#""alerts":null,"health""#))
  }

  /// Page by page the same groups as at once, each once.
  @Test(arguments: ["", "&type=alert", "&type=record", "&file[]=r.yml"], [1, 2, 3]) func pages(
    _ filter: String, _ size: Int
  ) async throws {
    let bench = bench()
    var found: [JSONValue] = []
    var token: String? = ""
    while let next = token {
      let path = "rules?group_limit=\(size)\(filter)" + (next.isEmpty ? "" : "&group_next_token=\(next)")
      let document = try JSONParser.parse(Array(try await bench.data(path).utf8))
      guard case .array(let groups)? = document["groups"] else { throw CancellationError() }
      #expect(groups.count <= size)
      found += groups
      if case .string(let text)? = document["groupNextToken"] { token = text } else { token = nil }
      if found.count > 10 { break }
    }
    let all = try JSONParser.parse(Array(try await bench.data("rules?x=y\(filter)").utf8))
    #expect(all["groups"] == .array(found) && all["groupNextToken"] == nil)
  }

  @Test(
    arguments: [
      ("type=x", "invalid parameter \"type\": not supported value \"x\""),
      (
        "exclude_alerts=maybe",
        "invalid parameter \"exclude_alerts\": error converting exclude_alerts: \"maybe\" is not a boolean"
      ),
      ("match[]={}", "match[] must contain at least one non-empty matcher"),
      ("match[]={a=~%22(%22}", ""),
      ("group_limit=x", "invalid parameter \"group_limit\": group_limit needs to be a valid number: \"x\" is none"),
      ("group_limit=0", "invalid parameter \"group_limit\": group_limit needs to be greater than 0"),
      (
        "group_next_token=x",
        "invalid parameter \"group_next_token\": group_limit needs to be present in order to paginate over the groups"
      ),
      (
        "group_limit=1&group_next_token=x",
        "invalid parameter \"group_next_token\": invalid group_next_token 'x'. were rule groups changed?"
      ),
    ])
  func refusals(_ query: String, _ words: String) async throws {
    let refusal = try await bench().refusal("rules?" + query)
    #expect(words.isEmpty ? refusal.hasPrefix("400 bad_data: ") : refusal == "400 bad_data: " + words)
  }

  @Test func alertmanagers() async throws {
    var bench = StatusBench()
    #expect(try await bench.data("alertmanagers") == #"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#)
    bench.urls = ["http://am:9093/api/v2/alerts"]
    #expect(
      try await bench.data("alertmanagers")
        == #"{"activeAlertmanagers":[{"url":"http://am:9093/api/v2/alerts"}],"droppedAlertmanagers":[]}"#)
  }

  @Test(
    arguments: [
      (0, "0e+00"), (-0.0, "-0e+00"), (1, "1e+00"), (100, "1e+02"), (-1.25e-10, "-1.25e-10"), (1e100, "1e+100"),
      (0.1 + 0.2, "3.0000000000000004e-01"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    ] as [(Double, String)])
  func valuesInScientificNotation(_ value: Double, _ text: String) {
    #expect(RuleListText.scientific(value) == text)
  }
}
