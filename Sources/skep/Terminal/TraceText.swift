import ControlPlane
import FleetModel

/// What `skep trace show` prints for people.
enum TraceText {
  /// How many operations and agents are named below the waterfall.
  private static let rows = 10
  /// Columns for a name below the waterfall.
  private static let nameWidth = 60

  static func of(_ analysis: FleetAPI.TraceAnalysis, _ style: Waterfall.Style) -> String {
    let parts: [String?] = [
      head(analysis), waterfall(analysis).text(style), agents(analysis), gains(analysis),
    ]
    return parts.compactMap(\.self).joined(separator: "\n\n")
  }

  private static func head(_ analysis: FleetAPI.TraceAnalysis) -> String {
    var facts = ["\(Wording.count(analysis.totalSpans)) spans"]
    let counts = [
      (analysis.errorSpans, "failed"), (analysis.activeSpans, "running"), (analysis.lostSpans, "lost"),
      (analysis.orphanSpans, "without their parent"), (analysis.skewedSpans, "with a clock set right"),
    ]
    for (count, words) in counts where count > 0 { facts.append("\(Wording.count(count)) \(words)") }
    facts.append("took \(Wording.milliseconds(analysis.totalMilliseconds))")
    if analysis.inputTokens > 0 || analysis.outputTokens > 0 {
      facts.append(
        "\(Wording.count(UInt64(max(0, analysis.inputTokens)))) tokens in, "
          + "\(Wording.count(UInt64(max(0, analysis.outputTokens)))) out")
    }
    if let cost = analysis.cost { facts.append("\(Wording.amount(cost)) \(analysis.currency)") }
    let lines: [String?] = [
      Terminal.paint("trace \(analysis.traceID)", .bold), facts.joined(separator: ", "), deployment(analysis),
    ]
    return lines.compactMap(\.self).joined(separator: "\n")
  }

  private static func deployment(_ analysis: FleetAPI.TraceAnalysis) -> String? {
    guard let deployment = analysis.deployment else { return nil }
    let revisions = deployment.revisions.sorted { $0.key < $1.key }.prefix(rows).map { "\($0.key) \($0.value)" }
    return "in force: \(deployment.deploymentID)" + (revisions.isEmpty ? "" : " (\(revisions.joined(separator: ", ")))")
  }

  private static func waterfall(_ analysis: FleetAPI.TraceAnalysis) -> Waterfall {
    let tree = analysis.tree ?? []
    var positions: [String: Int] = [:]
    for (position, span) in tree.enumerated() { positions[span.spanID] = position }
    return Waterfall(
      spans: tree.map { span in
        let start = RFC3339.parseNanoseconds(span.startTime) ?? 0
        return Waterfall.Span(
          parent: span.parent, agent: span.agentID, operation: span.operation, start: start,
          end: max(start, RFC3339.parseNanoseconds(span.endTime) ?? start),
          state: SpanState.allCases.first { $0.name == span.status } ?? .completed, remark: remark(span))
      },
      path: analysis.criticalPath.compactMap { section in
        guard let position = positions[section.spanID], let start = RFC3339.parseNanoseconds(section.startTime) else {
          return nil
        }
        let end = start.addingReportingOverflow(Int64(min(section.durationMilliseconds * 1e6, 9e18)))
        return Waterfall.Section(span: position, start: start, end: end.overflow ? start : end.partialValue)
      })
  }

  private static func remark(_ span: FleetAPI.TraceAnalysis.Placed) -> String {
    var remarks: [String] = []
    if span.orphan { remarks.append("parent missing") }
    if span.clockOffsetMilliseconds != 0 {
      remarks.append("clock moved by \(Wording.milliseconds(span.clockOffsetMilliseconds))")
    }
    return remarks.joined(separator: ", ")
  }

  private static func agents(_ analysis: FleetAPI.TraceAnalysis) -> String {
    var table = Table(
      ("AGENT", .left), ("SPANS", .right), ("ERRORS", .right), ("CRITICAL PATH", .right), ("SELF", .right),
      ("TOTAL", .right))
    let agents = analysis.agentParticipation.sorted {
      ($1.value.criticalPathMilliseconds, $0.key) < ($0.value.criticalPathMilliseconds, $1.key)
    }
    for (name, agent) in agents.prefix(rows) {
      table.add(
        .init(name), .init(Wording.count(agent.spanCount)), .init(Wording.count(agent.errorCount)),
        .init(Wording.milliseconds(agent.criticalPathMilliseconds)),
        .init(Wording.milliseconds(agent.selfTimeMilliseconds)), .init(Wording.milliseconds(agent.totalMilliseconds)))
    }
    let further = agents.count > rows ? "\n… and \(Wording.count(agents.count - rows)) more agents" : ""
    return table.text + further
  }

  private static func gains(_ analysis: FleetAPI.TraceAnalysis) -> String? {
    var table = Table(("IF 50 % FASTER", .left), ("ON THE PATH", .right), ("THE TRACE TAKES", .right))
    for row in analysis.whatIf where row.fasterPercent == 50 {
      let gain = analysis.rootMilliseconds - row.durationMilliseconds
      table.add(
        .init(DisplayWidth.shorten("\(row.agentID), \(row.operation)", to: nameWidth)),
        .init(Wording.milliseconds(row.criticalPathMilliseconds)),
        .init("\(Wording.milliseconds(row.durationMilliseconds)) (\(Wording.milliseconds(gain)) less)"))
    }
    return table.isEmpty ? nil : table.text
  }
}
