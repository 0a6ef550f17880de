import CoreMetrics
import FleetModel
import Logging
import Platform
import Synchronization

/// The way to one handler: a bounded queue, emptied in order by one task, one call at a time. So notifications of one alert
/// keep their order, and a handler that fails or hangs keeps up nobody but itself.
final class DeliveryLane: Sendable {
  typealias Body = @Sendable (AlertNotification) async throws -> Void

  struct Item: Sendable {
    var notification: AlertNotification
    /// When what caused it arrived.
    var arrival: Duration
  }

  fileprivate struct State {
    var waiting: [Item] = []
    /// How many of `waiting` have been taken out at its beginning.
    var taken = 0
    /// The one that is being delivered; it counts as undelivered until the handler took it.
    var current: Item?
    var isClosing = false
    var statistics: DeliveryStatistics
  }

  let name: String
  private let policy: DeliveryPolicy
  private let body: Body
  private let context: Context
  private let metrics: LaneMetrics
  private let state: Mutex<State>
  private let wakeup = Wakeup()

  /// What all lanes share.
  struct Context: Sendable {
    let time: any TimeSource
    let random: any RandomSource
    let logger: Logger
    let metrics: EngineMetrics
    /// Called after each notification that was delivered or given up.
    let onProgress: @Sendable () -> Void
  }

  init(name: String, policy: DeliveryPolicy, context: Context, body: @escaping Body) {
    self.name = name
    self.policy = policy
    self.context = context
    self.body = body
    metrics = LaneMetrics(handler: name)
    state = Mutex(State(statistics: DeliveryStatistics(handler: name)))
  }

  func enqueue(_ item: Item) {
    let limit = max(policy.queueLength, 1)
    let (dropped, total) = state.withLock { state in
      state.waiting.append(item)
      guard state.waiting.count - state.taken > limit else { return (false, 0) }
      state.dropFirst()
      state.statistics.drops += 1
      return (true, state.statistics.drops)
    }
    if dropped {
      metrics.drops.increment()
      // One line for the first and then for each doubling, so that a storm does not become one of log lines.
      if total & (total - 1) == 0 {
        context.logger.error(
          "alert handler is too slow: the oldest notification was dropped",
          metadata: ["handler": "\(name)", "queue_length": "\(limit)", "dropped_in_all": "\(total)"])
      }
    }
    wakeup.signal()
  }

  var statistics: DeliveryStatistics {
    state.withLock { state in
      var statistics = state.statistics
      statistics.waiting = state.waiting.count - state.taken + (state.current == nil ? 0 : 1)
      return statistics
    }
  }

  /// What was not taken by the handler yet, in order.
  var undelivered: [AlertNotification] {
    state.withLock { state in
      let current = state.current.map { [$0.notification] } ?? []
      return current + state.waiting[state.taken...].map(\.notification)
    }
  }

  /// Lets ``run()`` return once nothing waits any more.
  func close() {
    state.withLock { $0.isClosing = true }
    wakeup.signal()
  }

  /// Delivers until closed and empty, or cancelled.
  func run() async {
    while !Task.isCancelled {
      let (item, isClosing) = state.withLock { state -> (Item?, Bool) in
        if state.current == nil { state.current = state.takeFirst() }
        return (state.current, state.isClosing)
      }
      if let item {
        await deliver(item)
      } else if isClosing {
        return
      } else {
        try? await wakeup.wait()
      }
    }
  }

