import Platform
import Synchronization

/// All lanes: hands each notification to every one, and starts and stops them.
final class DeliveryDesk: Sendable {
  private struct State {
    var lanes: [DeliveryLane] = []
    var tasks: [Task<Void, Never>] = []
    var isRunning = false
    /// By handler: what it had not taken before the restart. Given to the lane of that name when it comes.
    var unclaimed: [String: [AlertNotification]] = [:]
    /// What the engine had to say before it ran: given to each lane that is there by then.
    var early: [DeliveryLane.Item] = []
  }

  private let state = Mutex(State())

  func restore(_ undelivered: [String: [AlertNotification]]) { state.withLock { $0.unclaimed = undelivered } }

  /// Keeps the order of calls; the caller's lock makes that the order of what happened.
  func post(_ notification: AlertNotification, at moment: Moment) {
    let item = DeliveryLane.Item(notification: notification, arrival: moment.monotonic)
    let lanes = state.withLock { state in
      if !state.isRunning, state.early.count < 10_000 { state.early.append(item) }
      return state.lanes
    }
    for lane in lanes { lane.enqueue(item) }
  }

  func add(_ lane: DeliveryLane, at moment: Moment) {
    state.withLock { state in
      for notification in state.unclaimed.removeValue(forKey: lane.name) ?? [] {
        lane.enqueue(DeliveryLane.Item(notification: notification, arrival: moment.monotonic))
      }
      for item in state.early { lane.enqueue(item) }
      state.lanes.append(lane)
      if state.isRunning { state.tasks.append(Self.start(lane)) }
    }
  }

  func start() {
    state.withLock { state in
      guard !state.isRunning else { return }
      state.isRunning = true
      state.early = []
      state.tasks = state.lanes.map(Self.start)
    }
  }

  /// Lets every lane deliver what waits, for at most `grace`, then cancels them.
  func stop(within grace: Duration, by time: any TimeSource) async {
    let (lanes, tasks) = state.withLock { state in
      state.isRunning = false
      defer { state.tasks = [] }
      return (state.lanes, state.tasks)
    }
    for lane in lanes { lane.close() }
    let finished = Wakeup()
    let watcher = Task {
      for task in tasks { await task.value }
      finished.signal()
    }
    _ = await finished.wait(untilMonotonic: time.monotonic() + grace, by: time)
    for task in tasks { task.cancel() }
    await watcher.value
  }

  var statistics: [DeliveryStatistics] { state.withLock { $0.lanes }.map(\.statistics) }

  /// By handler, what it has not taken yet; also of handlers that were there before the restart and have not come back.
  var undelivered: [String: [AlertNotification]] {
    let (lanes, unclaimed) = state.withLock { ($0.lanes, $0.unclaimed) }
    var all = unclaimed
    for lane in lanes {
      let waiting = lane.undelivered
      if !waiting.isEmpty { all[lane.name, default: []] += waiting }
    }
    return all
  }

  // Owned by the desk: `stop` cancels and awaits it.
  private static func start(_ lane: DeliveryLane) -> Task<Void, Never> {
    Task(priority: .high) { await lane.run() }
  }
}
