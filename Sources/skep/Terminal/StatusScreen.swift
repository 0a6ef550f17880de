import ControlPlane
import FleetModel

/// What `skep status` shows: a line of totals, the agents, and what fires.
struct StatusScreen {
  let overview: FleetAPI.Overview
  let alerts: [FleetAPI.Alert]

  var text: String {
    var parts = [totals]
    if let failure = overview.storeFailure {
      parts.append(Terminal.paint("the sample store takes no samples: \(Terminal.safe(failure))", .red))
    }
    if !overview.agents.agentsDetail.isEmpty { parts.append(agentTable) }
    if !alerts.isEmpty { parts.append(AlertTable.text(of: alerts, at: overview.timestamp.timestamp)) }
    return parts.joined(separator: "\n\n")
  }

  private var totals: String {
    let agents = overview.agents
    let counts = [
      (agents.activeAgents, "active", Terminal.Color.green), (agents.unhealthyAgents, "unhealthy", .red),
      (agents.lostAgents, "lost", .red), (agents.pendingAgents, "pending", .yellow),
    ].filter { $0.0 > 0 }.map { Terminal.paint("\($0.0) \($0.1)", $0.2) }
    let states = counts.isEmpty ? "none yet" : counts.joined(separator: ", ")
    let active = overview.alerts.activeAlerts
    return [
      "\(agents.totalAgents) agents: \(states)",
      "alerts: " + (active == 0 ? "none active" : Terminal.paint("\(active) active", .red)),
      "samples: \(overview.metrics.totalMetricsCollected)",
      "every \(PrometheusDuration.format(.seconds(overview.metrics.collectionIntervalSeconds)))",
    ].joined(separator: "   ")
  }

  private var agentTable: String {
    var table = Table(
      ("AGENT", .left), ("STATUS", .left), ("SCORE", .right), ("LAST SEEN", .left), ("CPU", .right),
      ("MEMORY", .right), ("INSTANCES", .right), ("WHY", .left))
    for (agent, detail) in overview.agents.agentsDetail.sorted(by: { $0.key < $1.key }) {
      let instances =
        detail.activeInstances == detail.instances
        ? "\(detail.instances)" : "\(detail.activeInstances) of \(detail.instances)"
      table.add(
        .init(agent), .init(detail.status.rawValue, AgentTable.color(of: detail.status)),
        .init(detail.healthScore.map { "\(Int($0))" } ?? "-"),
        .init(Wording.age(detail.lastHeartbeatSecondsAgo)), .init(Wording.percent(detail.cpuUsage)),
        .init(Wording.percent(detail.memoryUsage)), .init(instances), .init(detail.lastError ?? ""))
    }
    return table.text
  }
}

enum AgentTable {
  static func color(of status: AgentStatus) -> Terminal.Color {
    switch status {
    case .active: .green
    case .pending: .yellow
    case .unhealthy, .lost: .red
    }
  }
}

enum AlertTable {
  static func text(of alerts: [FleetAPI.Alert], at now: Timestamp) -> String {
    var table = Table(
      ("ALERT", .left), ("STATE", .left), ("SEVERITY", .left), ("SINCE", .left), ("LASTED", .left),
      ("DESCRIPTION", .left))
    for alert in alerts {
      let since = alert.timestamp.timestamp
      let end = alert.resolutionTimestamp?.timestamp
      table.add(
        .init(alert.alertID), state(of: alert),
        .init(alert.severity.rawValue, color(of: alert.severity)), .init(Wording.age((now - since).seconds)),
        .init(end.map { Wording.age(($0 - since).seconds) } ?? "-"), .init(alert.description))
    }
    return table.text
  }

  /// One that nobody is told of says why.
  private static func state(of alert: FleetAPI.Alert) -> Table.Cell {
    if alert.silencedBy?.isEmpty == false { return Table.Cell("silenced", .yellow) }
    if alert.inhibitedBy?.isEmpty == false { return Table.Cell("inhibited", .yellow) }
    return Table.Cell(alert.state, alert.resolved ? .green : alert.state == "pending" ? .yellow : .red)
  }

  private static func color(of severity: Severity) -> Terminal.Color? {
    switch severity {
    case .info: nil
    case .warning: .yellow
    case .critical, .emergency: .red
    }
  }
}
