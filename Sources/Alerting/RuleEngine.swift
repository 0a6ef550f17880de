import CoreMetrics
public import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle
import Synchronization
import SystemPackage

/// Watches samples as they arrive, raises and resolves alerts, and hands them to handlers.
///
/// The way of a sample: ``interest(in:)`` names, once for each series, a token under which its rules are found;
/// ``observe(_:at:)`` steps one small machine for each of them under one lock; what fires or resolves is put into the queue
/// of each handler, whose own task is awake microseconds later. A series that no rule watches never comes this far.
///
/// Safe to use from any thread. Rules and handlers may be added and removed at any time.
public final class RuleEngine: SampleWatch, Service {
  private let options: RuleEngineOptions
  private let clock: SteadyClock
  private let desk: DeliveryDesk
  private let laneContext: DeliveryLane.Context
  private let keeper: AlertStateKeeper?
  let state: Mutex<EngineState>
  private let currentGeneration = Atomic<UInt64>(1)
  private let logger: Logger
  /// Wakes the timer loop.
  private let timerWakeup = Wakeup()
  /// Wakes the writer of the state.
  private let writerWakeup: Wakeup
  /// Whether deliveries changed what the state file should hold.
  private let deliveriesChanged: Flag
  private let writingFails = Flag()

  /// - Parameters:
  ///   - state: where pending and firing alerts, undelivered notifications and the history outlive a restart; `nil` keeps
  ///     them in memory. A file that does not decode is set aside as `PATH.corrupt-N` and named in the log.
  /// - Throws: ``RuleError``, or if the state file is there but cannot be read.
  public init(
    rules: [AlertRule], state file: StateFile?, time: any TimeSource, logger: Logger,
    options: RuleEngineOptions = RuleEngineOptions(), random: any RandomSource = SystemRandom()
  ) throws {
    self.options = options
    self.logger = logger
    let clock = SteadyClock(time)
    self.clock = clock
    let metrics = EngineMetrics()
    let desk = DeliveryDesk()
    self.desk = desk
    let writerWakeup = Wakeup()
    let deliveriesChanged = Flag()
    self.writerWakeup = writerWakeup
    self.deliveriesChanged = deliveriesChanged
    laneContext = DeliveryLane.Context(time: time, random: random, logger: logger, metrics: metrics) {
      deliveriesChanged.raise()
      writerWakeup.signal()
    }
    let keeper = file.map { AlertStateKeeper(file: $0, logger: logger) }
    self.keeper = keeper
    var initial = EngineState(options: options, desk: desk, metrics: metrics)
    let moment = clock.now()
    for rule in rules { _ = try initial.add(rule, at: moment) }
    if let document = try keeper?.load() { initial.restore(document, at: moment) }
    let generation = initial.generation
    state = Mutex(initial)
    currentGeneration.store(generation, ordering: .releasing)
  }

  // MARK: Rules

  /// In the order in which they were added.
  public var rules: [AlertRule] { state.withLock { $0.book.rules } }

