import FleetModel
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import Alerting

@Suite struct RestartTests {
  let time = SimulatedTime()
  let recorder = Recorder()

  func engine(_ rules: [AlertRule], _ file: FilePath, handler: Bool = true) throws -> RuleEngine {
    let engine = try makeEngine(rules, state: StateFile(file), time: time)
    if handler { engine.addHandler(named: "recorder") { [recorder] in recorder.take($0) } }
    return engine
  }

  @Test func firingPendingAndHistorySurvive() async throws {
    try await withTemporaryDirectory { directory in
      let file = directory.appending("alerts.json")
      let rules: [AlertRule] = [.above(80), .above(50, name: "Mid", hold: .seconds(60))]
      let first = try engine(rules, file)
      try await running(first) {
        first.feed(series("cpu", agent: "old"), 90, at: time.now())
        first.feed(series("cpu", agent: "old"), 1, at: time.now() + .seconds(1))
        first.feed(series("cpu"), 90, at: time.now())
        first.feed(series("cpu", agent: "odd"), .infinity, at: time.now())
        await recorder.wait(for: 4)
      }
      time.advance(by: .seconds(30))
      let second = try engine(rules, file)
      #expect(second.alerts(.all) == first.alerts(.all))
      try await running(second) {
        second.feed(series("cpu"), 91, at: time.now())
        #expect(second.alerts(.active).count == 2)
        await time.waitForSleepers(1)
        // `for` counts from before the restart.
        time.advance(by: .seconds(30))
        await recorder.wait(for: 6)
        time.advance(by: .seconds(1))
        second.feed(series("cpu"), 1, at: time.now())
        await recorder.wait(for: 8)
      }
      let ofPlanner = recorder.all.filter { $0.alert.id == "High:planner:cpu" }
      #expect(ofPlanner.map(\.kind) == [.firing, .resolved])
      #expect(ofPlanner[0].alert.firedAt == ofPlanner[1].alert.firedAt)
    }
  }

  @Test func aSeriesThatDoesNotComeBackResolves() async throws {
    try await withTemporaryDirectory { directory in
      let file = directory.appending("alerts.json")
      let first = try engine([.above(80)], file)
      first.feed(series("cpu"), 90, at: time.now())
      first.handle(.failed(agentID: try AgentID("coder"), instance: "a", status: .lost, error: "x", at: time.now()))
      try await running(first) { await recorder.wait(for: 2) }
      let second = try engine([.above(80)], file)
      #expect(second.alerts(.active).count == 2)
      time.advance(by: .seconds(300))
      second.passTime()
      #expect(second.alerts(.active).isEmpty)
    }
  }

  @Test func alertsOfRulesThatAreGoneResolve() async throws {
    try await withTemporaryDirectory { directory in
      let file = directory.appending("alerts.json")
      let first = try engine([.above(80), .above(80, name: "Other")], file)
      first.feed(series("cpu"), 90, at: time.now())
      try await running(first) { await recorder.wait(for: 2) }
      let second = try engine([.above(80)], file)
      #expect(second.alerts(.active).map(\.name) == ["High"])
      try await running(second) { await recorder.wait(for: 3) }
      #expect(recorder.all.last?.kind == .resolved)
      #expect(recorder.all.last?.alert.name == "Other")
    }
  }

  @Test func whatWasNotDeliveredIsDeliveredAfterwards() async throws {
    try await withTemporaryDirectory { directory in
      let file = directory.appending("alerts.json")
      let first = try engine([.above(80)], file)
      first.feed(series("cpu"), 90, at: time.now())
      first.feed(series("cpu"), 1, at: time.now() + .seconds(1))
      first.feed(series("cpu", agent: "coder"), 90, at: time.now())
      // Killed: written, but never run.
      await first.writeState()
      let second = try engine([.above(80)], file)
      try await running(second) { await recorder.wait(for: 3) }
      #expect(recorder.all.map(\.alert.affectedAgents) == [["planner"], ["planner"], ["coder"]])
      #expect(recorder.kinds == ["firing", "resolved", "firing"])
      #expect(recorder.all[0].alert.resolvedAt == nil)
      let third = try engine([.above(80)], file)
      try await running(third) {}
      #expect(recorder.all.count == 3)
    }
  }

