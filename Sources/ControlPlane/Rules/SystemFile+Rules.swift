import Alerting
public import DeployPlan
import FleetModel
import PromQL

extension SystemFile {
  /// Reads a system file and checks what its rules say too: expressions and templates, which a file's structure does not show.
  ///
  /// - Parameters:
  ///   - environment: the overlay that is laid onto the file; without one all are checked.
  ///   - lints: whether to say what expressions surely do not mean.
  public static func readWithRules(
    bytes: [UInt8], file: String, environment: String? = nil, lints: Bool = false
  ) -> Reading {
    var reading = read(bytes: bytes, file: file, environment: environment)
    guard let system = reading.system else { return reading }
    let problems = ruleProblems(of: system, reading, file, lints: lints)
    var all = problems
    for (name, overlaid) in reading.environments.sorted(by: { $0.key < $1.key }) {
      guard let system = overlaid.system else { continue }
      let own = ruleProblems(of: system, overlaid, file, lints: lints).filter { !problems.contains($0) }
      all += own.map { $0.told(in: name) }
    }
    reading.diagnostics = (reading.diagnostics + all).inOrderOfTheFile
    if all.contains(where: { $0.level == .error }) { reading.system = nil }
    return reading
  }

  private static func ruleProblems(
    of system: FleetSystem, _ reading: Reading, _ file: String, lints: Bool
  ) -> [Diagnostic] {
    let check = lints ? RuleCheck(lint: system.expressionLinter.findings) : RuleCheck()
    let rules = system.checkedRules
    let group = RuleGroup(name: "", file: file, rules: rules.map(\.rule))
    return check.findings(in: [group]).map { diagnostic($0, of: rules[$0.rule], reading, file) }
  }

  private static func diagnostic(
    _ finding: RuleCheck.Finding, of rule: FleetSystem.CheckedRule, _ reading: Reading, _ file: String
  ) -> Diagnostic {
    let path: String
    switch finding.part {
    case .name: path = rule.path
    case .expression: path = "\(rule.path).expr"
    case .label(let name): path = "\(rule.path).labels.\(name)"
    case .annotation(FleetSystem.CheckedRule.description): path = "\(rule.path).description"
    case .annotation(let name): path = "\(rule.path).annotations.\(name)"
    }
    var place = reading.places[path] ?? reading.places[rule.path]
    if case .expression(let offset) = finding.part {
      place = reading.places.place(of: offset, in: rule.rule.expression, at: path) ?? place
    }
    return Diagnostic(
      finding.level, file: file, line: place?.line, column: place?.column, path: path, message: finding.message,
      mend: finding.mend)
  }
}

extension FleetSystem {
  /// A rule that thinks in PromQL, as it stands in the file.
  struct CheckedRule {
    /// Stands for the description among the annotations, where a name of the user's cannot be.
    static let description = "\u{0}description"

    var path: String
    var rule: ExpressionRule
  }

  fileprivate var checkedRules: [CheckedRule] {
    var checked: [CheckedRule] = []
    for (index, rule) in alertRules.enumerated() {
      guard case .expression(let expression, _) = rule.condition else { continue }
      var annotations = rule.annotations
      annotations[CheckedRule.description] = rule.description
      checked.append(
        CheckedRule(
          path: "alert_rules[\(index)]",
          rule: ExpressionRule(
            .alerting(ExpressionRule.Alerting(annotations: annotations)), name: rule.name, expression: expression)))
    }
    for (index, rule) in recordingRules.enumerated() {
      checked.append(CheckedRule(path: "recording_rules[\(index)]", rule: rule.recordedRule.rule))
    }
    return checked
  }
}

extension RecordingRule {
  var recordedRule: RecordedRule {
    RecordedRule(
      ExpressionRule(.recording, name: record, expression: expression, labels: labels), interval: interval)
  }
}
