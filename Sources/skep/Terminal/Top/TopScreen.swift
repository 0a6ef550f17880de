import ControlPlane
import FleetModel

/// What `skep top` shows: the lines of a screen of any size, from the board and what the reader chose. No line is wider than the
/// screen, there are never more than fit, and nothing in them drives the terminal.
struct TopScreen: Sendable {
  struct Size: Equatable, Sendable {
    var columns: Int
    var rows: Int
  }

  /// Why the figures are old.
  struct Absence: Equatable, Sendable {
    /// The last answer, by the clock of this machine.
    var since: Timestamp
    var why: String
    /// How long that is.
    var lasted: Duration
  }

  let board: FleetAPI.Board
  let state: TopState
  var absence: Absence?
  let size: Size
  /// The one agent that was asked for.
  var agent: String?
  var isUTF8 = true

  /// More things to attend to are for `skep alerts list` and the console.
  static let mostAttention = 3

  /// How many agents fit below each other.
  var page: Int { layout.page }

  var lines: [ScreenLine] {
    let layout = layout
    let rows = state.rows(of: board)
    let first = max(0, min(state.offset, rows.count - max(1, layout.page)))
    let shown = Array(rows.dropFirst(first).prefix(layout.page))
    var lines = [TopHead.counts(board)]
    if layout.hasAlerts { lines.append(TopHead.alerts(board)) }
    if let absence, layout.hasAbsence { lines.append(Self.line(absence)) }
    lines += board.attention.prefix(layout.attention).map { TopHead.attention($0, at: board.timestamp) }
    if layout.hasGap { lines.append(ScreenLine()) }
    if layout.hasTitles {
      // Widths come from all agents, so that columns stay where they are while the reader filters.
      let table = TopTable(
        rows: board.agents, state: state, points: board.points, columns: size.columns, isUTF8: isUTF8)
      lines.append(table.titles)
      lines += shown.map(table.line)
    }
    if shown.isEmpty, layout.page > 0 { lines.append(ScreenLine(nothing, .dim)) }
    if layout.hasFooter {
      while lines.count < size.rows - 1 { lines.append(ScreenLine()) }
      lines.append(footer(first: first, shown: shown.count, of: rows.count))
    }
    return lines.prefix(max(1, size.rows)).map { $0.fitting(max(1, size.columns)) }
  }

  private struct Layout {
    var hasAlerts = false
    var hasAbsence = false
    var hasGap = false
    var hasTitles = false
    var hasFooter = false
    var attention = 0
    var page = 0
  }

  /// The fewer lines there are, the more gives way: agents are what is looked for.
  private var layout: Layout {
    var layout = Layout()
    var rest = size.rows - 1
    func take(_ count: Int, leaving least: Int) -> Bool {
      guard rest - count >= least else { return false }
      rest -= count
      return true
    }
    layout.hasAbsence = absence != nil && take(1, leaving: 0)
    layout.hasFooter = take(1, leaving: state.isFiltering ? 0 : 3)
    layout.hasTitles = take(1, leaving: 1)
    layout.hasAlerts = take(1, leaving: 3)
    layout.hasGap = take(1, leaving: 6)
    while layout.attention < min(Self.mostAttention, board.attention.count), take(1, leaving: 5) {
      layout.attention += 1
    }
    layout.page = layout.hasTitles ? rest : 0
    return layout
  }

  private var nothing: String {
    if !state.filter.isEmpty { return "no agent's name contains \"\(state.filter)\"" }
    return agent.map { "agent \"\($0)\" is gone" } ?? "no agents yet"
  }

  private static func line(_ absence: Absence) -> ScreenLine {
    let ago = Wording.age(absence.lasted.seconds)
    return ScreenLine("no answer since \(TopFigure.clock(absence.since)) (\(ago)): \(absence.why)", .red)
  }

  // MARK: The last line

  private func footer(first: Int, shown: Int, of count: Int) -> ScreenLine {
    if state.isFiltering {
      var line = ScreenLine("/\(state.filter)", .bold)
      line.add(isUTF8 ? "▏" : "_")
      line.add("  Enter keeps it, Esc drops it", .dim)
      return line
    }
    var line = ScreenLine()
    if shown < count { line.add(shown == 0 ? "\(count) agents  " : "\(first + 1)-\(first + shown) of \(count)  ") }
    if !state.filter.isEmpty { line.add("filter \"\(state.filter)\": \(count) of \(board.agents.count)  ", .yellow) }
    line.add("q quit  / filter  s S c m r e l a n sort  R reverse", .dim)
    return line
  }
}

/// The lines above the table.
enum TopHead {
  static func counts(_ board: FleetAPI.Board) -> ScreenLine {
    let counts = board.counts
    var line = ScreenLine(board.system.isEmpty ? "skep" : board.system, .bold)
    line.add(
      "  \(TopFigure.clock(board.timestamp.timestamp))  \(counts.agents) \(counts.agents == 1 ? "agent" : "agents"): ")
    list(
      [
        (counts.active, "active", .green), (counts.unhealthy, "unhealthy", .red), (counts.lost, "lost", .red),
        (counts.pending, "pending", .yellow),
      ], none: "none yet", into: &line)
    return line
  }

  static func alerts(_ board: FleetAPI.Board) -> ScreenLine {
    let alerts = board.alerts
    var line = ScreenLine("alerts: ")
    list(
      [
        (alerts.emergency, "emergency", .red), (alerts.critical, "critical", .red),
        (alerts.warning, "warning", .yellow), (alerts.info, "info", nil), (alerts.pending, "pending", .dim),
      ], none: "none", into: &line)
    // A server may send what it likes; the sum must not end this program.
    let runs = board.agents.reduce(0) { sum, row in
      let (next, overflow) = sum.addingReportingOverflow(max(0, row.runsInFlight))
      return overflow ? .max : next
    }
    line.add("  runs in flight: \(runs)")
    return line
  }

  /// One thing to look at. What others wrote comes last, so that nothing stands behind it but the advice.
  static func attention(_ item: FleetAPI.Board.Attention, at now: FleetAPI.Time) -> ScreenLine {
    var line = ScreenLine(item.severity.rawValue, TopFigure.color(of: item.severity))
    if let since = item.since { line.add("  \(Wording.age((now.timestamp - since.timestamp).seconds))", .dim) }
    line.add("  \(item.agentID.map { "\($0) " } ?? "")\(item.what)")
    if !item.next.isEmpty { line.add("  \(item.next)", .dim) }
    return line
  }

  private static func list(
    _ parts: [(count: Int, name: String, color: Terminal.Color?)], none: String, into line: inout ScreenLine
  ) {
    let there = parts.filter { $0.count > 0 }
    if there.isEmpty { line.add(none) }
    for (index, part) in there.enumerated() {
      if index > 0 { line.add(", ") }
      line.add("\(part.count) \(part.name)", part.color)
    }
  }
}
