public import FleetModel

/// One thing that somebody should look at: which agent, how bad, what, since when, and what to do next.
public struct Attention: Sendable, Hashable {
  public var severity: Severity
  /// `nil` where it concerns no agent, or several.
  public var agentID: String?
  public var what: String
  public var since: Timestamp?
  /// What to do, in words or as a command.
  public var next: String
  /// The view of the console that shows more.
  public var view: View

  public enum View: Sendable, Hashable {
    case agent(String)
    case alerts
  }
}

extension Attention {
  /// From this share of failed requests on an agent is pointed out.
  static let failingShare = 0.05
  /// Fewer requests a second say nothing about their failures.
  static let leastRate = 0.05
  /// A score below is pointed out, as in the report.
  static let lowScore = 70

  /// The worst first, and of these what lasts longest. An agent is told of once for its status, once for each of its alerts, and
  /// else for what it loses points for.
  ///
  /// - Parameter errors: the last error of each agent that is not well.
  static func list(rows: [Board.Row], alerts: [Alert], errors: [String: String]) -> [Attention] {
    var list: [Attention] = []
    for row in rows {
      if let item = status(of: row, errors[row.agentID.name]) { list.append(item) }
      if let item = failures(of: row) { list.append(item) }
      if row.status == .active, row.activeAlerts == 0, let item = score(of: row) { list.append(item) }
    }
    list += alerts.map(Attention.init)
    return list.sorted { left, right in
      if left.severity != right.severity { return left.severity > right.severity }
      let (since, other) = (left.since?.milliseconds ?? .max, right.since?.milliseconds ?? .max)
      return since == other ? (left.agentID ?? "", left.what) < (right.agentID ?? "", right.what) : since < other
    }
  }

  private static func status(of row: Board.Row, _ error: String?) -> Attention? {
    let id = row.agentID.name
    let part = row.instances > 1 ? " (\(row.activeInstances) of \(row.instances) instances are active)" : ""
    switch row.status {
    case .active: return nil
    case .pending:
      return Attention(
        severity: .info, agentID: id, what: "has not been heard of yet" + part, since: row.since,
        next: "Check its address: skep agents show \(id)", view: .agent(id))
    case .lost:
      return Attention(
        severity: .critical, agentID: id, what: "is lost: no sign of life" + part, since: row.since,
        next: "Read the end of its log: skep agents logs \(id)", view: .agent(id))
    case .unhealthy:
      return Attention(
        severity: .critical, agentID: id, what: "is unhealthy" + (error.map { ": \($0)" } ?? "") + part,
        since: row.since, next: "Read the end of its log: skep agents logs \(id)", view: .agent(id))
    }
  }

  private static func failures(of row: Board.Row) -> Attention? {
    guard let share = row.figures.errorRate, share >= failingShare, (row.figures.requestRate ?? 0) >= leastRate else {
      return nil
    }
    let id = row.agentID.name
    // The share is at most 1.
    let tenths = Int((min(share, 1) * 1000).rounded())
    let percent = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    return Attention(
      severity: .warning, agentID: id, what: "\(percent) % of its requests fail", since: nil,
      next: "Look at those that failed: skep traces --agent \(id) --status error", view: .agent(id))
  }

  private static func score(of row: Board.Row) -> Attention? {
    guard row.score.value < lowScore else { return nil }
    let id = row.agentID.name
    return Attention(
      severity: .warning, agentID: id,
      what: "has a health score of \(row.score.value): \(row.score.parts.map(\.reason).joined(separator: ", "))",
      since: nil, next: "Investigate its resource usage: skep agents show \(id)", view: .agent(id))
  }

  private init(_ alert: Alert) {
    let agents = alert.affectedAgents
    self.init(
      severity: alert.severity, agentID: agents.count == 1 ? agents[0] : nil,
      what: alert.name + (alert.description.isEmpty ? "" : ": \(alert.description)"),
      since: alert.firedAt ?? alert.activeSince,
      next: alert.runbookURL.map { "Runbook: \($0)" } ?? "See it beside the agent's figures, or silence it.",
      view: agents.count == 1 ? .agent(agents[0]) : .alerts)
  }
}
