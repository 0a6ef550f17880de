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

  /// Whether a selector with these matchers may find what this rule records.
  func mayFeed(_ matchers: [LabelMatcher]) -> Bool {
    switch output {
    case .series:
      return matchers.allSatisfy { matcher in
        if matcher.name == LabelSet.metricName { return matcher.mayFit(rule.name) }
        return labels[matcher.name].map(matcher.mayFit) ?? true
      }
    case .alerts:
      return matchers.allSatisfy { matcher in
        switch matcher.name {
        case LabelSet.metricName:
          matcher.mayFit(AlertSeries.alerts) || matcher.mayFit(AlertSeries.forState)
        case AlertSeries.alertName: matcher.mayFit(rule.name)
        default: true
        }
      }
    }
  }
}

/// ``ExpressionRule/Filter``, ready to be matched.
struct CompiledFilter: Sendable {
  private let filter: ExpressionRule.Filter
  private let matchers: [CompiledMatcher]

  init(_ filter: ExpressionRule.Filter, rule: String) throws(RuleError) {
    self.filter = filter
    var matchers: [CompiledMatcher] = []
    for matcher in filter.labels { matchers.append(try CompiledMatcher(matcher, rule: rule)) }
    self.matchers = matchers
  }

  func matches(_ labels: LabelSet, metric: String, agent: String) -> Bool {
    filter.metricName?.matches(metric) != false && filter.agentID?.matches(agent) != false
      && matchers.allSatisfy { $0.matches(labels) }
  }
}

extension InstantSample {
  var templateValue: RuleTemplateFacts.Value { histogram.map { .histogram("\($0)") } ?? .float(value) }
}

extension LabelMatcher {
  /// Whether a label with this value fits; an expression that does not parse fits all.
  fileprivate func mayFit(_ text: String) -> Bool {
    switch operation {
    case .equal: text == value
    case .notEqual: text != value
    case .matches: (try? LabelPattern(value)).map { $0.matches(text) } ?? true
    case .matchesNot: (try? LabelPattern(value)).map { !$0.matches(text) } ?? true
    }
  }
}

/// Which rules of a group may be evaluated on one reading of the store: those that read nothing that an earlier rule of the
/// group records.
struct SharingPlan: Sendable {
  /// By rule: the matchers whose series it shares with others; empty where it reads all for itself.
  private(set) var shared: [[[LabelMatcher]]]
  /// By matchers that several rules share, those rules, in order.
  private(set) var users: [[LabelMatcher]: [Int]] = [:]

  init(_ rules: [CompiledExpressionRule]) {
    var readers: [[LabelMatcher]: [Int]] = [:]
    for (index, rule) in rules.enumerated() {
      let matchers = Set(rule.query.expression.selectors.map(\.matchers))
      // In a large group without dependencies this is rules × rules × selectors: names are compared first, so it stays small.
      let isFed = rules[..<index].contains { earlier in matchers.contains { earlier.mayFeed($0) } }
      if isFed { continue }
      for one in matchers { readers[one, default: []].append(index) }
    }
    shared = Array(repeating: [], count: rules.count)
    for (matchers, readers) in readers where readers.count > 1 {
      users[matchers] = readers
      for index in readers { shared[index].append(matchers) }
    }
  }
}
