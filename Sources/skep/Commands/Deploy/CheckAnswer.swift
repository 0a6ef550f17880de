import DeployPlan
import FleetModel

/// A ``CheckResult`` as `--output json` prints it.
struct CheckAnswer: Encodable {
  struct Finding: Encodable {
    struct Subject: Encodable {
      let group: String
      let kind: String
      let namespace: String
      let name: String
    }

    /// `nil` for what is wrong with a file itself.
    let rule: String?
    let level: String
    let file: String?
    let line: Int?
    let column: Int?
    let path: String
    let subject: Subject?
    let message: String
    let mend: String?
    /// The reason of the waiver; `nil` for what stands.
    let waived: String?

    init(_ diagnostic: Diagnostic, rule: String? = nil, subject: Subject? = nil, waived: String? = nil) {
      self.rule = rule
      level = diagnostic.level.rawValue
      file = diagnostic.file
      line = diagnostic.line
      column = diagnostic.column
      path = diagnostic.path
      self.subject = subject
      message = diagnostic.message
      mend = diagnostic.mend
      self.waived = waived
    }

    init(_ finding: CheckFinding) {
      self.init(
        finding.diagnostic, rule: finding.rule.text,
        subject: finding.subject.map {
          Subject(group: $0.group, kind: $0.kind, namespace: $0.namespace, name: $0.name)
        }, waived: finding.waiver?.reason)
    }
  }

  let valid: Bool
  let objects: Int
  let errors: Int
  let warnings: Int
  let waived: Int
  let findings: [Finding]

  init(_ result: CheckResult) {
    valid = result.errors == 0
    objects = result.objects
    errors = result.errors
    warnings = result.warnings
    waived = result.waivers
    findings = result.problems.map { Finding($0) } + result.findings.map { Finding($0) }
  }
}
