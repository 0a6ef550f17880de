import AlertLogic
import FleetModel
import Testing

/// For random trees, alerts, failing receivers, crashes and reloads: nothing that fires is forgotten, nothing is told twice inside its
/// interval, to the wrong one, or though it is muted; and who was told of a beginning is told of the end.
@Suite("notifications reach the right one once")
struct NotificationPropertyTests {
  @Test(arguments: 0..<300) func failuresAndRestarts(seed: UInt64) throws {
    var simulation = try NotificationSimulation(seed: seed, hasMuting: false)
    try simulation.run(steps: 120, reloads: false)
    #expect(simulation.faults.prefix(3) == [])
    #expect(simulation.notifications > 0)
    Self.everyoneKnows(simulation, exactly: true)
  }

  @Test(arguments: 1000..<1150) func withSilencesInhibitionAndReloads(seed: UInt64) throws {
    var simulation = try NotificationSimulation(seed: seed, hasMuting: true)
    try simulation.run(steps: 120, reloads: true)
    #expect(simulation.faults.prefix(3) == [])
    Self.everyoneKnows(simulation, exactly: false)
  }

  /// In the end each integration of each route that takes a firing alert was told of it; and, where ends were not muted or re-routed,
  /// thinks of nothing else that it fires.
  static func everyoneKnows(_ simulation: NotificationSimulation, exactly: Bool) {
    var expected: [NotificationSimulation.Lane: Set<LabelSet>] = [:]
    let inhibited = Set(
      simulation.machine.alerts(at: simulation.now).filter { $0.state == .suppressed }.map(\.alert.labels))
    for (labels, end) in simulation.ends where end > simulation.now && !inhibited.contains(labels) {
      for route in RandomRoutes.reference(simulation.root, labels) {
        for facts in simulation.facts[route.receiver] ?? [] {
          let lane = NotificationSimulation.Lane(
            group: CompiledPolicy.groupKey(routeKey: route.key, labels: route.group), receiver: route.receiver,
            integration: facts.name)
          expected[lane, default: []].insert(labels)
        }
      }
    }
    for (lane, firing) in expected {
      #expect(simulation.told[lane]?.firing.isSuperset(of: firing) == true, "\(lane) was not told of all that fires")
    }
    guard exactly else { return }
    for (lane, told) in simulation.told {
      let wantsEnds = simulation.facts[lane.receiver]?.first { $0.name == lane.integration }?.sendResolved
      if wantsEnds == true { #expect(told.firing == expected[lane] ?? [], "\(lane) was not told of all that ended") }
    }
    // What has ended and was told of is forgotten.
    #expect(simulation.machine.alertCount == simulation.ends.values.count { $0 > simulation.now })
  }
}
