import FleetModel
import Logging
import Platform
import Synchronization

/// What all groups share.
struct GroupContext: Sendable {
  let source: any SeriesSource
  let appender: any SampleAppender
  let engine: RuleEngine
  let time: any TimeSource
  let logger: Logger
  let options: RuleEvaluationOptions
  let defaultInterval: Duration
}

/// Where a group's definition is changed from outside and its state is read.
final class GroupSlot: Sendable {
  private struct State {
    /// Waits to be taken up between two evaluations.
    var next: RuleGroupEvaluation?
    var isRemoved = false
    var status: RuleGroupStatus
    /// Of the rules of the newest definition.
    var keys: [ExpressionRuleKey]
    var series: [LabelSet] = []
    var awaitsRestore: Bool
  }

  private let state: Mutex<State>
  let wakeup = Wakeup()

  init(_ evaluation: RuleGroupEvaluation, interval: Duration) {
    let status = RuleGroupStatus(group: evaluation.group, interval: interval, rules: evaluation.statuses)
    state = Mutex(
      State(next: evaluation, status: status, keys: evaluation.keys, awaitsRestore: evaluation.awaitsRestore))
  }

  var status: RuleGroupStatus { state.withLock { $0.status } }
  var keys: [ExpressionRuleKey] { state.withLock { $0.keys } }
  /// What the group recorded last.
  var series: [LabelSet] { state.withLock { $0.series } }
  var awaitsRestore: Bool { state.withLock { $0.awaitsRestore } }
  var isRemoved: Bool { state.withLock { $0.isRemoved } }

  func replace(with evaluation: RuleGroupEvaluation, interval: Duration) {
    state.withLock { state in
      state.next = evaluation
      state.keys = evaluation.keys
      let known = Dictionary(state.status.rules.map { ($0.rule, $0) }, uniquingKeysWith: { first, _ in first })
      state.status.group = evaluation.group
      state.status.interval = interval
      state.status.rules = evaluation.statuses.map { known[$0.rule] ?? $0 }
    }
    wakeup.signal()
  }

  func remove() {
    state.withLock { $0.isRemoved = true }
    wakeup.signal()
  }

  func takeNext() -> RuleGroupEvaluation? {
    state.withLock { state in
      defer { state.next = nil }
      return state.next
    }
  }

  func publish(_ evaluation: RuleGroupEvaluation, at time: Timestamp, took duration: Duration) {
    let (statuses, series) = (evaluation.statuses, evaluation.recordedSeries)
    state.withLock { state in
      state.status.lastEvaluation = time
      state.status.evaluationTime = duration
      // Another definition that waits is what is shown already.
      if state.next == nil { state.status.rules = statuses }
      state.series = series
      state.awaitsRestore = evaluation.awaitsRestore
    }
  }
}

/// Evaluates one group, time after time, until it is removed or cancelled.
struct GroupRunner: Sendable {
  let slot: GroupSlot
  let context: GroupContext
  /// What all groups record at present.
  let recordedSeries: @Sendable () -> Set<LabelSet>

  func run() async {
    guard let evaluation = slot.takeNext() else { return }
    var run = GroupRun(evaluation, context)
    defer { run.metrics.end() }
    var due = run.schedule.next(after: run.schedule.slot(at: context.time.now()))
    var last: Timestamp?
    while true {
      let wait = max(.zero, due - context.time.now())
      switch await slot.wakeup.wait(untilMonotonic: context.time.monotonic() + wait, by: context.time) {
      case .cancelled: return
      case .signalled:
        if slot.isRemoved { return await end(run.evaluation) }
        guard let next = slot.takeNext() else { continue }
        let before = run.schedule
        run.take(next)
        if run.schedule != before {
          due = run.schedule.next(after: run.schedule.slot(at: context.time.now()))
          last = nil
        }
      case .deadlinePassed:
        let now = run.schedule.slot(at: context.time.now())
        // The clock was set back a little: it is not time yet.
        if let last, now == last {
          due = run.schedule.next(after: now)
          continue
        }
        if let last { run.metrics.missed(run.schedule.missed(between: last, and: now)) }
        guard await evaluate(&run, at: now) else { return }
        last = now
        due = run.schedule.next(after: now)
      }
    }
  }

