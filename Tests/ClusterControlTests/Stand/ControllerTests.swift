import ClusterStand
import FleetModel
import NIOHTTP1
import Testing

/// What the stand's controllers make of a Deployment, as the recorded rollouts end.
struct ControllerTests {
  static func deployment(image: String, replicas: Int = 2, account: String? = nil) -> String {
    let serviceAccount = account.map { #","serviceAccountName":"\#($0)""# } ?? ""
    return """
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"default"},"spec":{\
      "replicas":\(replicas),"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},\
      "spec":{"containers":[{"name":"web","image":"\(image)"}]\(serviceAccount)}}}}
      """
  }

  static let path = "/apis/apps/v1/namespaces/default/deployments/web"

  static func standing() async throws -> ClusterStand {
    var configuration = ClusterStand.Configuration()
    configuration.runsControllers = false
    return try await ClusterStand.start(configuration)
  }

  static func apply(_ text: String, _ stand: ClusterStand) async throws -> Int {
    try await StandServerTests.ask(
      stand, .PATCH, path + "?fieldManager=skep&force=true", text, type: "application/apply-patch+yaml"
    ).0
  }

  static func status(_ stand: ClusterStand) -> JSONValue? {
    stand.object(apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "web")?["status"]
  }

  static func condition(_ type: String, _ stand: ClusterStand) -> String? {
    status(stand)?["conditions"]?.elements.first { $0["type"]?.string == type }?["reason"]?.string
  }

  @Test func aRolloutKeepsWhatIsAvailable() async throws {
    let stand = try await Self.standing()
    #expect(try await Self.apply(Self.deployment(image: "a:1", replicas: 4), stand) == 201)
    #expect(stand.settle())
    #expect(Self.status(stand)?["availableReplicas"] == 4)
    #expect(Self.condition("Progressing", stand) == "NewReplicaSetAvailable")
    stand.setBehaviour(.ready(afterSteps: 2), ofImage: "a:2")
    #expect(try await Self.apply(Self.deployment(image: "a:2", replicas: 4), stand) == 200)
    // Right after an apply the status is that of the state before.
    #expect(Self.status(stand)?["observedGeneration"] == 1)
    var steps = 0
    while stand.step(), steps < 100 {
      steps += 1
      let available = Self.status(stand)?["availableReplicas"]?.integer ?? 0
      let pods = stand.objects(apiVersion: "v1", kind: "Pod").filter { $0["metadata"]?["deletionTimestamp"] == nil }
      #expect(available >= 3)
      #expect(pods.count <= 5)
    }
    #expect(Self.status(stand)?["updatedReplicas"] == 4)
    #expect(Self.status(stand)?["replicas"] == 4)
    #expect(Self.condition("Progressing", stand) == "NewReplicaSetAvailable")
    await stand.stop()
  }

  @Test(arguments: [
    (StandBehaviour.imagePull, "ImagePullBackOff"), (.crashLoop(log: ["no"]), "CrashLoopBackOff"), (.neverReady, ""),
    (.unschedulable("0/1 nodes are available: 1 Insufficient cpu."), ""),
  ])
  func aFirstRolloutThatFails(behaviour: StandBehaviour, reason: String) async throws {
    let stand = try await Self.standing()
    stand.setBehaviour(behaviour, ofImage: "bad:1")
    #expect(try await Self.apply(Self.deployment(image: "bad:1"), stand) == 201)
    #expect(stand.settle())
    #expect(Self.status(stand)?["availableReplicas"] == nil)
    #expect(Self.condition("Available", stand) == "MinimumReplicasUnavailable")
    #expect(Self.condition("Progressing", stand) == "ReplicaSetUpdated")
    let pod = stand.objects(apiVersion: "v1", kind: "Pod").first
    let waiting = pod?["status"]?["containerStatuses"]?.elements.first?["state"]?["waiting"]?["reason"]?.string
    #expect(waiting ?? "" == reason)
    await stand.stop()
  }

  @Test func podsWithoutTheirServiceAccountAreNotMade() async throws {
    let stand = try await Self.standing()
    #expect(try await Self.apply(Self.deployment(image: "a:1", account: "nope"), stand) == 201)
    #expect(stand.settle())
    #expect(stand.objects(apiVersion: "v1", kind: "Pod").isEmpty)
    #expect(Self.condition("ReplicaFailure", stand) == "FailedCreate")
    await stand.stop()
  }

  @Test(arguments: ["Background", "Foreground", "Orphan"])
  func aDeletedDeploymentTakesItsOwn(propagation: String) async throws {
    let stand = try await Self.standing()
    #expect(try await Self.apply(Self.deployment(image: "a:1"), stand) == 201)
    #expect(stand.settle())
    #expect(try await StandServerTests.ask(stand, .DELETE, Self.path + "?propagationPolicy=\(propagation)").0 == 200)
    let isThere = try await StandServerTests.ask(stand, .GET, Self.path).0 == 200
    #expect(isThere == (propagation != "Background"))
    #expect(stand.settle())
    #expect(try await StandServerTests.ask(stand, .GET, Self.path).0 == 404)
    #expect(stand.objects(apiVersion: "v1", kind: "Pod").count == (propagation == "Orphan" ? 2 : 0))
    #expect(stand.objects(apiVersion: "apps/v1", kind: "ReplicaSet").count == (propagation == "Orphan" ? 1 : 0))
    await stand.stop()
  }

  @Test func anEndingNamespaceLosesAll() async throws {
    let stand = try await Self.standing()
    let text = #"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"going"}}"#
    #expect(try await StandServerTests.ask(stand, .POST, "/api/v1/namespaces", text).0 == 201)
    #expect(stand.settle())
    let path = "/api/v1/namespaces/going"
    #expect(try await StandServerTests.ask(stand, .DELETE, path).0 == 200)
    #expect(
      try await StandServerTests.ask(stand, .POST, path + "/configmaps", StandServerTests.configMap).0 == 403)
    #expect(stand.settle())
    #expect(try await StandServerTests.ask(stand, .GET, path).0 == 404)
    #expect(stand.objects(apiVersion: "v1", kind: "ConfigMap", namespace: "going").isEmpty)
    await stand.stop()
  }
}
