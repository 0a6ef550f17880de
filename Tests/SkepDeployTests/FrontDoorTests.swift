import DeployPlan
import FleetModel
import SkepDeploy
import Testing

/// The snippets of the types' documentation, and what they promise.
@Suite("rendering in a Swift program")
struct FrontDoorTests {
  private static let text = """
    system: team
    agents:
      - {agent_id: planner, image: registry.example/planner, tag: "1.4"}
      - agent_id: writer
        image: registry.example/writer
        tag: "2.0"
        routing_rules: [{path_prefix: /long, timeout: 1m}]
    environments:
      staging: {namespace: team-staging, mesh: {type: none}}
    """

  @Test func aSystemInThreeLines() throws {
    let system = try FleetSystem(yaml: Self.text, file: "system.yaml")
    let rendered = try RenderedSystem(system)
    #expect(rendered.findings().allSatisfy { !$0.isError }, "\(rendered.findings())")
    #expect(rendered.yaml.contains("kind: VirtualService") && rendered.yaml.contains("kind: ServiceMonitor"))
    #expect(ManifestFile.read(rendered.yaml, file: "f").manifests.map(\.id) == rendered.manifests.map(\.id))
    #expect(rendered.files(.kustomize).map(\.path).contains("agents/planner.yaml"))
    #expect(rendered.monitoring.prometheusConfig.contains("multi-agent-system"))
    #expect(try RenderedSystem(system).yaml == rendered.yaml)
  }

  @Test func anEnvironmentIsChosen() throws {
    let rendered = try RenderedSystem(FleetSystem(yaml: Self.text, environment: "staging"))
    #expect(!rendered.yaml.contains("istio"))
    #expect(Set(rendered.manifests.compactMap(\.namespace)).isSubset(of: ["team-staging", "monitoring"]))
  }

  @Test func allMistakesAreThrown() {
    #expect {
      try FleetSystem(yaml: "system: T\nagents: [{agent_id: A}]\n", file: "s.yaml")
    } throws: { error in
      (error as? SystemFileError)?.diagnostics.count == 2 && "\(error)".hasPrefix("s.yaml:1:9: error: system: ")
    }
    #expect {
      try RenderedSystem(FleetSystem(yaml: "system: t\nagents: [{agent_id: a}, {agent_id: b}]\n"))
    } throws: { error in
      (error as? RenderingError)?.diagnostics.map(\.path) == ["agents[0]", "agents[1]"]
    }
  }

  @Test func agentsOneByOne() throws {
    let manager = KubernetesDeploymentManager(namespace: "multi-agents")
    var agent = AgentSpec(agentID: try AgentID("planner"))
    agent.image = "registry.example/planner:1.4"
    let deployment = try manager.agentDeployment(for: agent)
    let yaml = try manager.completeAgentManifests(for: agent)

    #expect(deployment.replicas == nil && deployment.metadata.name == "agent-planner")
    #expect(try manager.agentDeployment(for: agent, replicas: 4).replicas == 4)
    #expect(manager.serviceConfiguration(for: agent).metadata.name == "agent-planner-service")
    #expect(manager.hpaConfiguration(for: agent).maxReplicas == 10)
    let kinds = ManifestFile.read(yaml, file: "f").manifests.map(\.kind)
    #expect(
      kinds == ["Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"])
    agent.image = nil
    #expect(throws: RenderingError.self) { try manager.agentDeployment(for: agent) }
  }

  @Test func theMesh() throws {
    let agent = AgentSpec(agentID: try AgentID("planner"))
    let mesh = ServiceMeshIntegration(mesh: .istio)
    var canary = RoutingRule()
    canary.subset = "v2"
    canary.headers = [.init(name: "x-canary", test: .exact("true"))]
    let routes = mesh.virtualService(for: agent, rules: [canary])
    let balancing = mesh.destinationRule(for: agent, loadBalancer: .leastRequest)
    let authentication = mesh.peerAuthentication(namespace: "multi-agents")

    let all = [routes?.manifest, balancing?.manifest, authentication?.manifest].compactMap { $0 }
    #expect(all.map(\.kind) == ["VirtualService", "DestinationRule", "PeerAuthentication"])
    let yaml = ManifestText.yaml(all)
    #expect(yaml.contains("LEAST_REQUEST") && yaml.contains("mode: STRICT") && yaml.contains("subset: v2"))
    let none = ServiceMeshIntegration(mesh: .none)
    #expect(none.virtualService(for: agent, rules: [canary]) == nil && none.destinationRule(for: agent) == nil)
    #expect(none.peerAuthentication(namespace: "n") == nil)
  }
}
