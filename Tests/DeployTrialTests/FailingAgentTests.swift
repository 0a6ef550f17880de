import DeployPlan
import FleetModel
import Glibc
import Platform
import TestSupport
import Testing

/// How the real `skep deploy apply` ends where an agent does not become ready, or somebody stops it.
@Suite(.timeLimit(.minutes(20))) struct FailingAgentTests {
  static let refusal = "violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false"
  static let bad = "registry.example/worker:bad"

  @Test func itStopsTheRestAndSaysWhatIsInPlace() async throws {
    try await Trial.with { trial in
      try await trial.behave("refused", image: Self.bad, words: Self.refusal)
      try trial.write(TrialSystem.team.with("worker", image: Self.bad))
      let failed = try await trial.deploy("apply", "system.yaml")
      #expect(failed.status == 1, "\(failed)")
      #expect(failed.output.contains("violates PodSecurity"), "\(failed)")
      for line in ["planner  ready", "worker   failed", "critic   not begun"] {
        #expect(failed.output.contains(line), "\(failed)")
      }
      // There is no deployment to go back to.
      #expect(!failed.output.contains("rollback"), "\(failed)")
      #expect(try await !trial.objects().contains { $0.kind == "Deployment" && $0.name == "agent-critic" })
      let status = try await trial.deploy("status", "system.yaml")
      #expect(status.status == 1 && status.output.contains("failed"), "\(status)")

      try trial.write(.team)
      #expect(try await trial.deploy("apply", "system.yaml").status == 0)
      try await trial.expectIsAsRendered()
      // Now there is one.
      try trial.write(TrialSystem.team.with("worker", image: Self.bad))
      let second = try await trial.deploy("apply", "system.yaml")
      #expect(second.status == 1 && second.output.contains("skep deploy rollback"), "\(second)")
      #expect(try await trial.deploy("rollback", "system.yaml").status == 0)
      try trial.write(.team)
      try await trial.expectIsAsRendered()
    }
  }

  @Test func anAtomicApplyTakesEverythingBack() async throws {
    try await Trial.with { trial in
      try trial.write(.team)
      #expect(try await trial.deploy("apply", "system.yaml").status == 0)
      try await trial.behave("refused", image: Self.bad, words: Self.refusal)
      let changed = TrialSystem.team.with("planner", image: "registry.example/planner:2.0")
      try trial.write(changed.with("worker", image: Self.bad).without("critic"), to: "changed.yaml")
      let failed = try await trial.deploy("apply", "changed.yaml", "--atomic")
      #expect(failed.status == 1 && failed.output.contains("was taken back"), "\(failed)")
      try await trial.expectIsAsRendered()
      #expect(try await LifeTests.history(trial).map(\.state) == ["rolled_back", "deployed"])
    }
  }

  /// Of what the user's terminal sends on Ctrl-C.
  @Test func afterAnInterruptTheRecordSaysSoAndTheLockIsFree() async throws {
    try await Trial.with { trial in
      try await trial.behave("never_ready", image: Self.bad)
      try trial.write(TrialSystem.team.with("worker", image: Self.bad))
      try await trial.hold(verb: "apply", resource: "deployments")
      let stopped = try await trial.deploy("apply", "system.yaml") { pid in
        try await trial.untilOneIsHeld()
        kill(pid, SIGINT)
      }
      try await trial.release(carryingOut: false)
      #expect(stopped.status == 1 && stopped.output.contains("was stopped before its end"), "\(stopped)")
      #expect(try await LifeTests.history(trial).map(\.state) == ["interrupted"])
      let leases = try await trial.objects().filter { $0.kind == "Lease" && $0.namespace == "team-space" }
      #expect(leases.allSatisfy { ($0.json["spec"]?["holderIdentity"]?.string ?? "").isEmpty }, "\(leases)")
      try await trial.mend()
      try trial.write(.team)
      #expect(try await trial.deploy("apply", "system.yaml").status == 0)
      try await trial.expectIsAsRendered()
    }
  }

  @Test func ofTwoAtOnceOneIsRefusedAndOneThatWaitsComesNext() async throws {
    try await Trial.with { trial in
      try trial.write(.team)
      try trial.write(TrialSystem.team.with("worker", image: "registry.example/worker:2.0"), to: "second.yaml")
      try await trial.hold(verb: "apply", resource: "deployments")
      async let held = trial.deploy("apply", "system.yaml")
      try await trial.untilOneIsHeld()
      let refused = try await trial.deploy("apply", "second.yaml")
      #expect(refused.status == 1 && refused.errors.contains("is being applied by trial@"), "\(refused)")
      async let waiting = trial.deploy("apply", "second.yaml", "--wait-lock", "10m")
      try await trial.release(carryingOut: true)
      let (first, second) = try await (held, waiting)
      #expect(second.status == 0, "\(second)")
      #expect(first.status == 0, "\(first)")
      try await trial.expectIsAsRendered("second.yaml")
      #expect(try await LifeTests.history(trial).map(\.state) == ["deployed", "superseded"])
    }
  }
}
