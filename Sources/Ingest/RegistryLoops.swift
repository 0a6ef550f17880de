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
  func record(_ report: RoundReport, for key: InstanceKey, revision: UInt64, policy: LivenessPolicy) {
    let now = moment
    state.withLock { state in
      guard var record = state.agents[key.agent]?[key.instance], record.revision == revision else { return }
      record.policy = policy
      record.lastCollection = report.time
      record.samplesCollected += report.samples
      record.seriesCount = report.series
      record.processStart = report.processStart ?? record.processStart
      record.processIsGone = report.processIsGone
      state.agents[key.agent]?[key.instance] = record
      state.step(key, .round(report.outcome), at: now)
    }
    deliver()
  }

  func status(of key: InstanceKey) -> AgentStatus? {
    state.withLock { $0.agents[key.agent]?[key.instance]?.machine.status }
  }
}

/// What a round of one loop tells the registry.
struct RoundReport: Sendable {
  var outcome: RoundOutcome
  var time: Timestamp
  var samples: Int
  var series: Int
  var processStart: UInt64?
  var processIsGone = false
}
