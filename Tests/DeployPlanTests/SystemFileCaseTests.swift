import DeployPlan
import FleetModel
import FoundationEssentials
import Testing

/// Each `Cases/NAME.yaml` gives exactly the problems in `Cases/NAME.expected`, none where that file is empty.
/// `RECORD=1` writes the expectations anew.
@Suite struct SystemFileCaseTests {
  @Test(arguments: CaseFiles.names)
  func problems(of name: String) throws {
    let reading = SystemFile.read(try CaseFiles.yaml(name), file: "system.yaml")
    let found = reading.diagnostics.map { "\($0)\n" }.joined()
    let path = "\(CaseFiles.folder)/\(name).expected"
    if CaseFiles.isRecording { try CaseFiles.write(found, to: path) }
    #expect(found == (try CaseFiles.text(path)))
    #expect((reading.system == nil) == reading.diagnostics.contains { $0.level == .error })
  }

  @Test func thereAreCases() { #expect(CaseFiles.names.count >= 10) }

  @Test func secretsAreNeverPrinted() throws {
    for name in CaseFiles.names {
      let reading = SystemFile.read(try CaseFiles.yaml(name), file: "system.yaml")
      #expect(!reading.diagnostics.contains { "\($0)".contains("hunter2") })
      if let system = reading.system {
        var dumped = ""
        dump(system, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(system.receivers)".contains("hunter2"))
      }
    }
  }

  @Test func everyErrorHasItsPlace() throws {
    for name in CaseFiles.names {
      for problem in SystemFile.read(try CaseFiles.yaml(name), file: "system.yaml").diagnostics {
        #expect(problem.file == "system.yaml")
        #expect((problem.line ?? 0) > 0 && (problem.column ?? 0) > 0, "\(problem)")
      }
    }
  }
}
