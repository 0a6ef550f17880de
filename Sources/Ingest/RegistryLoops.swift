import FleetModel
import Synchronization

/// What the collecting service sees of the registry.
extension AgentRegistry {
  /// What one loop is to do.
  struct Assignment: Sendable {
    var target: CollectionTarget
    var revision: UInt64
    var processStart: UInt64?
    /// See ``RegistryRecord/processHasEnded``.
    var processHasEnded = false
  }

  /// Sends events to `sink`, those that are waiting first.
  func listen(_ sink: @escaping @Sendable (InstanceEvent) -> Void) {
    state.withLock { $0.sink = sink }
    deliver()
  }

  /// A stream that says that ``takeChanges()`` has something; every instance counts as changed at first. A second call
  /// ends the first stream.
  func changes() -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let previous = state.withLock { state in
      for (agent, instances) in state.agents {
        for instance in instances.keys { state.changed.insert(InstanceKey(agent: agent, instance: instance)) }
      }
      defer { state.signal = continuation }
      return state.signal
    }
    previous?.finish()
    continuation.yield()
    return stream
  }

  func takeChanges() -> Set<InstanceKey> {
    state.withLock { state in
      defer { state.changed = [] }
      return state.changed
    }
  }

  /// Says that the instance should be looked at again.
  func touch(_ key: InstanceKey) {
    let signal = state.withLock { state in
      state.changed.insert(key)
      return state.signal
    }
    signal?.yield()
  }

  func assignment(for key: InstanceKey) -> Assignment? {
    state.withLock { state in
      state.agents[key.agent]?[key.instance].map {
        Assignment(
          target: $0.target, revision: $0.revision, processStart: $0.processStart, processHasEnded: $0.processHasEnded)
      }
    }
  }

  /// How a round went. Ignored if the target has changed since: the loop speaks of something that is no longer watched.
  ///
  /// - Returns: the instance's status now; `nil` if it is not watched any more.
  func record(
    _ report: RoundReport, for key: InstanceKey, revision: UInt64, policy: LivenessPolicy
  ) -> AgentStatus? {
    let now = moment
    let (status, hasEvents) = state.withLock { state in
      let step = state.agents[key.agent]?[key.instance]?.take(report, revision: revision, policy: policy, at: now)
      if let step { state.note(step, of: key, at: now) }
      return (step?.status ?? state.agents[key.agent]?[key.instance]?.machine.status, !state.events.isEmpty)
    }
    if hasEvents { deliver() }
    return status
  }

  func status(of key: InstanceKey) -> AgentStatus? {
    state.withLock { $0.agents[key.agent]?[key.instance]?.machine.status }
  }
}

extension RegistryRecord {
  /// Notes how a round went; `nil` if the target has changed since.
  fileprivate mutating func take(
    _ report: RoundReport, revision: UInt64, policy: LivenessPolicy, at now: Moment
  ) -> Step? {
    guard self.revision == revision else { return nil }
    self.policy = policy
    lastCollection = report.time
    collectionResult = CollectionResult(
      isUp: report.isUp, duration: report.duration, failure: report.outcome.failure)
    samplesCollected += report.samples
    seriesCount = report.series
    processStart = report.processStart ?? processStart
    processIsGone = report.processIsGone
    return step(.round(report.outcome), at: now)
  }
}

/// What a round of one loop tells the registry.
struct RoundReport: Sendable {
  var outcome: RoundOutcome
  var time: Timestamp
  /// As the series `up` has it.
  var isUp = false
  var duration: Duration = .zero
  var samples: Int
  var series: Int
  var processStart: UInt64?
  var processIsGone = false
}
