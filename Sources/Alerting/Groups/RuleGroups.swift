public import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle
import Synchronization

/// Evaluates rule groups, each at its own times, until it is cancelled: recorded samples go to the store, alerts to the rule
/// engine and on to its handlers.
///
/// Every group has a task of its own, so a slow one delays no other and never overlaps itself: what it misses is counted. The
/// tasks run on threads that do nothing else.
public final class RuleGroups: Service {
  private struct Key: Hashable {
    var file: String
    var name: String
  }

  private struct State {
    /// In the order in which they were given.
    var order: [Key] = []
    var slots: [Key: GroupSlot] = [:]
    /// Those that no task has yet.
    var waiting: [GroupSlot] = []
    /// Groups that come later have nothing to restore.
    var hasBegun = false
  }

  private let context: GroupContext
  private let threads: RuleThreads
  private let state = Mutex(State())
  private let changes: AsyncStream<Void>
  private let changed: AsyncStream<Void>.Continuation

  /// - Parameters:
  ///   - source: where expressions read.
  ///   - appender: where recorded samples go.
  ///   - engine: takes the alerts and shows recorded samples to the rules on arrival.
  ///   - defaultInterval: of groups that name none.
  public init(
    source: any SeriesSource, appender: any SampleAppender, engine: RuleEngine, time: any TimeSource, logger: Logger,
    defaultInterval: Duration, options: RuleEvaluationOptions = RuleEvaluationOptions()
  ) {
    var options = options
    options.monotonic = { time.monotonic() }
    context = GroupContext(
      source: source, appender: appender, engine: engine, time: time, logger: logger, options: options,
      defaultInterval: defaultInterval)
    threads = RuleThreads()
    (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// How the groups fare, in the order in which they were given.
  public func statuses() -> [RuleGroupStatus] {
    state.withLock { state in state.order.compactMap { state.slots[$0] } }.map(\.status)
  }

  /// Evaluates these groups from now on, and no others. One that is as it was goes on undisturbed; in a changed one the rules of
  /// the same name and labels keep their alerts. Alerts of rules that are gone end.
  ///
  /// - Throws: if a group cannot be evaluated or two have one name in one file; then nothing has changed.
  public func update(_ groups: [RuleGroup]) throws(RuleGroupError) {
    let known = state.withLock { $0.slots }
    let isRestoring = state.withLock { !$0.hasBegun }
    var order: [Key] = []
    var slots: [Key: GroupSlot] = [:]
    var replaced: [(GroupSlot, RuleGroupEvaluation)] = []
    var new: [GroupSlot] = []
    var keys: Set<ExpressionRuleKey> = []
    for group in groups {
      let key = Key(file: group.file, name: group.name)
      guard slots[key] == nil else {
        throw RuleGroupError(
          file: group.file, group: group.name, problem: "there is another group of this name; rename one of the two")
      }
      let slot = known[key]
      order.append(key)
      if let slot, slot.status.group == group {
        slots[key] = slot
        keys.formUnion(slot.keys)
        continue
      }
      let evaluation = try RuleGroupEvaluation(
        group, options: context.options, awaitsRestore: slot?.awaitsRestore ?? isRestoring)
      keys.formUnion(evaluation.keys)
      if let slot {
        slots[key] = slot
        replaced.append((slot, evaluation))
      } else {
        let slot = GroupSlot(evaluation, interval: interval(of: group))
        slots[key] = slot
        new.append(slot)
      }
    }
    state.withLock { state in
      state.order = order
      state.slots = slots
      state.waiting += new
    }
    for (slot, evaluation) in replaced { slot.replace(with: evaluation, interval: interval(of: evaluation.group)) }
    for (key, slot) in known where slots[key] == nil { slot.remove() }
    context.engine.retainExpressions(keys)
    changed.yield()
  }

  private func interval(of group: RuleGroup) -> Duration { group.interval ?? context.defaultInterval }

  /// Evaluates until the task is cancelled or a graceful shutdown begins; an evaluation under way is broken off. Series are not
  /// marked stale: a restart goes on with them. Once in a life.
  public func run() async throws {
    state.withLock { $0.hasBegun = true }
    await cancelWhenGracefulShutdown { await self.runGroups() }
  }

  private func runGroups() async {
    await withDiscardingTaskGroup { group in
      changed.yield()
      for await _ in changes {
        let slots = state.withLock { state in
          defer { state.waiting = [] }
          return state.waiting
        }
        for slot in slots {
          let runner = GroupRunner(slot: slot, context: context) { [weak self] in self?.recordedSeries ?? [] }
          group.addTask(executorPreference: threads) { await runner.run() }
        }
      }
      group.cancelAll()
    }
  }

  private var recordedSeries: Set<LabelSet> {
    Set(state.withLock { Array($0.slots.values) }.flatMap(\.series))
  }
}
