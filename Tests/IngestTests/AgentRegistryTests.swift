import FleetModel
import Glibc
import Platform
import SystemPackage
import TestSupport
import Testing

@testable import Ingest

@Suite struct AgentRegistryTests {
  @Test func registersUpdatesAndDeregisters() throws {
    let time = SimulatedTime()
    let registry = try AgentRegistry(state: nil, time: time)
    #expect(try registry.register(target("planner")) == .created)
    let begun = time.now()
    time.advance(by: .seconds(5))
    #expect(try registry.register(target("planner", labels: ["team": "a"])) == .updated)
    #expect(try registry.register(target("planner", "127.0.0.1:9001")) == .created)
    let snapshot = try #require(registry.snapshot(of: agent("planner")))
    #expect(snapshot.instances.map(\.target.instance) == ["127.0.0.1:9000", "127.0.0.1:9001"])
    #expect(snapshot.registeredAt == begun && snapshot.status == .pending)
    #expect(snapshot.instances[0].target.labels == ["team": "a"])
    #expect(registry.deregister(agent("planner")) && !registry.deregister(agent("planner")))
    #expect(registry.snapshot().isEmpty)
    #expect(throws: RegistrationError.unknownAgent(agent("planner"))) {
      try registry.heartbeat(agent("planner"), instance: nil)
    }
  }

  @Test func heartbeatsMakeActive() throws {
    let time = SimulatedTime()
    let registry = try AgentRegistry(state: nil, time: time)
    let log = EventLog()
    registry.listen(log.note)
    _ = try registry.register(CollectionTarget(agentID: agent("planner"), instance: "one"))
    _ = try registry.register(CollectionTarget(agentID: agent("planner"), instance: "two"))
    try registry.heartbeat(agent("planner"), instance: "one")
    #expect(registry.snapshot(of: agent("planner"))?.instances.map(\.status) == [.active, .pending])
    try registry.heartbeat(agent("planner"), instance: nil)
    #expect(registry.snapshot(of: agent("planner"))?.status == .active)
    #expect(registry.snapshot(of: agent("planner"))?.lastSeen == time.now())
    #expect(throws: RegistrationError.self) { try registry.heartbeat(agent("planner"), instance: "three") }
    #expect(log.words("planner") == ["recovered", "recovered"])
  }

  @Test func sourcesReplaceOnlyTheirOwn() throws {
    let registry = try AgentRegistry(state: nil, time: SimulatedTime())
    var fromFile = target("planner", labels: ["team": "file", "tier": "1"])
    fromFile.interval = .seconds(7)
    registry.replaceTargets(of: .systemFile, with: [fromFile, target("critic")])
    registry.replaceTargets(of: .localRuntime, with: [target("planner", labels: ["team": "local"], pid: 5)])
    let joined = try #require(registry.snapshot(of: agent("planner"))?.instances.first?.target)
    #expect(joined.pid == 5 && joined.interval == .seconds(7) && joined.labels == ["team": "local", "tier": "1"])
    registry.replaceTargets(of: .systemFile, with: [])
    #expect(registry.snapshot().map(\.agentID.name) == ["planner"], "the local runtime still names it")
    registry.replaceTargets(of: .localRuntime, with: [])
    #expect(registry.snapshot().isEmpty)
  }

  @Test func whatTheRuntimeStopsForGoodIsNoLongerWatched() throws {
    let registry = try AgentRegistry(state: nil, time: SimulatedTime())
    registry.replaceTargets(of: .localRuntime, with: [target("planner", pid: 5), target("critic", pid: 6)])
    // Every agent of the runtime that is built on SkepAgent registers itself as well.
    _ = try registry.register(target("planner", pid: 5))
    registry.replaceTargets(of: .localRuntime, with: [target("critic", pid: 6)])
    #expect(registry.snapshot().map(\.agentID.name) == ["critic"])
  }

  @Test func refusedTargetsDoNotKeepOutTheOthers() throws {
    let registry = try AgentRegistry(state: nil, time: SimulatedTime())
    let refused = registry.replaceTargets(
      of: .systemFile, with: [target("planner"), target("critic", "169.254.169.254:80")])
    #expect(refused.map(\.target.agentID.name) == ["critic"])
    #expect("\(refused)".contains("link-local"))
    #expect(registry.snapshot().map(\.agentID.name) == ["planner"])
  }

  @Test(arguments: [
    (["agent_id": "x"], "agent_id"), (["__name__": "x"], "__name__"), (["1a": "x"], "1a"), (["a-b": "x"], "a-b"),
    (["": "x"], ""),
    (["a": String(repeating: "x", count: 4097)], "a"),
  ])
  func refusesLabels(_ labels: [String: String], _ name: String) throws {
    let registry = try AgentRegistry(state: nil, time: SimulatedTime())
    do throws(RegistrationError) {
      _ = try registry.register(target("planner", labels: labels))
      Issue.record("taken")
    } catch {
      guard case .invalidLabel(let refused, _) = error else { throw error }
      #expect(refused == name)
    }
    #expect(registry.snapshot().isEmpty)
  }

  @Test func passwordsAreNotRepeated() throws {
    let registry = try AgentRegistry(state: nil, time: SimulatedTime())
    var bad = target("planner")
    bad.healthEndpoint = "http://admin:secret@host/health"
    do throws(RegistrationError) {
      _ = try registry.register(bad)
      Issue.record("taken")
    } catch {
      #expect(!"\(error)".contains("secret") && "\(error)".contains("host/health"))
    }
  }

  // MARK: - Over a restart

  @Test func knowsItsAgentsAfterARestart() async throws {
    try await withTemporaryDirectory { directory in
      let file = StateFile(directory.appending("registry.json"))
      let time = SimulatedTime()
      let before = try AgentRegistry(state: file, time: time)
      var full = target("planner", labels: ["team_name": "a", "otherKey": "b"], pid: 4)
      full.healthEndpoint = "http://127.0.0.1:9000/health"
      full.interval = .milliseconds(1500)
      full.timeout = .seconds(1)
      full.honorLabels = true
      _ = try before.register(full)
      before.replaceTargets(of: .systemFile, with: [target("critic")])
      time.advance(by: .seconds(60))
      try before.heartbeat(agent("planner"), instance: nil)
      try before.heartbeat(agent("critic"), instance: nil)
      try await before.save(always: true)

      time.advance(by: .seconds(3600))
      let after = try AgentRegistry(state: file, time: time)
      #expect(after.recoveryNotice == nil)
      #expect(after.snapshot(of: agent("planner")) == before.snapshot(of: agent("planner")))
      #expect(after.snapshot(of: agent("critic")) == nil, "the system file says so itself")
      after.replaceTargets(of: .systemFile, with: [target("critic")])
      #expect(after.snapshot(of: agent("critic")) == before.snapshot(of: agent("critic")))
      #expect(after.deregister(agent("planner")))
      try await after.save()
      #expect(try AgentRegistry(state: file, time: time).snapshot().isEmpty)
    }
  }

  @Test(arguments: ["", "{", "[]", #"{"version":9,"instances":[]}"#, "\u{0}\u{1}garbage"])
  func aDamagedFileIsSetAside(_ content: String) async throws {
    try await withTemporaryDirectory { directory in
      let file = StateFile(directory.appending("registry.json"))
      try file.write(Array(content.utf8))
      let registry = try AgentRegistry(state: file, time: SimulatedTime())
      #expect(registry.recoveryNotice?.contains("registry.json") == true)
      #expect(registry.recoveryNotice?.contains("set aside") == true)
      #expect(try file.read() == nil)
      _ = try registry.register(target("planner"))
      try await registry.save()
      #expect(try AgentRegistry(state: file, time: SimulatedTime()).snapshot().count == 1)
    }
  }

  @Test func oneBadEntryDoesNotCostTheOthers() async throws {
    try await withTemporaryDirectory { directory in
      let file = StateFile(directory.appending("registry.json"))
      let entry = { (id: String) in
        """
        {"agent_id":"\(id)","instance":"h:1","registered_at":1,"status":"active",
         "registration":{"labels":{},"honor_labels":false,"metrics_endpoint":"http://h:1/"}}
        """
      }
      try file.write(Array(#"{"version":1,"instances":[\#(entry("Bad Name")),\#(entry("good"))]}"#.utf8))
      let registry = try AgentRegistry(state: file, time: SimulatedTime())
      #expect(registry.snapshot().map(\.agentID.name) == ["good"])
      #expect(registry.recoveryNotice?.contains("Bad Name") == true)
    }
  }

  // MARK: - From many threads

  @Test func bearsManyCallersAtOnce() async throws {
    let registry = try AgentRegistry(state: nil, time: SimulatedTime())
    let log = EventLog()
    registry.listen(log.note)
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          var random = SeededGenerator(seed: UInt64(worker))
          for _ in 0..<3000 {
            let name = "a-\(Int.random(in: 0..<5, using: &random))"
            switch Int.random(in: 0..<5, using: &random) {
            case 0: _ = registry.deregister(agent(name))
            case 1: try? registry.heartbeat(agent(name), instance: nil)
            case 2: registry.replaceTargets(of: .systemFile, with: [target(name)])
            case 3: _ = registry.snapshot()
            default: _ = try? registry.register(target(name))
            }
          }
        }
      }
    }
    for name in (0..<5).map({ "a-\($0)" }) {
      let removals = log.words(name).count { $0 == "removed" }
      #expect(removals > 0)
    }
    #expect(registry.snapshot().allSatisfy { $0.instances.count == 1 })
  }
}

/// A directory for one test, gone afterwards.
func withTemporaryDirectory(_ body: (FilePath) async throws -> Void) async throws {
  var template = Array("/tmp/skep-ingest-XXXXXX".utf8CString)
  guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
  let path = String(cString: made)
  defer {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { unlink("\(path)/\(name)") }
      }
      closedir(directory)
    }
    rmdir(path)
  }
  try await body(FilePath(path))
}
