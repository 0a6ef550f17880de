public import FleetModel
public import Platform
import Synchronization

/// Who is watched, and how they fare.
///
/// Targets come from several sources; where two name the same instance it is still one instance, collected from by one
/// loop, and it is watched until no source names it any more. Every call is quick and may come from any thread.
public final class AgentRegistry: Sendable {
  struct State: Sendable {
    var agents: [AgentID: [String: RegistryRecord]] = [:]
    /// Instances of an earlier run that no source has named again yet.
    var remembered: [InstanceKey: RememberedInstance] = [:]
    var nextRevision: UInt64 = 1
    var changed: Set<InstanceKey> = []
    var events: [InstanceEvent] = []
    var isDelivering = false
    var sink: (@Sendable (InstanceEvent) -> Void)?
    var signal: AsyncStream<Void>.Continuation?
    /// What of the state file is out of date.
    var staleness = StateStaleness()
  }

  let time: any TimeSource
  let stateFile: StateFile?
  let state: Mutex<State>
  /// What was wrong with the state file, for the log; `nil` if nothing was.
  public let recoveryNotice: String?

  /// Blocks while the state file is read. A file that cannot be understood is set aside and named in
  /// ``recoveryNotice``.
  ///
  /// - Parameter state: where registrations, their times and last heartbeats outlive a restart; `nil` keeps them in
  ///   memory.
  /// - Throws: if the state file is there but cannot be read.
  public init(state: StateFile?, time: any TimeSource) throws {
    self.time = time
    stateFile = state
    var initial = State()
    recoveryNotice = try Self.restore(
      from: state, into: &initial, at: Moment(wall: time.now(), monotonic: time.monotonic()))
    self.state = Mutex(initial)
  }

  /// Adds an instance of an agent, or updates the one of the same `agentID` and `instance`.
  public func register(_ target: CollectionTarget) throws(RegistrationError) -> RegistrationOutcome {
    try target.validated()
    let now = moment
    let outcome: RegistrationOutcome = state.withLock { state in
      state.staleness.structure = true
      let isNew = state.put(target, from: .registration, at: now)
      if !isNew { state.restartIfProcessWasGone(target) }
      return isNew ? .created : .updated
    }
    wake()
    return outcome
  }

  /// Stops watching every instance of `agent` that was registered or named by any source.
  ///
  /// - Returns: whether there was one.
  public func deregister(_ agent: AgentID) -> Bool {
    let now = time.now()
    let wasThere = state.withLock { state in
      // What a restart brought back, but no source has named again, is forgotten too.
      for key in state.remembered.keys where key.agent == agent { state.remembered[key] = nil }
      guard let instances = state.agents.removeValue(forKey: agent) else { return false }
      for instance in instances.keys.sorted() {
        state.changed.insert(InstanceKey(agent: agent, instance: instance))
        state.events.append(.removed(agentID: agent, instance: instance, at: now))
      }
      state.staleness.structure = true
      return true
    }
    wake()
    return wasThere
  }

  /// A sign of life from the agent itself; of all its instances where `instance` is `nil`.
  public func heartbeat(_ agent: AgentID, instance: String?) throws(RegistrationError) {
    let now = moment
    let isKnown = state.withLock { state in
      guard let instances = state.agents[agent] else { return false }
      if let instance, instances[instance] == nil { return false }
      for name in instance.map({ [$0] }) ?? Array(instances.keys) {
        state.step(InstanceKey(agent: agent, instance: name), .heartbeat, at: now)
      }
      return true
    }
    guard isKnown else { throw .unknownAgent(agent) }
    deliver()
  }

  /// Makes `targets` all that `source` names; what it no longer names is no longer watched.
  ///
  /// - Returns: those that were refused, each with the reason; the others are watched.
  @discardableResult
  public func replaceTargets(of source: TargetSource, with targets: [CollectionTarget]) -> [RefusedTarget] {
    var refused: [RefusedTarget] = []
    var accepted: [CollectionTarget] = []
    for target in targets {
      do throws(RegistrationError) {
        try target.validated()
        accepted.append(target)
      } catch {
        refused.append(RefusedTarget(target: target, error: error))
      }
    }
    let now = moment
    state.withLock { [accepted] state in
      state.staleness.structure = true
      let named = Set(accepted.map(\.key))
      for (agent, instances) in state.agents {
        for (instance, record) in instances where record.sources[source] != nil {
          let key = InstanceKey(agent: agent, instance: instance)
          guard !named.contains(key) else { continue }
          // What the runtime stopped for good is no longer there to take its registration back.
          if source == .localRuntime { state.withdraw(key, from: .registration, at: now) }
          state.withdraw(key, from: source, at: now)
        }
      }
      for target in accepted { _ = state.put(target, from: source, at: now) }
    }
    wake()
    return refused
  }

