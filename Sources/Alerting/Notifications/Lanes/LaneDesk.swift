import AlertLogic
import FleetModel
import Platform
import Synchronization

/// All lanes: finds the one for a send, follows changes of the integrations, starts and stops them.
final class LaneDesk: Sendable {
  private struct Key: Hashable {
    let receiver: String
    let integration: String
  }

  private struct State {
    var lanes: [Key: IntegrationLane] = [:]
    var tasks: [ObjectIdentifier: Task<Void, Never>] = [:]
    var isRunning = false
  }

  private let context: IntegrationLane.Context
  private let state = Mutex(State())

  init(context: IntegrationLane.Context) { self.context = context }

  /// Goes over to these integrations: lanes of the same name go on with the new one, lanes that are no more send what waits in them
  /// and end.
  func replace(with integrations: [String: [NotificationIntegration]]) {
    state.withLock { state in
      var left = state.lanes
      for (receiver, list) in integrations {
        for integration in list {
          let key = Key(receiver: receiver, integration: integration.name)
          if let lane = left.removeValue(forKey: key) {
            lane.replace(with: integration)
            continue
          }
          let lane = IntegrationLane(receiver: receiver, integration: integration, context: context)
          state.lanes[key] = lane
          if state.isRunning { start(lane, &state) }
        }
      }
      for (key, lane) in left {
        state.lanes[key] = nil
        lane.close()
      }
    }
  }

  /// - Parameter deadline: monotonic.
  /// - Returns: `false` if there is no such integration.
  func enqueue(_ id: SendID, receiver: String, integration: String, until deadline: Duration) -> Bool {
    // Under the lock, so that no lane is closed before it takes what it was chosen for.
    state.withLock { state in
      guard let lane = state.lanes[Key(receiver: receiver, integration: integration)] else { return false }
      lane.enqueue(id, until: deadline)
      return true
    }
  }

  func start() {
    state.withLock { state in
      guard !state.isRunning else { return }
      state.isRunning = true
      for lane in state.lanes.values { start(lane, &state) }
    }
  }

  /// Lets every lane send what waits, for at most `grace`, then cancels them.
  func stop(within grace: Duration, by time: any TimeSource) async {
    let (lanes, tasks) = state.withLock { state in
      state.isRunning = false
      defer { state.tasks = [:] }
      return (Array(state.lanes.values), Array(state.tasks.values))
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

  /// Sends that wait in all lanes.
  var waiting: Int { state.withLock { Array($0.lanes.values) }.reduce(0) { $0 + $1.waiting } }

  // Owned by the desk: `stop` cancels and awaits it.
  private func start(_ lane: IntegrationLane, _ state: inout State) {
    let id = ObjectIdentifier(lane)
    state.tasks[id] = Task(priority: .high) { [weak self] in
      await lane.run()
      self?.state.withLock { $0.tasks[id] = nil }
    }
  }
}
