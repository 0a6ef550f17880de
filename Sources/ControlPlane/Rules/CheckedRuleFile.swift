public import Alerting
import DeployPlan
public import FleetModel

/// A rule file with everything checked that a file alone can show: its structure, its expressions and its templates.
public struct CheckedRuleFile: Sendable {
  /// `nil` if there is an error.
  public var groups: [RuleGroup]? { diagnostics.contains { $0.level == .error } ? nil : found }
  /// What could be read, with blanks where there are errors.
  public let found: [RuleGroup]
  /// In the order of the file.
  public let diagnostics: [Diagnostic]

  public var ruleCount: Int { found.reduce(0) { $0 + $1.rules.count } }

  public init(bytes: [UInt8], file: String, check: RuleCheck = RuleCheck()) {
    let reading = RuleFile.read(bytes: bytes, file: file)
    found = reading.found
    let problems = check.findings(in: reading.found).map { Self.diagnostic($0, reading, file) }
    let all = (reading.diagnostics + problems).enumerated().sorted { left, right in
      (left.element.line ?? 0, left.element.column ?? 0, left.offset)
        < (right.element.line ?? 0, right.element.column ?? 0, right.offset)
    }
    diagnostics = all.map(\.element)
  }

  private static func diagnostic(_ finding: RuleCheck.Finding, _ reading: RuleFile.Reading, _ file: String)
    -> Diagnostic
  {
    let rule = reading.found[finding.group].rules[finding.rule]
    func path(_ keys: [String]) -> String { RuleFile.path(group: finding.group, rule: finding.rule, keys) }
    let key: [String]
    switch finding.part {
    case .name: key = [rule.kind == .recording ? "record" : "alert"]
    case .expression: key = ["expr"]
    case .label(let name): key = ["labels", name]
    case .annotation(let name): key = ["annotations", name]
    }
    var place = reading.places[path(key)] ?? reading.places[path([])]
    if case .expression(let offset) = finding.part {
      place = reading.places.place(of: offset, in: rule.expression, at: path(key)) ?? place
    }
    return Diagnostic(
      finding.level, file: file, line: place?.line, column: place?.column, path: path(key), message: finding.message,
      mend: finding.mend)
  }
}
