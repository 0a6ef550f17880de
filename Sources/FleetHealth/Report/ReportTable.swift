import FleetModel

/// The table of agents that all renderings show.
struct ReportTable {
  struct Column {
    var title: String
    var isNumber: Bool
  }

  static let columns: [Column] = [
    Column(title: "Agent", isNumber: false), Column(title: "Status", isNumber: false),
    Column(title: "Score", isNumber: true), Column(title: "CPU mean", isNumber: true),
    Column(title: "p95", isNumber: true), Column(title: "max", isNumber: true),
    Column(title: "Memory mean", isNumber: true), Column(title: "p95", isNumber: true),
    Column(title: "max", isNumber: true), Column(title: "Requests", isNumber: true),
    Column(title: "Failed", isNumber: true), Column(title: "p50", isNumber: true), Column(title: "p95", isNumber: true),
    Column(title: "p99", isNumber: true), Column(title: "Tokens", isNumber: true),
    Column(title: "Cost", isNumber: true),
    Column(title: "Samples", isNumber: true),
  ]

  /// The lowest score first.
  static func agents(of report: PerformanceReport) -> [PerformanceReport.Agent] {
    report.agents.sorted { ($0.score.value, $0.agentID) < ($1.score.value, $1.agentID) }
  }

  static func cells(_ agent: PerformanceReport.Agent, _ currency: String) -> [String] {
    let figures = agent.figures
    let tokens = figures.inputTokens.map { $0.addingReportingOverflow(figures.outputTokens ?? 0).partialValue }
    return [
      agent.agentID, agent.status.rawValue, "\(agent.score.value)", ReportNumber.percent(figures.cpu.mean),
      ReportNumber.percent(figures.cpu.p95), ReportNumber.percent(figures.cpu.max),
      ReportNumber.percent(figures.memory.mean), ReportNumber.percent(figures.memory.p95),
      ReportNumber.percent(figures.memory.max), ReportNumber.rate(figures.requestRate),
      ReportNumber.share(figures.errorRate), ReportNumber.seconds(figures.latency?.p50),
      ReportNumber.seconds(figures.latency?.p95), ReportNumber.seconds(figures.latency?.p99),
      ReportNumber.count(tokens), ReportNumber.cost(figures.cost, currency), ReportNumber.count(figures.samples),
    ]
  }
}

/// What all renderings say in the same words.
extension PerformanceReport {
  var title: String { "\(system): the last \(ReportNumber.span(window))" }

  var summary: String {
    let samples = ReportNumber.count(trends.samples)
    return "\(ReportNumber.moment(start)) to \(ReportNumber.moment(end)): \(agents.count) "
      + "\(agents.count == 1 ? "agent" : "agents"), \(samples) samples, mean CPU \(ReportNumber.percent(trends.meanCPU)), "
      + "mean memory \(ReportNumber.percent(trends.meanMemory))"
  }

  /// Of a plot each: what it is of, its points, its trend.
  var plots: [(title: String, unit: String, points: [Double?], trend: Trend?, text: (Double) -> String)] {
    [
      ("CPU", "percent", trends.cpuPoints, trends.cpu, { ReportNumber.percent($0) }),
      ("Memory", "percent", trends.memoryPoints, trends.memory, { ReportNumber.percent($0) }),
      ("Requests", "a second", trends.requestPoints, trends.requests, { ReportNumber.rate($0) }),
    ]
  }

  static func words(_ trend: Trend?, _ text: (Double) -> String) -> String {
    guard let trend else { return "too few samples for a trend" }
    var words = trend.direction.rawValue
    if trend.direction != .steady { words += " by \(text(trend.slopePerHour.magnitude)) an hour" }
    guard let forecast = trend.forecast, let end = forecast.points.last else { return words + "; no forecast" }
    let season = forecast.season.map { " with a season of \(ReportNumber.span($0))" } ?? ""
    return words
      + "; \(forecast.method.rawValue) forecast\(season) for \(ReportNumber.moment(end.at)): \(text(end.value)), "
      + "with 95 % between \(text(end.low)) and \(text(end.high)); certainty \(forecast.certainty.rawValue): \(forecast.why)"
  }
}
