import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import Alerting

@Suite("rule groups at their times")
struct RuleGroupsTests {
  /// A store, an engine and groups, as one life of Skep has them.
  struct Fixture {
    let time: SimulatedTime
    let store: MemorySeries
    let engine: RuleEngine
    let groups: RuleGroups
    let recorder = Recorder()

    init(
      _ groups: [RuleGroup], store: MemorySeries = MemorySeries(), state: StateFile? = nil,
      startingAt start: Timestamp = MemorySeries.time(0)
    ) throws {
      time = SimulatedTime(start: start)
      self.store = store
      var options = RuleEngineOptions()
      // The writer of the state never sleeps: who sleeps is known.
      options.stateInterval = .zero
      engine = try makeEngine([], state: state, time: time, options: options)
      engine.addHandler(named: "test") { [recorder] in recorder.take($0) }
      self.groups = RuleGroups(
        source: store, appender: store, engine: engine, time: time, logger: quietLogger(),
        defaultInterval: .seconds(60))
      try self.groups.update(groups)
    }

    func running(_ body: () async throws -> Void) async throws {
      let task = Task { [groups] in try await groups.run() }
      do { try await runningEngine(engine, body) } catch {
        task.cancel()
        try await task.value
        throw error
      }
      task.cancel()
      try await task.value
    }

    /// Moves on to the next evaluation of each group and waits until `done` says so.
    func advance(by duration: Duration, until done: () -> Bool) async {
      // The group and the engine's timer.
      await time.waitForSleepers(2)
      time.advance(by: duration)
      while !done() { await Task.yield() }
    }

    func evaluations(_ index: Int = 0) -> Timestamp? { groups.statuses()[index].lastEvaluation }

    /// Moves on by one interval and waits for the evaluation.
    func evaluate(_ interval: Duration = .seconds(60)) async {
      let before = evaluations()
      await advance(by: interval) { evaluations() != before }
    }
  }

