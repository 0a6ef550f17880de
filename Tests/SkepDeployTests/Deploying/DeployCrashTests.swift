import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import SkepDeploy
import TestSupport
import Testing

/// A run whose every request from some moment on is lost is one that was killed: the next apply converges.
@Suite(.timeLimit(.minutes(30))) struct DeployCrashTests {
  /// Where to cut: each request of a run, one test for each group of them.
  @Test(arguments: 0..<4) func theNextApplyConvergesWhereverOneWasKilled(part: Int) async throws {
    let first = try TestSystem.make(["planner": [], "worker": ["planner"]])
    let second = try TestSystem.make(
      ["planner": [], "critic": ["planner"]], images: ["planner": "registry.example/planner:2.0"])
    var position = part
    var wasWhole = false
    while !wasWhole {
      let stage = try await DeployStage()
      #expect(try await stage.apply(first).success)
      stage.stand.forgetRequests()
      // A request is carried out or not when its sender dies.
      stage.stand.fail(StandFault(position.isMultiple(of: 8) ? .cutAfter : .cutBefore, skip: position, times: nil))
      let killed = try? await stage.apply(second, attempts: 1) { $0.timeout = .seconds(3) }
      // A request that is cut has no status.
      wasWhole = killed?.success == true || stage.stand.requests.allSatisfy { $0.status != nil }
      stage.stand.mend()
      try await stage.forgetLock(second)
      let result = try await stage.apply(second)
      #expect(result.success, "cut at \(position): \(result.errors)")
      try stage.expectIsAsRendered(second)
      stage.stand.forgetRequests()
      #expect(try await stage.apply(second).success)
      #expect(stage.skepWrites.isEmpty, "cut at \(position)")
      await stage.end()
      position += 4
    }
    #expect(position > 20)
  }
}
