import AlertLogic
import FleetModel
import PromQL

/// A rule of a group, parsed.
struct CompiledExpressionRule: Sendable {
  let rule: ExpressionRule
  let key: ExpressionRuleKey
  let query: ParsedQuery
  /// The rule's and its group's.
  let labels: [String: String]
  let output: Output
  /// The name of the metric that the expression reads; empty where it reads none or several.
  let metric: String
  private var filter: CompiledFilter?

  enum Output: Sendable {
    case series(LabelOverrides)
    case alerts(AlertTexts, HoldTerms)
  }

  init(
    _ rule: ExpressionRule, of group: RuleGroup, ordinal: Int, engine: QueryEngine
  ) throws(RuleGroupError) {
    labels = group.labels.merging(rule.labels) { $1 }
    key = ExpressionRuleKey(rule, labels: labels, of: group, ordinal: ordinal)
    self.rule = rule
    do throws(QueryError) { query = try engine.parse(rule.expression) } catch {
      throw RuleGroupError(
        file: group.file, group: group.name, rule: rule.name, problem: "expression does not parse: \(error)")
    }
    switch rule.kind {
    case .recording:
      output = .series(LabelOverrides(labels.merging([LabelSet.metricName: rule.name]) { $1 }))
    case .alerting(let alerting):
      do throws(RuleError) {
        if let given = alerting.filter { filter = try CompiledFilter(given, rule: rule.name) }
      } catch {
        throw RuleGroupError(file: group.file, group: group.name, rule: rule.name, problem: "\(error)")
      }
      output = .alerts(
        AlertTexts(rule.name, labels: labels, annotations: alerting.annotations),
        HoldTerms(hold: alerting.hold, keepFiringFor: alerting.keepFiringFor))
    }
    let names = Set(query.expression.selectors.map { $0.metricName ?? "" })
    metric = names.count == 1 ? names.first ?? "" : ""
  }

  /// The part of `result` that the rule's filter leaves.
  func filtered(_ result: [InstantSample]) -> [InstantSample] {
    guard let filter else { return result }
    return result.filter { sample in
      let name = sample.labels.metricName
      return filter.matches(
        sample.labels, metric: name.isEmpty ? metric : name, agent: sample.labels[AlertIdentity.agentLabel] ?? "")
    }
  }
}

/// ``ExpressionRule/Filter``, ready to be matched.
struct CompiledFilter: Sendable {
  private let filter: ExpressionRule.Filter
  private let matchers: [MatcherTest]

  init(_ filter: ExpressionRule.Filter, rule: String) throws(RuleError) {
    self.filter = filter
    var matchers: [MatcherTest] = []
    for matcher in filter.labels { matchers.append(try MatcherTest(matcher, rule: rule)) }
    self.matchers = matchers
  }

  func matches(_ labels: LabelSet, metric: String, agent: String) -> Bool {
    filter.metricName?.matches(metric) != false && filter.agentID?.matches(agent) != false
      && matchers.allSatisfy { $0.accepts(labels) }
  }
}

extension InstantSample {
  var templateValue: RuleTemplateFacts.Value { histogram.map { .histogram("\($0)") } ?? .float(value) }
}
