import ControlPlane
import PromQL

extension FleetClient {
  /// The findings of the server's linter, by expression.
  func lint(_ request: FleetAPI.LintRequest) async throws -> [String: [ExpressionLinter.Finding]] {
    let answer = try await postLong(
      FleetAPI.LintAnswer.self, "/fleet/v1/lint", body: Array(try FleetJSON.encode(request)))
    var findings: [String: [ExpressionLinter.Finding]] = [:]
    for result in answer.results {
      findings[result.expression] = result.findings.compactMap { finding in
        // A newer server may know more kinds than this client.
        ExpressionLinter.Finding.Kind(rawValue: finding.kind).map {
          ExpressionLinter.Finding(
            kind: $0, range: SourceRange(finding.start, finding.end), message: finding.message, mend: finding.mend)
        }
      }
    }
    return findings
  }
}
