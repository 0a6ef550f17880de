import AlertLogic
import FleetModel
import Testing

@Suite struct AbsenceMachineTests {
  typealias Step = (second: Double, event: AbsenceMachine.Event, expected: AlertTransition?)

  func follow(_ terms: AbsenceTerms, isNamed: Bool = false, _ steps: [Step]) {
    var machine = AbsenceMachine(isNamed: isNamed, at: second(0))
    for (line, step) in steps.enumerated() {
      #expect(machine.step(step.event, terms, at: second(step.second)) == step.expected, "step \(line)")
    }
  }

  let minute = AbsenceTerms(window: .seconds(60))

  @Test func firesAfterTheWindowAndResolvesWithTheNextSample() {
    follow(
      minute,
      [
        (30, .sample, nil), (89, .timePassed, nil), (90, .timePassed, .fired), (100, .timePassed, nil),
        (120, .sample, .resolved), (179, .timePassed, nil), (180, .timePassed, .fired),
      ])
  }

  @Test func aPairThatWasNeverSeenIsAbsentFromTheRulesBeginning() {
    follow(minute, isNamed: true, [(59, .timePassed, nil), (60, .timePassed, .fired), (61, .sample, .resolved)])
  }

  @Test func holdBeginsWhenTheWindowIsOver() {
    let terms = AbsenceTerms(window: .seconds(60), holding: HoldTerms(hold: .seconds(30)))
    follow(
      terms,
      [
        (60, .timePassed, .becamePending), (70, .sample, .dropped), (130, .timePassed, .becamePending),
        (159, .timePassed, nil), (160, .timePassed, .fired),
      ])
  }

  @Test func keepFiringForOutlivesTheFirstSamples() {
    let terms = AbsenceTerms(window: .seconds(60), holding: HoldTerms(keepFiringFor: .seconds(100)))
    // The samples stop again: the condition is back before the alert was resolved.
    follow(
      terms,
      [
        (60, .timePassed, .fired), (70, .sample, nil), (130, .timePassed, .continued), (140, .sample, nil),
        (190, .sample, nil), (240, .timePassed, .resolved),
      ])
  }

  @Test func aRemovedAgentIsNotAbsent() {
    follow(
      minute,
      [
        (60, .timePassed, .fired), (61, .agentRemoved, .resolved), (500, .timePassed, nil), (600, .sample, nil),
        (660, .timePassed, .fired),
      ])
  }

  @Test func aRemovedAgentThatTheRuleNamesIsAbsent() {
    follow(minute, isNamed: true, [(10, .agentRemoved, nil), (60, .timePassed, .fired), (61, .agentRemoved, nil)])
  }

  @Test func aRestoredAlertGoesOnUntilASample() {
    var machine = AbsenceMachine(isNamed: false, phase: .firing, at: second(0))
    #expect(machine.step(.timePassed, minute, at: second(1)) == nil)
    #expect(machine.lifecycle.phase == .firing)
    #expect(machine.step(.sample, minute, at: second(2)) == .resolved)
  }

  @Test func deadlines() {
    var machine = AbsenceMachine(isNamed: false, at: second(0))
    #expect(machine.deadline(minute) == second(60))
    _ = machine.step(.sample, minute, at: second(5))
    #expect(machine.deadline(minute) == second(65))
    _ = machine.step(.timePassed, minute, at: second(65))
    #expect(machine.deadline(minute) == nil)
    _ = machine.step(.agentRemoved, minute, at: second(66))
    #expect(machine.deadline(minute) == nil)
  }
}

@Suite struct AgentHealthMachineTests {
  let agent: AgentID
  let time = Timestamp(milliseconds: 0)

  init() throws { agent = try AgentID("planner") }

  func failed(_ instance: String, _ error: String = "refused") -> InstanceEvent {
    .failed(agentID: agent, instance: instance, status: .unhealthy, error: error, at: time)
  }
  func recovered(_ instance: String) -> InstanceEvent { .recovered(agentID: agent, instance: instance, at: time) }
  func removed(_ instance: String) -> InstanceEvent { .removed(agentID: agent, instance: instance, at: time) }

  @Test func firesWithTheFirstAndResolvesWithTheLast() {
    var machine = AgentHealthMachine()
    #expect(machine.step(recovered("a")) == nil)
    #expect(machine.step(failed("a")) == .fired(problem: "instance a: refused"))
    #expect(machine.step(failed("a")) == nil)
    #expect(machine.step(failed("a", "timeout")) == .changed(problem: "instance a: timeout"))
    #expect(
      machine.step(failed("b")) == .changed(problem: "instance a: timeout (and 1 more failing instance)"))
    #expect(machine.step(recovered("a")) == .changed(problem: "instance b: refused"))
    #expect(machine.step(removed("b")) == .resolved)
    #expect(machine.step(recovered("b")) == nil)
    #expect(machine.instances == ["a", "b"])
  }

  @Test func restoredInstancesThatDoNotShowUpAreDropped() {
    var machine = AgentHealthMachine(restored: ["a": "refused", "b": "refused"])
    #expect(machine.isFiring)
    #expect(machine.step(failed("b", "again")) != .fired(problem: ""))
    #expect(machine.dropUnconfirmed() == .changed(problem: "instance b: again"))
    #expect(machine.step(recovered("b")) == .resolved)
    #expect(!machine.awaitsConfirmation)
  }

  @Test func aRestoredAlertEndsIfNobodyShowsUp() {
    var machine = AgentHealthMachine(restored: ["a": "refused"])
    #expect(machine.dropUnconfirmed() == .resolved)
  }
}