  @Test func timesAreMultiplesOfTheIntervalShiftedByTheName() {
    let interval: Int64 = 30_000
    var offsets: Set<Int64> = []
    for name in 0..<50 {
      let schedule = GroupSchedule(file: "f", name: "g\(name)", interval: .seconds(30))
      let slot = schedule.slot(at: MemorySeries.time(12.345))
      #expect(slot <= MemorySeries.time(12.345) && slot > MemorySeries.time(12.345 - 30))
      #expect(schedule.slot(at: slot) == slot)
      #expect(schedule.slot(at: schedule.next(after: slot) - .milliseconds(1)) == slot)
      #expect(schedule.missed(between: slot, and: slot + .seconds(90)) == 2)
      #expect(schedule.slot(at: Timestamp(milliseconds: -5)).milliseconds <= -5)
      offsets.insert(slot.milliseconds % interval)
    }
    #expect(offsets.count > 45)
    #expect(
      GroupSchedule(file: "f", name: "g", interval: .seconds(30))
        == GroupSchedule(file: "f", name: "g", interval: .seconds(30)))
  }

  @Test func recordsAlertsAndTellsHandlers() async throws {
    let fixture = try Fixture([
      RuleGroup([
        .record("twice", "x * 2"),
        .alert(
          "Hot", "twice > 10", for: .seconds(60), labels: ["severity": "critical"],
          annotations: ["description": "{{ $labels.agent_id }} at {{ $value }}", "runbook_url": "http://r"]),
      ])
    ])
    fixture.store.add("x", ["agent_id": "planner"], 6, at: 0)
    try await fixture.running {
      await fixture.evaluate()
      #expect(fixture.engine.alerts(.pending).map(\.name) == ["Hot"])
      await fixture.evaluate()
      await fixture.evaluate()
      let fired = await fixture.recorder.wait(for: 1)[0].alert
      #expect(fired.id.hasPrefix("Hot:planner:twice:") && fired.severity == .critical)
      #expect(fired.description == "planner at 12" && fired.runbookURL == "http://r" && fired.annotations.isEmpty)
      #expect(fired.affectedAgents == ["planner"] && fired.labels == ["agent_id": "planner", "severity": "critical"])
      #expect(fixture.store.recorded("twice").count == 1)
      #expect(fixture.groups.statuses()[0].rules.map(\.health) == [.ok, .ok])

      // Gone from the groups, its alert ends at once; so do its series, two intervals later.
      try fixture.groups.update([])
      #expect(await fixture.recorder.wait(for: 2)[1].kind == .resolved)
      #expect(fixture.groups.statuses().isEmpty)
      await fixture.advance(by: .seconds(120)) {
        fixture.store.recorded("ALERTS").values.allSatisfy { $0.hasSuffix(":-") }
      }
      #expect(fixture.store.recorded("twice").values.allSatisfy { $0.hasSuffix(":-") })
    }
  }

  @Test func aChangedGroupKeepsItsAlerts() async throws {
    let rule = ExpressionRule.alert("A", "x", for: .seconds(60))
    let fixture = try Fixture([RuleGroup([rule])])
    fixture.store.add("x", [:], 1, at: 0)
    try await fixture.running {
      await fixture.evaluate()
      try fixture.groups.update([RuleGroup([.record("r", "x"), rule])])
      #expect(fixture.groups.statuses()[0].rules.count == 2)
      await fixture.evaluate()
      #expect(await fixture.recorder.wait(for: 1)[0].kind == .firing)
      #expect(throws: RuleGroupError.self) { try fixture.groups.update([RuleGroup([.record("r", "x +")])]) }
      #expect(throws: RuleGroupError.self) { try fixture.groups.update([RuleGroup([rule]), RuleGroup([rule])]) }
      #expect(fixture.groups.statuses()[0].rules.count == 2)
      #expect(fixture.recorder.kinds == ["firing"])
    }
  }

  @Test func missedTimesAreSkipped() async throws {
    let fixture = try Fixture([RuleGroup([.record("r", "1")])])
    try await fixture.running {
      await fixture.evaluate()
      let first = try #require(fixture.evaluations())
      await fixture.evaluate(.seconds(60 * 4 + 10))
      let last = try #require(fixture.evaluations())
      let schedule = GroupSchedule(file: "f.yml", name: "g", interval: .seconds(60))
      #expect(last == schedule.slot(at: fixture.time.now()) && last - first >= .seconds(240))
      #expect(fixture.store.recorded("r").values.first?.split(separator: " ").count == 2)
    }
  }

  @Test func afterARestartNothingIsToldTwice() async throws {
    try await withTemporaryDirectory { directory in
      let state = StateFile(directory.appending("alerts.json"))
      let rules = [
        ExpressionRule.alert("Stays", "x{i=\"a\"} > 0", for: .seconds(60)),
        .alert("Ends", "x{i=\"b\"} > 0"), .alert("Gone", "x{i=\"a\"} > 0"),
        .alert("Kept", "x{i=\"b\"} > 0", keep: .seconds(86_400)),
      ]
      let store = MemorySeries()
      for second in stride(from: 0.0, through: 300, by: 60) {
        for i in ["a", "b"] { store.add("x", ["i": i], 1, at: second) }
      }
      let before = try Fixture([RuleGroup(rules)], store: store, state: state)
      try await before.running {
        for _ in 0..<3 { await before.evaluate() }
        await before.recorder.wait(for: 4)
      }
      #expect(before.recorder.kinds == Array(repeating: "firing", count: 4))

      // Two hours later, without one rule, and with nothing of b.
      for second in stride(from: 7200.0, through: 7800, by: 60) { store.add("x", ["i": "a"], 1, at: second) }
      let kept = [rules[0], rules[1], rules[3]]
      let after = try Fixture([RuleGroup(kept)], store: store, state: state, startingAt: MemorySeries.time(7200))
      try await after.running {
        await after.recorder.wait(for: 1)
        #expect(after.recorder.all.map { "\($0.alert.name) \($0.kind)" } == ["Gone resolved"])
        await after.evaluate()
        // Not before the second evaluation: what it watches may only be late.
        #expect(after.engine.alerts(.active).map(\.name).sorted() == ["Ends", "Kept", "Stays"])
        await after.evaluate()
        await after.recorder.wait(for: 2)
        await after.evaluate()
        #expect(after.engine.alerts(.active).map(\.name).sorted() == ["Kept", "Stays"])
        let states = after.groups.statuses()[0].rules.map { $0.alerts.map(\.state) }
        #expect(states == [[.firing], [], [.firing]])
      }
      #expect(after.recorder.all.map { "\($0.alert.name) \($0.kind)" } == ["Gone resolved", "Ends resolved"])
    }
  }

  private static func firing(_ rule: String) -> ExpressionAlert {
    ExpressionAlert(
      labels: LabelSet(["alertname": rule, "agent_id": "a"]), state: .firing, activeAt: MemorySeries.time(0), value: 1)
  }

  private static func facts(_ rule: String, group: String) -> ExpressionRuleFacts {
    let rule = ExpressionRule(.alerting(.init()), name: rule, expression: "x")
    let key = ExpressionRuleKey(rule, labels: [:], of: RuleGroup(name: group, file: "f"), ordinal: 0)
    return ExpressionRuleFacts(key: key, name: rule.name, metric: "")
  }

  @Test func anEvaluationThatOutlastsItsRuleRaisesNothing() throws {
    let engine = try makeEngine([], time: SimulatedTime())
    let rule = Self.facts("R", group: "g")
    engine.retainExpressions([rule.key])
    engine.take([Self.firing("R")], of: rule, isSettled: true)
    #expect(engine.alerts(.active).count == 1)
    engine.retainExpressions([])
    engine.take([Self.firing("R")], of: rule, isSettled: true)
    #expect(engine.alerts(.active).isEmpty)
  }

  @Test func aPendingAlertHidesNoFiringOneOfAnotherRule() throws {
    let engine = try makeEngine([], time: SimulatedTime())
    let (slow, quick) = (Self.facts("R", group: "slow"), Self.facts("R", group: "quick"))
    engine.retainExpressions([slow.key, quick.key])
    var pending = Self.firing("R")
    pending.state = .pending
    engine.take([pending], of: slow, isSettled: true)
    engine.take([Self.firing("R")], of: quick, isSettled: true)
    engine.take([pending], of: slow, isSettled: true)
    #expect(engine.alerts(.active).count == 1 && engine.alerts(.pending).isEmpty)
    engine.take([], of: quick, isSettled: true)
    #expect(engine.alerts(.active).isEmpty)
  }

  @Test func samplesThatAreRefusedAreSaid() throws {
    let store = MemorySeries()
    let engine = try makeEngine(
      [AlertRule(name: "R", description: "{value}", condition: .threshold(.greater, 1), metricName: Glob("r"))],
      time: SimulatedTime())
    let recorder = RuleRecorder(appender: store, watch: engine)
    func samples(_ second: Double, _ values: [String: Double]) -> RecordedSamples {
      RecordedSamples(
        time: MemorySeries.time(second),
        samples: values.sorted { $0.key < $1.key }.map {
          RecordedSample(labels: LabelSet(["__name__": "r", "i": $0.key]), value: $0.value)
        })
    }
    #expect(recorder.record(samples(0, ["a": 5])) == RecordingOutcome())
    // Rules on arrival see what is recorded.
    #expect(engine.alerts(.active).map(\.description) == ["5"])
    #expect(
      recorder.record(samples(0, ["a": 6])) == RecordingOutcome(lost: 1, problem: "duplicate sample for timestamp"))
    store.limit = 1
    let outcome = recorder.record(samples(60, ["a": 1, "b": 1]))
    #expect(outcome.refused == [1] && outcome.problem?.contains("series") == true)
    // A marker that is refused is no problem.
    let marker = RecordedSample.end(of: LabelSet(["__name__": "r", "i": "a"]))
    #expect(recorder.record(RecordedSamples(time: MemorySeries.time(60), samples: [marker])).problem == nil)
  }
}

