import FleetModel

@testable import FleetHealth

/// Fleets with fixed figures.
enum ReportFleet {
  static let end = Timestamp(milliseconds: 1_790_000_000_000 / 900_000 * 900_000)
  static let start = end - .seconds(86_400)
  static let points = PerformanceReport.Points(start: start, step: .seconds(900), count: 96)

  static func snapshot(_ id: String, _ status: AgentStatus = .active, seen: Int = 5) throws -> AgentSnapshot {
    let agentID = try AgentID(id)
    let instance = InstanceSnapshot(
      target: CollectionTarget(agentID: agentID, instance: "127.0.0.1:9000"), status: status,
      registeredAt: start, lastSeen: status == .pending ? nil : end - .seconds(seen))
    return AgentSnapshot(agentID: agentID, instances: [instance])
  }

  static func alert(_ agents: [String], _ name: String = "slow") -> Alert {
    Alert(
      id: "\(name):\(agents)", name: name, severity: .warning, description: "", affectedAgents: agents,
      activeSince: start, firedAt: start)
  }

  static func usage(_ values: [Double?]) -> UsageFigures {
    var gauge = UsageGauge(points)
    for (place, value) in values.enumerated() {
      if let value { gauge.add(value, at: (start + points.step * place).milliseconds) }
    }
    return gauge.figures
  }

  static func flat(_ value: Double) -> UsageFigures { usage(Array(repeating: value, count: points.count)) }

  static func figures(cpu: Double = 10, memory: Double = 20) -> AgentFigures {
    var figures = AgentFigures()
    figures.samples = 1000
    figures.cpu = flat(cpu)
    figures.memory = flat(memory)
    return figures
  }

  static func report(
    _ figures: [String: AgentFigures], statuses: [String: AgentStatus] = [:], alerts: [Alert] = []
  ) throws -> PerformanceReport {
    PerformanceReport(
      ReportInputs(
        system: "research-team", agents: try figures.keys.map { try snapshot($0, statuses[$0] ?? .active) },
        alerts: alerts, figures: figures, revisions: ["planner": "7f3a"], points: points, from: start, through: end))
  }

  /// What is recommended for one agent of many that are well.
  static func kinds(
    _ figures: AgentFigures, status: AgentStatus = .active, alerts: Int = 0
  ) throws -> [Recommendation.Kind] {
    var all = Dictionary(uniqueKeysWithValues: (0..<9).map { ("well-\($0)", Self.figures()) })
    all["agent"] = figures
    let report = try report(
      all, statuses: ["agent": status], alerts: (0..<alerts).map { alert(["agent"], "alert-\($0)") })
    return report.recommendations.filter { $0.agentID == "agent" }.map(\.kind)
  }
}
