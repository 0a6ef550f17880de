import AlertLogic
import FleetModel
import Testing

@Suite struct AlertTextTests {
  @Test(
    arguments: [
      (91.5, "91.5"), (91.500000000001, "91.5"), (0, "0"), (-0.0, "0"), (3, "3"), (-2.25, "-2.25"),
      (1234567.891, "1234567.891"),
      (0.1 + 0.2, "0.3"), (0.00012345678, "0.0001235"), (-0.05, "-0.05"), (0.99999999, "1"), (80.0004, "80"),
      (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (1e15, "1000000000000000"), (-1e18, "-1e+18"),
      (1e300, "1e+300"), (1e-12, "1e-12"),
      (999_999_999_999.9, "999999999999.9"),
    ] as [(Double, String)])
  func numbers(_ value: Double, _ text: String) { #expect(AlertText.number(value) == text) }

  @Test(arguments: [
    ("CPU of {agent_id} is {value} %, above {threshold} ({metric_name})", "CPU of planner is 91.5 %, above 80 (cpu)"),
    ("{value}{value}", "91.591.5"),
    ("{unknown} {value", "{unknown} {value"),
    ("{{value}}", "{91.5}"),
    ("{", "{"),
    ("", ""),
    ("größer {agent_id} 🐝", "größer planner 🐝"),
  ])
  func templates(_ template: String, _ text: String) {
    let facts = AlertText.Facts(agentID: "planner", metricName: "cpu", value: "91.5", threshold: "80")
    #expect(AlertText.fill(template, with: facts) == text)
  }

  @Test func whatIsFilledInIsNotFilledAgain() {
    let facts = AlertText.Facts(agentID: "{value}", metricName: "", value: "1", threshold: "")
    #expect(AlertText.fill("{agent_id}", with: facts) == "{value}")
  }
}

@Suite struct AlertIdentityTests {
  func labels(_ pairs: [String: String]) -> LabelSet { LabelSet(pairs) }

  @Test func isPlainWithoutFurtherLabels() {
    let id = AlertIdentity.id(
      rule: "HighCPU", agent: "planner", metric: "cpu",
      labels: labels(["__name__": "cpu", "agent_id": "planner"]))
    #expect(id == "HighCPU:planner:cpu")
  }

  /// The digits are part of what outlives a restart: they must never change.
  @Test func hashesFurtherLabelsTheSameForEver() {
    let id = AlertIdentity.id(
      rule: "HighCPU", agent: "planner", metric: "cpu",
      labels: labels(["__name__": "cpu", "agent_id": "planner", "instance": "10.0.0.1:80"]))
    #expect(id == "HighCPU:planner:cpu:0a9ac074e3e659ce")
  }

  @Test func instancesNeverShareAnAlert() {
    let ids = (0..<1000).map {
      AlertIdentity.id(rule: "r", agent: "a", metric: "m", labels: labels(["instance": "h:\($0)"]))
    }
    #expect(Set(ids).count == 1000)
  }

  @Test func colonsInThePartsDoNotMakeIdsEqual() {
    let first = AlertIdentity.id(rule: "a:x", agent: "p", metric: "m", labels: LabelSet())
    let second = AlertIdentity.id(rule: "a", agent: "x", metric: "p:m", labels: LabelSet())
    #expect(first != second)
  }

  /// FNV-1a of nothing and of "a": the published test vectors.
  @Test func hashIsFNV1a() {
    var hash = StableHash()
    #expect(hash.hexadecimal == "cbf29ce484222325")
    hash.add("a")
    #expect(hash.hexadecimal == "af63dc4c8601ec8c")
  }
}
