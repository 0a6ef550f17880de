import DeployPlan
import FleetModel
import NIOHTTP1
import Platform
import TestSupport
import Testing

/// The real `skep deploy` upon a cluster in another process, from an empty cluster to an empty cluster.
@Suite(.timeLimit(.minutes(20))) struct LifeTests {
  @Test func fromTheFirstPlanToTheLastDelete() async throws {
    try await Trial.with { trial in
      let before = try await trial.lasting()
      try trial.write(.team)
      let plan = try await trial.deploy("plan", "system.yaml")
      #expect(plan.status == 1 && plan.output.contains("+ Deployment team-space/agent-planner"), "\(plan)")
      #expect(try await trial.writes().isEmpty)
      let none = try await trial.deploy("status", "system.yaml")
      #expect(none.status == 1 && none.output.contains("no deployment of system team"), "\(none)")

      let first = try await trial.deploy("apply", "system.yaml")
      #expect(first.status == 0 && first.output.contains("3 agents of system team ready in team-space"), "\(first)")
      try await trial.expectIsAsRendered()
      try await trial.makeStranger()

      // The same once more: nothing to show, nothing to write.
      try await trial.forgetRequests()
      #expect(try await trial.deploy("plan", "system.yaml").status == 0)
      let again = try await trial.deploy("apply", "system.yaml")
      #expect(again.status == 0, "\(again)")
      #expect(try await trial.writes().isEmpty)
      let status = try await trial.deploy("status", "system.yaml", "--output", "json")
      let standing = try JSONParser.parse(Array(status.output.utf8))
      #expect(status.status == 0 && standing["ready"]?.bool == true, "\(status)")

      let rendered = try await trial.deploy("render", "system.yaml").output
      let changed = TrialSystem.team.with("planner", image: "registry.example/planner:2.0").without("critic")
      try trial.write(changed, to: "changed.yaml")
      let shown = try await trial.deploy("plan", "changed.yaml")
      #expect(shown.status == 1 && shown.output.contains("registry.example/planner:2.0"), "\(shown)")
      let second = try await trial.deploy("apply", "changed.yaml")
      #expect(second.status == 0 && second.output.contains("removed"), "\(second)")
      try await trial.expectIsAsRendered("changed.yaml")
      #expect(try await trial.lasting().contains(Trial.stranger))

      #expect(try await trial.deploy("rollback", "changed.yaml", "--dry-run").status == 1)
      let back = try await trial.deploy("rollback", "changed.yaml")
      #expect(back.status == 0 && back.errors + back.output != "", "\(back)")
      try await trial.expectIsAsRendered()
      let history = try await Self.history(trial)
      #expect(history.map(\.state) == ["deployed", "superseded", "superseded"])
      #expect(history.allSatisfy { $0.file.hasSuffix(".yaml") })
      // The bytes of then.
      let newest = try #require(history.first)
      #expect(try await Self.manifests(of: newest.id, trial) == rendered)

      let refused = try await trial.deploy("delete", "system.yaml")
      #expect(refused.status == 2 && refused.errors.contains("--yes"), "\(refused)")
      let deleted = try await trial.deploy("delete", "system.yaml", "--yes")
      #expect(deleted.status == 0 && deleted.output.contains("of-others"), "\(deleted)")
      let space = Manifest.ID(group: "", kind: "Namespace", namespace: "", name: "team-space")
      let left = try await trial.lasting().subtracting(before).filter { !Self.isUsual($0) }
      #expect(left == [space, Trial.stranger])

      // Without anything of others nothing at all is left.
      try await trial.ask(.DELETE, "/api/v1/namespaces/team-space/configmaps/of-others")
      #expect(try await trial.deploy("apply", "system.yaml").status == 0)
      #expect(try await trial.deploy("delete", "system.yaml", "--yes").status == 0)
      #expect(try await trial.deploy("delete", "system.yaml", "--yes").status == 0)
      let end = try await trial.lasting().subtracting(before).filter { !Self.isUsual($0) }
      // The namespace is somebody else's by now: it was there before the second beginning.
      #expect(end.subtracting([space]).isEmpty, "\(end)")
    }
  }

  /// What every namespace gets.
  static func isUsual(_ id: Manifest.ID) -> Bool {
    ["default", "kube-root-ca.crt"].contains(id.name) && id.kind != "Namespace"
  }

  struct Entry: Sendable {
    var id: String
    var state: String
    var file: String
    var errors: [String]
  }

  /// The newest first.
  static func history(_ trial: Trial) async throws -> [Entry] {
    let answer = try await trial.deploy(
      "history", "--system", "team", "--namespace", "team-space", "--output", "json")
    return try JSONParser.parse(Array(answer.output.utf8)).elements.map { record in
      Entry(
        id: record["deployment_id"]?.string ?? "", state: record["state"]?.string ?? "",
        file: record["file"]?.string ?? "",
        errors: (record["errors"]?.elements ?? []).compactMap(\.string))
    }
  }

  /// As whoever has only `kubectl` reads them.
  static func manifests(of id: String, _ trial: Trial) async throws -> String {
    let secret = try await trial.ask(.GET, "/api/v1/namespaces/team-space/secrets/skep-\(id)")
    try trial.scratch.write("manifests.base64", secret["data"]?["manifests"]?.string ?? "")
    return try await trial.shell("base64 -d <manifests.base64 | gunzip").output
  }
}
