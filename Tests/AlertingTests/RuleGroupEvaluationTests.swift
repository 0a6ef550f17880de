import FleetModel
import PromQL
import Synchronization
import Testing

@testable import Alerting

@Suite("one evaluation of a rule group")
struct RuleGroupEvaluationTests {
  /// Evaluates a group again and again on series that its results are recorded to.
  struct Bench {
    let store = MemorySeries()
    var evaluation: RuleGroupEvaluation

    init(_ group: RuleGroup, awaitsRestore: Bool = false) throws {
      evaluation = try RuleGroupEvaluation(group, awaitsRestore: awaitsRestore)
    }

    @discardableResult
    mutating func evaluate(at seconds: Double) async -> RuleGroupOutcome {
      let store = store
      return await evaluation.evaluate(at: MemorySeries.time(seconds), source: store, record: { store.record($0) })
    }
  }

  @Test func laterRulesSeeWhatEarlierOnesRecord() async throws {
    var bench = try Bench(
      RuleGroup([.record("a", "x + 1"), .record("b", "a * 2"), .record("c", "{__name__=~\"[ab]\"}", ["k": "v"])]))
    bench.store.add("x", ["agent_id": "p"], 1, at: 0)
    await bench.evaluate(at: 0)
    #expect(bench.store.recorded("a") == [#"{agent_id="p"}"#: "0:2"])
    #expect(bench.store.recorded("b") == [#"{agent_id="p"}"#: "0:4"])
    // Both give a series c{agent_id="p", k="v"}.
    #expect(bench.evaluation.statuses[2].health == .err)
    #expect(
      bench.evaluation.statuses[2].lastError
        == "vector contains metrics with the same labelset after applying rule labels")
  }

  @Test func aSeriesThatLeavesTheResultEnds() async throws {
    var bench = try Bench(RuleGroup([.record("hot", "x > 1"), .alert("Hot", "x > 1", for: .seconds(60))]))
    for (second, a, b) in [(0.0, 2.0, 0.0), (60, 2, 2), (120, 0, 2), (180, 2, 0)] {
      bench.store.add("x", ["i": "a"], a, at: second)
      bench.store.add("x", ["i": "b"], b, at: second)
      await bench.evaluate(at: second)
    }
    #expect(
      bench.store.recorded("hot") == [#"{i="a"}"#: "0:2 60:2 120:- 180:2", #"{i="b"}"#: "60:2 120:2 180:-"])
    #expect(
      bench.store.recorded("ALERTS") == [
        #"{alertname="Hot", alertstate="pending", i="a"}"#: "0:1 60:- 180:1",
        #"{alertname="Hot", alertstate="firing", i="a"}"#: "60:1 120:-",
        #"{alertname="Hot", alertstate="pending", i="b"}"#: "60:1 120:-",
        #"{alertname="Hot", alertstate="firing", i="b"}"#: "120:1 180:-",
      ])
    #expect(
      bench.store.recorded("ALERTS_FOR_STATE") == [
        #"{alertname="Hot", i="a"}"#: "0:1700000000 60:1700000000 120:- 180:1700000180",
        #"{alertname="Hot", i="b"}"#: "60:1700000060 120:1700000060 180:-",
      ])
  }

  @Test func aRuleThatFailsKeepsNoOtherBack() async throws {
    var bench = try Bench(
      RuleGroup([.record("bad", "x + on() y"), .record("good", "x"), .record("text", "\"a\"")]))
    for i in ["a", "b"] {
      bench.store.add("x", ["i": i], 1, at: 0)
      bench.store.add("y", ["i": i], 1, at: 0)
    }
    let outcome = await bench.evaluate(at: 0)
    #expect(outcome.failures == [0, 2] && outcome.samples == 2)
    #expect(bench.evaluation.statuses.map(\.health) == [.err, .ok, .err])
    #expect(bench.evaluation.statuses[0].lastError?.contains("many") == true)
    #expect(bench.evaluation.statuses[2].lastError == "rule result is not a vector or scalar")
    // Mended, it is well again.
    bench.store.failure = "the disk is gone"
    await bench.evaluate(at: 60)
    #expect(bench.evaluation.statuses[1].lastError == "expanding series: the disk is gone")
    bench.store.failure = nil
    await bench.evaluate(at: 120)
    #expect(bench.evaluation.statuses[1].health == .ok && bench.evaluation.statuses[1].lastError == nil)
    // Nothing had ended only because nothing could be read.
    #expect(bench.store.recorded("good") == [#"{i="a"}"#: "0:1 120:1", #"{i="b"}"#: "0:1 120:1"])
  }

  @Test func offsetLimitAndLabels() async throws {
    var group = RuleGroup([.record("r", "x", ["team": "b", "i": ""]), .record("one", "1")], offset: .seconds(60))
    group.labels = ["team": "a", "zone": "z"]
    var bench = try Bench(group)
    bench.store.add("x", ["i": "a"], 1, at: 0)
    bench.store.add("x", ["i": "a"], 2, at: 60)
    await bench.evaluate(at: 90)
    #expect(bench.store.recorded("r") == [#"{team="b", zone="z"}"#: "30:1"])
    #expect(bench.store.recorded("one") == [#"{team="a", zone="z"}"#: "30:1"])

    var limited = try Bench(RuleGroup([.record("r", "x"), .alert("A", "x")], limit: 1))
    for i in ["a", "b"] { limited.store.add("x", ["i": i], 1, at: 0) }
    await limited.evaluate(at: 0)
    #expect(
      limited.evaluation.statuses.map(\.lastError) == [
        "exceeded limit of 1 with 2 series", "exceeded limit of 1 with 2 alerts",
      ])
    #expect(limited.store.recorded("r").isEmpty && limited.evaluation.statuses[1].alerts.isEmpty)
  }

  @Test func filtersOfSystemRulesLeaveTheOthersOut() async throws {
    let filter = ExpressionRule.Filter(
      metricName: Glob("x*"), agentID: Glob("plan*"), labels: [LabelMatcher("zone", .notEqual, "c")])
    var bench = try Bench(
      RuleGroup([
        .alert("A", "rate(xs[5m]) >= 0", filter: filter), .alert("B", "{__name__=~\"xs|ys\"}", filter: filter),
      ]))
    for metric in ["xs", "ys"] {
      for second in [0.0, 60] {
        bench.store.add(metric, ["agent_id": "planner", "zone": "a"], second, at: second)
        bench.store.add(metric, ["agent_id": "planner", "zone": "c"], second, at: second)
        bench.store.add(metric, ["agent_id": "critic", "zone": "a"], second, at: second)
      }
    }
    await bench.evaluate(at: 60)
    let alerts = bench.evaluation.statuses.map { $0.alerts.map { "\($0.labels.removing("alertname"))" } }
    #expect(alerts == [[#"{agent_id="planner", zone="a"}"#], [#"{agent_id="planner", zone="a"}"#]])
  }

  @Test func sameLabelsOfTwoAlertsAreAnError() async throws {
    var bench = try Bench(RuleGroup([.alert("A", "x", labels: ["i": "fixed"])]))
    for i in ["a", "b"] { bench.store.add("x", ["i": i], 1, at: 0) }
    await bench.evaluate(at: 0)
    #expect(
      bench.evaluation.statuses[0].lastError
        == "vector contains metrics with the same labelset after applying alert labels")
  }

  @Test func rulesThatReadTheSameReadItOnce() async throws {
    let rules = (0..<20).map { ExpressionRule.alert("A\($0)", "x{i=\"a\"} > \($0)") }
    var bench = try Bench(RuleGroup(rules + [.record("y", "sum(x{i=\"a\"})"), .record("z", "y + sum(x{i=\"a\"})")]))
    bench.store.add("x", ["i": "a"], 5, at: 0)
    await bench.evaluate(at: 0)
    // x once for all that read nothing recorded here; y and x again for the last.
    #expect(bench.store.selections == 3)
    #expect(bench.evaluation.statuses.filter { !$0.alerts.isEmpty }.count == 5)
    #expect(bench.store.recorded("z") == ["{}": "0:10"])
  }

  @Test func whatIsGoneFromTheGroupEnds() async throws {
    var bench = try Bench(
      RuleGroup([.record("r", "x"), .alert("A", "x", for: .seconds(60)), .record("r", "x", ["k": "v"])]))
    bench.store.add("x", [:], 1, at: 0)
    await bench.evaluate(at: 0)
    // Another expression and order: what a rule has is kept by its name and labels.
    var changed = try RuleGroupEvaluation(
      RuleGroup([.alert("A", "x * 1", for: .seconds(60)), .record("r", "x", ["k": "v"])]))
    changed.adopt(bench.evaluation)
    bench.evaluation = changed
    bench.store.add("x", [:], 1, at: 60)
    await bench.evaluate(at: 60)
    #expect(bench.evaluation.statuses[0].alerts.map(\.state) == [.firing])
    #expect(bench.store.recorded("r") == ["{}": "0:1 60:-", #"{k="v"}"#: "0:1 60:1"])
  }

  @Test func nothingIsToldOfAlertsBeforeTheyAreRestored() async throws {
    var bench = try Bench(
      RuleGroup([.alert("Slow", "x", for: .seconds(1200)), .alert("Quick", "x", for: .seconds(300))]),
      awaitsRestore: true)
    // Before an outage of 10 minutes Slow was pending for 5 minutes.
    for (name, second) in [("Slow", -900.0), ("Quick", -900)] {
      for at in [-900.0, -600] {
        bench.store.add("ALERTS_FOR_STATE", ["alertname": name, "i": "a"], 1_700_000_000 + second, at: at)
      }
    }
    let known = FiringBefore(
      labels: LabelSet(["alertname": "Quick", "i": "b"]), value: 1, activeAt: MemorySeries.time(-9000),
      firedAt: MemorySeries.time(-8000))
    for i in ["a", "b"] { bench.store.add("x", ["i": i], 1, at: 0) }
    await bench.evaluate(at: 0)
    await bench.evaluate(at: 60)
    #expect(bench.store.recorded("ALERTS").isEmpty && bench.evaluation.awaitsRestore)
    let problems = await bench.evaluation.restore(
      at: MemorySeries.time(60), source: bench.store, firing: [bench.evaluation.keys[1]: [known]])
    #expect(problems.isEmpty && !bench.evaluation.awaitsRestore)
    await bench.evaluate(at: 120)
    let alerts = bench.evaluation.statuses.map { rule in
      rule.alerts.map { "\($0.labels["i"] ?? "") \($0.state) \(($0.activeAt - MemorySeries.time(0)).seconds)" }
    }
    // Slow goes on after the 660 seconds of the outage; Quick has too short a `for`, but what fired fires on.
    #expect(alerts == [["a pending -240.0", "b pending 0.0"], ["a pending 0.0", "b firing -9000.0"]])
  }

  @Test func templatesAreFilledIn() async throws {
    var bench = try Bench(
      RuleGroup([
        .alert(
          "A", "x", labels: ["tier": "{{ $labels.i }}-1", "none": "{{ $labels.missing }}"],
          annotations: [
            "summary": "{{ $labels.i }} is {{ $value }}",
            "others": "{{ range query \"y\" }}{{ .Labels.j }}={{ .Value }};{{ end }}", "bad": "{{ .Nope.No }}",
          ])
      ]))
    bench.store.add("x", ["i": "a"], 3, at: 0)
    bench.store.add("y", ["j": "p"], 1, at: 0)
    bench.store.add("y", ["j": "q"], 2, at: 0)
    await bench.evaluate(at: 0)
    let alert = try #require(bench.evaluation.statuses[0].alerts.first)
    #expect("\(alert.labels)" == #"{alertname="A", i="a", tier="a-1"}"#)
    #expect(alert.annotations["summary"] == "a is 3")
    #expect(alert.annotations["others"] == "p=1;q=2;")
    #expect(alert.annotations["bad"]?.hasPrefix("<error expanding template: ") == true)
  }

  @Test func anExpressionThatDoesNotParseIsRefused() throws {
    let error = #expect(throws: RuleGroupError.self) {
      try RuleGroupEvaluation(RuleGroup([.record("r", "sum(")]))
    }
    #expect(error?.rule == "r" && error?.problem.contains("1:5: parse error") == true)
  }
}
