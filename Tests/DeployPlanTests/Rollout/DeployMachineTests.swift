import DeployPlan
import FleetModel
import Testing

@Suite struct DeployMachineTests {
  static let start = Timestamp(milliseconds: 1_000_000)

  static func id(_ kind: String, _ name: String) -> Manifest.ID {
    Manifest.ID(group: "", kind: kind, namespace: "shop", name: name)
  }

  static func part(_ agent: String, after: [String] = [], routes: Bool = true) -> DeployOrder.AgentPart {
    DeployOrder.AgentPart(
      agent: agent, dependsOn: after,
      batches: [[id("Service", agent), id("NetworkPolicy", agent)], [id("Deployment", agent)]],
      workload: id("Deployment", agent),
      routes: routes ? [[id("DestinationRule", agent)], [id("VirtualService", agent)]] : [])
  }

  static let order = DeployOrder(
    shared: [[id("Namespace", "shop")], [id("ServiceAccount", "a"), id("Role", "a")]],
    agents: [part("search"), part("planner", after: ["search"])], last: [[id("ServiceMonitor", "m")]])

  static let ready = AgentRollout(phase: .ready, desired: 1, updated: 1, ready: 1, total: 1)

  /// Answers every apply at once, and every watch with `rollouts`.
  struct Driver {
    var machine: DeployMachine
    var now = DeployMachineTests.start
    var refused: [Manifest.ID: String] = [:]
    var rollouts: [String: AgentRollout] = [:]
    var log: [String] = []
    var outcome: DeployMachine.Outcome?

    init(_ machine: DeployMachine) { self.machine = machine }

    mutating func give(_ event: DeployMachine.Event) {
      var events = [event]
      while !events.isEmpty {
        for action in machine.step(events.removeFirst(), at: now) {
          switch action {
          case .apply(let ids):
            log.append("apply " + ids.map { "\($0.kind)/\($0.name)" }.joined(separator: " "))
            for id in ids { events.append(refused[id].map { DeployMachine.Event.refused(id, $0) } ?? .applied(id)) }
          case .watch(let agent, _):
            log.append("watch \(agent)")
            if let rollout = rollouts[agent] { events.append(.rollout(agent, rollout)) }
          case .unwatch(let agent): log.append("unwatch \(agent)")
          case .prune(let batches): log.append("prune " + batches.joined().map { "\($0.kind)" }.joined(separator: " "))
          case .takeBack: log.append("take back")
          case .finish(let outcome):
            log.append("finish")
            self.outcome = outcome
          }
        }
      }
    }
  }

