import Alerting
import ControlPlane
import FleetModel
import Foundation
import PromQL
import Testing

@Suite("checks of rule files")
struct CheckedRuleFileTests {
  @Test(.enabled(if: RuleCorpus.isThere, "the corpora are not at hand"))
  func verdictsArePromtools() throws {
    let expectations = try RuleCorpus.expectations("check_rules")
    #expect(expectations.count == 19)
    for (name, expected) in expectations {
      let verdict = try #require(expected["prometheus_3_14"] as? [String: Any])
      let bytes = try Data(contentsOf: RuleCorpus.folder.appending(path: "check_rules").appending(path: name))
      let checked = CheckedRuleFile(bytes: Array(bytes), file: name)
      #expect((checked.groups != nil) == (verdict["verdict"] as? String == "good"), "\(name): \(checked.diagnostics)")
      if let groups = checked.groups {
        #expect(groups.count == verdict["groups"] as? Int, "\(name)")
        #expect(checked.ruleCount == verdict["rules"] as? Int, "\(name)")
      } else {
        let errors = (verdict["errors"] as? [String])?.flatMap { $0.split(separator: "\n").map(String.init) } ?? []
        // What Go's YAML says of one file begins with a line of its own.
        let count = errors.filter { !$0.hasSuffix("unmarshal errors:") }.count
        #expect(checked.diagnostics.count { $0.level == .error } == count, "\(name): \(checked.diagnostics)")
      }
      #expect(checked.diagnostics.allSatisfy { $0.line != nil && $0.column != nil && $0.file == name })
    }
  }

  @Test func structureExpressionsAndTemplatesAtOnce() {
    let text = """
      groups:
      - name: g
        rules:
        - alert: a
          expr: |
            up
              == bool(
          labels: {severity: "{{ if }}"}
          annotations: {text: "{{ $labels.x"}
        - record: b
          expr: sum by (c) (rate(d))
          for: 5m
        - record: e
          expr: f[5m]
      """
    let lines = CheckedRuleFile(bytes: Array(text.utf8), file: "f").diagnostics.map(\.description)
    #expect(lines.count == 6, "\(lines)")
    #expect(lines.contains("f:7:17: error: groups[0].rules[0].expr: 3:1: parse error: unclosed left parenthesis"))
    #expect(lines.contains { $0.hasPrefix("f:8:24: error: groups[0].rules[0].labels.severity: label \"severity\": ") })
    #expect(
      lines.contains { $0.hasPrefix("f:9:25: error: groups[0].rules[0].annotations.text: annotation \"text\": ") })
    #expect(
      lines.contains(
        "f:11:28: error: groups[0].rules[1].expr: 1:18: parse error: expected type range vector in call to function "
          + "\"rate\", got instant vector"))
    #expect(
      lines.contains(
        "f:14:11: warning: groups[0].rules[2].expr: gives a range vector, so that every evaluation fails; put it into "
          + "a function over time, such as rate(f[5m])"))
  }

  @Test func duplicates() {
    let text = """
      groups:
      - name: g
        labels: {x: "1"}
        rules:
        - {record: a, expr: b}
        - {record: a, expr: c, labels: {x: "2"}}
        - {alert: a, expr: c, labels: {x: "1"}}
      - name: h
        rules:
        - {record: a, expr: d, labels: {x: "2"}}
      """
    let check = RuleCheck(findsDuplicates: true)
    let found = CheckedRuleFile(bytes: Array(text.utf8), file: "f", check: check)
    #expect(
      found.diagnostics.map(\.description) == [
        "f:7:13: warning: groups[0].rules[2].alert: rules[0] records \"a\" with the same labels too; give one of the "
          + "two another name or label",
        "f:10:14: warning: groups[1].rules[0].record: groups[0].rules[1] records \"a\" with the same labels too; give "
          + "one of the two another name or label",
      ])
    #expect(found.groups != nil && found.ruleCount == 4)
  }

  @Test func expressionsAreLinted() {
    let text = "groups:\n- name: g\n  rules:\n  - {alert: a, expr: 'count(up) == 0'}\n"
    let check = RuleCheck(lint: ExpressionLinter(catalogue: MetricCatalogue()).findings)
    let found = CheckedRuleFile(bytes: Array(text.utf8), file: "f", check: check).diagnostics.map(\.description)
    #expect(
      found == [
        "f:4:23: warning: groups[0].rules[0].expr: count(up) == 0 never holds; where there is nothing, count gives "
          + "nothing: use absent"
      ])
  }
}
