import FleetModel
import Testing

@testable import LocalRuntime

@Suite struct SupervisorMachineTests {
  /// A machine with its process running since time zero.
  func running() -> SupervisorMachine {
    var machine = SupervisorMachine()
    #expect(machine.step(.start, at: .zero) == [.spawn(generation: 1)])
    #expect(machine.step(.spawned(pid: 10), at: .zero) == [])
    return machine
  }

  func tick(_ machine: inout SupervisorMachine) throws -> (at: Duration, actions: [SupervisorMachine.Action]) {
    let deadline = try #require(machine.deadline)
    #expect(machine.step(.tick, at: deadline - .milliseconds(1)) == [], "nothing is due before its time")
    return (deadline, machine.step(.tick, at: deadline))
  }

  @Test func probesEachSecondUntilReadyThenEveryFive() throws {
    var machine = running()
    var probes: [Duration] = []
    for round in 1...5 {
      let (at, actions) = try tick(&machine)
      probes.append(at)
      #expect(actions == [.probe(generation: 1, liveness: round > 3)])
      #expect(machine.deadline == nil, "one probe at a time")
      #expect(machine.step(.probed(generation: 1, ready: round >= 3, alive: round > 3 ? true : nil), at: at) == [])
      #expect(machine.state == (round >= 3 ? .ready : .starting))
    }
    #expect(probes == [.seconds(1), .seconds(2), .seconds(3), .seconds(8), .seconds(13)])
  }

  @Test func losesAndRegainsReadinessWithoutRestart() throws {
    var machine = running()
    for ready in [true, false, true] {
      let (at, _) = try tick(&machine)
      #expect(machine.step(.probed(generation: 1, ready: ready, alive: true), at: at) == [])
      #expect(machine.state == (ready ? .ready : .unready))
    }
    #expect(machine.restarts == 0)
  }

  @Test func restartsAfterThreeFailedHealthChecksInARow() throws {
    var machine = running()
    var now = Duration.zero
    for alive in [true, false, false, true, false, false] {
      now = try tick(&machine).at
      #expect(machine.step(.probed(generation: 1, ready: true, alive: alive), at: now) == [])
    }
    now = try tick(&machine).at
    #expect(machine.step(.probed(generation: 1, ready: false, alive: false), at: now) == [.terminate(pid: 10)])
    #expect(machine.state == .unready)
    #expect(try tick(&machine) == (now + .seconds(3), [.kill(pid: 10)]))
    #expect(machine.step(.exited("ended by SIGKILL", jitter: 0), at: now + .seconds(3)) == [])
    #expect(machine.lastExit == "ended by skep after 3 failed health checks in a row: ended by SIGKILL")
    #expect(machine.state == .backingOff)
    #expect(try tick(&machine).actions == [.spawn(generation: 2)])
    #expect(machine.restarts == 1)
  }

  @Test func checksLivenessOfWhatNeverBecomesReadyAfterThirtySeconds() throws {
    var machine = running()
    var terminated: Duration?
    while terminated == nil {
      let (at, actions) = try tick(&machine)
      let liveness = at >= .seconds(30)
      #expect(actions == [.probe(generation: 1, liveness: liveness)])
      let ended = machine.step(.probed(generation: 1, ready: false, alive: liveness ? false : nil), at: at)
      if ended == [.terminate(pid: 10)] { terminated = at }
    }
    #expect(terminated == .seconds(32))
  }

  @Test func backsOffFromHalfASecondToThirty() throws {
    var machine = running()
    var now = Duration.zero
    var waits: [Duration] = []
    for generation in 2...10 {
      #expect(machine.step(.exited("exited with status 1", jitter: 0), at: now) == [])
      #expect(machine.state == .backingOff)
      let (at, actions) = try tick(&machine)
      #expect(actions == [.spawn(generation: generation)])
      waits.append(at - now)
      now = at
      #expect(machine.step(.spawned(pid: 10), at: now) == [])
    }
    #expect(waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
    // A minute of running later it begins anew.
    now += .seconds(60)
    #expect(machine.step(.exited("", jitter: 0), at: now) == [])
    #expect(machine.deadline == now + .milliseconds(500))
    #expect(machine.restarts == 9)
  }

  @Test(arguments: [(0.0, 500), (0.5, 475), (1.0, 450), (-3, 500), (7, 450)])
  func takesUpToATenthOffTheWait(jitter: Double, milliseconds: Int) {
    var machine = running()
    _ = machine.step(.exited("", jitter: jitter), at: .zero)
    #expect(machine.deadline?.wholeMilliseconds == Int64(milliseconds))
  }

  @Test func backsOffWhenNothingCanBeStarted() throws {
    var machine = SupervisorMachine()
    _ = machine.step(.start, at: .zero)
    #expect(machine.step(.spawnFailed("no such program", jitter: 0), at: .zero) == [])
    #expect(machine.lastExit == "no such program")
    #expect(machine.state == .backingOff)
    #expect(try tick(&machine) == (.milliseconds(500), [.spawn(generation: 2)]))
  }

