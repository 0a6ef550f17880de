import FleetModel
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
      processes.ended(now: try targets.map { try Self.target($0.0, pid: $0.1) }).map(\.instance).sorted()
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
}
