import DeployPlan
import FleetModel
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import Platform
import TestSupport
import Testing

/// What others see of what the real `skep` has applied: `kubectl`, and the control plane that looks for pods.
@Suite(.timeLimit(.minutes(20))) struct WatchersTests {
  private static let hasKubectl = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/kubectl")
  }

  @Test(.enabled(if: hasKubectl, "needs kubectl in the PATH"))
  func kubectlSeesWhatWasApplied() async throws {
    try await Trial.with { trial in
      try trial.write(.team)
      #expect(try await trial.deploy("apply", "system.yaml").status == 0)
      for agent in ["planner", "worker", "critic"] {
        let ran = try await trial.shell("kubectl rollout status deployment/agent-\(agent)")
        #expect(ran.status == 0 && ran.output.contains("successfully rolled out"), "\(ran)")
      }
      // Skep's own apply, said by kubectl, changes nothing; what another file says is shown as a change.
      // But for the first number of pods, which Skep goes on sending and the manifest does not have.
      let kinds = ["Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "ServiceAccount", "ConfigMap"]
      let only = kinds.map { "--only \($0)" }.joined(separator: " ")
      let diff = "kubectl diff --server-side --field-manager=skep -f -"
      let same = try await trial.shell("skep deploy render system.yaml \(only) | \(diff)")
      #expect(same.status == 0 && same.output.isEmpty, "\(same)")
      try trial.write(TrialSystem.team.with("planner", image: "registry.example/planner:2.0"))
      let other = try await trial.shell("skep deploy render system.yaml --only Deployment | \(diff)")
      #expect(other.status == 1 && other.output.contains("+        image: registry.example/planner:2.0"), "\(other)")
      let managers = try await trial.shell(
        "kubectl get deployment agent-planner --show-managed-fields -o jsonpath='{.metadata.managedFields[*].manager}'")
      #expect(managers.output.split(separator: " ").contains("skep"), "\(managers)")
      let records = try await trial.shell("kubectl get configmaps -l skep.dev/record=team -o name")
      #expect(records.output.split(separator: "\n").count == 1, "\(records)")
      // What kubectl changes is told, and taken back only by force.
      let label = "kubectl set image deployment/agent-planner agent-planner=registry.example/planner:3.0"
      #expect(try await trial.shell(label).status == 0)
      let refused = try await trial.deploy("plan", "system.yaml")
      #expect(refused.status == 2 && refused.errors.contains("kubectl-set"), "\(refused)")
      #expect(try await trial.deploy("apply", "system.yaml", "--force-conflicts").status == 0)
      try await trial.expectIsAsRendered()
    }
  }

  @Test func theControlPlaneFindsPodsAndDeployments() async throws {
    try await Trial.with { trial in
      try trial.write(.team)
      let server = TrialProcess(
        path: try BuiltExecutable.path("skep"),
        arguments: [
          "serve", "--config", "\(trial.scratch.path)/system.yaml", "--discover-pods", "--listen", "127.0.0.1:0",
          "--otlp-grpc-listen", "off", "--otlp-http-listen", "off", "--data-dir", "\(trial.scratch.path)/data",
        ], environment: trial.environment)
      let ended = try await server.run { pid, lines in
        var address: String?
        while address == nil, let line = try await lines() {
          guard line.hasPrefix("listening on ") else { continue }
          address = String(line.dropFirst("listening on ".count).filter { !$0.isNewline })
        }
        let plane = Trial(url: try #require(address), scratch: trial.scratch)
        #expect(try await trial.deploy("apply", "system.yaml").status == 0)
        let id = try #require(try await LifeTests.history(trial).first?.id)
        try await plane.until("the deployment is marked") {
          let list = try await plane.ask(.GET, "/fleet/v1/deployments")["deployments"]?.elements ?? []
          return list.contains { $0["deployment_id"]?.string == id && $0["state"]?.string == "deployed" }
        }
        let addresses = Set(
          try await trial.objects().filter { $0.kind == "Pod" }.compactMap { $0.json["status"]?["podIP"]?.string })
        try await plane.until("every pod is an instance") {
          let list = try await plane.ask(.GET, "/fleet/v1/agents")["agents"]?.elements ?? []
          let instances = list.flatMap { $0["instances"]?.elements ?? [] }.compactMap { $0["instance"]?.string }
          return Set(instances.compactMap { $0.split(separator: ":").first.map(String.init) }) == addresses
        }
        kill(pid, SIGTERM)
        var rest = ""
        while let line = try await lines() { rest += line }
        return rest
      }
      #expect(ended.status == 0, "\(ended)")
    }
  }
}

extension Trial {
  struct NeverSo: Error { var what: String }

  /// Asks again and again until it is so, for five minutes at most.
  func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
    for _ in 0..<6_000 {
      if try await isSo() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw NeverSo(what: what)
  }
}
