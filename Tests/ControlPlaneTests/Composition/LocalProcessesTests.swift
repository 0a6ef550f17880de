import FleetModel
import LocalRuntime
import Testing

@testable import ControlPlane

@Suite struct LocalProcessesTests {
  private static func target(_ instance: String, pid: Int32?) throws -> CollectionTarget {
    CollectionTarget(
      agentID: try AgentID("planner"), instance: instance, metricsEndpoint: "http://\(instance)/metrics", pid: pid)
  }

  @Test func whatHasEndedIsToldOnce() throws {
    let processes = LocalProcesses()
    func ended(_ targets: [(String, Int32?)]) throws -> [String] {
      let watched = try targets.map { try Self.target($0.0, pid: $0.1) }
      return processes.ended(now: LocalTargets(watched: watched)).map(\.instance).sorted()
    }
    #expect(try ended([("a", 1), ("b", 2)]).isEmpty)
    #expect(try ended([("a", 1), ("b", 2)]).isEmpty)
    #expect(try ended([("a", nil), ("b", 2)]) == ["a"])
    #expect(try ended([("a", nil), ("b", 2)]).isEmpty)
    // Another process took the place before anybody looked.
    #expect(try ended([("a", 3), ("b", 4)]) == ["b"])
    #expect(try ended([("a", 3)]) == ["b"])
    #expect(try ended([]) == ["a"])
  }

  /// What drains is not watched any more, and its spans are not lost before its process ends.
  @Test func whoIsEndingHasNotEnded() throws {
    let processes = LocalProcesses()
    let planner = try AgentID("planner")
    let old = try Self.target("a", pid: 1)
    #expect(processes.ended(now: LocalTargets(watched: [old])).isEmpty)
    processes.note(ending: [old])
    #expect(processes.isEnding(planner, "a"))
    #expect(!processes.isEnding(planner, "b"))
    let new = try Self.target("b", pid: 2)
    #expect(processes.ended(now: LocalTargets(watched: [new], ending: [old])).isEmpty)
    processes.note(ending: [])
    #expect(processes.ended(now: LocalTargets(watched: [new])).map(\.instance) == ["a"])
    #expect(!processes.isEnding(planner, "a"))
  }
}
