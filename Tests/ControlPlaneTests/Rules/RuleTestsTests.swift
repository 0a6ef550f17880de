import ControlPlane
import FleetModel
import Foundation
import Testing

@Suite("unit tests of rules")
struct RuleTestsTests {
  static func run(_ text: String, files: [String: String] = [:], run: String? = nil) async throws -> RuleTestReport {
    var tests = RuleTests()
    if let run { tests.isChosen = { $0.contains(run) } }
    return try await tests.run(Array(text.utf8), file: "t.yml") { path in
      files[path].map { [(path, Array($0.utf8))] } ?? []
    }
  }

  @Test(.enabled(if: RuleCorpus.isThere, "the corpora are not at hand"))
  func verdictsArePromtools() async throws {
    let expectations = try RuleCorpus.expectations("test_rules")
    #expect(expectations.count == 11)
    let folder = RuleCorpus.folder.appending(path: "test_rules")
    for (name, expected) in expectations {
      let bytes = try Data(contentsOf: folder.appending(path: name))
      let report = try await RuleTests().run(Array(bytes), file: name) { path in
        [(path, Array(try Data(contentsOf: folder.appending(path: path))))]
      }
      #expect(
        report.passed == (expected["prometheus_3_14"] as? String == "pass"),
        "\(name): \(report.diagnostics) \(report.tests.map(\.failures))")
    }
  }

  static let rules = """
    groups:
    - name: second
      rules:
      - record: twice
        expr: once * 2
      - alert: High
        expr: twice > 4
        for: 1m
        labels: {severity: page}
        annotations: {text: fixed}
    - name: first
      rules:
      - record: once
        expr: sum(input)
    """

  @Test func groupsInTheirOrderAndAlertsAtTheirTime() async throws {
    let test = """
      rule_files: [r.yml]
      group_eval_order: [first, second]
      tests:
      - name: rises
        interval: 1m
        input_series:
        - {series: 'input{a="1"}', values: 0+1x10}
        - {series: 'input{a="2"}', values: "0 0 stale"}
        alert_rule_test:
        - {eval_time: 3m59s, alertname: High}
        - eval_time: 4m
          alertname: High
          exp_alerts: [{exp_labels: {severity: page}, exp_annotations: {text: fixed}}]
        promql_expr_test:
        - {expr: twice, eval_time: 5m, exp_samples: [{labels: twice, value: 10}]}
        - {expr: 'count(input)', eval_time: 1m, exp_samples: [{value: 2}]}
        - {expr: 'count(input)', eval_time: 2m, exp_samples: [{value: 1}]}
        - {expr: 'ALERTS{alertstate="pending"}', eval_time: 3m, exp_samples: [{labels: 'ALERTS{alertname="High",alertstate="pending",severity="page"}', value: 1}]}
      """
    let report = try await Self.run(test, files: ["r.yml": Self.rules])
    #expect(report.passed && report.tests.count == 1, "\(report)")
  }

  @Test func whatDiffersIsTold() async throws {
    let test = """
      rule_files: [r.yml, missing.yml]
      group_eval_order: [first, thrid]
      tests:
      - input_series: [{series: input, values: 5x10}]
        alert_rule_test:
        - {eval_time: 2m, alertname: High}
        promql_expr_test:
        - {expr: once, eval_time: 1m, exp_samples: [{labels: once, value: 6}, {labels: 'x{'}]}
        - {expr: once, eval_time: 1m, exp_samples: [{labels: once, value: 6}]}
        - {expr: 'once[', eval_time: 1m}
        - {expr: '"text"', eval_time: 1m}
      """
    let report = try await Self.run(test, files: ["r.yml": Self.rules])
    #expect(
      report.diagnostics.map(\.description) == [
        "t.yml:1:21: warning: rule_files[1]: no file is called \"missing.yml\"; paths are relative to the folder of this file",
        "t.yml:2:26: warning: group_eval_order[1]: no group is called \"thrid\"",
      ])
    let failures = try #require(report.tests.first).failures
    #expect(failures.map(\.line) == [6, 8, 9, 10, 11])
    #expect(failures[0].subject == .alert("High") && failures[0].expected == [])
    #expect(failures[0].got == ["Labels:{alertname=\"High\", severity=\"page\"}\nAnnotations:{text=\"fixed\"}"])
    #expect(failures[1].problem != nil && failures[3].problem != nil)
    #expect(failures[2].expected == ["{__name__=\"once\"} 6E+00"] && failures[2].got == ["{__name__=\"once\"} 5E+00"])
    #expect(failures[4].problem == "rule result is not a vector or scalar")
    #expect(!report.passed && report.tests.first?.name == "unnamed#0")
  }

  @Test func aRuleThatCannotBeEvaluatedFailsItsTests() async throws {
    let rules = "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'x * on (b) y'}\n"
    let test = """
      rule_files: [r.yml]
      tests:
      - name: one
        input_series:
        - {series: 'x{b="1",c="1"}', values: 1}
        - {series: 'y{b="1",c="1"}', values: 1}
        - {series: 'y{b="1",c="2"}', values: 1}
      - name: other
      """
    let report = try await Self.run(test, files: ["r.yml": rules])
    #expect(report.tests.map { $0.failures.isEmpty } == [false, true])
    #expect(report.tests[0].failures.first?.subject == .rule("a"))
    let chosen = try await Self.run(test, files: ["r.yml": rules], run: "oth")
    #expect(chosen.tests.map(\.name) == ["other"] && chosen.passed)
  }

  /// What a rule gives may not take the place of a sample that is there.
  @Test func recordedSamplesDoNotReplaceOthers() async throws {
    let rules = "groups:\n- name: g\n  rules:\n  - {record: input, expr: '7'}\n"
    let test = """
      rule_files: [r.yml]
      tests:
      - input_series: [{series: input, values: 1 1}]
        promql_expr_test: [{expr: input, eval_time: 0, exp_samples: [{labels: input, value: 1}]}]
      """
    let report = try await Self.run(test, files: ["r.yml": rules])
    #expect(report.tests.first?.failures.map(\.problem) == ["duplicate sample for timestamp"])
  }

  @Test func rulesThatDoNotParseFailEverything() async throws {
    let rules = "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'x +'}\n"
    let report = try await Self.run("rule_files: [r.yml]\ntests: [{}]\n", files: ["r.yml": rules])
    #expect(!report.passed && report.tests.isEmpty)
    #expect(report.diagnostics.first?.file == "r.yml" && report.diagnostics.first?.line == 4)
  }

  /// Tests may begin at any time; the rules see it.
  @Test func testsMayBeginLater() async throws {
    let test = """
      tests:
      - start_timestamp: 2026-11-23T00:00:00Z
        interval: 1h
        input_series: [{series: a, values: 1 2 3}]
        promql_expr_test:
        - {expr: a, eval_time: 1h, exp_samples: [{labels: a, value: 2}]}
        - {expr: day_of_month(), eval_time: 0, exp_samples: [{value: 23}]}
        - {expr: time(), eval_time: 2h, exp_samples: [{value: 1795399200}]}
      """
    let report = try await Self.run(test)
    #expect(report.passed, "\(report)")
  }
}
