/// How far an apply has come, agent by agent: a board to draw again and again on a terminal, or lines to print as things
/// happen where there is none.
public struct ProgressText: Sendable {
  private var agents: [String]
  private var steps: [String: DeployMachine.AgentStep] = [:]
  private var told: [String: String] = [:]

  /// - Parameter agents: in the order in which they are shown.
  public init(agents: [String]) { self.agents = agents }

  /// Takes in what happened to an agent.
  ///
  /// - Returns: what to print where nothing is drawn; empty where a reader was told the same before.
  public mutating func update(_ agent: String, _ step: DeployMachine.AgentStep) -> [StyledLine] {
    steps[agent] = step
    // Skep's own pod is no agent of the file.
    if !agents.contains(agent) { agents.append(agent) }
    let lines = Self.lines(of: agent, step, width: agent.count)
    let key = lines.map(\.text).joined(separator: "\n")
    guard told.updateValue(key, forKey: agent) != key else { return [] }
    return step == .pending ? [] : lines
  }

  /// A line for each agent that has begun or ended, with why it waits below it, and one for all that have yet to begin. What
  /// does not fit into `height` lines is left out, agents that are ready first.
  public func board(height: Int = .max) -> [StyledLine] {
    let width = agents.map(\.count).max() ?? 0
    var ready: [StyledLine] = []
    var others: [StyledLine] = []
    for agent in agents {
      guard let step = steps[agent], step != .pending else { continue }
      let lines = Self.lines(of: agent, step, width: width)
      if step == .ready { ready += lines } else { others += lines }
    }
    let pending = agents.count { steps[$0] == nil || steps[$0] == .pending }
    if pending > 0 { others.append(StyledLine("\(StyledLine.count(pending, "agent")) to come", .quiet)) }
    if ready.count + others.count > height, ready.count > 1 {
      ready = [StyledLine("\(StyledLine.count(ready.count, "agent")) ready", .good)]
    }
    let all = ready + others
    guard all.count > height, height > 0 else { return all }
    return all.prefix(height - 1) + [StyledLine("… \(all.count - height + 1) more lines", .quiet)]
  }

  private static func lines(of agent: String, _ step: DeployMachine.AgentStep, width: Int) -> [StyledLine] {
    let name = agent + String(repeating: " ", count: max(0, width - agent.count))
    switch step {
    case .pending: return [StyledLine("\(name)  waits", .quiet)]
    case .applying: return [StyledLine("\(name)  applying", .plain)]
    case .rolling(let rollout):
      let reasons = rollout.reasons.prefix(3).flatMap { lines(of: $0) }
      return [StyledLine("\(name)  \(counts(of: rollout))", .plain)] + reasons
    case .routing: return [StyledLine("\(name)  pods ready, routes applying", .plain)]
    case .ready: return [StyledLine("\(name)  ready", .good)]
    case .failed(let words): return [StyledLine("\(name)  failed: \(short(words, of: agent))", .bad)]
    case .abandoned: return [StyledLine("\(name)  left as it is", .warning)]
    }
  }

  /// Failures name their agent, which the line does already.
  private static func short(_ words: String, of agent: String) -> String {
    let prefix = "\(DeployOrder.title(of: agent)): "
    return words.hasPrefix(prefix) ? String(words.dropFirst(prefix.count)) : words
  }

  /// `1 of 3 ready, 2 updated`.
  static func counts(of rollout: AgentRollout) -> String {
    switch rollout.phase {
    case .waiting: "applied, waits to be looked at"
    case .ready: "\(rollout.ready) of \(rollout.desired) ready"
    case .progressing, .failed:
      "\(rollout.ready) of \(rollout.desired) ready"
        + (rollout.updated == rollout.ready ? "" : ", \(rollout.updated) updated")
    }
  }

  static func lines(of reason: RolloutReason) -> [StyledLine] {
    // Who is not looked at yet was said in the line above.
    if reason.kind == .notObserved { return [] }
    let tone: StyledLine.Tone =
      switch reason.kind {
      case .starting, .oldPods, .notReady: .quiet
      default: .warning
      }
    return [StyledLine("    \(reason.summary)", tone)] + reason.log.map { StyledLine("      | \($0)", .quiet) }
  }
}
