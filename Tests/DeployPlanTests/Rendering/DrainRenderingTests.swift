import FleetModel
import Testing

@testable import DeployPlan

/// Whoever is told to end has the time that it is told it has, and more before it is killed.
@Suite struct DrainRenderingTests {
  @Test(arguments: [(Duration.zero, 0), (.milliseconds(1), 1), (.seconds(30), 30), (.seconds(7 * 86_400), 604_800)])
  func thePodOutlivesTheDraining(timeout: Duration, seconds: Int) throws {
    var agent = AgentSpec(agentID: try AgentID("planner"))
    agent.image = "registry.example/planner:1"
    agent.drainTimeout = timeout
    let deployment = try AgentRendering(of: agent, in: FleetSystem(name: "team")).deployment()
    let container = try #require(deployment.template.containers.first)
    #expect(container.environment.last == .init(name: "DRAIN_TIMEOUT", value: .text("\(seconds)")))
    let sleep = try #require(container.sleepBeforeStop)
    let grace = try #require(deployment.template.terminationGracePeriodSeconds)
    #expect(grace > sleep + seconds, "the agent has drained, and has yet to send what it knows")
    #expect(
      deployment.template.annotations["proxy.istio.io/config"]?.contains("terminationDrainDuration: \(grace)s") == true,
      "the proxy leaves last")
  }
}
