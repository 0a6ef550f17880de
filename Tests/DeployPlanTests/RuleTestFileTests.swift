import DeployPlan
import FleetModel
import Testing

@Suite("files of rule tests")
struct RuleTestFileTests {
  @Test func everythingThatATestCanHave() throws {
    let reading = RuleTestFile.read(
      bytes: Array(
        """
        rule_files: [a.yml, "b/*.yml"]
        evaluation_interval: 30s
        group_eval_order: [g, h]
        fuzzy_compare: true
        tests:
          - name: one
            interval: 15s
            start_timestamp: 2026-11-23T00:00:00Z
            external_labels: {cluster: eu}
            external_url: http://skep
            input_series:
              - {series: 'up{a="b"}', values: 1}
            alert_rule_test:
              - {eval_time: 1m, alertname: Down}
              - eval_time: 0
                alertname: Up
                exp_alerts:
                  - exp_labels: {severity: warning}
                    exp_annotations: {text: hm}
            promql_expr_test:
              - expr: up
                eval_time: 106700d
                exp_samples: [{labels: up, value: -2.5e-3}, {value: .nan}, {histogram: "{{}}", value: -Inf}]
          - start_timestamp: 1.5
          - {}
        """.utf8), file: "t.yml")
    #expect(reading.diagnostics == [])
    let file = try #require(reading.file)
    #expect(file.ruleFiles == ["a.yml", "b/*.yml"] && file.groupOrder == ["g", "h"] && file.comparesFuzzily)
    #expect(file.evaluationInterval == .seconds(30) && file.tests.count == 3)
    let test = file.tests[0]
    #expect(test.name == "one" && test.interval == .seconds(15) && test.externalURL == "http://skep")
    #expect(test.start == RFC3339.parse("2026-11-23T00:00:00Z") && test.externalLabels == ["cluster": "eu"])
    #expect(test.inputSeries.map(\.values) == ["1"])
    #expect(test.alertTests.map(\.alertName) == ["Down", "Up"] && test.alertTests[0].expected == [])
    #expect(test.alertTests[1].expected[0].labels == ["severity": "warning"])
    let samples = test.expressionTests[0].expected
    #expect(samples[0].value == -0.0025 && samples[1].value.isNaN && samples[2].value == -.infinity)
    #expect(test.expressionTests[0].evalTime == .seconds(106_700 * 86_400))
    #expect(file.tests[1].start == Timestamp(milliseconds: 1500) && file.tests[2] == RuleTestFile.Test())
  }

  @Test func everyMistakeAtOnce() {
    let reading = RuleTestFile.read(
      bytes: Array(
        """
        group_eval_order: [g, g]
        test: []
        tests:
          - start_timestamp: yesterday
            alert_rule_test: [{eval_time: 1m}]
        """.utf8), file: "t.yml")
    #expect(
      reading.diagnostics.map(\.description) == [
        "t.yml:1:23: error: group_eval_order[1]: the group \"g\" is named twice; remove one of the two",
        "t.yml:2:1: error: unknown key \"test\"; did you mean \"tests\"?",
        "t.yml:4:22: error: tests[0].start_timestamp: \"yesterday\" is not a time; write one such as "
          + "2026-11-23T01:02:03Z, or seconds since 1970",
        "t.yml:5:23: error: tests[0].alert_rule_test[0]: lacks the required key \"alertname\"",
      ])
    #expect(reading.file == nil)
  }
}
