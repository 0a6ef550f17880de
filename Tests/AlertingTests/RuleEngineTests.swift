import FleetModel
import Platform
import TestSupport
import Testing

@testable import Alerting

@Suite struct RuleEngineTests {
  let time = SimulatedTime()
  let recorder = Recorder()

  func engine(_ rules: [AlertRule], options: RuleEngineOptions = RuleEngineOptions()) throws -> RuleEngine {
    let engine = try makeEngine(rules, time: time, options: options)
    engine.addHandler(named: "recorder") { [recorder] in recorder.take($0) }
    return engine
  }

  @Test func firesOnceAndResolves() async throws {
    let engine = try engine([.above(80)])
    try await running(engine) {
      let labels = series("cpu")
      engine.feed(labels, 91.500000000001, at: time.now())
      await recorder.wait(for: 1)
      time.advance(by: .seconds(1))
      engine.feed(labels, 95, at: time.now())
      #expect(engine.alerts(.active).map(\.value) == [95])
      time.advance(by: .seconds(1))
      engine.feed(labels, 5, at: time.now())
      let taken = await recorder.wait(for: 2)
      #expect(taken.map(\.kind) == [.firing, .resolved])
      let start = Timestamp(milliseconds: 1_700_000_000_000)
      let expected = Alert(
        id: "High:planner:cpu", name: "High", severity: .critical, description: "cpu of planner is 91.5, above 80",
        affectedAgents: ["planner"], activeSince: start, firedAt: start, labels: ["agent_id": "planner"],
        annotations: ["team": "ops"], runbookURL: "https://runbooks.example/high", value: 91.500000000001)
      #expect(taken[0].alert == expected)
      #expect(taken[1].alert.resolvedAt == start + .seconds(2))
      #expect(engine.alerts(.active).isEmpty)
      #expect(engine.alerts(.resolved).map(\.id) == ["High:planner:cpu"])
    }
    #expect(recorder.all.count == 2)
  }

  @Test func holdsByTimerWithoutFurtherSamples() async throws {
    let engine = try engine([.above(80, hold: .seconds(60))])
    try await running(engine) {
      engine.feed(series("cpu"), 90, at: time.now())
      #expect(engine.alerts(.pending).map(\.id) == ["High:planner:cpu"])
      #expect(engine.alerts(.active).isEmpty)
      await time.waitForSleepers(1)
      time.advance(by: .seconds(60))
      let taken = await recorder.wait(for: 1)
      #expect(taken[0].alert.firedAt == taken[0].alert.activeSince + .seconds(60))
      #expect(taken[0].alert.value == 90)
    }
  }

  @Test func aClockThatIsSetFiresNothing() async throws {
    let engine = try engine([.above(80, hold: .seconds(60))])
    engine.feed(series("cpu"), 90, at: time.now())
    time.jumpWallClock(by: .seconds(100_000))
    engine.passTime()
    #expect(engine.alerts(.active).isEmpty)
    time.jumpWallClock(by: .seconds(-200_000))
    time.advance(by: .seconds(60))
    engine.passTime()
    let alert = try #require(engine.alerts(.active).first)
    #expect(try #require(alert.firedAt) >= alert.activeSince)
  }

  @Test func instancesOfOneAgentHaveAlertsOfTheirOwn() throws {
    let engine = try engine([.above(80)])
    for instance in ["a:1", "b:1"] { engine.feed(series("cpu", ["instance": instance]), 90, at: time.now()) }
    #expect(Set(engine.alerts(.active).map(\.id)).count == 2)
  }

  @Test func aSeriesThatNoRuleWatchesGetsNoToken() throws {
    let engine = try engine([
      .above(80, metric: "cpu*", labels: [LabelMatcher("env", .matches, "prod|stag.*")], agent: "plan*"),
      .above(
        80, name: "Not", metric: "mem",
        labels: [LabelMatcher("env", .notEqual, ""), LabelMatcher("x", .matchesNot, "y+")]),
    ])
    #expect(engine.interest(in: series("cpu_user", ["env": "staging"])) != nil)
    #expect(engine.interest(in: series("cpu_user", ["env": "xprod"])) == nil)
    #expect(engine.interest(in: series("cpu_user", agent: "coder", ["env": "prod"])) == nil)
    #expect(engine.interest(in: series("memory", ["env": "prod"])) == nil)
    #expect(engine.interest(in: series("mem")) == nil)
    #expect(engine.interest(in: series("mem", ["env": "a"])) != nil)
    #expect(engine.interest(in: series("mem", ["env": "a", "x": "yyy"])) == nil)
    #expect(engine.interest(in: LabelSet()) == nil)
  }

