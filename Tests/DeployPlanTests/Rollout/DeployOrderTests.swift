import DeployPlan
import FleetModel
import Testing

@Suite struct DeployOrderTests {
  /// Every object of every golden system has exactly one place.
  @Test(arguments: GoldenFiles.names)
  func everyObjectHasItsPlace(golden: String) throws {
    let system = try GoldenFiles.system(golden)
    let manifests = try Rendering(of: system).manifests
    let order = DeployOrder(of: manifests, dependsOn: DeployOrder.dependencies(in: system))
    #expect(order.ids.count == manifests.count)
    #expect(Set(order.ids) == Set(manifests.map(\.id)))
    let own = system.controlPlane == nil ? [] : [DeployOrder.controlPlane]
    #expect(order.agents.map(\.agent) == own + system.agents.map(\.agentID.name))
    #expect(
      order.agents.allSatisfy {
        $0.workload?.kind == ($0.agent == DeployOrder.controlPlane ? "StatefulSet" : "Deployment")
      })
    #expect(order.shared.first?.map(\.kind) == ["Namespace"])
    for part in order.agents where part.agent != DeployOrder.controlPlane {
      // The account and the service are there before the pods, the subsets before the routes, and the routes last.
      let kinds = (part.batches + part.routes).map { Set($0.map(\.kind)) }
      func place(_ kind: String) -> Int? { kinds.firstIndex { $0.contains(kind) } }
      #expect(place("Service") ?? 0 < place("Deployment") ?? 0)
      #expect(place("Deployment") ?? 0 < place("HorizontalPodAutoscaler") ?? .max)
      if let rule = place("DestinationRule") {
        #expect(rule >= part.batches.count)
        #expect(rule < place("VirtualService") ?? .max)
      }
    }
  }

  @Test func removalIsTheReverse() {
    let kinds = [
      "Namespace", "ServiceAccount", "ConfigMap", "Service", "Deployment", "DestinationRule", "VirtualService",
    ]
    let ids = kinds.map { Manifest.ID(group: "", kind: $0, namespace: "", name: "x") }
    #expect(DeployOrder.removal(of: ids.shuffled()).map { $0.map(\.kind) } == kinds.reversed().map { [$0] })
    #expect(DeployOrder.removal(of: []).isEmpty)
  }

  @Test func anAgentWithoutPodsWaitsForNothing() {
    let route = Manifest.ID(group: "", kind: "VirtualService", namespace: "", name: "x")
    let order = DeployOrder(
      shared: [], agents: [.init(agent: "outside", batches: [], workload: nil, routes: [[route]])], last: [])
    var machine = DeployMachine(order)
    let now = Timestamp(milliseconds: 0)
    let begun = machine.step(.start, at: now)
    #expect(begun == [.apply([route])])
    let ended = machine.step(.applied(route), at: now)
    #expect(ended == [.finish(.deployed)])
  }
}
