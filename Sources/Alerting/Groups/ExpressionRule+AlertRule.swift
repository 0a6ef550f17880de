import AlertLogic
public import FleetModel
public import PromQL

extension ExpressionRule {
  /// The rule of a system file as a rule of Prometheus: its severity is a label, its description and runbook are annotations, and
  /// the placeholders of the description are Go templates.
  ///
  /// - Throws: if the expression does not parse or the filter cannot be meant; `nil` where the rule's condition is no
  ///   expression.
  public init?(_ rule: AlertRule, engine: QueryEngine = QueryEngine()) throws(RuleError) {
    guard case .expression(let text, _) = rule.condition else { return nil }
    guard !rule.name.isEmpty else { throw .invalid(rule: "", problem: "has no name; give it one") }
    let query: ParsedQuery
    do throws(QueryError) { query = try engine.parse(text) } catch {
      throw .invalid(rule: rule.name, problem: "expr: \(error)")
    }
    var filter: Filter?
    if rule.metricName != nil || rule.agentID != nil || !rule.labels.isEmpty {
      let given = Filter(metricName: rule.metricName, agentID: rule.agentID, labels: rule.labels)
      _ = try CompiledFilter(given, rule: rule.name)
      filter = given
    }
    var annotations = rule.annotations
    annotations["description"] = DescriptionTemplate(query.expression).text(of: rule.description)
    if let runbook = rule.runbookURL { annotations["runbook_url"] = runbook }
    self.init(
      .alerting(
        Alerting(
          hold: rule.hold, keepFiringFor: rule.keepFiringFor, annotations: annotations, filter: filter)),
      name: rule.name, expression: text, labels: [EngineState.severityLabel: rule.severity.rawValue])
  }
}

/// Turns the placeholders of a description into Go's.
struct DescriptionTemplate {
  private let replacements: [(placeholder: String, text: String)]

  init(_ expression: Expression) {
    let names = Set(expression.selectors.map { $0.metricName ?? "" })
    let metric = names.count == 1 ? names.first ?? "" : ""
    replacements = [
      ("{agent_id}", "{{ $labels.agent_id }}"),
      ("{metric_name}", metric.isEmpty ? "{{ $labels.__name__ }}" : metric),
      ("{value}", "{{ $value }}"),
      ("{threshold}", Self.threshold(expression)),
    ]
  }

  /// What the expression's result is compared with, if that is a number.
  private static func threshold(_ expression: Expression) -> String {
    guard case .binary(let operation) = expression.unwrapped, operation.operator.isComparison else { return "" }
    for side in [operation.right, operation.left] {
      switch side.unwrapped {
      case .number(let literal): return AlertText.number(literal.value)
      case .unary(let unary):
        guard unary.isNegation, case .number(let literal) = unary.expression.unwrapped else { continue }
        return AlertText.number(-literal.value)
      default: continue
      }
    }
    return ""
  }

  /// A placeholder in single braces is replaced; Go's own `{{ … }}` stay as they are.
  func text(of description: String) -> String {
    var text = ""
    var rest = description[...]
    while let open = rest.firstIndex(of: "{") {
      text += rest[..<open]
      rest = rest[open...]
      if rest.hasPrefix("{{") {
        // Whatever stands in an action is Go's.
        let end = rest.range(ofAction: "}}")
        text += rest[..<end]
        rest = rest[end...]
      } else if let found = replacements.first(where: { rest.hasPrefix($0.placeholder) }) {
        text += found.text
        rest = rest.dropFirst(found.placeholder.count)
      } else {
        text += "{"
        rest = rest.dropFirst()
      }
    }
    return text + rest
  }
}

extension Substring {
  /// Where the first `close` ends; the end of the text if there is none.
  fileprivate func range(ofAction close: String) -> Index {
    var position = startIndex
    while position < endIndex {
      if self[position...].hasPrefix(close) { return index(position, offsetBy: close.count) }
      position = index(after: position)
    }
    return endIndex
  }
}