  public func add(_ rule: AlertRule) throws(RuleError) {
    let result = change { state, moment -> Result<Void, RuleError> in
      do throws(RuleError) {
        _ = try state.add(rule, at: moment)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// - Throws: what ``add(_:)`` would say of the rule itself.
  func check(_ rule: AlertRule) throws(RuleError) { _ = try CompiledRule(rule, lookback: options.lookback) }

  /// Removes a rule and resolves its alerts; `false` if there is none of that name. O(watched series).
  @discardableResult
  public func remove(named name: String) -> Bool { change { $0.remove(named: name, at: $1) } }

  // MARK: Handlers

  /// Adds a handler that is called for each alert that fires or resolves from now on.
  ///
  /// Notifications come one at a time and, of one alert, in order. One that `body` took is not given to it again, save where
  /// Skep was killed before the state file said so (at most ``RuleEngineOptions/stateInterval`` or so later). What a handler
  /// of this name had not taken before a restart is given to it first.
  ///
  /// `body` should honour cancellation: a call that outlasts the policy's timeout is cancelled, and the next one waits for
  /// it to return. At a shutdown a call that ignores cancellation is left behind after ``RuleEngineOptions/shutdownGrace``.
  /// It throws ``DeliveryFailure`` to say whether and when to try again; any other error is tried again.
  public func addHandler(
    named name: String, policy: DeliveryPolicy = DeliveryPolicy(),
    _ body: @escaping @Sendable (AlertNotification) async throws -> Void
  ) {
    let lane = DeliveryLane(name: name, policy: policy, context: laneContext, body: body)
    // Under the lock, so that no notification comes between what is restored and what is new.
    state.withLock { _ in desk.add(lane, at: clock.now()) }
  }

  /// What became of the notifications so far, by handler in the order in which they were added.
  public func deliveryStatistics() -> [DeliveryStatistics] { desk.statistics }

  /// Tells `sink` of each alert that fires or resolves from now on: at once, in order, without fail. It is called under the
  /// engine's lock, so it must only take note and never call the engine.
  ///
  /// - Returns: what fires now, and what of the history has ended, oldest first.
  func follow(_ sink: @escaping @Sendable (AlertNotification) -> Void) -> (firing: [Alert], resolved: [Alert]) {
    state.withLock { state in
      state.sink = sink
      return (state.active.all.map(\.alert).filter { $0.firedAt != nil }, state.history)
    }
  }

  // MARK: Events and alerts

  /// Raises and resolves the health alerts of agents.
  public func handle(_ event: InstanceEvent) { change { $0.handle(event, at: $1) } }

  /// Sorted newest first, by when they fired (pending ones: began); the history holds the last
  /// ``RuleEngineOptions/historyLength`` resolved alerts.
  public func alerts(_ filter: AlertFilter) -> [Alert] {
    let (current, history) = state.withLock { state in
      (
        filter == .resolved ? [] : state.active.all.map(\.alert),
        filter == .resolved || filter == .all ? state.history : []
      )
    }
    let chosen: [Alert] =
      switch filter {
      case .pending: current.filter { $0.state == .pending }
      case .active: current.filter { $0.state == .firing }
      case .resolved: Array(history.suffix(max(options.historyLength, 0)))
      case .all: current + history.suffix(max(options.historyLength, 0))
      }
    return chosen.sorted { ($0.firedAt ?? $0.activeSince, $0.id) > ($1.firedAt ?? $1.activeSince, $1.id) }
  }

  /// The pending and firing alerts that samples and the agents' health raised: all but those of expressions.
  public var alertsOnArrival: [Alert] {
    state.withLock { state in
      state.active.all.filter { if case .expression = $0.owner { false } else { true } }.map(\.alert)
    }
  }

  // MARK: Samples

  public var generation: UInt64 { currentGeneration.load(ordering: .acquiring) }

  /// The token stays good while the series reports. It is given up once the series was silent for
  /// ``RuleEngineOptions/silentSeriesLifetime`` (``RuleEngineOptions/staleSeriesLifetime`` after a staleness marker) and has
  /// no alert; a sample under a token that was given up decides nothing and moves ``generation`` on, so that it is asked for
  /// again.
  public func interest(in labels: LabelSet) -> WatchToken? {
    while true {
      let (known, book, generation) = state.withLock { state -> (WatchToken?, RuleBook, UInt64) in
        if let position = state.table.position(of: labels), state.table[position].generation == state.generation {
          let series = state.table[position]
          let isWatched = !series.members.isEmpty || !series.pairs.isEmpty
          return (isWatched ? WatchToken(rawValue: series.token) : nil, state.book, state.generation)
        }
        return (nil, state.book, state.generation)
      }
      if let known { return known }
      // Matching may take a while (regular expressions), so it does not hold up samples.
      let slots = book.slots(watching: labels)
      if slots.isEmpty { return nil }
      // Nothing if the rules have changed in the meantime: then it is matched again.
      let token = change { state, moment -> WatchToken? in
        guard state.generation == generation else { return nil }
        let position = state.watch(labels, slots: slots, at: moment)
        return WatchToken(rawValue: state.table[position].token)
      }
      if let token { return token }
    }
  }

  public func observe(_ samples: [WatchedSample], at time: Timestamp) {
    change { state, moment in
      var unknown = false
      for sample in samples where !state.observe(sample, takenAt: time, at: moment) { unknown = true }
      if unknown { state.generation += 1 }
    }
  }

  /// Changes the state under the lock, then wakes whom it concerns.
  @discardableResult
  func change<Value: Sendable>(_ body: (inout EngineState, Moment) -> Value) -> Value {
    let (value, wakesTimer, wakesWriter) = state.withLock { state in
      // Read under the lock, so that the machines' time never goes back.
      let value = body(&state, clock.now())
      currentGeneration.store(state.generation, ordering: .releasing)
      return (value, state.takeWake(), state.isDirty)
    }
    if wakesTimer { timerWakeup.signal() }
    if wakesWriter { writerWakeup.signal() }
    return value
  }

  // MARK: Life

  /// Runs timers (`for`, `keep_firing_for`, absence) and delivery until cancelled, then flushes what is queued for at most
  /// ``RuleEngineOptions/shutdownGrace`` and writes the state. Once in an engine's life.
  public func run() async throws {
    desk.start()
    await cancelWhenGracefulShutdown { [self] in
      await withTaskGroup(of: Void.self) { group in
        group.addTask(priority: .high) { await self.runTimers() }
        group.addTask { await self.runWriter() }
      }
    }
    // In a task that the cancellation does not reach, and awaited here.
    await Task { [self] in
      await desk.stop(within: options.shutdownGrace, by: clock.time)
      await writeState()
    }.value
  }

  private func runTimers() async {
    var nextSweep = clock.now().steady + options.sweepInterval
    while !Task.isCancelled {
      passTime()
      let now = clock.now().steady
      if now >= nextSweep {
        await sweep()
        nextSweep = now + options.sweepInterval
      }
      let deadline = state.withLock { state -> Timestamp in
        let deadline = [state.heap.earliest, state.healthConfirmationDeadline, nextSweep].compactMap { $0 }.min()
        state.sleepsUntil = deadline
        return deadline ?? nextSweep
      }
      _ = await timerWakeup.wait(untilMonotonic: clock.monotonic(at: deadline), by: clock.time)
    }
  }

  /// Does what is due by now. The lock is given up now and then, so that samples get through a storm of deadlines.
  func passTime() {
    while change({ $0.fireDue(limit: 500, at: $1) }) {}
    change { $0.confirmHealth(at: $1) }
  }

  var watchedSeries: Int { state.withLock { $0.table.count } }

  /// Forgets the series that ended.
  func sweep() async {
    var position: Int? = .max
    while let from = position {
      position = change { $0.sweep(from: from, limit: 10_000, at: $1) }
      await Task.yield()
    }
    let (series, alerts, refused, metrics) = state.withLock { state in
      defer { state.refusedPairs = 0 }
      return (state.table.count, state.active.count, state.refusedPairs, state.metrics)
    }
    metrics.watchedSeries.record(series)
    metrics.activeOrPending.record(alerts)
    if refused > 0 {
      logger.error(
        "absence rules would watch too many pairs of agent and metric; name agents or metrics in them",
        metadata: ["limit": "\(options.absencePairs)", "not_watched": "\(refused)"])
    }
  }

  // MARK: State

  private func runWriter() async {
    guard keeper != nil else { return }
    while true {
      do {
        try await writerWakeup.wait()
        let began = clock.time.monotonic()
        await writeState()
        let took = clock.time.monotonic() - began
        try await clock.time.sleep(for: max(options.stateInterval, took * 20))
      } catch {
        return
      }
    }
  }

  func writeState() async {
    guard let keeper else { return }
    let document = state.withLock { state -> AlertStateDocument? in
      guard deliveriesChanged.take() || state.isDirty else { return nil }
      state.isDirty = false
      return state.document()
    }
    guard let document else { return }
    let path = keeper.file.path.string
    do {
      try await keeper.save(document)
      if writingFails.take() { logger.notice("the alert state is written again", metadata: ["file": "\(path)"]) }
    } catch {
      state.withLock { $0.isDirty = true }
      writerWakeup.signal()
      // Said once, not with each of the tries that follow every second.
      if writingFails.raise() { return }
      logger.error(
        "the alert state cannot be written; alerts are kept in memory and writing is tried again",
        metadata: ["file": "\(path)", "error": "\(error)"])
    }
  }
}

public enum AlertFilter: String, Sendable, CaseIterable {
  case pending
  case active
  case resolved
  case all
}

/// Raised by one side, taken by the other.
private final class Flag: Sendable {
  private let isRaised = Atomic<Bool>(false)

  /// - Returns: whether it was raised already.
  @discardableResult
  func raise() -> Bool { isRaised.exchange(true, ordering: .acquiringAndReleasing) }

  /// - Returns: whether it was raised.
  func take() -> Bool { isRaised.exchange(false, ordering: .acquiringAndReleasing) }
}