  @Test func equalLabelsGiveEqualTokens() throws {
    let engine = try engine([.above(80)])
    let token = engine.interest(in: series("cpu"))
    #expect(token != nil)
    #expect(engine.interest(in: series("cpu")) == token)
    #expect(engine.interest(in: series("cpu", agent: "coder")) != token)
    let before = engine.generation
    try engine.add(.above(10, name: "Other"))
    #expect(engine.generation > before)
    #expect(engine.interest(in: series("cpu")) == token)
  }

  @Test func rulesComeAndGoWhileSamplesFlow() async throws {
    let engine = try engine([])
    try await running(engine) {
      #expect(engine.interest(in: series("cpu")) == nil)
      try engine.add(.above(80))
      engine.feed(series("cpu"), 90, at: time.now())
      await recorder.wait(for: 1)
      #expect(engine.remove(named: "High"))
      #expect(!engine.remove(named: "High"))
      await recorder.wait(for: 2)
      #expect(recorder.kinds == ["firing", "resolved"])
      #expect(engine.interest(in: series("cpu")) == nil)
      try engine.add(.above(95))
      time.advance(by: .seconds(1))
      engine.feed(series("cpu"), 94, at: time.now())
      time.advance(by: .seconds(1))
      engine.feed(series("cpu"), 96, at: time.now())
      await recorder.wait(for: 3)
      #expect(engine.rules.map(\.name) == ["High"])
    }
  }

