import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import SkepDeploy
import Testing

/// From any state of a cluster to any system: an apply ends at what was rendered, and a second one changes nothing.
@Suite(.timeLimit(.minutes(30))) struct ConvergenceTests {
  @Test(arguments: 1...16) func anApplyEndsAtWhatWasRendered(seed: Int) async throws {
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

  /// From any state: a deletion leaves nothing that Skep made, and everything that it did not.
  @Test(arguments: 101...108) func aDeletionLeavesWhatIsOfOthers(seed: Int) async throws {
    var history = RandomHistory(seed: seed)
    let stage = try await DeployStage()
    for _ in 0..<(2 + seed % 4) { try await history.happen(on: stage) }
    let system = try history.system()
    let result = try await stage.with { try await DeployStage.deployer($0, system).delete() }
    #expect(result.success, "\(history.story): \(result.errors)")
    let objects = stage.stand.everything.map { LiveObject($0) }
    // A namespace with something of others in it stays, and says whose it was.
    let left = objects.filter { object in
      object.kind != "Namespace" && !object.hasOwner
        && (object.labels["app.kubernetes.io/managed-by"] == "skep" || object.labels["skep.dev/record"] != nil
          || object.kind == "Lease" && object.name == "skep-team")
    }
    #expect(left.isEmpty, "\(history.story): \(left.map(\.id))")
    let live = Dictionary(objects.map { ($0.id, $0) }) { first, _ in first }
    for id in history.strangers {
      #expect(live[id]?.annotations["theirs"] == "stays", "\(id) after \(history.story)")
    }
    await stage.end()
  }

  /// Any deployment that is on record comes back byte by byte.
  @Test(arguments: 1...2) func everyDeploymentCanBeGoneBackTo(seed: Int) async throws {
    let history = RandomHistory(seed: 1_000 + seed)
    let stage = try await DeployStage()
    var deployed: [(id: DeploymentID, system: FleetSystem)] = []
    for _ in 0..<4 {
      let system = try history.system()
      let result = try await stage.apply(system)
      #expect(result.success, "\(result.errors)")
      deployed.append((result.id, system))
    }
    for (id, system) in deployed {
      let back = try await stage.with { try await DeployStage.deployer($0, system).rollback(to: id) }
      #expect(back.success, "\(back.errors)")
      try stage.expectIsAsRendered(system)
      let request = try await stage.with { try await DeployStage.deployer($0, system).rollbackRequest(to: back.id) }
      #expect(request.yaml == (try RenderedSystem(system)).yaml)
    }
    await stage.end()
  }
}