/// `running` of the engine, under a name that a member of the same name does not hide.
private func runningEngine(_ engine: RuleEngine, _ body: () async throws -> Void) async throws {
  try await running(engine, body)
}

@Suite("all rules of a system")
struct RuleSetTests {
  static func expression(_ name: String, _ text: String, interval: Duration? = nil) -> AlertRule {
    AlertRule(
      name: name, description: "{agent_id}: {metric_name} is {value}, over {threshold}; {{ $labels.zone }} {other}",
      condition: .expression(text, interval: interval), severity: .critical, annotations: ["team": "a"],
      runbookURL: "http://r")
  }

  private func make(_ rules: [AlertRule]) throws -> RuleSet {
    let time = SimulatedTime()
    let engine = try makeEngine(
      rules.filter { if case .expression = $0.condition { false } else { true } }, time: time)
    let store = MemorySeries()
    let groups = RuleGroups(
      source: store, appender: store, engine: engine, time: time, logger: quietLogger(), defaultInterval: .seconds(30))
    return try RuleSet(
      engine: engine, groups: groups, alertRules: rules,
      recorded: [RecordedRule(.record("r", "x"), interval: .seconds(60))], file: "system.yaml",
      defaultInterval: .seconds(30))
  }

  @Test func rulesOfOneIntervalAreOneGroup() throws {
    let threshold = AlertRule(name: "T", description: "", condition: .threshold(.greater, 1))
    let set = try make([Self.expression("A", "x > 1"), threshold, Self.expression("B", "y", interval: .seconds(60))])
    #expect(set.alertRules.map(\.name) == ["A", "T", "B"])
    #expect(set.statuses().map(\.group.name) == ["every 30s", "every 1m"])
    #expect(set.statuses().map { $0.rules.map(\.rule.name) } == [["A"], ["r", "B"]])

    try set.add(Self.expression("C", "z"))
    #expect(set.statuses()[0].rules.map(\.rule.name) == ["A", "C"])
    for taken in ["A", "T"] {
      #expect(throws: RuleError.duplicateName(taken)) { try set.add(Self.expression(taken, "z")) }
    }
    let problem = #expect(throws: RuleError.self) { try set.add(Self.expression("D", "sum(")) }
    #expect("\(try #require(problem))".contains("1:5: parse error"))
    #expect(set.alertRules.map(\.name) == ["A", "T", "B", "C"])
    #expect(set.remove(named: "A") && set.remove(named: "T") && !set.remove(named: "A"))
    #expect(set.statuses()[0].rules.map(\.rule.name) == ["C"])

    try set.setFileGroups([RuleGroup([.record("f", "x")])])
    #expect(set.statuses().map(\.group.file) == ["system.yaml", "system.yaml", "f.yml"])
    #expect(throws: RuleGroupError.self) { try set.setFileGroups([RuleGroup([.record("f", "x +")])]) }
    try set.replace([], with: [], recorded: [])
    #expect(set.statuses().map { $0.rules.map(\.rule.name) } == [["C"], ["B"], ["f"]])
  }