  /// All agents, sorted by id.
  public func snapshot() -> [AgentSnapshot] {
    let agents = state.withLock { $0.agents }
    return agents.map { Self.snapshot($0, $1) }.sorted { $0.agentID < $1.agentID }
  }

  public func snapshot(of agent: AgentID) -> AgentSnapshot? {
    state.withLock { $0.agents[agent] }.map { Self.snapshot(agent, $0) }
  }

  /// How instances with these names fare, of whichever agent, and all of one agent. O(agents * names).
  func statuses(ofInstances names: Set<String>, or agent: AgentID) -> [InstanceKey: AgentStatus] {
    let agents = state.withLock { $0.agents }
    var statuses: [InstanceKey: AgentStatus] = [:]
    for (other, instances) in agents {
      if other == agent || instances.count < names.count {
        for (name, record) in instances where other == agent || names.contains(name) {
          statuses[InstanceKey(agent: other, instance: name)] = record.machine.status
        }
      } else {
        for name in names {
          if let record = instances[name] {
            statuses[InstanceKey(agent: other, instance: name)] = record.machine.status
          }
        }
      }
    }
    return statuses
  }

  func lostInstances() -> [InstanceKey] {
    state.withLock { $0.agents }.flatMap { agent, instances in
      instances.filter { $0.value.machine.status == .lost }.map { InstanceKey(agent: agent, instance: $0.key) }
    }
  }

  private static func snapshot(_ agent: AgentID, _ instances: [String: RegistryRecord]) -> AgentSnapshot {
    AgentSnapshot(
      agentID: agent, instances: instances.values.map(\.snapshot).sorted { $0.target.instance < $1.target.instance })
  }

  var moment: Moment { Moment(wall: time.now(), monotonic: time.monotonic()) }

  /// Tells the collecting service of changes, and the listener of events. Not under the lock.
  private func wake() {
    state.withLock { $0.changed.isEmpty ? nil : $0.signal }?.yield()
    deliver()
  }

  /// Hands events on one by one in the order in which they arose, whoever caused them: one caller at a time delivers,
  /// for all. A listener may call the registry.
  func deliver() {
    while true {
      let next = state.withLock { state -> (InstanceEvent, @Sendable (InstanceEvent) -> Void)? in
        guard !state.isDelivering, let sink = state.sink, !state.events.isEmpty else { return nil }
        state.isDelivering = true
        return (state.events.removeFirst(), sink)
      }
      guard let (event, sink) = next else { return }
      sink(event)
      state.withLock { $0.isDelivering = false }
    }
  }
}

/// A target that ``AgentRegistry/replaceTargets(of:with:)`` did not take.
public struct RefusedTarget: Sendable, Hashable, CustomStringConvertible {
  public var target: CollectionTarget
  public var error: RegistrationError

  public var description: String { "agent \(target.agentID), instance \(target.instance): \(error)" }
}

public enum RegistrationOutcome: Sendable, Hashable {
  case created
  case updated
}

public enum RegistrationError: Error, Sendable, Hashable, CustomStringConvertible {
  case unknownAgent(AgentID)
  /// The endpoint is not an absolute http(s) URL, or points at a link-local or metadata address.
  case forbiddenEndpoint(String, reason: String)
  case invalidLabel(String, reason: String)

  public var description: String {
    switch self {
    case .unknownAgent(let agent): "no agent \"\(agent)\" is registered; register it first"
    case .forbiddenEndpoint(let url, let reason): "endpoint \"\(url)\" is not allowed: \(reason)"
    case .invalidLabel(let name, let reason): "\"\(name)\": \(reason)"
    }
  }
}

