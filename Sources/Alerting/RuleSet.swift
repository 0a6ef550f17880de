public import FleetModel
import Synchronization

/// A rule that records a series, with its own interval: `recording_rules` of a system file.
public struct RecordedRule: Sendable, Hashable {
  public var rule: ExpressionRule
  /// Between two evaluations; `nil` takes the default.
  public var interval: Duration?

  public init(_ rule: ExpressionRule, interval: Duration? = nil) {
    self.rule = rule
    self.interval = interval
  }
}

/// All rules of a system: those on arrival are the engine's, those that think in PromQL are evaluated in groups. Safe to use
/// from any thread.
///
/// The expressions of the system's own rules that have one interval are one group, recording rules first, so that alerts see
/// what was recorded at the same moment. The groups of rule files stand beside them.
public final class RuleSet: Sendable {
  private struct State {
    /// Names of alert rules in the order in which they were added, of both kinds.
    var order: [String] = []
    var expressions: [String: (rule: AlertRule, expression: ExpressionRule, interval: Duration?)] = [:]
    var recorded: [RecordedRule] = []
    var fileGroups: [RuleGroup] = []
  }

  private let engine: RuleEngine
  private let groups: RuleGroups
  private let file: String
  private let defaultInterval: Duration
  private let state: Mutex<State>

  /// - Parameters:
  ///   - engine: has those of `alertRules` already that are decided on arrival.
  ///   - file: what the groups of the system's own rules name as their file.
  ///   - defaultInterval: between two evaluations of a rule that names no interval.
  /// - Throws: ``RuleError`` or ``RuleGroupError``.
  public init(
    engine: RuleEngine, groups: RuleGroups, alertRules: [AlertRule] = [], recorded: [RecordedRule] = [],
    fileGroups: [RuleGroup] = [], file: String, defaultInterval: Duration
  ) throws {
    self.engine = engine
    self.groups = groups
    self.file = file
    self.defaultInterval = defaultInterval
    var initial = State()
    initial.recorded = recorded
    initial.fileGroups = fileGroups
    for rule in alertRules {
      if case .expression = rule.condition {
        _ = try Self.add(rule, to: &initial, engine)
      } else {
        initial.order.append(rule.name)
      }
    }
    try groups.update(Self.groups(initial, file, defaultInterval))
    state = Mutex(initial)
  }

  /// In the order in which they were added.
  public var alertRules: [AlertRule] {
    state.withLock { state in
      let onArrival = Dictionary(engine.rules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
      return state.order.compactMap { onArrival[$0] ?? state.expressions[$0]?.rule }
    }
  }

  /// How the groups fare.
  public func statuses() -> [RuleGroupStatus] { groups.statuses() }

  /// - Throws: ``RuleError`` for a second rule of that name, or one that cannot be meant.
  public func add(_ rule: AlertRule) throws(RuleError) {
    try change { state throws(RuleError) in
      let isExpression = try Self.add(rule, to: &state, engine)
      guard isExpression else { return }
      do throws(RuleGroupError) { try groups.update(Self.groups(state, file, defaultInterval)) } catch {
        throw .invalid(rule: rule.name, problem: error.problem)
      }
    }
  }

  /// Removes a rule and resolves its alerts; `false` if there is none of that name.
  @discardableResult
  public func remove(named name: String) -> Bool {
    state.withLock { state in
      guard let index = state.order.firstIndex(of: name) else { return false }
      state.order.remove(at: index)
      guard state.expressions.removeValue(forKey: name) != nil else { return engine.remove(named: name) }
      // Groups that were good with the rule are so without it.
      try? groups.update(Self.groups(state, file, defaultInterval))
      return true
    }
  }

  /// Goes over from one version of the system's own rules to the next. All expressions change in one step, so that a rule of the
  /// same name and labels keeps its alerts; rules that were added by others stay.
  ///
  /// - Throws: ``RuleError`` if one of `new` cannot be meant; then nothing has changed.
  public func replace(
    _ old: [AlertRule], with new: [AlertRule], recorded: [RecordedRule]
  ) throws(RuleError) {
    let kept = Set(old).intersection(new)
    try change { state throws(RuleError) in
      let gone = old.filter { !kept.contains($0) }.map(\.name)
      let goneOnArrival = gone.filter { state.expressions.removeValue(forKey: $0) == nil }
      state.order.removeAll { gone.contains($0) }
      var newOnArrival: [AlertRule] = []
      for rule in new where !kept.contains(rule) {
        guard try !Self.addExpression(rule, to: &state) else { continue }
        try engine.check(rule)
        newOnArrival.append(rule)
      }
      state.recorded = recorded
      do throws(RuleGroupError) { try groups.update(Self.groups(state, file, defaultInterval)) } catch {
        throw .invalid(rule: error.rule ?? error.group, problem: error.problem)
      }
      for name in goneOnArrival { engine.remove(named: name) }
      for rule in newOnArrival { try engine.add(rule) }
    }
  }

  /// Evaluates these groups from now on, beside the system's own rules.
  ///
  /// - Throws: if one cannot be evaluated; then nothing has changed.
  public func setFileGroups(_ fileGroups: [RuleGroup]) throws(RuleGroupError) {
    try update { $0.fileGroups = fileGroups }
  }

  private func update(_ body: (inout State) -> Void) throws(RuleGroupError) {
    try change { state throws(RuleGroupError) in
      body(&state)
      try groups.update(Self.groups(state, file, defaultInterval))
    }
  }

  /// Under the lock; what throws changes nothing.
  private func change<Failure: Error>(_ body: (inout State) throws(Failure) -> Void) throws(Failure) {
    let result = state.withLock { state -> Result<Void, Failure> in
      var changed = state
      do throws(Failure) { try body(&changed) } catch { return .failure(error) }
      state = changed
      return .success(())
    }
    try result.get()
  }

  /// - Returns: whether the rule is evaluated in a group.
  private static func add(
    _ rule: AlertRule, to state: inout State, _ engine: RuleEngine
  ) throws(RuleError) -> Bool {
    let isExpression = try addExpression(rule, to: &state)
    if !isExpression { try engine.add(rule) }
    return isExpression
  }

  /// - Returns: `false` for a rule that the engine must be given.
  private static func addExpression(_ rule: AlertRule, to state: inout State) throws(RuleError) -> Bool {
    guard !state.order.contains(rule.name) else { throw .duplicateName(rule.name) }
    guard case .expression(_, let interval) = rule.condition, let expression = try ExpressionRule(rule) else {
      state.order.append(rule.name)
      return false
    }
    state.expressions[rule.name] = (rule, expression, interval)
    state.order.append(rule.name)
    return true
  }

  private static func groups(_ state: State, _ file: String, _ defaultInterval: Duration) -> [RuleGroup] {
    var byInterval: [Duration: RuleGroup] = [:]
    func add(_ rule: ExpressionRule, _ interval: Duration?) {
      let interval = interval ?? defaultInterval
      let name = "every \(PrometheusDuration.format(interval))"
      byInterval[interval, default: RuleGroup(name: name, file: file, interval: interval)].rules.append(rule)
    }
    for recorded in state.recorded { add(recorded.rule, recorded.interval) }
    for name in state.order {
      if let rule = state.expressions[name] { add(rule.expression, rule.interval) }
    }
    return byInterval.sorted { $0.key < $1.key }.map(\.value) + state.fileGroups
  }
}
