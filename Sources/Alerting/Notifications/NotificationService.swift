import AlertLogic
import FleetModel
public import Logging
public import Platform
public import ServiceLifecycle
import Synchronization
public import SystemPackage

/// Tells people of alerts: takes them from the rules and from outside, routes and groups them, and sends what is to be told, once.
///
/// 1. An alert comes: from the rules through ``follow(_:)``, from others through ``put(_:)``.
/// 2. `NotificationMachine` decides, under one lock: groups, timers, silences, inhibition, the log of what was told.
/// 3. What is due goes to the lane of each integration of the group's receiver, as an id; the lane makes it up when its turn comes,
///    and tries until it is delivered, refused or out of time.
/// 4. What changed goes to the state file in the order in which it happened, many changes in one transaction: whatever ends the
///    process, what was delivered and is in the file is not told again, and what was not delivered is.
///
/// Safe to use from any thread.
public final class NotificationService: Service {
  struct Core: Sendable {
    var machine: NotificationMachine
    var policy: CompiledPolicy
    var externalURL: String
    var engine = EngineAlerts()
    /// What was restored, until the rules have said how they stand.
    var restored: [NotifiedAlert]
    /// Until when the loop sleeps; an earlier deadline must wake it.
    var sleepsUntil: Timestamp?
    var gaugesRecorded: Duration?
  }

  let core: Mutex<Core>
  let lanes: LaneDesk
  let writer: NotificationStateWriter?
  let time: any TimeSource
  let random: any RandomSource
  let metrics = NotificationMetrics()
  let integrations: Mutex<[String: [NotificationIntegration]]>
  private let inbox = AlertInbox()
  private let wakeup = Wakeup()
  private let zones: ZoneFiles
  private let options: NotificationOptions
  private let logger: Logger

  /// Opens the state and starts nothing. Blocks for as long as opening takes.
  ///
  /// - Parameter state: the file in which alerts, groups, silences and the log of what was told outlive the process; `nil` keeps
  ///   them in memory. One that is damaged is set aside as `PATH.corrupt-N` and named in the log.
  /// - Throws: `PolicyError`, or if the state can neither be opened nor set aside.
  public init(
    _ setup: NotificationSetup, state: FilePath?, time: any TimeSource, logger: Logger,
    zones: ZoneFiles = ZoneFiles(), options: NotificationOptions = NotificationOptions(),
    random: any RandomSource = SystemRandom()
  ) throws {
    let policy = try CompiledPolicy(setup.policy) { try zones.rules(of: $0) }
    var restored = NotificationState()
    if let state {
      let (database, found) = try NotificationDatabase.open(at: state, logger: logger)
      writer = NotificationStateWriter(database: database, logger: logger)
      restored = found
    } else {
      writer = nil
    }
    let machine = NotificationMachine(
      policy: policy, integrations: setup.facts, restoring: restored, at: time.now())
    core = Mutex(
      Core(
        machine: machine, policy: policy, externalURL: setup.externalURL,
        restored: restored.alerts.map(\.alert).filter { $0.endsAt == nil }))
    integrations = Mutex(setup.integrations)
    self.time = time
    self.random = random
    self.zones = zones
    self.options = options
    self.logger = logger
    // The lanes call back what is being made here.
    let owner = Owner()
    lanes = LaneDesk(
      context: IntegrationLane.Context(
        time: time, random: random, logger: logger, concurrency: options.concurrency,
        notification: { owner.service?.notification(of: $0) },
        finished: { owner.service?.finished($0, delivered: $1) }))
    owner.set(self)
    lanes.replace(with: setup.integrations)
  }

  /// Takes the alerts of the rules, from now on and in their order. Once in a service's life, before it runs.
  public func follow(_ engine: RuleEngine) {
    let standing = engine.follow { [inbox, wakeup] notification in
      inbox.append(notification)
      wakeup.signal()
    }
    change { core, now in
      let url = core.externalURL
      let restored = core.restored
      core.restored = []
      let changes = core.engine.reconcile(
        restored: restored, firing: standing.firing.map { NotifiedAlert($0, url: url, at: now) },
        resolved: standing.resolved.map { NotifiedAlert($0, url: url, at: now) },
        resolveTimeout: core.policy.policy.resolveTimeout, at: now)
      core.machine.put(changes, at: now)
    }
  }

