import AlertLogic
public import FleetModel
public import PromQL

/// Checks rules for what their file's structure does not tell: whether expressions and templates parse, whether an expression
/// gives what a rule can use, whether two rules give the same series, and what the linter thinks of the expressions.
public struct RuleCheck: Sendable {
  public var parser: ParserOptions
  /// What a linter says of an expression.
  public var lint: @Sendable (ParsedQuery) -> [ExpressionLinter.Finding]
  /// Whether rules that give the same series are told.
  public var findsDuplicates: Bool

  public init(
    parser: ParserOptions = ParserOptions(), findsDuplicates: Bool = false,
    lint: @escaping @Sendable (ParsedQuery) -> [ExpressionLinter.Finding] = { _ in [] }
  ) {
    self.parser = parser
    self.lint = lint
    self.findsDuplicates = findsDuplicates
  }

  /// One problem and the part of the rule that has it.
  public struct Finding: Sendable, Hashable {
    public enum Part: Sendable, Hashable {
      case name
      /// At this byte of the expression.
      case expression(offset: Int)
      case label(String)
      case annotation(String)
    }

    public var level: Diagnostic.Level
    /// Position of the group and of the rule in it.
    public var group: Int
    public var rule: Int
    public var part: Part
    public var message: String
    public var mend: String?
  }

  /// In the order of the rules.
  public func findings(in groups: [RuleGroup]) -> [Finding] {
    var found: [Finding] = []
    var names: [String: Int] = [:]
    for group in groups { for rule in group.rules { names[rule.name, default: 0] += 1 } }
    var first: [GivenSeries: (group: Int, rule: Int)] = [:]
    for (groupIndex, group) in groups.enumerated() {
      for (ruleIndex, rule) in group.rules.enumerated() {
        func add(_ level: Diagnostic.Level, _ part: Finding.Part, _ message: String, _ mend: String?) {
          found.append(
            Finding(level: level, group: groupIndex, rule: ruleIndex, part: part, message: message, mend: mend))
        }
        check(rule, add)
        if findsDuplicates, names[rule.name, default: 0] > 1 {
          let series = GivenSeries(name: rule.name, labels: group.labels.merging(rule.labels) { $1 })
          if let other = first[series] {
            let place = other.group == groupIndex ? "" : "groups[\(other.group)]."
            let isRecording = groups[other.group].rules[other.rule].kind == .recording
            add(
              .warning, .name,
              "\(place)rules[\(other.rule)] \(isRecording ? "records" : "raises") \(GoText.quoted(rule.name)) with the same labels too",
              "give one of the two another name or label")
          } else {
            first[series] = (groupIndex, ruleIndex)
          }
        }
      }
    }
    return found
  }

  private struct GivenSeries: Hashable {
    let name: String
    let labels: [String: String]
  }

  private typealias Report = (Diagnostic.Level, Finding.Part, String, String?) -> Void

  private func check(_ rule: ExpressionRule, _ report: Report) {
    // Its absence is the file's matter.
    if !rule.expression.isEmpty { checkExpression(rule, report) }
    guard case .alerting(let alerting) = rule.kind else { return }
    for finding in RuleTemplate.check(alert: rule.name, labels: rule.labels, annotations: alerting.annotations) {
      let part: Finding.Part = finding.place == .label ? .label(finding.name) : .annotation(finding.name)
      report(.error, part, finding.description, nil)
    }
  }

  private func checkExpression(_ rule: ExpressionRule, _ report: Report) {
    let query: ParsedQuery
    do throws(ParseError) {
      query = try ParsedQuery(rule.expression, options: parser)
    } catch {
      return report(.error, .expression(offset: error.range.start), error.description, nil)
    }
    let expression = query.expression
    if expression.type != .vector, expression.type != .scalar {
      // Prometheus takes such a rule and then fails at each evaluation.
      let mend =
        expression.type == .matrix
        ? "put it into a function over time, such as rate(\(expression))" : "a rule needs a vector or a scalar"
      report(
        .warning, .expression(offset: expression.range.start),
        "gives a \(expression.type.rawValue), so that every evaluation fails", mend)
    }
    if case .alerting = rule.kind, case .binary(let node) = expression.unwrapped, node.returnsBool {
      report(
        .warning, .expression(offset: node.operatorRange.start),
        "gives 0 where it does not hold, so that the alert always fires", "remove \"bool\"")
    }
    for finding in lint(query) {
      report(.warning, .expression(offset: finding.range.start), finding.message, finding.mend)
    }
  }
}