  @Test func inOrder() {
    var driver = Driver(DeployMachine(Self.order, prune: [Self.id("Service", "old"), Self.id("Deployment", "old")]))
    driver.rollouts = ["search": Self.ready, "planner": Self.ready]
    driver.give(.start)
    driver.give(.pruned(failures: []))
    #expect(
      driver.log == [
        "apply Namespace/shop", "apply ServiceAccount/a Role/a", "apply Service/search NetworkPolicy/search",
        "apply Deployment/search", "watch search", "unwatch search", "apply DestinationRule/search",
        "apply VirtualService/search", "apply Service/planner NetworkPolicy/planner", "apply Deployment/planner",
        "watch planner", "unwatch planner", "apply DestinationRule/planner", "apply VirtualService/planner",
        "apply ServiceMonitor/m", "prune Deployment Service", "finish",
      ])
    #expect(driver.outcome == .deployed)
    #expect(driver.machine.steps.values.allSatisfy { $0 == .ready })
  }

  @Test func anAgentThatFailsStopsTheRest() {
    for isAtomic in [false, true] {
      var driver = Driver(DeployMachine(Self.order, settings: .init(isAtomic: isAtomic)))
      driver.rollouts["search"] = AgentRollout(
        phase: .failed, reasons: [RolloutReason(.deadline, "ReplicaSet has timed out", object: "Deployment search")])
      driver.give(.start)
      let words = ["agent search: gave up: ReplicaSet has timed out"]
      #expect(!driver.log.contains { $0.contains("planner") || $0.contains("ServiceMonitor") })
      #expect(driver.machine.steps["planner"] == .pending)
      if isAtomic {
        #expect(driver.log.last == "take back")
        driver.give(.takenBack(failures: []))
        #expect(driver.outcome == .rolledBack(words))
      } else {
        #expect(driver.outcome == .failed(words))
      }
      #expect(driver.machine.isFinished)
    }
  }

  @Test func aRefusedObjectStopsTheRest() {
    var driver = Driver(DeployMachine(Self.order))
    driver.refused[Self.id("Role", "a")] = "forbidden"
    driver.give(.start)
    #expect(driver.outcome == .failed(["Role shop/a: forbidden"]))
    #expect(driver.machine.applied.contains(Self.id("ServiceAccount", "a")))
    #expect(driver.machine.steps["search"] == .pending)
  }

  @Test func timesOut() {
    let silent = AgentRollout(
      phase: .progressing, desired: 2, updated: 1, ready: 1,
      reasons: [RolloutReason(.unschedulable, "0/1 nodes", object: "Pod x")])
    for (settings, bound) in [
      (DeployMachine.Settings(timeout: .seconds(60)), "1m"),
      (DeployMachine.Settings(timeout: .seconds(600), agentTimeout: .seconds(30)), "30s"),
    ] {
      var driver = Driver(DeployMachine(Self.order, settings: settings))
      driver.rollouts["search"] = silent
      driver.give(.start)
      #expect(driver.outcome == nil)
      let due = driver.machine.nextDeadline
      driver.now = (due ?? Self.start) - .milliseconds(1)
      driver.give(.tick)
      #expect(driver.outcome == nil)
      driver.now = due ?? Self.start
      driver.give(.tick)
      #expect(
        driver.outcome
          == .failed(["agent search: not ready within \(bound): Pod x cannot be scheduled: 0/1 nodes"]))
      #expect(driver.machine.nextDeadline == nil)
    }
  }

  /// Requests under way are waited for, none is begun.
  @Test func stopsBeforeTheNextWrite() {
    var machine = DeployMachine(Self.order, settings: .init(isAtomic: true))
    let namespace = Self.id("Namespace", "shop")
    let begun = machine.step(.start, at: Self.start)
    #expect(begun == [.apply([namespace])])
    let asked = machine.step(.interrupted("SIGTERM"), at: Self.start)
    #expect(asked.isEmpty)
    let ended = machine.step(.applied(namespace), at: Self.start)
    #expect(ended == [.finish(.interrupted("SIGTERM"))])
    let late = machine.step(.tick, at: Self.start)
    #expect(late.isEmpty)
  }

  @Test func aCircleEnds() {
    let order = DeployOrder(shared: [], agents: [Self.part("a", after: ["b"]), Self.part("b", after: ["a"])], last: [])
    var driver = Driver(DeployMachine(order))
    driver.give(.start)
    #expect(driver.outcome == .failed(["agents depend on each other in a circle"]))
  }

  @Test func nothingToDo() {
    var driver = Driver(DeployMachine(DeployOrder(shared: [], agents: [], last: [])))
    driver.give(.start)
    #expect(driver.outcome == .deployed)
  }

  @Test func whatCouldNotBeTakenAwayIsAFailure() {
    var driver = Driver(
      DeployMachine(Self.order, prune: [Self.id("Service", "old")], settings: .init(isAtomic: true)))
    driver.rollouts = ["search": Self.ready, "planner": Self.ready]
    driver.give(.start)
    driver.give(.pruned(failures: ["Service shop/old: forbidden"]))
    // All agents are ready: nothing is taken back for a left-over.
    #expect(driver.outcome == .failed(["Service shop/old: forbidden"]))
  }

  /// Whatever order answers come in and whatever fails: no agent before those it depends on, nothing twice, nothing new
  /// after a failure, and one end.
  @Test(arguments: 0..<300)
  func whateverHappens(seed: Int) {
    var random = Dice(seed: UInt64(seed) + 1)
    let names = (0..<random.next(7)).map { "agent-\($0)" }
    let parts = names.enumerated().map { index, name in
      Self.part(name, after: names.prefix(index).filter { _ in random.next(3) == 0 }, routes: random.next(2) == 0)
    }
    let order = DeployOrder(
      shared: (0..<random.next(3)).map { [Self.id("Role", "s\($0)"), Self.id("Role", "t\($0)")] }, agents: parts,
      last: (0..<random.next(2)).map { [Self.id("ServiceMonitor", "m\($0)")] })
    let badness = random.next(4) == 0 ? 12 : 1_000_000
    let isAtomic = random.next(2) == 0
    var machine = DeployMachine(order, prune: [Self.id("Service", "old")], settings: .init(isAtomic: isAtomic))
    var pending: [DeployMachine.Event] = [.start]
    var applied: Set<Manifest.ID> = []
    var begun: Set<Manifest.ID> = []
    var ended: Set<String> = []
    var finishes: [DeployMachine.Outcome] = []
    var now = Self.start
    var steps = 0
    while !pending.isEmpty, steps < 10_000 {
      steps += 1
      now = now + .milliseconds(random.next(50))
      let event = pending.remove(at: random.next(pending.count))
      if case .applied(let id) = event { applied.insert(id) }
      let failedBefore = !machine.failures.isEmpty
      for action in machine.step(event, at: now) {
        #expect(finishes.isEmpty, "something after the end")
        switch action {
        case .apply(let ids):
          #expect(!failedBefore && machine.failures.isEmpty)
          for id in ids {
            let isNew = begun.insert(id).inserted
            #expect(isNew, "\(id) twice")
            let part = parts.first { ($0.batches + $0.routes).joined().contains(id) }
            for other in part?.dependsOn ?? [] {
              #expect(machine.steps[other] == .ready, "\(id) before \(other)")
              let needed = parts.first { $0.agent == other }.map { Set(($0.batches + $0.routes).joined()) } ?? []
              #expect(needed.isSubset(of: applied))
            }
            pending.append(random.next(badness) == 0 ? .refused(id, "no") : .applied(id))
          }
        case .watch(let agent, let workload):
          #expect(applied.contains(workload))
          let states: [AgentRollout.Phase] = [.waiting, .progressing, random.next(badness) == 0 ? .failed : .ready]
          pending += states.map { .rollout(agent, AgentRollout(phase: $0)) }
        case .unwatch(let agent):
          let isNew = ended.insert(agent).inserted
          #expect(isNew)
        case .prune:
          #expect(machine.steps.values.allSatisfy { $0 == .ready })
          #expect(applied == Set(order.ids))
          pending.append(.pruned(failures: []))
        case .takeBack: pending.append(.takenBack(failures: []))
        case .finish(let outcome): finishes.append(outcome)
        }
      }
      // Readings come in any order and as often as they like.
      if case .rollout = event, random.next(3) == 0 { pending.append(event) }
    }
    #expect(finishes.count == 1)
    if machine.failures.isEmpty {
      #expect(finishes == [.deployed])
      #expect(applied == Set(order.ids))
    } else {
      #expect(finishes == [isAtomic ? .rolledBack(machine.failures) : .failed(machine.failures)])
    }
  }

  struct Dice {
    var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

    mutating func next(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
  }
}
