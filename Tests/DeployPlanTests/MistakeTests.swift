import DeployPlan
import FleetModel
import FoundationEssentials
import Testing

/// One mistake, one message with its line and how to mend it: `Cases/mistakes/*.txt` hold files with what is said of them.
///
/// A case is `=== NAME`, the system file, `---` and the problems; `RECORD=1` writes the problems anew.
@Suite struct MistakeTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let file: String
    let expected: String

    var testDescription: String { name }

    /// `in NAME` at the end of a case's name chooses that environment.
    var found: String {
      let words = name.split(separator: " ")
      let environment = words.count > 2 && words[words.count - 2] == "--environment" ? words.last.map(String.init) : nil
      return SystemFile.read(file, file: "system.yaml", environment: environment).diagnostics.map { "\($0)\n" }.joined()
    }
  }

  private static let folder = CaseFiles.packageRoot + "/Tests/DeployPlanTests/Cases/mistakes"

  private static let pages: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".txt") }.sorted()
  }()

  private static func cases(of page: String) -> [Case] {
    guard let text = try? CaseFiles.text("\(folder)/\(page)") else { return [] }
    return ("\n" + text).components(splitBy: "\n=== ").dropFirst().map { part in
      let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let halves = (lines.count > 1 ? String(lines[1]) : "").components(splitBy: "\n---\n")
      return Case(
        name: String(lines[0]), file: (halves.first ?? "") + "\n",
        expected: halves.count > 1 ? halves[1].trimmedOfNewlines : "")
    }
  }

  static let all = pages.flatMap(cases)

  @Test func recording() throws {
    guard CaseFiles.isRecording else { return }
    for page in Self.pages {
      let text = Self.cases(of: page).map { "=== \($0.name)\n\($0.file)---\n\($0.found)" }.joined(separator: "\n")
      try CaseFiles.write(text, to: "\(Self.folder)/\(page)")
    }
  }

  @Test(arguments: all) func eachIsTold(_ mistake: Case) {
    if CaseFiles.isRecording { return }
    #expect(mistake.found.trimmedOfNewlines == mistake.expected)
  }

  /// Every message has a line and says how to mend what is wrong, and no two cases are the same.
  @Test func eachMessageHelps() {
    #expect(Self.all.count >= 60)
    #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    #expect(Set(Self.all.map(\.expected)).count == Self.all.count)
    for mistake in Self.all {
      #expect(!mistake.expected.isEmpty, "\(mistake.name)")
      for line in mistake.expected.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 3)
        #expect(parts.count == 4 && Int(parts[1]) != nil && Int(parts[2]) != nil, "\(line)")
      }
    }
  }
}

extension String {
  fileprivate func components(splitBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }

  fileprivate var trimmedOfNewlines: String {
    var text = self[...]
    while text.hasSuffix("\n") { text = text.dropLast() }
    return String(text)
  }
}
