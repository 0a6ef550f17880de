import DeployPlan
import FleetModel
import Testing

/// Manifests with the verdict of a real API server (1.36), and what Istio and the operator make of what it lets through.
@Suite struct ServerVerdictTests {
  @Test(arguments: DeployCheckCases.verdicts)
  func agree(case verdict: DeployCheckCases.Verdict) throws {
    let text = try CaseFiles.text("\(DeployCheckCases.folder)/server/\(verdict.name).yaml")
    let findings = DeployCheckCases.findings(in: text, file: "\(verdict.name).yaml")
    let errors = findings.filter(\.isError)
    #expect(errors.isEmpty == (verdict.verdict == "accepted"), "\(findings)")
    // What the server refuses by its schema, the structure refuses.
    if verdict.verdict == "refused" { #expect(errors.contains { $0.rule.text.hasPrefix("SKEP-S") }) }
  }

  /// Reviewed by eye: each message names the place, what is wrong and how to mend it.
  @Test func messages() throws {
    var found = ""
    for verdict in DeployCheckCases.verdicts {
      let text = try CaseFiles.text("\(DeployCheckCases.folder)/server/\(verdict.name).yaml")
      for finding in DeployCheckCases.findings(in: text, file: "\(verdict.name).yaml") { found += "\(finding)\n" }
    }
    let path = DeployCheckCases.folder + "/server/messages.expected"
    if CaseFiles.isRecording { try CaseFiles.write(found, to: path) }
    #expect(found == (try CaseFiles.text(path)))
  }

  @Test func thereAreAll() {
    #expect(DeployCheckCases.verdicts.count == 44)
  }
}
