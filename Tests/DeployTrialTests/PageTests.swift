import FleetModel
import Foundation
import Platform
import TestSupport
import Testing

/// The page on applying says what works, and how it ends.
@Suite(.timeLimit(.minutes(20))) struct PageTests {
  private static let root = String(#filePath.dropLast("/Tests/DeployTrialTests/PageTests.swift".count))

  /// The lines of the page's blocks of that language.
  private static func lines(of language: String) throws -> [String] {
    let text = String(decoding: try Data(contentsOf: URL(filePath: "\(root)/docs/applying.md")), as: UTF8.self)
    var lines: [String] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") { isInside = line == "```\(language)" } else if isInside { lines.append(String(line)) }
    }
    return lines
  }

  private static let hasKubectl = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/kubectl")
  }

  /// Each `sh` line in its turn, with how it ends on an empty cluster.
  @Test func theCommandsOfThePageWork() async throws {
    try await Trial.with { trial in
      try trial.scratch.write(
        "system.yaml",
        TrialSystem.team.yaml
          + "environments:\n  production: {agents: {worker: {image: \"registry.example/worker:1.1\"}}}\n")
      var seen: [String] = []
      let lines = try Self.lines(of: "sh")
      // What is told of last is what a deployment leaves while it is there.
      let isLast = { (line: String) in line.hasPrefix("skep deploy delete") }
      for line in lines.filter({ !isLast($0) }) + lines.filter(isLast) {
        var line = line
        var expected: Int32 = 0
        if line.hasPrefix("kubectl") {
          guard Self.hasKubectl else { continue }
          let id = try #require(try await LifeTests.history(trial).first?.id)
          line = line.replacing(/skep-deploy-\d+-\d+/, with: "skep-\(id)")
        }
        if line.hasPrefix("skep deploy plan") { expected = 1 }
        // With production's image there is nothing to go back to yet.
        if line.hasPrefix("skep deploy rollback") {
          #expect(try await trial.shell("skep deploy apply system.yaml").status == 0)
        }
        // Nobody answers here.
        if line.hasPrefix("skep deploy delete") { line += " --yes" }
        let ended = try await trial.shell(line)
        #expect(ended.status == expected, "\(line): \(ended)")
        #expect(!ended.output.isEmpty, "\(line)")
        if line.hasPrefix("kubectl") { #expect(ended.output.contains("kind: Deployment"), "\(line)") }
        seen.append(String(line.split(separator: " ").prefix(3).joined(separator: " ")))
      }
      let verbs = ["plan", "apply", "status", "history", "rollback", "delete"].map { "skep deploy \($0)" }
      #expect(Set(verbs).isSubset(of: seen), "\(seen)")
    }
  }
}