  private func deliver(_ item: Item) async {
    let attempts = max(policy.attempts, 1)
    var backOff = policy.firstBackOff
    for attempt in 1...attempts {
      let failure: any Error
      do {
        try await call(item, isFirst: attempt == 1)
        finish { $0.deliveries += 1 }
        metrics.deliveries.increment()
        return
      } catch {
        // Cancelled: it stays undelivered, and the state file says so.
        if Task.isCancelled { return }
        failure = error
      }
      state.withLock { $0.statistics.failures += 1 }
      metrics.failures.increment()
      let advice = (failure as? DeliveryFailure)?.advice ?? .retry(after: nil)
      guard attempt < attempts, case .retry(let wanted) = advice else {
        giveUp(item, after: attempt, because: failure)
        return
      }
      let wait = max(jittered(backOff), min(wanted ?? .zero, .seconds(3600)))
      context.logger.warning(
        "alert handler failed; trying again",
        metadata: [
          "handler": "\(name)", "alert_id": "\(item.notification.alert.id)", "attempt": "\(attempt)",
          "error": "\(failure)", "retry_in": "\(wait)",
        ])
      do { try await context.time.sleep(for: wait) } catch { return }
      backOff = min(backOff * 2, policy.longestBackOff)
    }
  }

  private func giveUp(_ item: Item, after attempts: Int, because failure: any Error) {
    finish { $0.drops += 1 }
    metrics.drops.increment()
    context.logger.error(
      "alert notification given up",
      metadata: [
        "handler": "\(name)", "alert_id": "\(item.notification.alert.id)", "kind": "\(item.notification.kind.rawValue)",
        "attempts": "\(attempts)", "error": "\(failure)",
      ])
  }

  private func finish(_ count: (inout DeliveryStatistics) -> Void) {
    state.withLock { state in
      state.current = nil
      count(&state.statistics)
    }
    context.onProgress()
  }

  private func jittered(_ backOff: Duration) -> Duration {
    let fraction = Double(context.random.next() >> 11) * 0x1p-53
    return backOff * (0.5 + fraction / 2)
  }

  /// Calls the handler, for no longer than the policy allows.
  ///
  /// The call runs in a task of its own, since a task group could not be left while a handler that ignores cancellation
  /// runs on. This lane owns that task: it cancels it when the time is over and waits until it has returned, so that two
  /// calls never overlap. Only when the lane itself is cancelled, at the end of a shutdown's grace, is a call that ignores
  /// its cancellation left behind: one for each handler at most.
  private func call(_ item: Item, isFirst: Bool) async throws {
    let box = CallResult()
    let returned = Wakeup()
    let task = Task(priority: .high) { [body, context] in
      if isFirst { context.metrics.latency.record((context.time.monotonic() - item.arrival).seconds) }
      do {
        try await body(item.notification)
        box.set(.success(()))
      } catch {
        box.set(.failure(error))
      }
      returned.signal()
    }
    let deadline = context.time.monotonic() + policy.timeout
    switch await returned.wait(untilMonotonic: deadline, by: context.time) {
    case .signalled: try box.get()
    case .deadlinePassed:
      task.cancel()
      do { try await returned.wait() } catch { throw CancellationError() }
      // It may have finished well at the last moment: then it was delivered, and must not be again.
      if box.hasSucceeded { return }
      throw DeliveryFailure("no return within \(policy.timeout)", .retry(after: nil))
    case .cancelled:
      task.cancel()
      throw CancellationError()
    }
  }
}

/// Where a call leaves its result.
private final class CallResult: Sendable {
  private let result = Mutex<Result<Void, any Error>?>(nil)

  func set(_ outcome: Result<Void, any Error>) { result.withLock { $0 = outcome } }

  func get() throws { try result.withLock { $0 }?.get() }

  var hasSucceeded: Bool {
    switch result.withLock({ $0 }) {
    case .success: true
    case .failure, nil: false
    }
  }
}

extension DeliveryLane.State {
  fileprivate mutating func takeFirst() -> DeliveryLane.Item? {
    guard taken < waiting.count else { return nil }
    let item = waiting[taken]
    dropFirst()
    return item
  }

  /// Constant time on average: the array is cut only when half of it is used up.
  fileprivate mutating func dropFirst() {
    taken += 1
    if taken * 2 >= waiting.count {
      waiting.removeFirst(taken)
      taken = 0
    }
  }
}
