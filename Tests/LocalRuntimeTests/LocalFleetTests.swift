import DeployPlan
import FleetModel
import Glibc
import LocalRuntime
import Logging
import Platform
import ServiceLifecycle
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct LocalFleetTests {
  @Test func startsWatchesAndStopsAgents() async throws {
    let (reserved, shared) = (try ReservedPort(), try ReservedPort())
    defer { withExtendedLifetime((reserved, shared)) {} }
    let declared = reserved.port
    let text = "echo $AGENT_ID $NAMESPACE $PORT $EXTRA $VERSION $(pwd); exec sleep 1000"
    var silent = try script("elsewhere", "")
    silent.command = []
    let harness = try FleetHarness([
      try script("planner", text, ports: [declared]), try script("critic", text, replicas: 2, ports: [shared.port]),
      silent,
    ])
    var pids: [Int32] = []
    try await harness.running {
      try await eventually("all are ready") {
        let all = harness.fleet.snapshot()
        return all.count == 3 && all.allSatisfy { $0.state == .ready }
      }
      let all = harness.fleet.snapshot()
      pids = all.compactMap(\.pid)
      #expect(all.map { "\($0.agentID)-\($0.ordinal)" } == ["critic-0", "critic-1", "planner-0"])
      #expect(all[2].port == declared)
      #expect(Set(all.map(\.port)).count == 3)
      #expect(!all[0...1].map(\.port).contains(shared.port), "shared claims get other ports")
      for instance in all {
        #expect(getpgid(instance.pid ?? 0) == instance.pid)
        let line = "\(instance.agentID) multi-agents \(instance.port) base 1 \(harness.scratch.path)\n"
        try await eventually("it has printed \(line)") {
          harness.log("\(instance.agentID)-\(instance.ordinal)") == line
        }
      }
      let targets = try #require(harness.announced.last)
      #expect(Set(targets.compactMap(\.pid)) == Set(pids))
      let planner = try #require(targets.first { $0.agentID.name == "planner" })
      #expect(planner.instance == "127.0.0.1:\(declared)")
      #expect(planner.metricsEndpoint == "http://127.0.0.1:\(declared)/metrics")
      #expect(planner.healthEndpoint == "http://127.0.0.1:\(declared)/health")
      #expect(harness.fleet.rolls().isEmpty)
    }
    #expect(pids.count == 3)
    #expect(pids.allSatisfy(isGone))
    #expect(harness.fleet.snapshot().isEmpty)
    #expect(harness.announced.last?.count == 3, "whoever stops with Skep is known to the next start")
  }

  @Test func restartsWhatDiesAndEndsItsWholeGroup() async throws {
    let harness = try FleetHarness([try script("planner", "sleep 1000 & echo $!; wait")])
    try await harness.running {
      try await eventually("the agent is ready") { harness.fleet.snapshot().first?.state == .ready }
      let first = try #require(harness.fleet.snapshot().first)
      try await eventually("it has printed its child") { harness.log("planner-0").hasSuffix("\n") }
      let child = try #require(harness.log("planner-0").split(separator: "\n").first.flatMap { Int32($0) })
      #expect(!isGone(child))
      kill(try #require(first.pid), SIGKILL)
      try await eventually("it is restarted") {
        harness.fleet.snapshot().contains { $0.restarts == 1 && $0.state == .ready }
      }
      let second = try #require(harness.fleet.snapshot().first)
      #expect(second.pid != first.pid)
      #expect(second.port == first.port)
      #expect(second.lastExit == "ended by SIGKILL")
      try await eventually("what the dead process had started is ended with it") { isGone(child) }
      let announced = harness.announced.filter { !$0.isEmpty }
      #expect(Set(announced.flatMap { $0.map(\.instance) }) == ["127.0.0.1:\(first.port)"])
      #expect(announced.contains { $0.count == 1 && $0[0].pid == nil }, "it stays watched while it is down")
    }
  }

  @Test func killsWhatIgnoresSIGTERM() async throws {
    let text = "trap '' TERM; echo up; while :; do sleep 1; done"
    let harness = try FleetHarness([try script("planner", text)])
    var pid: Int32?
    try await harness.running {
      try await eventually("the agent is up") {
        pid = harness.fleet.snapshot().first?.pid
        return pid != nil && harness.log("planner-0") == "up\n"
      }
    }
    #expect(isGone(try #require(pid)))
  }

  @Test func endsOnGracefulShutdown() async throws {
    let harness = try FleetHarness([try script("planner", "exec sleep 1000")])
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let group = ServiceGroup(configuration: .init(services: [harness.fleet], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      try await eventually("the agent runs") { harness.fleet.snapshot().first?.pid != nil }
      let pid = try #require(harness.fleet.snapshot().first?.pid)
      await group.triggerGracefulShutdown()
      // A service that returns of itself is one that was shut down here.
      _ = await tasks.nextResult()
      #expect(isGone(pid))
    }
  }

  @Test func saysWhyACommandCannotBeStarted() async throws {
    var missing = try script("missing", "")
    missing.command = ["no-such-program-anywhere", "$(PORT)"]
    var relative = try script("relative", "")
    relative.command = ["bin/agent"]
    var forbidden = try script("forbidden", "")
    forbidden.command = ["./text"]
    let harness = try FleetHarness([missing, relative, forbidden])
    let text = try harness.scratch.write("text", "no program")
    _ = text.withPlatformString { chmod($0, 0o600) }
    try await harness.running {
      try await eventually("all have failed") {
        let all = harness.fleet.snapshot()
        return all.count == 3 && all.allSatisfy { $0.lastExit != nil }
      }
      let reasons = harness.fleet.snapshot().map { $0.lastExit ?? "" }
      #expect(reasons[0].hasPrefix("cannot start \(harness.scratch.path)/text: permission denied; "))
      #expect(reasons[1].hasPrefix("cannot start \"no-such-program-anywhere\": no such program in PATH ("))
      #expect(reasons[2].hasPrefix("cannot start \(harness.scratch.path)/bin/agent: no such file or directory; "))
      try await eventually("they are watched, and so found down") { harness.announced.last?.count == 3 }
    }
  }

  @Test func runsProgramsFromItsWorkingDirectory() async throws {
    var spec = try script("own", "")
    spec.command = ["bin/agent", "$(AGENT_ID)"]
    let harness = try FleetHarness([spec])
    try harness.scratch.write("bin/agent", "#!/bin/sh\necho $0 $1; echo err >&2; exec sleep 1000\n")
    try await harness.running {
      try await eventually("it has printed") { harness.log("own-0").hasSuffix("err\n") }
      #expect(harness.log("own-0") == "\(harness.scratch.path)/bin/agent own\nerr\n")
    }
  }

  @Test func rollsOverOneByOneKeepingTheOthersUp() async throws {
    let text = "echo $VERSION; exec sleep 1000"
    let harness = try FleetHarness([
      try script("planner", text, replicas: 2), try script("leaver", text), try script("stayer", text),
    ])
    try await harness.running {
      try await eventually("all are ready") {
        let all = harness.fleet.snapshot()
        return all.count == 4 && all.allSatisfy { $0.state == .ready }
      }
      let before = harness.fleet.snapshot()
      let changed = FleetHarness.system([
        try script("planner", text, replicas: 2, version: "2"), try script("newcomer", text),
        try script("stayer", text),
      ])
      await harness.fleet.apply(changed)
      var fewest = 2
      try await eventually("all have gone over") {
        let all = harness.fleet.snapshot()
        fewest = min(fewest, all.filter { $0.agentID.name == "planner" && $0.state == .ready }.count)
        return harness.fleet.rolls().isEmpty && all.count == 4 && all.allSatisfy { $0.state == .ready }
          && all.contains { $0.agentID.name == "newcomer" }
      }
      #expect(fewest == 2, "a new one is ready before an old one goes")
      let after = harness.fleet.snapshot()
      #expect(after.map(\.agentID.name) == ["newcomer", "planner", "planner", "stayer"])
      #expect(after.last?.pid == before.last?.pid, "what has not changed is left alone")
      for ordinal in 0...1 {
        try await eventually("both versions have printed") { harness.log("planner-\(ordinal)") == "1\n2\n" }
      }
      #expect(before.filter { $0.agentID.name != "stayer" }.compactMap(\.pid).allSatisfy(isGone))
    }
  }

  @Test func keepsTheDeclaredPortOverARoll() async throws {
    let reserved = try ReservedPort()
    defer { withExtendedLifetime(reserved) {} }
    let port = reserved.port
    let text = "echo $VERSION; exec sleep 1000"
    let harness = try FleetHarness([try script("planner", text, ports: [port])])
    try await harness.running {
      try await eventually("it is ready") { harness.fleet.snapshot().first?.state == .ready }
      await harness.fleet.apply(FleetHarness.system([try script("planner", text, ports: [port], version: "2")]))
      try await eventually("it has gone over") {
        harness.log("planner-0") == "1\n2\n" && harness.fleet.snapshot().map(\.state) == [.ready]
      }
      #expect(harness.fleet.snapshot().first?.port == port)
    }
  }

  /// Longer than a process has that is not given time to drain.
  @Test func aRollWaitsForRunsInFlight() async throws {
    let text = "trap 'sleep 5; echo drained; exit 0' TERM; echo $VERSION; while :; do sleep 0.1; done"
    var (old, new) = (try script("planner", text), try script("planner", text, version: "2"))
    old.drainTimeout = .seconds(3600)
    new.drainTimeout = .seconds(3600)
    let harness = try FleetHarness([old])
    try await harness.running {
      try await eventually("it is ready") {
        harness.fleet.snapshot().first?.state == .ready && harness.log("planner-0") == "1\n"
      }
      let pid = try #require(harness.fleet.snapshot().first?.pid)
      await harness.fleet.apply(FleetHarness.system([new]))
      try await eventually("it drains, and is not watched any more") {
        harness.told.last.map { $0.ending.map(\.pid) == [pid] && $0.watched.allSatisfy { $0.pid != pid } } ?? false
      }
      try await eventually("its work is done") {
        harness.log("planner-0").hasSuffix("drained\n") && harness.fleet.snapshot().count == 1
      }
      #expect(harness.told.last?.ending == [])
    }
    #expect(!harness.log("planner-0").hasSuffix("drained\ndrained\n"), "Skep's own end does not wait for the hour")
  }

  @Test func holdsARollThatDoesNotWork() async throws {
    let known = Mutex<Set<Int>?>(nil)
    // From a certain moment on only the ports known then are ready.
    let http = FakeAgents { port, _ in known.withLock { $0.map { $0.contains(port) } ?? true } ? 200 : 503 }
    let harness = try FleetHarness([try script("planner", "exec sleep 1000", replicas: 3)], http: http)
    try await harness.running {
      try await eventually("all are ready") {
        let all = harness.fleet.snapshot()
        return all.count == 3 && all.allSatisfy { $0.state == .ready }
      }
      let before = harness.fleet.snapshot()
      known.withLock { $0 = Set(before.map(\.port)) }
      await harness.fleet.apply(FleetHarness.system([try script("planner", "exit 7", replicas: 3)]))
      try await eventually("the roll is held") { harness.fleet.rolls().first?.held != nil }
      let roll = try #require(harness.fleet.rolls().first)
      #expect(roll.outdated == 3)
      #expect(roll.held == "the new instance 0 does not become ready; 3 of the earlier version kept running")
      let kept = harness.fleet.snapshot().filter { $0.state == .ready }
      #expect(Set(kept.compactMap(\.pid)) == Set(before.compactMap(\.pid)))
      #expect(harness.fleet.snapshot().first { $0.restarts > 0 }?.lastExit == "exited with status 7")
      await harness.fleet.apply(FleetHarness.system([try script("planner", "exec sleep 1000", replicas: 3)]))
      try await eventually("the attempt is gone") {
        harness.fleet.rolls().isEmpty && harness.fleet.snapshot().count == 3
      }
      #expect(Set(harness.fleet.snapshot().compactMap(\.pid)) == Set(before.compactMap(\.pid)))
    }
  }

  @Test func refusesToRunUnguarded() async throws {
    for wrong: FilePath in ["/bin/true", "/nonexistent/skep"] {
      let harness = try FleetHarness([try script("planner", "exec sleep 1000")], guardian: .executable(wrong))
      await #expect(throws: LocalFleetError.self) { try await harness.fleet.run() }
      #expect(harness.fleet.snapshot().isEmpty)
    }
  }

  @Test func runsUnguardedWhenTold() async throws {
    let harness = try FleetHarness(
      [try script("planner", "echo $SKEP_GUARDIAN.; exec sleep 1000")], guardian: LocalFleet.GuardianSource.none)
    try await harness.running {
      try await eventually("it runs") { harness.log("planner-0") == ".\n" }
    }
    await #expect(throws: LocalFleetError.alreadyRan) { try await harness.fleet.run() }
  }
}
