import AlertLogic
public import FleetModel
import PromQL

/// One group and what it knows from its evaluations so far. No clock, no service: whoever has it says when it is evaluated, on
/// which series, and where the results go.
///
/// An evaluation goes through the rules in order: 1. the expression, at the given time less the `query_offset`; 2. for an
/// alert, its templates and the life of each alert; 3. what is to be recorded, with staleness markers for the series that the
/// rule gave the last time and does not now, is handed out before the next rule begins, so that it can read it. A rule that
/// fails records nothing and keeps no other from its turn. Rules that read nothing of what earlier ones record share their
/// readings of the store.
public struct RuleGroupEvaluation: Sendable {
  struct RuleState: Sendable {
    let compiled: CompiledExpressionRule
    var machine = ExpressionAlertMachine()
    /// Whether `ALERTS` and `ALERTS_FOR_STATE` are recorded yet: not before the latter were read after a restart.
    var isRestored: Bool
    /// The series of the last evaluation that worked, in its order, no one twice.
    var series: [LabelSet] = []
    var health = ExpressionRuleStatus.Health.unknown
    var lastError: String?
    var lastEvaluation: Timestamp?
    var evaluationTime: Duration = .zero
  }

  public let group: RuleGroup
  let options: RuleEvaluationOptions
  var rules: [RuleState]
  private let plan: SharingPlan
  /// Series of rules that are gone: marked stale at the end of the next evaluation.
  private var ended: [LabelSet] = []

  /// - Parameter awaitsRestore: whether ``restore(at:source:firing:)`` will be called; until then no alert is recorded.
  /// - Throws: if an expression does not parse.
  public init(
    _ group: RuleGroup, options: RuleEvaluationOptions = RuleEvaluationOptions(), awaitsRestore: Bool = false
  ) throws(RuleGroupError) {
    self.group = group
    self.options = options
    var compiled: [CompiledExpressionRule] = []
    var seen: [ExpressionRuleKey: Int] = [:]
    for rule in group.rules {
      let labels = group.labels.merging(rule.labels) { $1 }
      let first = ExpressionRuleKey(rule, labels: labels, of: group, ordinal: 0)
      compiled.append(
        try CompiledExpressionRule(rule, of: group, ordinal: seen[first, default: 0], engine: options.engine))
      seen[first, default: 0] += 1
    }
    plan = SharingPlan(compiled)
    rules = compiled.map { RuleState(compiled: $0, isRestored: !awaitsRestore) }
  }

  /// The keys of the rules, in their order.
  public var keys: [ExpressionRuleKey] { rules.map(\.compiled.key) }

  /// How the rules fare, in their order.
  public var statuses: [ExpressionRuleStatus] {
    rules.map { state in
      ExpressionRuleStatus(
        rule: state.compiled.rule, health: state.health, lastError: state.lastError,
        lastEvaluation: state.lastEvaluation, evaluationTime: state.evaluationTime, alerts: state.alerts)
    }
  }

  /// All series that were recorded last.
  var recordedSeries: [LabelSet] { rules.flatMap(\.series) + ended }

  /// Goes on where `earlier` stood: a rule of the same name and labels keeps its alerts and series; the series of those that
  /// are gone end with the next evaluation.
  public mutating func adopt(_ earlier: RuleGroupEvaluation) {
    var left = Dictionary(uniqueKeysWithValues: earlier.rules.map { ($0.compiled.key, $0) })
    for index in rules.indices {
      guard let known = left.removeValue(forKey: rules[index].compiled.key) else { continue }
      rules[index].machine = known.machine
      rules[index].isRestored = known.isRestored
      rules[index].series = known.series
      guard known.compiled.rule.expression == rules[index].compiled.rule.expression else { continue }
      rules[index].health = known.health
      rules[index].lastError = known.lastError
      rules[index].lastEvaluation = known.lastEvaluation
      rules[index].evaluationTime = known.evaluationTime
    }
    ended = earlier.ended + earlier.rules.filter { left[$0.compiled.key] != nil }.flatMap(\.series)
  }

  // MARK: Evaluation