extension AgentRegistry.State {
  /// Notes what `source` says of an instance. Returns whether the instance is new.
  mutating func put(_ target: CollectionTarget, from source: TargetSource, at now: Moment) -> Bool {
    let key = target.key
    guard var record = agents[key.agent]?[key.instance] else {
      let known = remembered.removeValue(forKey: key)
      let machine = InstanceMachine(
        status: known?.status ?? .pending, lastError: known?.lastError, lastSeen: known?.lastSeen, at: now)
      let record = RegistryRecord(
        sources: [source: target], target: target, revision: takeRevision(),
        registeredAt: known?.registeredAt ?? now.wall,
        machine: machine, processStart: known?.pid == target.pid ? known?.processStart : nil)
      agents[key.agent, default: [:]][key.instance] = record
      changed.insert(key)
      return true
    }
    if source == .localRuntime { noteProcess(of: &record, target) }
    record.sources[source] = target
    refresh(&record, key)
    agents[key.agent]?[key.instance] = record
    return false
  }

  /// Takes back what `source` said of an instance, which is no longer watched if that was the last word on it.
  mutating func withdraw(_ key: InstanceKey, from source: TargetSource, at now: Moment) {
    guard var record = agents[key.agent]?[key.instance] else { return }
    record.sources[source] = nil
    guard record.sources.isEmpty else {
      refresh(&record, key)
      agents[key.agent]?[key.instance] = record
      return
    }
    agents[key.agent]?[key.instance] = nil
    if agents[key.agent]?.isEmpty == true { agents[key.agent] = nil }
    changed.insert(key)
    events.append(.removed(agentID: key.agent, instance: key.instance, at: now.wall))
  }

  /// A process may come back under the pid of the one that is gone (in a container it always does); its registration
  /// says so.
  mutating func restartIfProcessWasGone(_ target: CollectionTarget) {
    let key = target.key
    guard target.pid != nil, agents[key.agent]?[key.instance]?.processIsGone == true else { return }
    let revision = takeRevision()
    agents[key.agent]?[key.instance]?.processIsGone = false
    agents[key.agent]?[key.instance]?.processStart = nil
    agents[key.agent]?[key.instance]?.revision = revision
    changed.insert(key)
  }

  /// The runtime knows at once that a process has ended, long before the next collection is due. What the process said of
  /// itself ends with it, or its old pid would stand in for the one that is to come.
  private func noteProcess(of record: inout RegistryRecord, _ target: CollectionTarget) {
    guard target.pid == nil else {
      record.processHasEnded = false
      return
    }
    guard record.sources[.localRuntime]?.pid != nil else { return }
    record.processHasEnded = true
    record.sources[.registration]?.pid = nil
  }

  private mutating func refresh(_ record: inout RegistryRecord, _ key: InstanceKey) {
    guard let joined = RegistryRecord.join(record.sources), joined != record.target else { return }
    if joined.pid != record.target.pid {
      record.processStart = nil
      record.processIsGone = false
    }
    record.target = joined
    record.revision = takeRevision()
    changed.insert(key)
  }

  private mutating func takeRevision() -> UInt64 {
    defer { nextRevision += 1 }
    return nextRevision
  }

  /// Steps the instance's machine and queues the event that follows.
  mutating func step(_ key: InstanceKey, _ event: InstanceMachine.Event, at now: Moment) {
    guard let step = agents[key.agent]?[key.instance]?.step(event, at: now) else { return }
    note(step, of: key, at: now)
  }

  /// Queues the event that follows from a step.
  mutating func note(_ step: RegistryRecord.Step, of key: InstanceKey, at now: Moment) {
    staleness.times = true
    if step.changesStatus { staleness.structure = true }
    switch step.action {
    case .failed(let error):
      events.append(
        .failed(agentID: key.agent, instance: key.instance, status: step.status, error: error, at: now.wall))
    case .recovered: events.append(.recovered(agentID: key.agent, instance: key.instance, at: now.wall))
    case nil: return
    }
    // Nobody may be listening yet; the newest events say how things stand.
    if sink == nil, events.count > 10_000 { events.removeFirst(events.count - 10_000) }
  }
}

extension RegistryRecord {
  /// What a step of the machine came to.
  struct Step: Sendable {
    var action: InstanceMachine.Action?
    var status: AgentStatus
    var changesStatus: Bool
  }

  mutating func step(_ event: InstanceMachine.Event, at now: Moment) -> Step {
    let before = machine.status
    let action = machine.step(event, policy: policy, at: now)
    return Step(action: action, status: machine.status, changesStatus: machine.status != before)
  }
}

extension CollectionTarget {
  var key: InstanceKey { InstanceKey(agent: agentID, instance: instance) }
}
