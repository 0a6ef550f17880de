import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import SkepDeploy
import Testing

/// From any state of a cluster to any system: an apply ends at what was rendered, and a second one changes nothing.
@Suite(.timeLimit(.minutes(30))) struct ConvergenceTests {
  @Test(arguments: 1...24) func anApplyEndsAtWhatWasRendered(seed: Int) async throws {
    var history = RandomHistory(seed: seed)
    let stage = try await DeployStage()
    for _ in 0..<(2 + seed % 4) { try await history.happen(on: stage) }
    let system = try history.system()
    let result = try await stage.apply(system) { $0.forceAll() }
    #expect(result.success, "\(history.story): \(result.errors)")
    try stage.expectIsAsRendered(system)

    // Of others nothing is gone, and nothing that they said of it.
    let live = Dictionary(stage.stand.everything.map { LiveObject($0) }.map { ($0.id, $0) }) { first, _ in first }
    for id in history.strangers {
      #expect(live[id]?.annotations["theirs"] == "stays", "\(id) after \(history.story)")
    }

    stage.stand.forgetRequests()
    let again = try await stage.apply(system)
    #expect(again.success && again.id == result.id, "\(history.story): \(again.errors)")
    #expect(stage.skepWrites.isEmpty, "\(history.story): \(stage.skepWrites.map(\.target))")
    await stage.end()
  }
}
