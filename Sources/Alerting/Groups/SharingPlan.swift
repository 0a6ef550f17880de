import FleetModel
import PromQL

/// Which rules of a group may be evaluated on one reading of the store: those that read nothing that an earlier rule of the
/// group records.
struct SharingPlan: Sendable {
  /// By rule: the matchers whose series it shares with others; empty where it reads all for itself.
  private(set) var shared: [[[LabelMatcher]]]
  /// By matchers that several rules share, those rules, in order.
  private(set) var users: [[LabelMatcher]: [Int]] = [:]

  init(_ rules: [CompiledExpressionRule]) {
    var readers: [[LabelMatcher]: [Int]] = [:]
    var outputs = Outputs()
    for (index, rule) in rules.enumerated() {
      let matchers = Set(rule.query.expression.selectors.map(\.matchers))
      if !matchers.contains(where: { outputs.mayHave($0) }) {
        for one in matchers { readers[one, default: []].append(index) }
      }
      outputs.add(rule)
    }
    shared = Array(repeating: [], count: rules.count)
    for (matchers, readers) in readers where readers.count > 1 {
      users[matchers] = readers
      for index in readers { shared[index].append(matchers) }
    }
  }
}

/// What the rules of a group record that come before one of them.
private struct Outputs {
  /// By the metric's name, the labels that are known of its series: one entry for each rule.
  private var known: [String: [[String: String]]] = [:]

  mutating func add(_ rule: CompiledExpressionRule) {
    switch rule.output {
    case .series: known[rule.rule.name, default: []].append(rule.labels)
    case .alerts:
      // Labels of alerts may be templates.
      for name in [AlertSeries.alerts, AlertSeries.forState] {
        known[name, default: []].append([AlertSeries.alertName: rule.rule.name])
      }
    }
  }

  /// Whether a selector with these matchers may find any of it.
  func mayHave(_ matchers: [LabelMatcher]) -> Bool {
    let names = matchers.filter { $0.name == LabelSet.metricName }
    let candidates: [String]
    if let fixed = names.first(where: { $0.operation == .equal && !$0.value.isEmpty }) {
      // The usual case: nothing else is looked at.
      guard known[fixed.value] != nil else { return false }
      candidates = [fixed.value]
    } else {
      candidates = Array(known.keys)
    }
    let tests = matchers.map(PossibleMatch.init)
    return candidates.contains { name in
      guard tests.allSatisfy({ $0.name != LabelSet.metricName || $0.mayFit(name) }) else { return false }
      return (known[name] ?? []).contains { labels in
        tests.allSatisfy { test in
          test.name == LabelSet.metricName || labels[test.name].map(test.mayFit) ?? true
        }
      }
    }
  }
}

/// A matcher whose label may have a value.
private struct PossibleMatch {
  let name: String
  private let matcher: LabelMatcher
  /// `nil` where there is none, or none that parses: then all fits.
  private let pattern: LabelPattern?

  init(_ matcher: LabelMatcher) {
    name = matcher.name
    self.matcher = matcher
    let isPattern = matcher.operation == .matches || matcher.operation == .matchesNot
    pattern = isPattern ? try? LabelPattern(matcher.value) : nil
  }

  func mayFit(_ text: String) -> Bool {
    switch matcher.operation {
    case .equal: text == matcher.value
    case .notEqual: text != matcher.value
    case .matches: pattern?.matches(text) ?? true
    case .matchesNot: !(pattern?.matches(text) ?? false)
    }
  }
}
