import FleetModel

extension PerformanceReport {
  /// For a terminal, without colours; names as they are.
  ///
  /// - Parameter table: lays cells out in columns; numbers of the columns it is told of stand to the right.
  public func text(table: (_ rows: [[String]], _ numbers: Set<Int>) -> String) -> String {
    var lines = [title, summary, "", "WHAT TO DO"]
    if recommendations.isEmpty { lines.append("  Nothing needs doing.") }
    for item in recommendations {
      lines.append("  \(item.severity.rawValue)  \(item.agentID ?? "system"): \(item.text)")
      lines.append("    because \(item.evidence)")
      lines.append("    next: \(item.next)")
    }
    lines += ["", "AGENTS"]
    let rows = [ReportTable.columns.map { $0.title.uppercased() }]
    let agents = ReportTable.agents(of: self).map { ReportTable.cells($0, currency) }
    let numbers = Set(ReportTable.columns.indices.filter { ReportTable.columns[$0].isNumber })
    lines.append(agents.isEmpty ? "  No agent was seen." : table(rows + agents, numbers))
    lines += ["", "WHERE IT GOES"]
    for plot in plots { lines.append("  \(plot.title): \(Self.words(plot.trend, plot.text))") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// As GitHub takes it. What agents supply is escaped.
  public var markdown: String {
    func safe(_ text: String) -> String { Self.escapeMarkdown(text) }
    var lines = ["# \(safe(title))", "", safe(summary), "", "## What to do", ""]
    if recommendations.isEmpty { lines.append("Nothing needs doing.") }
    for item in recommendations {
      lines.append("- **\(item.severity.rawValue)** \(safe(item.agentID ?? "system")): \(safe(item.text))")
      lines.append("  - because \(safe(item.evidence))")
      lines.append("  - next: \(safe(item.next))")
    }
    lines += ["", "## Agents", ""]
    lines.append("| " + ReportTable.columns.map(\.title).joined(separator: " | ") + " |")
    lines.append("|" + ReportTable.columns.map { $0.isNumber ? " ---: |" : " --- |" }.joined())
    for agent in ReportTable.agents(of: self) {
      lines.append("| " + ReportTable.cells(agent, currency).map(safe).joined(separator: " | ") + " |")
    }
    lines += ["", "## Where it goes", ""]
    for plot in plots { lines.append("- \(plot.title): \(safe(Self.words(plot.trend, plot.text)))") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func escapeMarkdown(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped += "&lt;"
      case "&": escaped += "&amp;"
      case "\n", "\r": escaped += " "
      case "\\", "`", "*", "_", "[", "]", "|", "#", "!", "~": escaped += "\\" + String(scalar)
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