  @Test func anEditedRuleKeepsItsAlerts() async throws {
    let fixture = try RuleGroupsTests.Fixture([])
    let old = [Self.expression("A", "x > 1"), Self.expression("Gone", "x")]
    let set = try RuleSet(
      engine: fixture.engine, groups: fixture.groups, alertRules: old, file: "system.yaml",
      defaultInterval: .seconds(60))
    fixture.store.add("x", ["agent_id": "planner"], 6, at: 0)
    try await fixture.running {
      await fixture.evaluate()
      #expect(await fixture.recorder.wait(for: 2).allSatisfy { $0.kind == .firing })
      let new = [
        Self.expression("A", "x > 2"), AlertRule(name: "T", description: "", condition: .threshold(.greater, 1)),
      ]
      try set.replace(old, with: new, recorded: [])
      #expect(set.alertRules.map(\.name) == ["A", "T"])
      await fixture.evaluate()
      #expect(await fixture.recorder.wait(for: 3).map(\.alert.name).last == "Gone")
      #expect(fixture.engine.alerts(.active).map(\.name) == ["A"])

      // One that cannot be evaluated changes nothing.
      #expect(throws: RuleError.self) {
        try set.replace(new, with: [Self.expression("A", "sum(")], recorded: [])
      }
      #expect(set.alertRules.map(\.name) == ["A", "T"])
      let taken = [Self.expression("A", "x > 3"), Self.expression("T", "y")]
      #expect(throws: RuleError.duplicateName("T")) { try set.replace([new[0]], with: taken, recorded: []) }
      #expect(set.alertRules.map(\.name) == ["A", "T"])
    }
  }

  @Test func aRuleOfASystemFileIsOneOfPrometheus() throws {
    let rule = try #require(try ExpressionRule(Self.expression("A", "cpu{zone!=\"\"} > (85)")))
    guard case .alerting(let alerting) = rule.kind else { return #expect(Bool(false)) }
    #expect(rule.labels == ["severity": "critical"] && alerting.filter == nil)
    #expect(
      alerting.annotations == [
        "team": "a", "runbook_url": "http://r",
        "description":
          "{{ $labels.agent_id }}: cpu is {{ $value }}, over 85; {{ $labels.zone }} {other}",
      ])
    #expect(try ExpressionRule(AlertRule(name: "T", description: "", condition: .absence(window: .seconds(1)))) == nil)
  }
}
