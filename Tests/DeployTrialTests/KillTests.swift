import DeployPlan
import FleetModel
import Glibc
import Platform
import TestSupport
import Testing

/// `kill -9` upon `skep deploy apply` while one of its requests is on the way: the next apply converges.
@Suite(.timeLimit(.minutes(30))) struct KillTests {
  static let second = TrialSystem.team.with("planner", image: "registry.example/planner:2.0").without("critic")

  /// Seeded places among the requests of an apply, which are some seventy.
  static let places: [Int] = {
    let random = SeededRandom(seed: 8)
    return (0..<6).map { $0 * 9 + 5 + Int(random.next() % 9) }
  }()

  @Test(arguments: places, [false, true])
  func theNextApplyConverges(place: Int, isCarriedOut: Bool) async throws {
    try await Trial.with { trial in
      try trial.write(.team)
      #expect(try await trial.deploy("apply", "system.yaml").status == 0)
      try trial.write(Self.second)
      try await trial.hold(after: place, isCarriedOut: isCarriedOut)
      let killed = try await trial.deploy("apply", "system.yaml") { pid in
        try await trial.untilOneIsHeld()
        kill(pid, SIGKILL)
      }
      // What was on the way is not carried out any more, or has been.
      try await trial.release(carryingOut: false)
      try await trial.mend()
      #expect(killed.status == 128 + SIGKILL || killed.status == 0, "\(killed)")

      // Its Lease may be there still: whoever comes next waits until it has run out.
      let next = try await trial.deploy("apply", "system.yaml")
      #expect(next.status == 0, "after a kill at request \(place): \(next)")
      try await trial.expectIsAsRendered()
      try await Self.expectNothingIsDoubled(trial)
      let states = try await LifeTests.history(trial).map(\.state)
      #expect(states.first == "deployed" && !states.contains("applying"), "\(states)")
      try await trial.forgetRequests()
      #expect(try await trial.deploy("apply", "system.yaml").status == 0)
      #expect(try await trial.writes().isEmpty)

      #expect(try await trial.deploy("delete", "system.yaml", "--yes").status == 0)
      let left = try await trial.lasting().filter { $0.namespace == "team-space" && !LifeTests.isUsual($0) }
      #expect(left.isEmpty, "\(left)")
    }
  }

  @Test(arguments: [places[1], places[3]]) func aWayBackConvergesToo(place: Int) async throws {
    try await Trial.with { trial in
      try trial.write(.team)
      #expect(try await trial.deploy("apply", "system.yaml").status == 0)
      let first = try #require(try await LifeTests.history(trial).first?.id)
      try trial.write(Self.second, to: "second.yaml")
      try await trial.hold(after: place)
      _ = try await trial.deploy("apply", "second.yaml") { pid in
        try await trial.untilOneIsHeld()
        kill(pid, SIGKILL)
      }
      try await trial.release(carryingOut: false)
      try await trial.mend()
      let back = try await trial.deploy("rollback", "system.yaml", first)
      #expect(back.status == 0, "after a kill at request \(place): \(back)")
      try await trial.expectIsAsRendered()
      try await Self.expectNothingIsDoubled(trial)
      #expect(try await LifeTests.history(trial).first?.state == "deployed")
    }
  }

  /// For each agent as many pods as its Deployment wants, of one ReplicaSet, and records that are whole.
  private static func expectNothingIsDoubled(_ trial: Trial) async throws {
    let objects = try await trial.objects()
    for deployment in objects where deployment.kind == "Deployment" {
      let wanted = deployment.json["spec"]?["replicas"]?.integer ?? 1
      let agent = deployment.labels["agent-id"] ?? ""
      let pods = objects.filter { $0.kind == "Pod" && $0.labels["agent-id"] == agent && !$0.isBeingDeleted }
      #expect(pods.count == wanted, "\(deployment.id)")
    }
    let records = objects.filter { $0.kind == "ConfigMap" && $0.labels["skep.dev/record"] != nil }.map(\.name)
    let payloads = objects.filter { $0.kind == "Secret" && $0.labels["skep.dev/record"] != nil }.map(\.name)
    #expect(Set(records).count == records.count)
    // A payload belongs to a record.
    for payload in payloads {
      #expect(records.contains { payload == $0 || payload.hasPrefix("\($0).") }, "\(payload) of \(records)")
    }
  }
}
