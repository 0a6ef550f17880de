public import FleetModel

/// Decides, from what happened so far, what an apply does next.
///
/// Life cycle:
/// 1. ``Event/start`` begins with what agents share, batch by batch.
/// 2. An agent begins when all agents that it depends on are ready: its objects, its rollout, its routes.
/// 3. When all agents are ready, what watches them is applied, then what left the system is taken away.
/// 4. The first failure ends all beginning: requests under way are waited for, nothing new is applied. If asked, everything
///    is taken back then.
/// 5. ``Action/finish(_:)`` comes once, as the last action.
///
/// Whoever drives it answers each applied object with ``Event/applied(_:)`` or ``Event/refused(_:_:)``, each watched agent
/// with ``Event/rollout(_:_:)`` as often as it changes, and gives ``Event/tick`` at ``nextDeadline``.
public struct DeployMachine: Sendable {
  public struct Settings: Sendable, Hashable {
    /// For the whole apply, from its start to the last rollout.
    public var timeout: Duration
    /// For one agent, from its pods' apply; `nil` leaves it to the whole.
    public var agentTimeout: Duration?
    /// Whether a failure takes everything back.
    public var isAtomic: Bool

    public init(timeout: Duration = .seconds(600), agentTimeout: Duration? = nil, isAtomic: Bool = false) {
      self.timeout = timeout
      self.agentTimeout = agentTimeout
      self.isAtomic = isAtomic
    }
  }

  public enum Event: Sendable, Hashable {
    case start
    /// The object is as wanted: applied, or surely unchanged.
    case applied(Manifest.ID)
    case refused(Manifest.ID, String)
    case rollout(String, AgentRollout)
    /// All objects of a batch that were to go are gone, or these could not be taken away.
    case pruned(failures: [String])
    case tick
    /// A signal, or the lock was lost: stop before the next write.
    case interrupted(String)
    case takenBack(failures: [String])
  }

  public enum Action: Sendable, Hashable {
    /// In any order or at once.
    case apply([Manifest.ID])
    /// Follow that agent's rollout.
    case watch(String, workload: Manifest.ID)
    /// Its rollout matters no more.
    case unwatch(String)
    /// Batches, one after the other.
    case prune([[Manifest.ID]])
    case takeBack
    case finish(Outcome)
  }

  public enum Outcome: Sendable, Hashable {
    case deployed
    case failed([String])
    /// Everything is as it was before.
    case rolledBack([String])
    case interrupted(String)
  }

  public enum AgentStep: Sendable, Hashable {
    /// Waits for others.
    case pending
    case applying(batch: Int)
    case rolling(AgentRollout)
    case routing(batch: Int)
    case ready
    case failed(String)
    /// Begun, and given up since something else failed.
    case abandoned
  }

  private enum Stage: Hashable {
    case idle
    case shared(batch: Int)
    case agents
    case last(batch: Int)
    case pruning
    case stopping
    case takingBack
    case finished
  }

  public let order: DeployOrder
  public let settings: Settings
  private let prune: [[Manifest.ID]]

  /// What has been answered, by object.
  public private(set) var applied: Set<Manifest.ID> = []
  public private(set) var steps: [String: AgentStep] = [:]
  /// The newest reading of each agent's rollout.
  public private(set) var rollouts: [String: AgentRollout] = [:]
  public private(set) var failures: [String] = []
  private var stage = Stage.idle
  private var underWay: Set<Manifest.ID> = []
  private var owners: [Manifest.ID: Int] = [:]
  private var deadline: Timestamp?
  private var agentDeadlines: [String: Timestamp] = [:]
  private var interruption: String?

  /// - Parameter prune: what left the system and is there to be taken away.
  public init(_ order: DeployOrder, prune: [Manifest.ID] = [], settings: Settings = Settings()) {
    self.order = order
    self.settings = settings
    self.prune = DeployOrder.removal(of: prune)
    for (index, part) in order.agents.enumerated() {
      steps[part.agent] = .pending
      for id in part.batches.joined() { owners[id] = index }
      for id in part.routes.joined() { owners[id] = index }
    }
  }

