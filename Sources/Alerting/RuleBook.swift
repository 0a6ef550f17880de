import AlertLogic
import FleetModel

/// One rule, ready to be matched and stepped.
struct CompiledRule: Sendable {
  enum Terms: Sendable {
    case series(SeriesTerms)
    case absence(AbsenceTerms)
  }

  let rule: AlertRule
  let terms: Terms
  let matchers: [MatcherTest]

  init(_ rule: AlertRule, lookback: Duration) throws(RuleError) {
    guard !rule.name.isEmpty else { throw .invalid(rule: "", problem: "has no name; give it one") }
    let holding = HoldTerms(hold: rule.hold, keepFiringFor: rule.keepFiringFor)
    switch rule.condition {
    case .threshold(let comparison, let bound):
      terms = .series(SeriesTerms(.value, comparison, bound, holding: holding, lookback: lookback))
    case .rateOfChange(let comparison, let bound):
      terms = .series(SeriesTerms(.rate, comparison, bound, holding: holding, lookback: lookback))
    case .absence(let window):
      guard window > .zero else {
        throw .invalid(rule: rule.name, problem: "window is \(window); give a duration above zero such as 5m")
      }
      terms = .absence(AbsenceTerms(window: window, holding: holding))
    case .expression: throw .unsupportedCondition(rule: rule.name, type: rule.condition.type)
    }
    var compiled: [MatcherTest] = []
    for matcher in rule.labels { compiled.append(try MatcherTest(matcher, rule: rule.name)) }
    matchers = compiled
    self.rule = rule
  }

  func matches(_ labels: LabelSet, metric: String, agent: String) -> Bool {
    if let glob = rule.metricName, !glob.matches(metric) { return false }
    if let glob = rule.agentID, !glob.matches(agent) { return false }
    return matchers.allSatisfy { $0.accepts(labels) }
  }

  /// Agent and metric, if the rule names both outright.
  var namedPair: (agent: String, metric: String)? {
    guard let agent = rule.agentID?.literal, let metric = rule.metricName?.literal else { return nil }
    return (agent, metric)
  }
}

extension MatcherTest {
  init(_ matcher: LabelMatcher, rule: String) throws(RuleError) {
    do throws(InvalidMatcher) { try self.init(matcher) } catch { throw .invalid(rule: rule, problem: "\(error)") }
  }
}

/// The rules, so arranged that a series is matched only against those that may fit its metric's name.
struct RuleBook: Sendable {
  /// By slot; a slot stays with its rule until that is removed, and is then used again.
  private(set) var slots: [CompiledRule?] = []
  /// Slots in the order in which the rules were added.
  private(set) var order: [Int] = []
  private var byName: [String: Int] = [:]
  private var byMetric: [String: [Int]] = [:]
  private var globbed: [Int] = []

  var rules: [AlertRule] { order.compactMap { slots[$0]?.rule } }

  subscript(slot: Int) -> CompiledRule? { slots.indices.contains(slot) ? slots[slot] : nil }

  func slot(named name: String) -> Int? { byName[name] }

  /// - Returns: the slot of the new rule.
  mutating func add(_ rule: CompiledRule) throws(RuleError) -> Int {
    guard byName[rule.rule.name] == nil else { throw .duplicateName(rule.rule.name) }
    let slot = slots.firstIndex { $0 == nil } ?? slots.count
    if slot == slots.count { slots.append(rule) } else { slots[slot] = rule }
    order.append(slot)
    byName[rule.rule.name] = slot
    if let metric = rule.rule.metricName?.literal {
      byMetric[metric, default: []].append(slot)
    } else {
      globbed.append(slot)
    }
    return slot
  }

  mutating func remove(slot: Int) {
    guard let rule = self[slot]?.rule else { return }
    slots[slot] = nil
    order.removeAll { $0 == slot }
    byName[rule.name] = nil
    globbed.removeAll { $0 == slot }
    guard let metric = rule.metricName?.literal else { return }
    byMetric[metric]?.removeAll { $0 == slot }
    if byMetric[metric]?.isEmpty == true { byMetric[metric] = nil }
  }

  /// The slots of all rules that watch the series.
  func slots(watching labels: LabelSet) -> [Int] {
    if order.isEmpty { return [] }
    let metric = labels.metricName
    let candidates = (byMetric[metric] ?? []) + globbed
    if candidates.isEmpty { return [] }
    let agent = labels[AlertIdentity.agentLabel] ?? ""
    return candidates.filter { slots[$0]?.matches(labels, metric: metric, agent: agent) ?? false }
  }
}
