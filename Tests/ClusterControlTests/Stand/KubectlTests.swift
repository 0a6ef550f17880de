import ClusterStand
import FleetModel
import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

enum Kubectl {
  static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/kubectl" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// `kubectl` takes the stand for a cluster: what it shows, waits for and changes is what it would be there.
@Suite(.enabled(if: Kubectl.path != nil, "needs kubectl in the PATH"))
struct KubectlTests {
  private struct Shell {
    let scratch: ScratchDirectory

    func run(_ arguments: String...) async throws -> (status: Int32, output: String, errors: String) {
      let result = try await Subprocess.run(
        .path(FilePath(Kubectl.path ?? "kubectl")),
        arguments: Arguments(["--kubeconfig=\(scratch.path)/config", "--cache-dir=\(scratch.path)/cache"] + arguments),
        output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
      guard case .exited(let status) = result.terminationStatus else {
        return (-1, result.standardOutput, result.standardError)
      }
      return (status, result.standardOutput, result.standardError)
    }
  }

  private static func manifest(image: String, extra: String = "") -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings}
    data: {level: info}
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - {name: web, image: "\(image)"\(extra)}
    ---
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: web}
    spec:
      hosts: [web]
      http: [{route: [{destination: {host: web}}]}]

    """
  }

  @Test func applyDiffRolloutGetAndDelete() async throws {
    let stand = try await ClusterStand.start()
    let shell = Shell(scratch: try ScratchDirectory())
    try stand.writeKubeconfig(at: "\(shell.scratch.path)/config")
    let file = "\(shell.scratch.path)/web.yaml"
    try shell.scratch.write("web.yaml", Self.manifest(image: "web:1"))
    // With the checking of fields that is the default: kubectl finds that the server does it.
    var ran = try await shell.run("apply", "--server-side", "-f", file)
    #expect(ran.status == 0, "\(ran)")
    #expect(ran.output.contains("deployment.apps/web serverside-applied"), "\(ran)")
    #expect(ran.output.contains("virtualservice.networking.istio.io/web serverside-applied"), "\(ran)")
    ran = try await shell.run("rollout", "status", "deployment/web")
    #expect(ran.status == 0, "\(ran)")
    #expect(ran.output.contains("deployment \"web\" successfully rolled out"), "\(ran)")
    ran = try await shell.run("get", "deployments,pods,configmaps,virtualservices")
    #expect(ran.status == 0, "\(ran)")
    #expect(ran.output.contains("deployment.apps/web   2/2     2            2"), "\(ran)")
    ran = try await shell.run("get", "deployment", "web", "-o", "jsonpath={.status.availableReplicas}")
    #expect(ran.output == "2", "\(ran)")
    // 0: nothing would change; 1: something would.
    ran = try await shell.run("diff", "--server-side", "-f", file)
    #expect(ran.status == 0, "\(ran)")
    try shell.scratch.write("web.yaml", Self.manifest(image: "web:2"))
    ran = try await shell.run("diff", "--server-side", "-f", file)
    #expect(ran.status == 1, "\(ran)")
    #expect(ran.output.contains("-      - image: web:1") && ran.output.contains("+      - image: web:2"), "\(ran)")
    try shell.scratch.write("web.yaml", Self.manifest(image: "web:2", extra: ", imagge: oops"))
    ran = try await shell.run("apply", "--server-side", "-f", file)
    #expect(ran.status == 1, "\(ran)")
    #expect(ran.errors.contains("imagge"), "\(ran)")
    try shell.scratch.write("web.yaml", Self.manifest(image: "web:2"))
    ran = try await shell.run("apply", "--server-side", "-f", file)
    #expect(ran.status == 0, "\(ran)")
    ran = try await shell.run("rollout", "status", "deployment/web")
    #expect(ran.status == 0, "\(ran)")
    ran = try await shell.run("delete", "-f", file)
    #expect(ran.status == 0, "\(ran)")
    #expect(stand.object(apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "web") == nil)
    await stand.stop()
  }

  @Test func itMeetsConflictsAndRefusals() async throws {
    let stand = try await ClusterStand.start()
    let shell = Shell(scratch: try ScratchDirectory())
    try stand.writeKubeconfig(at: "\(shell.scratch.path)/config")
    try shell.scratch.write("web.yaml", Self.manifest(image: "web:1"))
    let file = "\(shell.scratch.path)/web.yaml"
    #expect(try await shell.run("apply", "--server-side", "--field-manager=skep", "-f", file).status == 0)
    try shell.scratch.write("web.yaml", Self.manifest(image: "web:2"))
    let ran = try await shell.run("apply", "--server-side", "-f", file)
    #expect(ran.status == 1, "\(ran)")
    #expect(ran.errors.contains("conflict with \"skep\": .spec.template.spec.containers[name=\"web\"].image"), "\(ran)")
    #expect(try await shell.run("apply", "--server-side", "--force-conflicts", "-f", file).status == 0)
    let missing = try await shell.run("get", "deployment", "nope")
    #expect(missing.status == 1 && missing.errors.contains("(NotFound)"), "\(missing)")
    await stand.stop()
  }
}