  /// Evaluates all rules at `time`.
  ///
  /// - Parameters:
  ///   - record: takes what one rule records; called in the order of the rules, once more at the end for the series of rules
  ///     that are gone.
  ///   - alerts: is told the pending and firing alerts of an alerting rule once they are known, by the rule's position; not of
  ///     a rule whose expression failed.
  public mutating func evaluate(
    at time: Timestamp, source: some SeriesSource, record: @Sendable (RecordedSamples) -> RecordingOutcome,
    alerts: @Sendable (_ rule: Int, _ alerts: [ExpressionAlert]) -> Void = { _, _ in }
  ) async -> RuleGroupOutcome {
    var outcome = RuleGroupOutcome()
    var readings = SharedReadings()
    let recordTime = time - (group.queryOffset ?? options.queryOffset)
    for index in rules.indices {
      if Task.isCancelled { return outcome.cancelled }
      let began = options.monotonic()
      do throws(RuleFailure) {
        let result = try await result(of: index, at: time, source, &readings)
        let samples = try await samples(of: index, result, at: time, source) { alerts(index, $0) }
        rules[index].health = .ok
        rules[index].lastError = nil
        outcome.samples += samples.count
        outcome.refused += take(samples, of: index, at: recordTime, record)
      } catch {
        guard case .failed(let problem) = error else { return outcome.cancelled }
        rules[index].health = .err
        rules[index].lastError = problem
      }
      rules[index].lastEvaluation = time
      rules[index].evaluationTime = options.monotonic() - began
      if rules[index].health == .err { outcome.failures.append(index) }
    }
    if !ended.isEmpty {
      let isKept = Set(rules.flatMap(\.series))
      let markers = ended.filter { !isKept.contains($0) }.map(RecordedSample.end)
      if !markers.isEmpty { _ = record(RecordedSamples(time: recordTime, samples: markers)) }
      ended = []
    }
    return outcome
  }

  /// What the rule's expression gives.
  private func result(
    of index: Int, at time: Timestamp, _ source: some SeriesSource, _ readings: inout SharedReadings
  ) async throws(RuleFailure) -> [InstantSample] {
    let engine = options.engine
    let moment = time - (group.queryOffset ?? options.queryOffset)
    let query = rules[index].compiled.query
    do throws(QueryError) {
      let outcome: QueryOutcome
      if plan.shared[index].isEmpty {
        outcome = try await engine.instant(query, at: moment, source: source, isOverdue: options.deadline)
      } else {
        try await readShared(for: index, at: moment, source, &readings)
        outcome = try await engine.instant(
          query, at: moment, sharing: readings, source: source, isOverdue: options.deadline)
        for matchers in plan.shared[index] where plan.users[matchers]?.last == index { readings.remove(matchers) }
      }
      return try outcome.value.samples
    } catch {
      throw RuleFailure(error)
    }
  }

  private func readShared(
    for index: Int, at moment: Timestamp, _ source: some SeriesSource, _ readings: inout SharedReadings
  ) async throws(QueryError) {
    for matchers in plan.shared[index] where !readings.holds(matchers) {
      let users = (plan.users[matchers] ?? []).filter { $0 >= index }
      let selections = users.flatMap { options.engine.selections(rules[$0].compiled.query, at: moment) }
      try await options.engine.read(selections.filter { $0.matchers == matchers }, into: &readings, source: source)
    }
  }

  /// What the rule records of its result.
  private mutating func samples(
    of index: Int, _ result: [InstantSample], at time: Timestamp, _ source: some SeriesSource,
    tell: @Sendable ([ExpressionAlert]) -> Void
  ) async throws(RuleFailure) -> [RecordedSample] {
    switch rules[index].compiled.output {
    case .series(let overrides):
      let samples = result.map {
        RecordedSample(labels: overrides.applied(to: $0.labels), value: $0.value, histogram: $0.histogram)
      }
      let series = samples.map(\.labels)
      // The same series as the last time need not be compared with each other again.
      if series != rules[index].series, Set(series).count < series.count {
        throw .failed("vector contains metrics with the same labelset after applying rule labels")
      }
      if group.limit > 0, samples.count > group.limit {
        throw .failed("exceeded limit of \(group.limit) with \(samples.count) series")
      }
      return samples
    case .alerts(let texts, let terms):
      let fitting = rules[index].compiled.filtered(result)
      let instances = try await instances(of: fitting, texts, at: time, source)
      do throws(ExpressionAlertProblem) {
        try rules[index].machine.step(instances, terms, limit: group.limit, at: time)
      } catch {
        if case .overLimit = error { tell([]) }
        throw .failed("\(error)")
      }
      let active = rules[index].machine.active
      tell(active.map(ExpressionAlert.init))
      guard rules[index].isRestored else { return [] }
      return AlertSeries.samples(of: active, ruleLabels: rules[index].compiled.labels)
    }
  }