  @Test func stopsWithTermThenKillThenGivesUp() throws {
    var machine = running()
    #expect(machine.step(.stop(drain: nil), at: .seconds(7)) == [.terminate(pid: 10)])
    #expect(machine.state == .stopping)
    #expect(try tick(&machine) == (.milliseconds(7_500), [.terminate(pid: 10)]))
    #expect(machine.step(.stop(drain: nil), at: .seconds(8)) == [])
    #expect(try tick(&machine) == (.seconds(10), [.kill(pid: 10)]))
    #expect(try tick(&machine) == (.seconds(11), [.finished]))
    #expect(machine.state == .stopped)
    #expect(machine.lastExit == "process 10 does not end after SIGKILL")
    #expect(machine.deadline == nil)
  }

  /// A machine whose process is ready.
  func ready() throws -> SupervisorMachine {
    var machine = running()
    let at = try tick(&machine).at
    #expect(machine.step(.probed(generation: 1, ready: true, alive: nil), at: at) == [])
    return machine
  }

  @Test func runsInFlightHaveTheTimeToDrain() throws {
    var machine = try ready()
    #expect(machine.step(.stop(drain: .seconds(600)), at: .seconds(7)) == [.terminate(pid: 10)])
    #expect(machine.state == .stopping)
    #expect(machine.step(.stop(drain: .seconds(600)), at: .seconds(100)) == [], "the first one counts")
    #expect(try tick(&machine) == (.seconds(610), [.kill(pid: 10)]))
    #expect(try tick(&machine) == (.seconds(611), [.finished]))
  }

  @Test func theEndOfSkepEndsTheDraining() throws {
    var machine = try ready()
    #expect(machine.step(.stop(drain: .seconds(600)), at: .seconds(7)) == [.terminate(pid: 10)])
    #expect(machine.step(.stop(drain: nil), at: .seconds(20)) == [.terminate(pid: 10)])
    #expect(machine.step(.stop(drain: nil), at: .seconds(21)) == [])
    #expect(try tick(&machine) == (.seconds(23), [.kill(pid: 10)]))
  }

  @Test func whatWasNeverReadyHasNothingToDrain() throws {
    var machine = running()
    #expect(machine.step(.stop(drain: .seconds(600)), at: .seconds(7)) == [.terminate(pid: 10)])
    #expect(try tick(&machine) == (.seconds(10), [.kill(pid: 10)]))
  }

  @Test func finishesWhenTheStoppedProcessEnds() {
    var machine = running()
    _ = machine.step(.stop(drain: nil), at: .zero)
    #expect(machine.step(.exited("exited with status 0", jitter: 0), at: .seconds(1)) == [.finished])
    #expect(machine.lastExit == "exited with status 0")
  }

  @Test func stopsInEveryState() {
    var idle = SupervisorMachine()
    #expect(idle.step(.stop(drain: nil), at: .zero) == [.finished])
    var launching = SupervisorMachine()
    _ = launching.step(.start, at: .zero)
    #expect(launching.step(.stop(drain: nil), at: .zero) == [])
    #expect(launching.isStopping)
    var failing = launching
    #expect(launching.step(.spawned(pid: 3), at: .zero) == [.terminate(pid: 3)])
    #expect(failing.step(.spawnFailed("", jitter: 0), at: .zero) == [.finished])
    var waiting = running()
    _ = waiting.step(.exited("", jitter: 0), at: .zero)
    #expect(waiting.step(.stop(drain: nil), at: .zero) == [.finished])
    #expect(waiting.step(.tick, at: .seconds(100)) == [])
    #expect(waiting.step(.stop(drain: nil), at: .zero) == [])
  }

  @Test func isNotRestartedWhenStoppedWhileBeingRestarted() throws {
    var machine = running()
    for _ in 0..<4 {
      let at = try tick(&machine).at
      _ = machine.step(.probed(generation: 1, ready: true, alive: false), at: at)
      if machine.state == .unready { break }
    }
    #expect(machine.step(.stop(drain: nil), at: .seconds(20)) == [])
    #expect(machine.isStopping)
    #expect(machine.step(.exited("", jitter: 0), at: .seconds(20)) == [.finished])
  }

  @Test func takesNoNoticeOfAnEarlierProcess() throws {
    var machine = running()
    _ = try tick(&machine)
    _ = machine.step(.exited("", jitter: 0), at: .seconds(1))
    _ = try tick(&machine)
    _ = machine.step(.spawned(pid: 11), at: .seconds(2))
    #expect(machine.step(.probed(generation: 1, ready: true, alive: true), at: .seconds(2)) == [])
    #expect(machine.state == .starting)
    #expect(machine.pid == 11)
  }
}
