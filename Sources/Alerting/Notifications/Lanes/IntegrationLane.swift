import AlertLogic
import CoreMetrics
import FleetModel
import Logging
import Platform
import Synchronization

/// The way out through one integration of a receiver: some notifications at a time, each tried until it is delivered, refused or
/// out of time. One that fails or hangs keeps up nobody but itself.
///
/// ``LaneQueue`` decides, this carries out. What is sent is made up when its turn comes.
final class IntegrationLane: Sendable {
  /// What all lanes share.
  struct Context: Sendable {
    let time: any TimeSource
    let random: any RandomSource
    let logger: Logger
    /// Tries of one integration at the same time.
    let concurrency: Int
    /// What to send now; `nil` if there is nothing to tell any more.
    let notification: @Sendable (SendID) -> GroupNotification?
    /// Told once for each send that began, whatever became of it.
    let finished: @Sendable (SendID, _ delivered: Bool) -> Void
  }

  private struct State {
    var queue: LaneQueue<SendID>
    var integration: NotificationIntegration
    var isClosing = false
  }

  let receiver: String
  let name: String
  private let context: Context
  private let counters: LaneCounters
  private let state: Mutex<State>
  private let wakeup = Wakeup()

  init(receiver: String, integration: NotificationIntegration, context: Context) {
    self.receiver = receiver
    name = integration.name
    self.context = context
    counters = LaneCounters(receiver: receiver, integration: integration.kind)
    state = Mutex(
      State(
        queue: LaneQueue(
          concurrency: context.concurrency, rate: integration.rate, at: context.time.monotonic()),
        integration: integration))
  }

  var waiting: Int { state.withLock { $0.queue.waiting } }

  /// - Parameter deadline: monotonic; not tried again from then on.
  func enqueue(_ id: SendID, until deadline: Duration) {
    state.withLock { $0.queue.add(id, until: deadline) }
    wakeup.signal()
  }

  /// What waits leaves through this one from now on.
  func replace(with integration: NotificationIntegration) {
    state.withLock { state in
      state.integration = integration
      state.queue.setRate(integration.rate, at: context.time.monotonic())
    }
    wakeup.signal()
  }

  /// Lets ``run()`` return once nothing waits any more.
  func close() {
    state.withLock { $0.isClosing = true }
    wakeup.signal()
  }

  /// Sends until closed and empty, or cancelled. What is not sent by then is not reported: it is begun anew after a restart.
  func run() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        let now = context.time.monotonic()
        let (step, isDone) = state.withLock { state -> (LaneQueue<SendID>.Step, Bool) in
          let step = state.queue.next(at: now)
          return (step, state.isClosing && state.queue.isIdle)
        }
        switch step {
        case .attempt(let item): group.addTask(priority: .high) { await self.attempt(item) }
        case .giveUp(let items): for item in items { giveUp(item, isOverdue: true, because: nil) }
        case .wait(let end):
          if isDone { return }
          if let end {
            _ = await wakeup.wait(untilMonotonic: end, by: context.time)
          } else {
            try? await wakeup.wait()
          }
        }
      }
      group.cancelAll()
    }
  }

  private func attempt(_ item: LaneQueue<SendID>.Item) async {
    defer {
      state.withLock { $0.queue.release() }
      wakeup.signal()
    }
    guard let notification = context.notification(item.id) else {
      context.finished(item.id, true)
      return
    }
    let integration = state.withLock { $0.integration }
    let began = context.time.monotonic()
    let call = TimedCall { try await integration.send(notification) }
    let end = min(began + integration.timeout, item.deadline)
    let outcome = await call.outcome(by: end, time: context.time)
    counters.requests.increment()
    counters.latency.recordNanoseconds((context.time.monotonic() - began).wholeNanoseconds)
    switch outcome {
    case .cancelled: return
    case .done: decide(item, nil)
    case .failed(let error): decide(item, failure(error, of: integration, since: began))
    case .hangs:
      decide(item, DeliveryFailure("no answer within \(integration.timeout)", .retry(after: nil)))
      // It holds its place until it returns, so that calls that never do cannot become ever more.
      await call.end()
    }
  }

  private func failure(
    _ error: any Error, of integration: NotificationIntegration, since began: Duration
  ) -> DeliveryFailure {
    if let failure = error as? DeliveryFailure { return failure }
    if error is CancellationError, context.time.monotonic() - began >= integration.timeout {
      return DeliveryFailure("no answer within \(integration.timeout)", .retry(after: nil))
    }
    return DeliveryFailure("\(error)", .retry(after: nil))
  }

  private func decide(_ item: LaneQueue<SendID>.Item, _ failure: DeliveryFailure?) {
    let now = context.time.monotonic()
    let backOff = SendBackOff.wait(after: item.attempts, random: context.random.next())
    let decision = state.withLock { $0.queue.decide(item, failure: failure?.advice, backOff: backOff, at: now) }
    if failure != nil { counters.failedRequests.increment() }
    switch decision {
    case .done:
      counters.notifications.increment()
      context.finished(item.id, true)
    case .givenUp: giveUp(item, isOverdue: failure?.advice != .giveUp, because: failure)
    case .retry(let again):
      context.logger.warning(
        "a notification failed; trying again",
        metadata: [
          "receiver": "\(receiver)", "integration": "\(name)", "attempt": "\(item.attempts)",
          "error": "\(failure?.reason ?? "")", "retry_in": "\(again - now)",
        ])
    }
  }

  private func giveUp(_ item: LaneQueue<SendID>.Item, isOverdue: Bool, because failure: DeliveryFailure?) {
    counters.countGivenUp(isOverdue: isOverdue)
    context.logger.error(
      "a notification was given up; the next one of its group tells the same",
      metadata: [
        "receiver": "\(receiver)", "integration": "\(name)", "attempts": "\(item.attempts)",
        "error": "\(failure?.reason ?? "its time was over before its turn came")",
      ])
    context.finished(item.id, false)
  }
}

extension Duration {
  fileprivate var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : scaled &+ attoseconds / 1_000_000_000
  }
}