  /// Fills in the templates; the queries that they ask for are run once for all alerts of the rule.
  private func instances(
    of result: [InstantSample], _ texts: AlertTexts, at time: Timestamp, _ source: some SeriesSource
  ) async throws(RuleFailure) -> [ExpressionAlertInstance] {
    var answers: [String: QueryTemplateAnswer] = [:]
    var instances: [ExpressionAlertInstance] = []
    instances.reserveCapacity(result.count)
    let isOverdue = options.deadline
    for sample in result {
      if Task.isCancelled { throw .cancelled }
      if isOverdue() { throw .failed("query timed out while templates were filled in") }
      let facts = RuleTemplateFacts(
        labels: sample.labels, value: sample.templateValue, externalLabels: options.externalLabels,
        externalURL: options.externalURL, time: time)
      // Each turn answers one more query; what a template makes up without end is stopped by the templates' own bounds.
      while true {
        do throws(AlertTexts.MissingAnswer) {
          let value = sample.histogram == nil ? sample.value : 0
          instances.append(try texts.instance(facts, value: value, answers: answers))
          break
        } catch {
          answers[error.query] = try await answer(error.query, at: time, source)
        }
      }
    }
    return instances
  }

  private func answer(
    _ text: String, at time: Timestamp, _ source: some SeriesSource
  ) async throws(RuleFailure) -> QueryTemplateAnswer {
    do throws(QueryError) {
      let query = try options.engine.parse(text)
      let outcome = try await options.engine.instant(query, at: time, source: source, isOverdue: options.deadline)
      return .samples(try outcome.value.samples.map { QueryTemplateSample(labels: $0.labels, value: $0.value) })
    } catch {
      if case .canceled = error { throw .cancelled }
      return .failure("\(error)")
    }
  }

  /// Hands out the samples of a rule, with markers for the series that are no longer among them.
  ///
  /// - Returns: how many were refused.
  private mutating func take(
    _ samples: [RecordedSample], of index: Int, at time: Timestamp, _ record: (RecordedSamples) -> RecordingOutcome
  ) -> Int {
    let before = rules[index].series
    var series = samples.map(\.labels)
    var all = samples
    if series != before {
      let present = Set(series)
      all += before.filter { !present.contains($0) }.map(RecordedSample.end)
    }
    if all.isEmpty { return 0 }
    let outcome = record(RecordedSamples(time: time, samples: all))
    let refused = outcome.refused.filter { $0 < samples.count }
    if let problem = outcome.problem {
      rules[index].health = .err
      rules[index].lastError = problem
      // Where nothing was taken at all, the markers were not either.
      if outcome.refused.count == all.count { return refused.count }
    }
    // A series of which nothing was taken need not end.
    if !refused.isEmpty {
      let gone = Set(refused)
      series = series.indices.filter { !gone.contains($0) }.map { series[$0] }
    }
    rules[index].series = series
    return refused.count + outcome.lost
  }
}

/// What one evaluation of a group came to.
public struct RuleGroupOutcome: Sendable, Hashable {
  /// Given by all rules, staleness markers aside.
  public var samples = 0
  /// Of them, those that could not be recorded.
  public var refused = 0
  /// The positions of the rules that failed.
  public var failures: [Int] = []
  /// Whether the evaluation was broken off.
  public var isCancelled = false

  public init() {}

  var cancelled: RuleGroupOutcome {
    var outcome = self
    outcome.isCancelled = true
    return outcome
  }
}

/// Why a rule gave nothing.
enum RuleFailure: Error {
  case failed(String)
  case cancelled

  init(_ error: QueryError) {
    if case .canceled = error { self = .cancelled } else { self = .failed("\(error)") }
  }
}

extension RuleGroupEvaluation.RuleState {
  /// The pending and firing ones, in the order of their labels.
  var alerts: [ExpressionAlert] { machine.active.map(ExpressionAlert.init) }
}

extension ExpressionAlert {
  init(_ labels: LabelSet, _ alert: ExpressionAlertMachine.Alert) {
    self.init(
      labels: labels, annotations: alert.annotations, state: alert.state == .pending ? .pending : .firing,
      activeAt: alert.activeAt, keptSince: alert.keptSince, value: alert.value)
  }
}

extension QueryValue {
  fileprivate var samples: [InstantSample] {
    get throws(QueryError) {
      switch self {
      case .vector(let samples): return samples
      case .scalar(let value, let time): return [InstantSample(labels: LabelSet(), time: time, value: value)]
      case .string, .matrix: throw .execution("rule result is not a vector or scalar")
      }
    }
  }
}