  /// Goes over to another policy and other integrations. Alerts are routed anew; groups that are the same keep their timers, and
  /// what was told stays told.
  ///
  /// - Throws: `PolicyError`; then nothing has changed.
  public func replace(with setup: NotificationSetup) async throws {
    let policy = try await BlockingWork.files.run { [zones] in
      try CompiledPolicy(setup.policy) { try zones.rules(of: $0) }
    }
    // At once, so that of several reloads one wins everywhere.
    change { core, now in
      lanes.replace(with: setup.integrations)
      integrations.withLock { $0 = setup.integrations }
      core.machine.replace(policy: policy, integrations: setup.facts, at: now)
      core.policy = policy
      core.externalURL = setup.externalURL
    }
  }

  // MARK: Life

  /// Sends until cancelled, then what is due for at most ``NotificationOptions/shutdownGrace``, and closes the state. Once in a
  /// service's life.
  public func run() async throws {
    lanes.start()
    await cancelWhenGracefulShutdown { [self] in
      while !Task.isCancelled {
        step()
        let end = time.monotonic() + pause()
        _ = await wakeup.wait(untilMonotonic: end, by: time)
      }
    }
    // In a task that the cancellation does not reach, and awaited here.
    await Task { [self] in
      step()
      await lanes.stop(within: options.shutdownGrace, by: time)
      await writer?.close()
    }.value
  }

  /// Takes what the rules said, and hands what is due to the lanes.
  private func step() {
    let arrived = inbox.take()
    let flushes = change { core, now -> [Flush] in
      if !arrived.isEmpty {
        let url = core.externalURL
        let alerts = arrived.compactMap { core.engine.take(NotifiedAlert($0.alert, url: url, at: now)) }
        core.machine.put(alerts, at: now)
      }
      return core.machine.flushDue(at: now)
    }
    let (now, monotonic) = (time.now(), time.monotonic())
    for flush in flushes {
      for send in flush.sends {
        let isTaken = lanes.enqueue(
          send.id, receiver: flush.receiver, integration: send.integration, until: monotonic + (flush.until - now))
        if !isTaken { giveUp(send, of: flush) }
      }
    }
    writer?.retry()
    recordGauges()
  }

  /// How long the loop may sleep.
  private func pause() -> Duration {
    core.withLock { core in
      let now = time.now()
      let latest = now + options.clockInterval
      let end = min(core.machine.deadline ?? latest, latest)
      core.sleepsUntil = end
      return max(end - now, .zero)
    }
  }

  /// Changes the state under the lock, hands on what is to be durable, and wakes the loop if it has something to do.
  @discardableResult
  func change<Value: Sendable, Failure: Error>(
    _ body: (inout Core, Timestamp) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let result = core.withLock { core -> (Result<Value, Failure>, Bool) in
      // Read under the lock, so that changes are in the order of their times.
      let now = time.now()
      let result: Result<Value, Failure>
      do throws(Failure) { result = .success(try body(&core, now)) } catch { result = .failure(error) }
      writer?.submit(core.machine.takeChanges())
      guard let deadline = core.machine.deadline, let sleepsUntil = core.sleepsUntil, deadline < sleepsUntil else {
        return (result, false)
      }
      core.sleepsUntil = nil
      return (result, true)
    }
    if result.1 { wakeup.signal() }
    return try result.0.get()
  }

  private func notification(of send: SendID) -> GroupNotification? {
    change { core, now in core.machine.notification(of: send, externalURL: core.externalURL, at: now) }
  }

  private func finished(_ send: SendID, delivered: Bool) {
    change { core, now in _ = core.machine.finished(send, delivered: delivered, at: now) }
  }

  /// The integration was taken out between the flush and now.
  private func giveUp(_ send: Flush.Send, of flush: Flush) {
    let kind = String(send.integration.prefix { $0 != "[" })
    LaneCounters(receiver: flush.receiver, integration: kind).countGivenUp(isOverdue: true)
    logger.error(
      "a notification was given up; the next one of its group tells the same",
      metadata: [
        "receiver": "\(flush.receiver)", "integration": "\(send.integration)",
        "error": "the integration was taken out of the policy before its turn came",
      ])
    finished(send.id, delivered: false)
  }

  private func recordGauges() {
    let monotonic = time.monotonic()
    core.withLock { core in
      if let last = core.gaugesRecorded, monotonic - last < .seconds(1) { return }
      core.gaugesRecorded = monotonic
      metrics.record(
        alerts: core.machine.alertCount, groups: core.machine.groupCount, silences: core.machine.silences,
        at: time.now())
    }
  }
}

/// Lets the lanes find the service that owns them.
private final class Owner: Sendable {
  private struct Reference: Sendable { weak var service: NotificationService? }

  private let reference = Mutex(Reference())

  var service: NotificationService? { reference.withLock { $0.service } }

  func set(_ service: NotificationService) { reference.withLock { $0.service = service } }
}
