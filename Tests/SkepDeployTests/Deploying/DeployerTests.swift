import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import SkepDeploy
import Testing

/// Deployments against an API server over real sockets, from an empty cluster to an empty cluster.
@Suite(.timeLimit(.minutes(20))) struct DeployerTests {
  static func system(_ images: [String: String] = [:]) throws -> FleetSystem {
    try TestSystem.make(["planner": [], "worker": ["planner"], "critic": ["worker"]], images: images)
  }

  @Test func aFirstApplyIsAsRenderedAndASecondChangesNothing() async throws {
    let stage = try await DeployStage()
    let system = try Self.system()
    let result = try await stage.apply(system)
    #expect(result.success, "\(result.errors)")
    #expect(result.agents.values.allSatisfy { $0.status == .ready })
    try stage.expectIsAsRendered(system)
    let count = try RenderedSystem(system).manifests.count
    // Namespace, record and its end, Secret: nothing but these beside one for each object, and the Lease.
    let writes = stage.skepWrites.filter { $0.resource != "leases" }
    #expect(writes.count <= count + 4, "\(writes.map(\.target))")

    stage.stand.forgetRequests()
    let again = try await stage.apply(system)
    #expect(again.success && again.id == result.id)
    #expect(stage.skepWrites.isEmpty, "\(stage.skepWrites.map(\.target))")
    let tried = stage.skepRequests.filter(\.isDryRun).map(\.name)
    #expect(tried.isEmpty, "\(tried)")
    await stage.end()
  }

  @Test func agentsBeginWhenThoseTheyDependOnAreReady() async throws {
    let stage = try await DeployStage()
    let result = try await stage.apply(try Self.system())
    #expect(result.success)
    let order = stage.skepWrites.filter { $0.resource == "deployments" }.map(\.name)
    #expect(order == ["agent-planner", "agent-worker", "agent-critic"])
    await stage.end()
  }

  @Test func aDeploymentBeginsWithTheInitialReplicasAndLeavesThemToTheAutoscaler() async throws {
    let stage = try await DeployStage()
    var system = try Self.system()
    system.agents[0].scaling.initialReplicas = 4
    _ = try await stage.apply(system)
    func replicas() -> Int? {
      stage.stand.object(apiVersion: "apps/v1", kind: "Deployment", namespace: "team-space", name: "agent-planner")?[
        "spec"]?[
          "replicas"]?.integer
    }
    #expect(replicas() == 4)
    system.agents[0].tag = "2.0"
    system.agents[0].image = "registry.example/planner:2.0"
    #expect(try await stage.apply(system).success)
    #expect(replicas() == 4)
    await stage.end()
  }

  @Test func whatLeftTheFileGoesAndNothingElse() async throws {
    let stage = try await DeployStage()
    #expect(try await stage.apply(try Self.system()).success)
    let stranger: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "of-others", "namespace": "team-space"],
      "data": ["key": "value"],
    ]
    _ = try await stage.with { try await $0.apply(stranger, manager: "others") }
    let smaller = try TestSystem.make(["planner": [], "worker": ["planner"]])
    let result = try await stage.apply(smaller)
    #expect(result.success, "\(result.errors)")
    try stage.expectIsAsRendered(smaller)
    #expect(stage.stand.object(apiVersion: "v1", kind: "ConfigMap", namespace: "team-space", name: "of-others") != nil)
    await stage.end()
  }

  @Test func anAgentThatFailsStopsTheRestAndTheNextApplyCompletes() async throws {
    let stage = try await DeployStage()
    stage.breakImage("registry.example/worker:bad")
    let result = try await stage.apply(try Self.system(["worker": "registry.example/worker:bad"]))
    #expect(!result.success && result.state == .failed)
    #expect(result.agents["planner"]?.status == .ready)
    #expect(result.agents["worker"]?.status == .failed)
    #expect(result.agents["critic"]?.status == .notStarted)
    #expect(result.errors.first?.contains("agent worker") == true, "\(result.errors)")
    let good = try Self.system()
    #expect(try await stage.apply(good).success)
    try stage.expectIsAsRendered(good)
    let history = try await stage.with { try await DeployStage.deployer($0, good).history() }
    #expect(history.map(\.state) == [.deployed, .failed])
    await stage.end()
  }

  @Test func anAtomicApplyTakesEverythingBack() async throws {
    let stage = try await DeployStage()
    let first = try Self.system()
    #expect(try await stage.apply(first).success)
    stage.breakImage("registry.example/critic:bad")
    var second = try Self.system(["critic": "registry.example/critic:bad", "planner": "registry.example/planner:2.0"])
    second.agents.append(AgentSpec(agentID: try AgentID("extra")))
    second.agents[3].image = "registry.example/extra:1.0"
    let result = try await stage.apply(second) { $0.isAtomic = true }
    #expect(result.state == .rolledBack, "\(result.errors)")
    try stage.expectIsAsRendered(first)
    await stage.end()
  }

  @Test func anAtomicFirstApplyLeavesNothingButItsRecord() async throws {
    let stage = try await DeployStage()
    stage.breakImage("registry.example/worker:bad")
    let system = try Self.system(["worker": "registry.example/worker:bad"])
    let result = try await stage.apply(system) { $0.isAtomic = true }
    #expect(result.state == .rolledBack, "\(result.errors)")
    #expect(stage.own(system).allSatisfy { $0.kind == "Namespace" }, "\(stage.own(system))")
    await stage.end()
  }

  @Test func goingBackBringsTheSameBytes() async throws {
    let stage = try await DeployStage()
    let first = try Self.system()
    let one = try await stage.apply(first)
    let second = try Self.system(["planner": "registry.example/planner:2.0"])
    #expect(try await stage.apply(second).success)
    let back = try await stage.with { client in
      try await DeployStage.deployer(client, first).rollback()
    }
    #expect(back.success, "\(back.errors)")
    try stage.expectIsAsRendered(first)
    let request = try await stage.with { client in
      try await DeployStage.deployer(client, first).rollbackRequest(to: back.id)
    }
    #expect(request.yaml == (try RenderedSystem(first)).yaml)
    let history = try await stage.with { try await DeployStage.deployer($0, first).history() }
    #expect(history.first?.rollbackOf == one.id)
    #expect(history.map(\.state) == [.deployed, .superseded, .superseded])
    await stage.end()
  }

  @Test func deletingLeavesNothingOfSkepsAndEverythingOfOthers() async throws {
    let stage = try await DeployStage()
    let system = try Self.system()
    let before = Set(stage.stand.everything.map { LiveObject($0).id })
    #expect(try await stage.apply(system).success)
    let result = try await stage.with { try await DeployStage.deployer($0, system).delete() }
    #expect(result.success && result.removedNamespace, "\(result.errors) \(result.left)")
    #expect(Set(stage.stand.everything.map { LiveObject($0).id }) == before)

    #expect(try await stage.apply(system).success)
    let stranger: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "of-others", "namespace": "team-space"],
    ]
    _ = try await stage.with { try await $0.apply(stranger, manager: "others") }
    let second = try await stage.with { try await DeployStage.deployer($0, system).delete() }
    #expect(second.success && !second.removedNamespace)
    #expect(second.left.contains { $0.contains("ConfigMap of-others") }, "\(second.left)")
    #expect(stage.stand.object(apiVersion: "v1", kind: "ConfigMap", namespace: "team-space", name: "of-others") != nil)
    #expect(stage.own(system).allSatisfy { $0.kind == "Namespace" })
    await stage.end()
  }

  @Test func objectsOfOthersAreTakenOverOnlyWhenAsked() async throws {
    let stage = try await DeployStage()
    let system = try Self.system()
    let space: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "team-space"]]
    let account: JSONValue = [
      "apiVersion": "v1", "kind": "ServiceAccount",
      "metadata": [
        "name": "multi-agent-service-account", "namespace": "team-space", "annotations": ["theirs": "stays"],
      ],
    ]
    _ = try await stage.with { client in
      _ = try await client.apply(space, manager: "others")
      _ = try await client.apply(account, manager: "others")
    }
    stage.stand.forgetRequests()
    let failure = await #expect(throws: DeployFailure.self) { try await stage.apply(system) }
    #expect(failure?.kind == .refused && failure?.message.contains("--adopt") == true)
    #expect(stage.skepWrites.isEmpty)
    #expect(try await stage.apply(system) { $0.adopts = true }.success)
    let result = try await stage.with { try await DeployStage.deployer($0, system).delete() }
    #expect(result.success && !result.removedNamespace, "\(result)")
    let left = stage.stand.object(
      apiVersion: "v1", kind: "ServiceAccount", namespace: "team-space", name: "multi-agent-service-account")
    let live = LiveObject(left ?? [:])
    #expect(live.annotations["theirs"] == "stays" && live.labels.isEmpty)
    await stage.end()
  }

  @Test func fieldsOfOthersAreTakenOnlyByForce() async throws {
    let stage = try await DeployStage()
    let system = try Self.system()
    #expect(try await stage.apply(system).success)
    let theirs: JSONValue = [
      "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
      "metadata": ["name": "agent-planner-hpa", "namespace": "team-space"], "spec": ["maxReplicas": 50],
    ]
    _ = try await stage.with { try await $0.apply(theirs, manager: "others", force: true) }
    let failure = await #expect(throws: DeployFailure.self) { try await stage.apply(system) }
    #expect(failure?.message.contains("spec.maxReplicas (others)") == true, "\(failure?.message ?? "")")
    #expect(try await stage.apply(system) { $0.takesFields = true }.success)
    try stage.expectIsAsRendered(system)
    await stage.end()
  }

  @Test func ofTwoAtOnceOneIsRefused() async throws {
    let stage = try await DeployStage()
    let system = try Self.system()
    #expect(try await stage.apply(system).success)
    let slow = try Self.system(["planner": "registry.example/planner:2.0"])
    // The dry run of its plan goes through; the write waits for the other's refusal.
    async let first = stage.apply(slow) { _ in
    } report: { progress in
      guard case .began = progress else { return }
      stage.stand.fail(StandFault(.hold, verb: "apply", resource: "deployments"))
    }
    await stage.stand.untilOneIsHeld()
    let failure = await #expect(throws: DeployFailure.self) {
      try await stage.apply(try Self.system(["worker": "registry.example/worker:9"]))
    }
    #expect(failure?.kind == .locked, "\(String(describing: failure))")
    stage.stand.release(carryingOut: true)
    #expect(try await first.success)
    await stage.end()
  }
}
