import ClusterControl
import ClusterStand
import DeployPlan
import FleetModel
import SkepDeploy
import Testing

/// Skep's own pod is waited for as agents are.
@Suite(.timeLimit(.minutes(20))) struct ControlPlaneRolloutTests {
  static let image = "registry.example/skep:1.0"

  static func system() throws -> FleetSystem {
    try FleetSystem(
      yaml: """
        system: team
        namespace: team-space
        mesh: {type: none}
        monitoring: {kubernetes: {namespace: team-space}}
        control_plane: {image: registry.example/skep, tag: "1.0", tokens: skep-tokens}
        agents:
          - {agent_id: planner, image: "registry.example/planner:1.0"}
        """, file: "system.yaml")
  }

  @Test func itIsSeenReady() async throws {
    let stage = try await DeployStage()
    let result = try await stage.apply(try Self.system())
    #expect(result.success, "\(result.errors)")
    #expect(result.controlPlane?.status == .ready && result.controlPlane?.image == Self.image)
    let system = try Self.system()
    let standing = try await stage.with { try await DeployStage.deployer($0, system).status() }
    #expect(standing.isReady && standing.parts.map(\.name) == ["planner", "control plane"])
    #expect(standing.record?.controlPlane?.state == .ready)
    let pods = stage.stand.objects(apiVersion: "v1", kind: "Pod", namespace: "team-space").map { LiveObject($0) }
    #expect(pods.contains { $0.name == "skep-0" })
    #expect(stage.skepRequests.contains { $0.verb == "watch" && $0.resource == "statefulsets" })
    try stage.expectIsAsRendered(try Self.system())
    stage.stand.forgetRequests()
    #expect(try await stage.apply(try Self.system()).success)
    #expect(stage.skepWrites.isEmpty)
    await stage.end()
  }

  @Test func withoutItADeploymentHasNotGoneWell() async throws {
    let stage = try await DeployStage()
    stage.breakImage(Self.image)
    let result = try await stage.apply(try Self.system())
    #expect(!result.success && result.state == .failed && result.controlPlane?.status == .failed)
    #expect(result.errors.first?.hasPrefix("the control plane: pods are refused: violates") == true, "\(result.errors)")
    await stage.end()
  }
}
