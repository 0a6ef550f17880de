import DeployPlan
import FleetModel
import FoundationEssentials
import Testing

/// What the tests of the checks share: a stand-in for PromQL's parser, and data files.
enum DeployCheckCases {
  static let folder = String(CaseFiles.folder) + "/deploy-check"

  /// Refuses what has unbalanced brackets, and knows one function that is experimental: the real reader is another module's and tested there.
  static let expressions = ExpressionReader { text in
    var open: [Character] = []
    for character in text {
      if "([{".contains(character) { open.append(character) }
      if ")]}".contains(character), open.popLast() == nil {
        return .failure(ExpressionReader.Flaw(message: "unexpected \"\(character)\"", offset: 0))
      }
    }
    var reading = ExpressionReader.Reading(selectors: [])
    if text.contains("mad_over_time") {
      reading.experiment = ExpressionReader.Flaw(message: "is experimental", offset: 0)
    }
    return open.isEmpty
      ? .success(reading)
      : .failure(ExpressionReader.Flaw(message: "unclosed \"\(open[0])\"", offset: text.count))
  }

  static func findings(in text: String, file: String = "m.yaml", system: FleetSystem? = nil) -> [CheckFinding] {
    let reading = ManifestFile.read(text, file: file)
    precondition(reading.diagnostics.isEmpty, "\(reading.diagnostics)")
    return DeployCheck.findings(in: reading.manifests, of: system, expressions: expressions)
  }

  struct Verdict: Sendable, CustomTestStringConvertible {
    let name: String
    /// `accepted`; `refused` by the API server; `meaning` where Istio or the operator refuses it, passes it over or takes
    /// it for something else.
    let verdict: String
    var testDescription: String { name }
  }

  static let verdicts: [Verdict] = {
    let text = (try? CaseFiles.text("\(folder)/server/verdicts.txt")) ?? ""
    return text.split(separator: "\n").map { line in
      let words = line.split(separator: " ").map(String.init)
      return Verdict(name: words[0], verdict: words[1])
    }
  }()

  /// Examples of rules: `=== ID bad` or `=== ID good`, then manifests. An `=== ID bad system` is checked as if rendered
  /// from a system file, with nothing else in the cluster.
  struct Example: Sendable, CustomTestStringConvertible {
    let rule: CheckRule.ID
    let isBad: Bool
    let isOfSystem: Bool
    let text: String
    var testDescription: String { "\(rule) \(isBad ? "bad" : "good")" }
  }

  static let examples: [Example] = {
    let folder = Self.folder + "/rules"
    let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return files.flatMap { file -> [Example] in
      let text = (try? CaseFiles.text("\(folder)/\(file)")) ?? ""
      return text.split(separator: "=== ").compactMap { part in
        let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("SKEP-") else { return nil }
        return Example(
          rule: CheckRule.ID(String(words[0])), isBad: words[1] == "bad", isOfSystem: words.contains("system"),
          text: lines.count > 1 ? withLetters(String(lines[1])) : "")
      }
    }
  }()

  /// `<9 letters>` stands for so many of them.
  private static func withLetters(_ text: String) -> String {
    let parts = text.split(separator: " letters>", omittingEmptySubsequences: false)
    return parts.dropLast().map { part in
      let start = part.lastIndex(of: "<") ?? part.endIndex
      let count = Int(part[start...].dropFirst()) ?? 0
      return part[..<start] + String(repeating: "x", count: count)
    }
    .joined() + (parts.last ?? "")
  }
}
