import FleetModel
import Glibc
import NIOHTTP1
import Platform
import TestSupport
import Testing

/// A fleet on one machine has deployments too: what `skep up` starts is marked, and a series names the revision in force.
@Suite(.timeLimit(.minutes(20))) struct LocalMarksTests {
  private static func system(seconds: Int) -> String {
    "system: local\nagents:\n  - {agent_id: sleeper, command: [sleep, \"\(seconds)\"]}\n"
  }

  @Test func aChangedFileIsADeployment() async throws {
    let scratch = try ScratchDirectory()
    try scratch.write("system.yaml", Self.system(seconds: 600))
    let up = TrialProcess(
      path: try BuiltExecutable.path("skep"),
      arguments: [
        "up", "\(scratch.path)/system.yaml", "--listen", "127.0.0.1:0", "--otlp-grpc-listen", "off",
        "--otlp-http-listen", "off", "--data-dir", "\(scratch.path)/data",
      ], environment: ["PATH": "/usr/bin:/bin"])
    let ended = try await up.run { pid, lines in
      var address: String?
      while address == nil, let line = try await lines() {
        guard line.hasPrefix("listening on ") else { continue }
        address = String(line.dropFirst("listening on ".count).filter { !$0.isNewline })
      }
      let plane = Trial(url: try #require(address), scratch: scratch)
      let first = try await Self.deployments(plane)
      #expect(first.map(\.state) == ["deployed"])
      #expect(try await Self.revisionsInForce(plane) == first.map(\.revision))

      try scratch.write("system.yaml", Self.system(seconds: 700))
      try await plane.until("the change is marked") { try await Self.deployments(plane).count == 2 }
      let both = try await Self.deployments(plane)
      #expect(both.map(\.state) == ["deployed", "superseded"])
      #expect(both.last?.revision == first.first?.revision && both.first?.revision != both.last?.revision)
      #expect(both.allSatisfy { $0.by.hasPrefix("skep up") })
      kill(pid, SIGTERM)
      var rest = ""
      while let line = try await lines() { rest += line }
      return rest
    }
    #expect(ended.status == 0, "\(ended)")
  }

  private struct Mark: Sendable {
    var state: String
    var by: String
    var revision: String
  }

  /// The latest first.
  private static func deployments(_ plane: Trial) async throws -> [Mark] {
    (try await plane.ask(.GET, "/fleet/v1/deployments")["deployments"]?.elements ?? []).map { mark in
      Mark(
        state: mark["state"]?.string ?? "", by: mark["by"]?.string ?? "",
        revision: mark["agents"]?["sleeper"]?["revision"]?.string ?? "")
    }
  }

  private static func revisionsInForce(_ plane: Trial) async throws -> [String] {
    var found: [String] = []
    try await plane.until("the series is in the store") {
      let answer = try await plane.ask(.GET, "/api/v1/query?query=skep_deployment_info")
      found = (answer["data"]?["result"]?.elements ?? []).compactMap { $0["metric"]?["revision"]?.string }
      return !found.isEmpty
    }
    return found
  }
}
