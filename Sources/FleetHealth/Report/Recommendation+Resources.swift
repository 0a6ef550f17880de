import FleetModel

extension Recommendation {
  /// Growth that comes to the limit later is not spoken of.
  static let growthHorizon: Duration = .seconds(7 * 86_400)
  /// Sooner, it is critical.
  static let growthAlarm: Duration = .seconds(86_400)
  /// Of the variance that the line has to explain.
  private static let growthExplained = 0.5
  /// A fall of so much of the highest value begins anew: a restart, or what was held let go.
  private static let fall = 0.25

  /// A request more than twice what is used is wasted.
  static let wastedShare = 0.5
  /// What comes closer to the limit has no room.
  static let tightShare = 0.9
  /// Of the points at which there were as many replicas as there may be.
  static let atMaximum = 0.25

  static func growth(_ agent: PerformanceReport.Agent, _ points: PerformanceReport.Points) -> Recommendation? {
    let values = agent.figures.memory.points
    let hours = points.step.seconds / 3600
    var begin = 0
    var top = 0.0
    for (place, value) in values.enumerated() {
      guard let value else { continue }
      if value < top * (1 - fall) { (begin, top) = (place, value) }
      top = max(top, value)
    }
    let known = values.indices[begin...].compactMap { place in
      values[place].map { (x: Double(place) * hours, y: $0) }
    }
    guard known.count >= Trend.leastPoints, let line = Regression(known), line.isSure, line.slope > 0,
      line.explained >= growthExplained, let last = known.last, line.slope * (last.x - known[0].x) >= 1
    else { return nil }
    let rest = max(0, 100 - line.value(at: last.x)) / line.slope
    guard rest <= growthHorizon.seconds / 3600 else { return nil }
    let left = Duration.milliseconds(Int64(rest * 3_600_000))
    let id = agent.agentID
    return Recommendation(
      kind: .growingMemory, severity: left < growthAlarm ? .critical : .warning, agentID: id,
      text: "Memory grows and comes to its limit in \(ReportNumber.span(left)): check for a leak",
      evidence:
        "\(ReportNumber.digits(line.slope)) points an hour over \(ReportNumber.span(.milliseconds(Int64((last.x - known[0].x) * 3_600_000)))), "
        + "from \(ReportNumber.percent(known[0].y)) to \(ReportNumber.percent(last.y)) of the limit; the line explains "
        + "\(ReportNumber.decimal(line.explained * 100, 0)) % of what was measured",
      next: "skep query range 'system_memory_usage{agent_id=\"\(id)\"}' --start -24h --plot")
  }

  static func sizes(_ agent: PerformanceReport.Agent) -> [Recommendation] {
    guard let sizing = agent.figures.sizing else { return [] }
    let id = agent.agentID
    var list: [Recommendation] = []
    func add(_ kind: Kind, _ severity: Severity, _ text: String, _ evidence: String, _ key: String, _ value: String) {
      list.append(
        Recommendation(
          kind: kind, severity: severity, agentID: id, text: text, evidence: evidence,
          next: "Set resources.\(key) of \(id) to \(value) in the system file"))
    }
    if let request = sizing.cpuRequest, let p95 = sizing.cpu.p95, p95 < request * wastedShare {
      let better = (max(p95 * 1.2, 0.01) * 100).rounded(.up) / 100
      if better < request {
        add(
          .wastedCPU, .info, "It asks for more processor time than it uses",
          "p95 is \(ReportNumber.cores(p95)), less than half of the \(ReportNumber.cores(request)) that each instance asks for",
          "cpu_request", ReportNumber.cores(better))
      }
    }
    if let request = sizing.memoryRequest, let peak = sizing.memory.max, peak < request * wastedShare {
      let better = (max(peak * 1.2 / 1_048_576, 16)).rounded(.up) * 1_048_576
      if better < request {
        add(
          .wastedMemory, .info, "It asks for more memory than it uses",
          "at most \(ReportNumber.mebibytes(peak)), less than half of the \(ReportNumber.mebibytes(request)) that each instance asks for",
          "memory_request", ReportNumber.mebibytes(better))
      }
    }
    if let limit = sizing.cpuLimit, let p95 = sizing.cpu.p95, p95 > limit * tightShare {
      add(
        .tightCPU, .warning, "Its limit of processor time holds it up",
        "p95 is \(ReportNumber.cores(p95)), over 90 % of the limit of \(ReportNumber.cores(limit))", "cpu_limit",
        ReportNumber.cores((p95 / 0.7 * 100).rounded(.up) / 100))
    }
    if let limit = sizing.memoryLimit, let peak = sizing.memory.max, peak > limit * tightShare {
      add(
        .tightMemory, .critical, "It comes close to its memory limit, and is killed beyond it",
        "peak is \(ReportNumber.mebibytes(peak)), over 90 % of the limit of \(ReportNumber.mebibytes(limit))",
        "memory_limit", ReportNumber.mebibytes((peak * 1.3 / 1_048_576).rounded(.up) * 1_048_576))
    }
    return list
  }

  static func replicas(_ agent: PerformanceReport.Agent) -> Recommendation? {
    guard let replicas = agent.figures.replicas, replicas.maximum > replicas.minimum else { return nil }
    let known = replicas.points.compactMap(\.self)
    guard !known.isEmpty else { return nil }
    let reached = known.count { $0 >= Double(replicas.maximum) }
    let share = Double(reached) / Double(known.count)
    guard share >= atMaximum else { return nil }
    return Recommendation(
      kind: .replicasAtMaximum, severity: .warning, agentID: agent.agentID,
      text: "It is scaled to its maximum: raise it, or make the work cheaper",
      evidence:
        "\(ReportNumber.decimal(share * 100, 0)) % of the window at \(replicas.maximum) replicas, all that it may have "
        + "(from \(ReportNumber.decimal(atMaximum * 100, 0)) % on)",
      next: "Raise scaling.max_replicas of \(agent.agentID) in the system file")
  }
}
