import ClusterStand
import FleetModel
import NIOHTTP1
import Testing

/// What the stand makes of a StatefulSet.
struct StatefulSetTests {
  private static let path = "/apis/apps/v1/namespaces/default/statefulsets/skep"

  private static func text(image: String, replicas: Int) -> String {
    """
    {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"skep","namespace":"default"},"spec":{\
    "replicas":\(replicas),"serviceName":"skep","selector":{"matchLabels":{"app":"skep"}},\
    "template":{"metadata":{"labels":{"app":"skep"}},"spec":{"containers":[{"name":"skep","image":"\(image)",\
    "volumeMounts":[{"name":"data","mountPath":"/data"}]}]}},"volumeClaimTemplates":[{"metadata":{"name":"data"},\
    "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]}}
    """
  }

  private static func apply(_ stand: ClusterStand, image: String, replicas: Int) async throws -> Int {
    let answer = try await StandServerTests.ask(
      stand, .PATCH, path + "?fieldManager=skep", text(image: image, replicas: replicas),
      type: "application/apply-patch+yaml")
    if answer.0 > 201 { Issue.record("\(answer.1)") }
    return answer.0
  }

  private static func pods(_ stand: ClusterStand) -> [String] {
    stand.objects(apiVersion: "v1", kind: "Pod").compactMap { $0["metadata"]?["name"]?.string }
  }

  private static func status(_ stand: ClusterStand) -> JSONValue? {
    stand.object(apiVersion: "apps/v1", kind: "StatefulSet", namespace: "default", name: "skep")?["status"]
  }

  @Test func podsComeAndGoInOrder() async throws {
    let stand = try await ControllerTests.standing()
    stand.setBehaviour(.ready(afterSteps: 2), ofImage: "skep:1")
    #expect(try await Self.apply(stand, image: "skep:1", replicas: 2) == 201)
    stand.step()
    // The second waits for the first.
    #expect(Self.pods(stand) == ["skep-0"])
    #expect(Self.status(stand)?["readyReplicas"] == nil)
    #expect(stand.settle())
    #expect(Self.pods(stand) == ["skep-0", "skep-1"])
    #expect(Self.status(stand)?["readyReplicas"] == 2)
    #expect(Self.status(stand)?["observedGeneration"] == 1)
    let first = Self.status(stand)?["currentRevision"]?.string
    #expect(first != nil && first == Self.status(stand)?["updateRevision"]?.string)
    let claims = stand.objects(apiVersion: "v1", kind: "PersistentVolumeClaim")
    #expect(claims.compactMap { $0["metadata"]?["name"]?.string } == ["data-skep-0", "data-skep-1"])
    #expect(try await Self.apply(stand, image: "skep:2", replicas: 2) == 200)
    var gone: [String] = []
    for _ in 0..<100 where stand.step() {
      let missing = ["skep-0", "skep-1"].filter { !Self.pods(stand).contains($0) }
      #expect(missing.count <= 1)
      for name in missing where !gone.contains(name) { gone.append(name) }
    }
    #expect(Self.status(stand)?["updatedReplicas"] == 2)
    #expect(Self.status(stand)?["readyReplicas"] == 2)
    #expect(Self.status(stand)?["currentRevision"] == Self.status(stand)?["updateRevision"])
    #expect(Self.status(stand)?["currentRevision"]?.string != first)
    for pod in stand.objects(apiVersion: "v1", kind: "Pod") {
      #expect(pod["spec"]?["containers"]?.elements.first?["image"] == "skep:2")
    }
    #expect(try await Self.apply(stand, image: "skep:2", replicas: 1) == 200)
    #expect(stand.settle())
    #expect(Self.pods(stand) == ["skep-0"])
    #expect(stand.objects(apiVersion: "v1", kind: "PersistentVolumeClaim").count == 2)
    #expect(try await StandServerTests.ask(stand, .DELETE, Self.path).0 == 200)
    #expect(stand.settle())
    #expect(Self.pods(stand).isEmpty)
    await stand.stop()
  }

  @Test func aPodThatNeverIsReadyStopsTheUpdate() async throws {
    let stand = try await ControllerTests.standing()
    #expect(try await Self.apply(stand, image: "skep:1", replicas: 2) == 201)
    #expect(stand.settle())
    stand.setBehaviour(.imagePull, ofImage: "skep:2")
    #expect(try await Self.apply(stand, image: "skep:2", replicas: 2) == 200)
    #expect(stand.settle())
    #expect(Self.status(stand)?["updatedReplicas"] == 1)
    #expect(Self.status(stand)?["readyReplicas"] == 1)
    #expect(Self.status(stand)?["currentRevision"] != Self.status(stand)?["updateRevision"])
    await stand.stop()
  }
}
