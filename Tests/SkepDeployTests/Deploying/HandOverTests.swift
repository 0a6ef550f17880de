import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import SkepDeploy
import Testing

/// What is handed over: the number of pods to the autoscaler, an object to Skep and back, a system to another namespace.
@Suite(.timeLimit(.minutes(20))) struct HandOverTests {
  private static func replicas(_ stage: DeployStage) -> Int? {
    let deployment = stage.stand.object(
      apiVersion: "apps/v1", kind: "Deployment", namespace: "team-space", name: "agent-planner")
    return deployment?["spec"]?["replicas"]?.integer
  }

  @Test func replicasThatTheAutoscalerHasTakenOverAreItsOwn() async throws {
    let stage = try await DeployStage()
    var system = try TestSystem.make(["planner": []])
    system.agents[0].scaling.minReplicas = 2
    system.agents[0].scaling.initialReplicas = 3
    #expect(try await stage.apply(system).success)
    #expect(Self.replicas(stage) == 3)

    // The autoscaler sets the number, which is its own from then on.
    system.agents[0].scaling.minReplicas = 6
    #expect(try await stage.apply(system).success)
    #expect(stage.stand.settle())
    #expect(Self.replicas(stage) == 6)

    // Neither a change of the pods nor one of the first number takes it back, and none is refused.
    system.agents[0].scaling.minReplicas = 2
    system.agents[0].scaling.initialReplicas = 4
    system.agents[0].image = "registry.example/planner:2.0"
    let result = try await stage.apply(system)
    #expect(result.success, "\(result.errors)")
    #expect(stage.stand.settle())
    #expect(Self.replicas(stage) == 6)
    let managers = LiveObject(
      stage.stand.object(
        apiVersion: "apps/v1", kind: "Deployment", namespace: "team-space", name: "agent-planner") ?? [:]
    ).managedFields.filter { $0["fieldsV1"]?["f:spec"]?["f:replicas"] != nil }.compactMap { $0["manager"]?.string }
    #expect(!managers.contains("skep"), "\(managers)")

    stage.stand.forgetRequests()
    #expect(try await stage.apply(system).success)
    #expect(stage.skepWrites.isEmpty, "\(stage.skepWrites.map(\.target))")
    // A way back leaves it too.
    let earlier = system
    let back = try await stage.with { try await DeployStage.deployer($0, earlier).rollback() }
    #expect(back.success && Self.replicas(stage) == 6, "\(back.errors)")
    await stage.end()
  }

  /// Skep took a field by force that the object cannot be without: it stays, and is nobody's but theirs.
  @Test func whatWasAdoptedIsGivenBackWithTheValuesThatItNeeds() async throws {
    let stage = try await DeployStage()
    let both = try TestSystem.make(["planner": [], "worker": []])
    let space: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "team-space"]]
    let theirs: JSONValue = [
      "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
      "metadata": ["name": "agent-worker-hpa", "namespace": "team-space", "annotations": ["theirs": "stays"]],
      "spec": [
        "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "theirs"], "maxReplicas": 50,
      ],
    ]
    _ = try await stage.with { client in
      _ = try await client.apply(space, manager: "others")
      _ = try await client.apply(theirs, manager: "others")
    }
    let taken = try await stage.apply(both) {
      $0.adopts = true
      $0.takesFields = true
    }
    #expect(taken.success, "\(taken.errors)")
    let one = try TestSystem.make(["planner": []])
    let result = try await stage.apply(one)
    #expect(result.success, "\(result.errors)")
    let live = stage.stand.object(
      apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", namespace: "team-space",
      name: "agent-worker-hpa")
    let left = LiveObject(try #require(live))
    #expect(left.annotations["theirs"] == "stays")
    #expect(!left.labels.keys.contains { $0.hasPrefix("app.kubernetes.io/") }, "\(left.labels)")
    #expect(left.json["spec"]?["maxReplicas"]?.integer != nil)
    #expect(!left.managedFields.contains { $0["manager"]?.string == "skep" }, "\(left.managedFields)")
    // It is nothing of Skep's any more.
    stage.stand.forgetRequests()
    #expect(try await stage.apply(one).success)
    #expect(stage.skepWrites.isEmpty, "\(stage.skepWrites.map(\.target))")
    await stage.end()
  }

  @Test func aSystemThatMovesSaysWhereItWas() async throws {
    let stage = try await DeployStage()
    var system = try TestSystem.make(["planner": []])
    #expect(try await stage.apply(system).success)
    system.namespace = "new-space"
    system.monitoring.kubernetes.namespace = "new-space"
    let moved = system
    let request = try RenderedSystem(moved).deployRequest
    let plan = try await stage.with { try await DeployStage.deployer($0, moved).plan(request) }
    #expect(
      plan.notes == [
        "system team is in namespace team-space too; if it has moved, this removes it there: "
          + "skep deploy delete --system team --namespace team-space"
      ])
    #expect(try await stage.apply(moved).success)
    let old = try TestSystem.make(["planner": []])
    let deleted = try await stage.with { try await DeployStage.deployer($0, old).delete() }
    #expect(deleted.success && deleted.removedNamespace, "\(deleted)")
    // What moved is whole.
    let manifests = try RenderedSystem(moved).manifests.map(\.id)
    #expect(stage.own(moved) == Set(manifests))
    // Once it is known there is nothing to say.
    let later = try await stage.with { try await DeployStage.deployer($0, moved).plan(request) }
    #expect(later.notes.isEmpty && !later.hasChanges)
    await stage.end()
  }
}
