public import FleetModel

/// Something to do, with what speaks for it.
public struct Recommendation: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
    case lowScore = "low_score"
    case highCPU = "high_cpu"
    case highMemory = "high_memory"
    case manyLowScores = "many_low_scores"
    case growingMemory = "growing_memory"
    case wastedCPU = "wasted_cpu_request"
    case wastedMemory = "wasted_memory_request"
    case tightCPU = "tight_cpu_limit"
    case tightMemory = "tight_memory_limit"
    case replicasAtMaximum = "hpa_at_maximum"
    case flapping
    case restartLoop = "restart_loop"
    case silent
  }

  public var kind: Kind
  public var severity: Severity
  /// `nil` where it concerns the whole system.
  public var agentID: String?
  public var text: String
  /// The figures, and the bound that they passed.
  public var evidence: String
  /// What to do next, in words or as a command.
  public var next: String
}

extension Recommendation {
  static let lowScore = 70
  static let highCPU = 70.0
  static let highMemory = 80.0
  /// Of all agents with a low score.
  static let manyLow = 0.3
  /// Outages in the window.
  static let outages = 3
  /// Restarts within an hour.
  static let restarts = 3

  /// The worst first, of these what concerns the system, then by agent.
  static func list(
    _ agents: [PerformanceReport.Agent], points: PerformanceReport.Points, until end: Timestamp,
    lastSeen: (String) -> Timestamp?
  ) -> [Recommendation] {
    var list: [Recommendation] = []
    let low = agents.filter { $0.score.value < lowScore }
    if !agents.isEmpty, Double(low.count) > manyLow * Double(agents.count) { list.append(many(low, of: agents.count)) }
    for agent in agents {
      list += ofUsage(agent)
      list += growth(agent, points).map { [$0] } ?? []
      list += sizes(agent)
      list += life(agent, until: end, lastSeen: lastSeen(agent.agentID))
      list += replicas(agent).map { [$0] } ?? []
    }
    let order = Dictionary(Kind.allCases.enumerated().map { ($1, $0) }) { first, _ in first }
    return list.sorted { left, right in
      if left.severity != right.severity { return left.severity > right.severity }
      if (left.agentID == nil) != (right.agentID == nil) { return left.agentID == nil }
      if left.agentID != right.agentID { return (left.agentID ?? "") < (right.agentID ?? "") }
      return (order[left.kind] ?? 0) < (order[right.kind] ?? 0)
    }
  }

  private static func many(_ low: [PerformanceReport.Agent], of count: Int) -> Recommendation {
    let names = low.prefix(5).map { "\($0.agentID) (\($0.score.value))" }.joined(separator: ", ")
    return Recommendation(
      kind: .manyLowScores, severity: .critical, agentID: nil,
      text: "Many agents fare badly: investigate system-wide issues",
      evidence: "\(low.count) of \(count) agents score below \(lowScore), more than 30 %: \(names)"
        + (low.count > 5 ? " and \(low.count - 5) more" : ""),
      next: "Look for what they share: skep traces critical-path, skep alerts list")
  }

  private static func ofUsage(_ agent: PerformanceReport.Agent) -> [Recommendation] {
    let id = agent.agentID
    var list: [Recommendation] = []
    if agent.score.value < lowScore {
      list.append(
        Recommendation(
          kind: .lowScore, severity: .warning, agentID: id,
          text: "Health score is \(agent.score.value): investigate resource usage",
          evidence: agent.score.parts.map { "\($0.reason) (\($0.points))" }.joined(separator: "; "),
          next: "skep agents show \(id)"))
    }
    if let cpu = agent.figures.cpu.mean, cpu > highCPU {
      list.append(
        Recommendation(
          kind: .highCPU, severity: .warning, agentID: id,
          text: "Mean CPU is \(ReportNumber.percent(cpu)): consider scaling",
          evidence:
            "mean \(ReportNumber.decimal(cpu, 2)) % over 70 %, p95 \(ReportNumber.percent(agent.figures.cpu.p95)), "
            + "at most \(ReportNumber.percent(agent.figures.cpu.max)) in \(ReportNumber.count(agent.figures.cpu.samples)) samples",
          next: "Raise its scaling.max_replicas or resources.cpu_limit in the system file"))
    }
    if let memory = agent.figures.memory.mean, memory > highMemory {
      list.append(
        Recommendation(
          kind: .highMemory, severity: .warning, agentID: id,
          text: "Mean memory is \(ReportNumber.percent(memory)): check for memory leaks",
          evidence: "mean \(ReportNumber.decimal(memory, 2)) % over 80 %, p95 "
            + "\(ReportNumber.percent(agent.figures.memory.p95)), at most \(ReportNumber.percent(agent.figures.memory.max))",
          next: "skep query range 'system_memory_usage{agent_id=\"\(id)\"}' --start -24h --plot"))
    }
    return list
  }

  private static func life(
    _ agent: PerformanceReport.Agent, until end: Timestamp, lastSeen: Timestamp?
  ) -> [Recommendation] {
    let (id, figures) = (agent.agentID, agent.figures)
    var list: [Recommendation] = []
    if figures.restartsInLastHour >= restarts {
      list.append(
        Recommendation(
          kind: .restartLoop, severity: .critical, agentID: id, text: "It is in a restart loop: find out why it ends",
          evidence: "\(figures.restartsInLastHour) restarts in the last hour (from \(restarts) on), "
            + "\(figures.restarts) in the window",
          next: "skep agents logs \(id)"))
    }
    if figures.outages >= outages {
      list.append(
        Recommendation(
          kind: .flapping, severity: .warning, agentID: id, text: "It comes and goes: find out what it fails at",
          evidence: "an instance was up and then was not \(figures.outages) times in the window (from \(outages) on)",
          next: "skep query range 'up{agent_id=\"\(id)\"}' --start -24h --plot"))
    }
    let isSilent = agent.status == .lost || agent.status == .pending || figures.samples == 0
    if isSilent {
      let since = lastSeen.map { "last heard of \(ReportNumber.span(end - $0)) ago" } ?? "never heard of"
      list.append(
        Recommendation(
          kind: .silent, severity: agent.status == .lost ? .critical : .warning, agentID: id,
          text: "It is silent: start it, mend its address, or deregister it",
          evidence:
            "\(since); status \(agent.status.rawValue); \(ReportNumber.count(figures.samples)) samples in the window",
          next: "skep agents show \(id)"))
    }
    return list
  }
}