  @Test func absenceSurvives() async throws {
    try await withTemporaryDirectory { directory in
      let file = directory.appending("alerts.json")
      let rule = AlertRule(
        name: "Gone", description: "", condition: .absence(window: .seconds(60)), metricName: Glob("h*"))
      let first = try engine([rule], file)
      for agent in ["a", "b"] { first.feed(series("hb", agent: agent), 1, at: time.now()) }
      time.advance(by: .seconds(60))
      first.passTime()
      first.feed(series("hb", agent: "b"), 1, at: time.now())
      await first.writeState()
      let second = try engine([rule], file)
      #expect(second.alerts(.active).map(\.id) == ["Gone:a:hb"])
      // `b` was never heard of by the second one, yet it is missed.
      time.advance(by: .seconds(60))
      second.passTime()
      #expect(second.alerts(.active).map(\.id).sorted() == ["Gone:a:hb", "Gone:b:hb"])
      second.feed(series("hb", agent: "a"), 1, at: time.now())
      #expect(second.alerts(.active).map(\.id) == ["Gone:b:hb"])
    }
  }

  @Test(arguments: ["", "{", "[]", "not json", #"{"version":99,"active":[]}"#, "\u{0}\u{0}", #"{"version":1}"#])
  func aCorruptFileIsSetAside(_ content: String) async throws {
    try await withTemporaryDirectory { directory in
      let file = directory.appending("alerts.json")
      for number in 1...2 {
        try StateFile(file).write(Array(content.utf8))
        let engine = try engine([.above(80)], file)
        #expect(names(in: directory) == (1...number).map { "alerts.json.corrupt-\($0)" })
        engine.feed(series("cpu"), 90, at: time.now())
        #expect(engine.alerts(.active).count == 1)
      }
    }
  }

  @Test func aFileThatCannotBeReadIsAnError() async throws {
    try await withTemporaryDirectory { directory in
      #expect(throws: (any Error).self) { try engine([], directory) }
    }
  }

  /// Random samples, silences, rule changes and kills: each firing is told once, is followed by one resolution before the
  /// next, and no alert is active twice.
  @Test(arguments: 0..<12) func nothingIsToldTwiceOrLost(_ seed: UInt64) async throws {
    try await withTemporaryDirectory { directory in
      let file = directory.appending("alerts.json")
      let random = SeededRandom(seed: seed)
      func below(_ bound: UInt64) -> Int { Int(random.next() % bound) }
      let rules: [AlertRule] = [
        .above(80), .above(80, name: "Held", hold: .seconds(40)),
        .above(80, name: "Kept", keepFiringFor: .seconds(40)),
        AlertRule(name: "Gone", description: "", condition: .absence(window: .seconds(45)), metricName: Glob("cpu")),
      ]
      var current = try engine(rules, file)
      var fired = 0
      for _ in 0..<400 {
        time.advance(by: .seconds(below(20)))
        current.passTime()
        let agent = "a\(below(3))"
        switch below(40) {
        case 0:
          await current.writeState()
          current = try engine(rules, file)
        case 1:
          // A whole life: delivered, stopped, begun anew.
          try await running(current) {}
          current = try engine(rules, file)
        case 2: current.feed(series("cpu", agent: agent), StaleMarker.value, at: time.now())
        case 3: current.feed(series("cpu", agent: agent), .nan, at: time.now())
        case 4:
          let id = try AgentID(agent)
          current.handle(.failed(agentID: id, instance: "i", status: .lost, error: "e", at: time.now()))
        case 5: current.handle(.recovered(agentID: try AgentID(agent), instance: "i", at: time.now()))
        default: current.feed(series("cpu", agent: agent), below(3) == 0 ? 1 : 90, at: time.now())
        }
        let active = current.alerts(.active).map(\.id)
        #expect(Set(active).count == active.count)
        fired = max(fired, current.alerts(.all).count)
      }
      try await running(current) {}
      var isFiring: [String: Bool] = [:]
      for notification in recorder.all {
        let id = notification.alert.id
        #expect(isFiring[id, default: false] == (notification.kind == .resolved), "\(id)")
        isFiring[id] = notification.kind == .firing
      }
      #expect(Set(isFiring.filter(\.value).keys) == Set(current.alerts(.active).map(\.id)))
      let history = current.alerts(.resolved)
      #expect(history.count == recorder.all.count { $0.kind == .resolved })
      #expect(fired > 5)
    }
  }
}