  /// - Returns: `false` if it was broken off.
  private func evaluate(_ run: inout GroupRun, at time: Timestamp) async -> Bool {
    let began = context.time.monotonic()
    let (engine, facts, recorder) = (context.engine, run.facts, run.recorder)
    let settled = run.evaluation.restored
    let outcome = await run.evaluation.evaluate(
      at: time, source: context.source, record: { recorder.record($0) },
      alerts: { engine.take($1, of: facts[$0], isSettled: settled[$0]) })
    if outcome.isCancelled { return false }
    run.count += 1
    recorder.endRound()
    if run.evaluation.awaitsRestore, run.count >= 2 { await restore(&run) }
    let duration = context.time.monotonic() - began
    run.metrics.evaluated(outcome, rules: run.facts.count, at: time, in: duration)
    run.log(outcome, context.logger)
    slot.publish(run.evaluation, at: time, took: duration)
    return true
  }

  private func restore(_ run: inout GroupRun) async {
    let problems = await run.evaluation.restore(
      at: context.time.now(), source: context.source, firing: context.engine.firingExpressions)
    for (index, problem) in problems {
      context.logger.error(
        "pending alerts begin anew: \(problem)", metadata: run.metadata(of: index))
    }
    for (index, status) in run.evaluation.statuses.enumerated() {
      guard case .alerting = status.rule.kind else { continue }
      context.engine.take(status.alerts, of: run.facts[index], isSettled: run.evaluation.restored[index])
    }
  }

  /// Marks the series of a group that is gone as stale. Not at once: a group that was only renamed goes on with them.
  private func end(_ evaluation: RuleGroupEvaluation) async {
    let now = context.time.now()
    let interval = evaluation.group.interval ?? context.defaultInterval
    do { try await context.time.sleep(for: interval * 2) } catch { return }
    let present = recordedSeries()
    let ended = evaluation.recordedSeries.filter { !present.contains($0) }
    if ended.isEmpty { return }
    let recorder = RuleRecorder(appender: context.appender, watch: context.engine)
    _ = recorder.record(RecordedSamples(time: now, samples: ended.map(RecordedSample.end)))
  }
}

/// What a runner has of its group.
struct GroupRun {
  var evaluation: RuleGroupEvaluation
  private(set) var facts: [ExpressionRuleFacts]
  private(set) var schedule: GroupSchedule
  let recorder: RuleRecorder
  let metrics: RuleGroupMetrics
  /// Evaluations so far.
  var count = 0
  private var failing: [ExpressionRuleKey: String] = [:]
  private let defaultInterval: Duration

  init(_ evaluation: RuleGroupEvaluation, _ context: GroupContext) {
    let group = evaluation.group
    self.evaluation = evaluation
    facts = evaluation.facts
    defaultInterval = context.defaultInterval
    schedule = GroupSchedule(file: group.file, name: group.name, interval: group.interval ?? defaultInterval)
    recorder = RuleRecorder(appender: context.appender, watch: context.engine)
    metrics = RuleGroupMetrics(file: group.file, name: group.name)
    metrics.define(rules: facts.count, interval: group.interval ?? defaultInterval)
  }

  /// Goes over to another definition of the same group.
  mutating func take(_ next: RuleGroupEvaluation) {
    var next = next
    next.adopt(evaluation)
    evaluation = next
    facts = next.facts
    let interval = next.group.interval ?? defaultInterval
    schedule = GroupSchedule(file: next.group.file, name: next.group.name, interval: interval)
    metrics.define(rules: facts.count, interval: interval)
  }

  /// Says which rules fail, once for each problem.
  mutating func log(_ outcome: RuleGroupOutcome, _ logger: Logger) {
    let statuses = evaluation.statuses
    var now: [ExpressionRuleKey: String] = [:]
    for index in outcome.failures {
      let key = facts[index].key
      let problem = statuses[index].lastError ?? ""
      now[key] = problem
      if failing[key] == nil { logger.warning("a rule fails: \(problem)", metadata: metadata(of: index)) }
    }
    for (index, fact) in facts.enumerated() where failing[fact.key] != nil && now[fact.key] == nil {
      logger.info("a rule works again", metadata: metadata(of: index))
    }
    failing = now
  }

  func metadata(of index: Int) -> Logger.Metadata {
    let group = evaluation.group
    return ["file": "\(group.file)", "group": "\(group.name)", "rule": "\(facts[index].name)"]
  }
}

extension RuleGroupEvaluation {
  var facts: [ExpressionRuleFacts] {
    rules.map {
      ExpressionRuleFacts(key: $0.compiled.key, name: $0.compiled.rule.name, metric: $0.compiled.metric)
    }
  }
}
