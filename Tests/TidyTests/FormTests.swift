import Foundation
import Testing

/// What a reviewer would say each time, said by a test.
@Suite("the form of the code")
struct FormTests {
  /// Files over the bound that were looked at and are one idea: the bound only ever goes down.
  static let longFiles: [String: Int] = [:]

  @Test func filesHoldOneIdea() throws {
    for file in try Self.swift() {
      let bound = Self.longFiles[file.path] ?? (file.path.hasPrefix("Tests/") ? 600 : 450)
      #expect(file.lines.count <= bound, "\(file.path) has \(file.lines.count) lines; split it: one idea a file")
    }
  }

  @Test func namesSayWhatAThingIs() throws {
    let banned = ["Utils", "Util", "Helpers", "Helper", "Manager", "Common", "Misc"]
    // The domain's own name for a front door of the library.
    for file in try Self.swift() where !file.path.hasSuffix("/KubernetesDeploymentManager.swift") {
      let name = file.path.split(separator: "/").last?.replacing(".swift", with: "") ?? ""
      for word in banned {
        #expect(!name.hasSuffix(word), "\(file.path): a file called \(word) has no name; say what it does")
      }
    }
  }

  /// Each word with what to use in its place.
  static let bannedInSources: [(word: String, instead: String)] = [
    (" try!", "handle the error: input from outside may cause it"),
    ("(try!", "handle the error: input from outside may cause it"),
    (" as! ", "a conditional cast"),
    ("fatalError(", "precondition(_, \"BUG: …\") for our own bugs, a thrown error for outside input"),
    ("Task.detached", "a child task with an owner"),
    ("import Foundation\n", "FoundationEssentials, or nothing"),
    ("TODO", "do it, or write an issue"),
    ("FIXME", "do it, or write an issue"),
  ]

  @Test(arguments: bannedInSources)
  func wordsThatHaveABetter(word: String, instead: String) throws {
    for file in try Self.swift() where file.path.hasPrefix("Sources/") {
      for (number, line) in file.lines.enumerated() {
        let found = (line + "\n").contains(word)
        let name = word.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(!found, "\(file.path):\(number + 1): \(name) is banned, use \(instead)")
      }
    }
  }

  @Test func linksInDocumentsLeadSomewhere() throws {
    let documents =
      try SourceTree.files(under: "docs", endings: [".md"]) + SourceTree.files(under: "examples", endings: [".md"])
      + ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map {
        SourceTree.File(path: $0, text: try String(contentsOf: SourceTree.root.appending(path: $0), encoding: .utf8))
      }
    for file in documents {
      for match in file.text.matches(of: /\]\(([^)#\s]+)(#[^)]*)?\)/) where !match.1.contains("://") {
        let target = SourceTree.root.appending(path: file.path).deletingLastPathComponent()
          .appending(path: String(match.1))
        #expect(FileManager.default.fileExists(atPath: target.path), "\(file.path): broken link \(match.1)")
      }
    }
  }

  static func swift() throws -> [SourceTree.File] {
    try ["Sources", "Tests", "Benchmarks", "examples"].flatMap { try SourceTree.files(under: $0, endings: [".swift"]) }
  }
}