  @Test func refusesRulesThatItCannotRun() throws {
    let engine = try engine([.above(80)])
    #expect(throws: RuleError.duplicateName("High")) { try engine.add(.above(1)) }
    #expect(throws: RuleError.unsupportedCondition(rule: "E", type: "expression")) {
      try engine.add(AlertRule(name: "E", description: "", condition: .expression("up == 0", interval: nil)))
    }
    #expect(throws: RuleError.self) {
      try engine.add(.above(1, name: "R", labels: [LabelMatcher("a", .matches, "(")]))
    }
    #expect(throws: RuleError.self) {
      try engine.add(AlertRule(name: "W", description: "", condition: .absence(window: .zero)))
    }
    #expect(throws: RuleError.self) { try engine.add(.above(1, name: "")) }
    #expect(engine.rules.map(\.name) == ["High"])
  }

  @Test func theMetricTypeDecidesWhetherAFallIsAReset() throws {
    var options = RuleEngineOptions()
    options.metricType = { $0 == "requests" ? .counter : nil }
    let rule = AlertRule(name: "Rate", description: "", condition: .rateOfChange(.greater, 1))
    let engine = try engine([rule], options: options)
    for metric in ["requests", "requests_total", "queue_length"] {
      engine.feed(series(metric), 1000, at: time.now())
      engine.feed(series(metric), 500, at: time.now() + .seconds(10))
    }
    #expect(
      engine.alerts(.active).map(\.id).sorted() == ["Rate:planner:requests", "Rate:planner:requests_total"])
    // The rule names no metric, so its alerts say which one it was.
    #expect(engine.alerts(.active).compactMap { $0.labels["metric_name"] }.sorted() == ["requests", "requests_total"])
  }

  // MARK: Absence

  let absence = AlertRule(
    name: "Gone", description: "{metric_name} of {agent_id}: {value} for {threshold}",
    condition: .absence(window: .seconds(120)), metricName: Glob("heart*"))

  @Test func absenceIsAboutAgentAndMetricNotAboutInstances() throws {
    let engine = try engine([absence])
    let feed = { (instance: String) in engine.feed(series("heartbeat", ["instance": instance]), 1, at: self.time.now())
    }
    feed("a:1")
    feed("b:1")
    time.advance(by: .seconds(119))
    feed("b:1")
    time.advance(by: .seconds(119))
    engine.passTime()
    #expect(engine.alerts(.active).isEmpty)
    engine.feed(series("heartbeat", ["instance": "b:1"]), StaleMarker.value, at: time.now())
    time.advance(by: .seconds(1))
    engine.passTime()
    let alert = try #require(engine.alerts(.active).first)
    #expect(alert.id == "Gone:planner:heartbeat")
    #expect(alert.description == "heartbeat of planner: no data for 2m")
    #expect(alert.value == nil)
    feed("c:1")
    #expect(engine.alerts(.active).isEmpty)
    #expect(engine.alerts(.resolved).count == 1)
  }

  @Test func aNamedPairThatNeverCameIsAbsent() throws {
    var rule = absence
    rule.metricName = Glob("heartbeat")
    rule.agentID = Glob("planner")
    let engine = try engine([rule])
    time.advance(by: .seconds(120))
    engine.passTime()
    #expect(engine.alerts(.active).map(\.id) == ["Gone:planner:heartbeat"])
  }

  @Test func anAgentThatIsTakenOutIsNotAbsent() throws {
    let engine = try engine([absence])
    let agent = try AgentID("planner")
    engine.handle(.recovered(agentID: agent, instance: "a:1", at: time.now()))
    engine.feed(series("heartbeat"), 1, at: time.now())
    engine.handle(.removed(agentID: agent, instance: "a:1", at: time.now()))
    time.advance(by: .seconds(1000))
    engine.passTime()
    #expect(engine.alerts(.active).isEmpty)
  }

  @Test func absencePairsAreBounded() throws {
    var options = RuleEngineOptions()
    options.absencePairs = 10
    let engine = try engine([absence], options: options)
    for number in 0..<100 { engine.feed(series("heartbeat", agent: "a\(number)"), 1, at: time.now()) }
    time.advance(by: .seconds(120))
    engine.passTime()
    #expect(engine.alerts(.active).count == 10)
  }

  // MARK: Health

  @Test func aFailingAgentRaisesItsHealthAlert() async throws {
    let engine = try engine([])
    let agent = try AgentID("planner")
    try await running(engine) {
      for _ in 0..<3 {
        engine.handle(
          .failed(agentID: agent, instance: "a:1", status: .unhealthy, error: "connection refused", at: time.now()))
      }
      engine.handle(.failed(agentID: agent, instance: "b:1", status: .lost, error: "silent", at: time.now()))
      engine.handle(.recovered(agentID: agent, instance: "a:1", at: time.now()))
      await recorder.wait(for: 1)
      engine.handle(.recovered(agentID: agent, instance: "b:1", at: time.now()))
      let taken = await recorder.wait(for: 2)
      #expect(taken.map(\.kind) == [.firing, .resolved])
      let alert = taken[0].alert
      #expect(alert.id == "agent_health:planner")
      #expect(alert.name == "Agent Health Issue")
      #expect(alert.severity == .critical)
      #expect(alert.description.contains("connection refused"))
      #expect(alert.affectedAgents == ["planner"])
      #expect(alert.value == nil)
    }
  }

  // MARK: Bounds

  @Test func historyIsBoundedAndNewestFirst() throws {
    var options = RuleEngineOptions()
    options.historyLength = 100
    let engine = try engine([.above(80)], options: options)
    for number in 0..<1000 {
      time.advance(by: .milliseconds(1))
      engine.feed(series("cpu"), number.isMultiple(of: 2) ? 90 : 1, at: time.now())
    }
    let history = engine.alerts(.resolved)
    #expect(history.count == 100)
    #expect(history.first?.resolvedAt == time.now())
    #expect(
      history == history.sorted { ($0.firedAt ?? .init(milliseconds: 0)) > ($1.firedAt ?? .init(milliseconds: 0)) })
  }

  /// Pods come and go for days: what is kept is what was alive in the last hour.
  @Test func churnLeavesNothingBehind() async throws {
    let engine = try engine([.above(80), absence])
    for hour in 0..<20 {
      for pod in 0..<50 {
        let labels = series("cpu", ["instance": "\(hour)-\(pod)"])
        engine.feed(labels, 90, at: time.now())
        engine.feed(series("heartbeat", ["instance": "\(hour)-\(pod)"]), 1, at: time.now())
        engine.feed(labels, pod.isMultiple(of: 2) ? StaleMarker.value : 1, at: time.now() + .seconds(1))
      }
      time.advance(by: .seconds(1801))
      engine.passTime()
      await engine.sweep()
      #expect(engine.watchedSeries <= 300)
    }
    time.advance(by: .seconds(3601))
    engine.passTime()
    await engine.sweep()
    #expect(engine.watchedSeries == 0)
  }

  @Test func aSeriesThatComesBackIsAskedForAgain() async throws {
    let engine = try engine([.above(80)])
    let token = try #require(engine.interest(in: series("cpu")))
    time.advance(by: .seconds(3600))
    await engine.sweep()
    #expect(engine.watchedSeries == 0)
    let before = engine.generation
    engine.observe([WatchedSample(token: token, value: 90)], at: time.now())
    #expect(engine.generation > before)
    #expect(engine.interest(in: series("cpu")) != token)
    engine.feed(series("cpu"), 90, at: time.now())
    #expect(engine.alerts(.active).count == 1)
  }

  @Test func aFiringSeriesIsNotForgotten() async throws {
    var options = RuleEngineOptions()
    options.lookback = .seconds(100_000)
    let engine = try engine([.above(80)], options: options)
    engine.feed(series("cpu"), 90, at: time.now())
    time.advance(by: .seconds(4000))
    engine.passTime()
    await engine.sweep()
    #expect(engine.alerts(.active).count == 1)
    #expect(engine.watchedSeries == 1)
  }
}
