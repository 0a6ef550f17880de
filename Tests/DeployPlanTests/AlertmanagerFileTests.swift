import DeployPlan
import FleetModel
import Foundation
import TestSupport
import Testing

/// Each case of `Cases/alertmanager/cases.txt` gives exactly the problems in `cases.expected`, and Alertmanager's own
/// tool takes and refuses the same files, but for those that say why not (`differs:`). `RECORD=1` writes the expectations
/// anew.
@Suite struct AlertmanagerFileTests {
  struct Case: Sendable {
    var name: String
    /// Why the verdict is not Alertmanager's 0.25.
    var difference: String?
    var text: String
  }

  static let folder = "\(CaseFiles.folder)/alertmanager"

  static let cases: [Case] = {
    let table = (try? CaseFiles.text("\(folder)/cases.txt")) ?? ""
    return "\n\(table)".components(separatedBy: "\n=== ").dropFirst().map { part in
      var lines = part.split(separator: "\n", omittingEmptySubsequences: false)[...]
      let name = String(lines.popFirst() ?? "")
      var difference: String?
      if let line = lines.first, line.hasPrefix("differs: ") {
        difference = String(line.dropFirst("differs: ".count))
        lines = lines.dropFirst()
      }
      return Case(name: name, difference: difference, text: lines.joined(separator: "\n"))
    }
  }()

  @Test func problemsAreToldAsExpected() throws {
    var found = ""
    for example in Self.cases {
      let reading = AlertmanagerFile.read(example.text, file: "alertmanager.yml")
      found += "=== \(example.name)\n" + reading.diagnostics.map { "\($0)\n" }.joined()
      #expect((reading.policy == nil) == reading.diagnostics.contains { $0.level == .error }, "\(example.name)")
      for problem in reading.diagnostics {
        #expect((problem.line ?? 0) > 0 && (problem.column ?? 0) > 0, "\(example.name): \(problem)")
      }
    }
    let path = "\(Self.folder)/cases.expected"
    if CaseFiles.isRecording { try CaseFiles.write(found, to: path) }
    #expect(found == (try CaseFiles.text(path)))
  }

  @Test func thereAreManyCases() {
    #expect(Self.cases.count >= 80)
    #expect(Set(Self.cases.map(\.name)).count == Self.cases.count)
  }

  @Test(.enabled(if: Amtool.isThere, "amtool is not there"))
  func alertmanagerSaysTheSame() throws {
    let folder = try ScratchDirectory()
    let files = try Self.cases.enumerated().map { index, example in
      "\(try folder.write("\(index).yml", example.text))"
    }
    for (example, verdict) in zip(Self.cases, try Amtool.checkConfig(files)) {
      let isTaken = AlertmanagerFile.read(example.text, file: "f").policy != nil
      if let difference = example.difference {
        #expect(isTaken != (verdict == nil), "\(example.name): there is no difference any more: \(difference)")
      } else {
        #expect(isTaken == (verdict == nil), "\(example.name): Alertmanager says \(verdict ?? "it is right")")
      }
    }
  }
}