  public var isFinished: Bool { stage == .finished }

  /// When ``Event/tick`` is due; `nil` when nothing is bounded any more.
  public var nextDeadline: Timestamp? {
    switch stage {
    case .shared, .agents, .last: ([deadline] + agentDeadlines.values.map { $0 }).compactMap(\.self).min()
    default: nil
    }
  }

  /// - Returns: what to do, in this order.
  public mutating func step(_ event: Event, at now: Timestamp) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .start:
      guard stage == .idle else { break }
      deadline = now + settings.timeout
      stage = .shared(batch: -1)
      advance(at: now, &actions)
    case .applied(let id):
      guard underWay.remove(id) != nil else { break }
      applied.insert(id)
      advance(at: now, &actions)
    case .refused(let id, let words):
      guard underWay.remove(id) != nil else { break }
      fail("\(id): \(words)", agent: owners[id].map { order.agents[$0].agent }, &actions)
      advance(at: now, &actions)
    case .rollout(let agent, let rollout): follow(agent, rollout, at: now, &actions)
    case .pruned(let words):
      guard stage == .pruning else { break }
      failures += words
      finish(&actions)
    case .tick:
      expire(at: now, &actions)
      advance(at: now, &actions)
    case .interrupted(let words):
      guard stage != .finished, stage != .idle, interruption == nil else { break }
      interruption = words
      stop(&actions)
      advance(at: now, &actions)
    case .takenBack(let words):
      guard stage == .takingBack else { break }
      failures += words.map { "taking back: \($0)" }
      stage = .finished
      actions.append(.finish(words.isEmpty ? .rolledBack(failures) : .failed(failures)))
    }
    return actions
  }

  private mutating func follow(
    _ agent: String, _ rollout: AgentRollout, at now: Timestamp, _ actions: inout [Action]
  ) {
    // A reading that was under way when the agent was ready or given up says nothing new.
    guard stage == .agents, case .rolling = steps[agent] else { return }
    rollouts[agent] = rollout
    steps[agent] = .rolling(rollout)
    switch rollout.phase {
    case .waiting, .progressing: return
    case .ready:
      agentDeadlines[agent] = nil
      steps[agent] = .routing(batch: -1)
      actions.append(.unwatch(agent))
    case .failed:
      let words = rollout.reasons.first?.summary ?? "does not become ready"
      fail("\(DeployOrder.title(of: agent)): \(words)", agent: agent, &actions)
    }
    advance(at: now, &actions)
  }

  private mutating func expire(at now: Timestamp, _ actions: inout [Action]) {
    guard let next = nextDeadline, now >= next else { return }
    let isWhole = deadline.map { now >= $0 } ?? false
    let bound = isWhole ? settings.timeout : settings.agentTimeout ?? settings.timeout
    let late = order.agents.map(\.agent).filter { agent in
      guard case .rolling = steps[agent] else { return false }
      return isWhole || agentDeadlines[agent].map { now >= $0 } ?? false
    }
    for agent in late {
      let words = rollouts[agent]?.reasons.first.map { ": \($0.summary)" } ?? ""
      let title = DeployOrder.title(of: agent)
      fail("\(title): not ready within \(PrometheusDuration.format(bound))\(words)", agent: agent, &actions)
    }
    if late.isEmpty { fail("not done within \(PrometheusDuration.format(bound))", agent: nil, &actions) }
  }

  /// Nothing new begins from here on.
  private mutating func fail(_ words: String, agent: String?, _ actions: inout [Action]) {
    failures.append(words)
    if let agent {
      if case .rolling = steps[agent] { actions.append(.unwatch(agent)) }
      steps[agent] = .failed(words)
    }
    stop(&actions)
  }

  private mutating func stop(_ actions: inout [Action]) {
    switch stage {
    case .shared, .agents, .last: stage = .stopping
    // What is being taken away or back has its own end.
    case .idle, .pruning, .stopping, .takingBack, .finished: return
    }
    agentDeadlines = [:]
    for part in order.agents {
      switch steps[part.agent] {
      case .rolling:
        actions.append(.unwatch(part.agent))
        steps[part.agent] = .abandoned
      case .applying, .routing: steps[part.agent] = .abandoned
      default: break
      }
    }
  }

  /// Begins whatever can begin now.
  private mutating func advance(at now: Timestamp, _ actions: inout [Action]) {
    while true {
      switch stage {
      case .shared(let batch):
        guard underWay.isEmpty else { return }
        if batch + 1 < order.shared.count {
          stage = .shared(batch: batch + 1)
          begin(order.shared[batch + 1], &actions)
        } else {
          stage = .agents
        }
      case .agents:
        while advanceAgents(at: now, &actions) {}
        guard order.agents.allSatisfy({ steps[$0.agent] == .ready }) else {
          if underWay.isEmpty, agentDeadlines.isEmpty, !order.agents.contains(where: isRolling) {
            fail("agents depend on each other in a circle", agent: nil, &actions)
            continue
          }
          return
        }
        stage = .last(batch: -1)
      case .last(let batch):
        guard underWay.isEmpty else { return }
        if batch + 1 < order.last.count {
          stage = .last(batch: batch + 1)
          begin(order.last[batch + 1], &actions)
        } else if prune.isEmpty {
          finish(&actions)
        } else {
          stage = .pruning
          actions.append(.prune(prune))
          return
        }
      case .stopping:
        guard underWay.isEmpty else { return }
        // An interrupted apply is continued by the next one: taking back takes time that a signal does not give.
        if settings.isAtomic, interruption == nil {
          stage = .takingBack
          actions.append(.takeBack)
        } else {
          finish(&actions)
        }
      case .idle, .pruning, .takingBack, .finished: return
      }
    }
  }

  private func isRolling(_ part: DeployOrder.AgentPart) -> Bool {
    if case .rolling = steps[part.agent] { true } else { false }
  }

  private mutating func begin(_ batch: [Manifest.ID], _ actions: inout [Action]) {
    guard !batch.isEmpty else { return }
    underWay.formUnion(batch)
    actions.append(.apply(batch))
  }

  private mutating func finish(_ actions: inout [Action]) {
    stage = .finished
    if let interruption { return actions.append(.finish(.interrupted(interruption))) }
    actions.append(.finish(failures.isEmpty ? .deployed : .failed(failures)))
  }

  /// - Returns: whether any agent got further, so that others may too.
  private mutating func advanceAgents(at now: Timestamp, _ actions: inout [Action]) -> Bool {
    var moved = false
    for part in order.agents {
      switch steps[part.agent] {
      case .pending:
        guard part.dependsOn.allSatisfy({ steps[$0] == nil || steps[$0] == .ready }) else { continue }
        apply(part, batch: 0, &actions)
        moved = true
      case .applying(let batch):
        guard part.batches.indices.contains(batch) else {
          roll(part, at: now, &actions)
          moved = true
          continue
        }
        guard underWay.isDisjoint(with: part.batches[batch]) else { continue }
        apply(part, batch: batch + 1, &actions)
        moved = true
      case .routing(let batch):
        if part.routes.indices.contains(batch), !underWay.isDisjoint(with: part.routes[batch]) { continue }
        moved = true
        if batch + 1 < part.routes.count {
          steps[part.agent] = .routing(batch: batch + 1)
          begin(part.routes[batch + 1], &actions)
        } else {
          steps[part.agent] = .ready
        }
      default: continue
      }
    }
    return moved
  }

  private mutating func apply(_ part: DeployOrder.AgentPart, batch: Int, _ actions: inout [Action]) {
    steps[part.agent] = .applying(batch: batch)
    if part.batches.indices.contains(batch) { begin(part.batches[batch], &actions) }
  }

  private mutating func roll(_ part: DeployOrder.AgentPart, at now: Timestamp, _ actions: inout [Action]) {
    guard let workload = part.workload else {
      steps[part.agent] = .routing(batch: -1)
      return
    }
    steps[part.agent] = .rolling(AgentRollout(phase: .waiting))
    agentDeadlines[part.agent] = settings.agentTimeout.map { now + $0 }
    actions.append(.watch(part.agent, workload: workload))
  }
}
