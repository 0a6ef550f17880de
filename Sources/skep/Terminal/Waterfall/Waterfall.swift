import FleetModel

/// A trace drawn as text: a line for each span, its bar where it was in time, the critical path marked.
///
/// ```
///                           0                   20.0 ms
/// front: request   20.0 ms  ██░░░░░░░░░░░░░░░░░░██
/// ├─planner: plan  12.0 ms    ████░░░░░░░░
/// │ └─tool: search 8.00 ms        ████████
/// └─✗writer: draft 6.00 ms                ██████
/// ```
struct Waterfall {
  /// Times in nanoseconds since 1970.
  struct Span {
    var parent: Int?
    var agent: String
    var operation: String
    var start: Int64
    var end: Int64
    var state: SpanState
    /// Said behind the name: what is odd about it.
    var remark = ""
  }

  struct Section {
    /// A position in the spans.
    var span: Int
    var start: Int64
    var end: Int64
  }

  /// What the terminal can show.
  struct Style {
    var isUTF8: Bool
    var hasColor: Bool
    var columns: Int
    /// More spans than this are folded.
    var rows: Int
  }

  /// Each after its parent and before the next sibling of that.
  let spans: [Span]
  /// Of the critical path.
  let path: [Section]

  /// The waterfall and, below it, what its marks mean; `nil` where there is no span.
  ///
  /// Where there are too many spans, those on the critical path come first, then what failed or has not ended, then what
  /// took long, each with all that it is part of; what is left is one line below its parent. O(n log n).
  func text(_ style: Style) -> String? {
    guard let start = spans.lazy.map(\.start).min(), let end = spans.lazy.map(\.end).max() else { return nil }
    let rows = WaterfallRows(spans: spans, path: path, limit: max(4, style.rows)).rows
    let columns = max(40, style.columns)
    let durations = rows.map { Wording.nanoseconds(Self.length($0.start, $0.end)) }
    let durationWidth = durations.map(\.count).max() ?? 0
    let labels = labels(of: rows, style, width: max(12, columns * 2 / 5 - durationWidth / 2))
    let labelWidth = labels.map { DisplayWidth.of($0) }.max() ?? 0
    let width = columns - labelWidth - durationWidth - 4
    let bars = bars(of: rows, WaterfallScale(start: start, end: end, columns: width))
    let margin = String(repeating: " ", count: labelWidth + durationWidth + 4)
    var lines = [margin + Self.axis(Wording.nanoseconds(Self.length(start, end)), width: width)]
    for (index, row) in rows.enumerated() {
      let color: Terminal.Color? = row.isFold ? .dim : row.state == .error ? .red : nil
      let label = labels[index]
      let room = labelWidth - DisplayWidth.of(label) + 2 + durationWidth - durations[index].count
      let gap = String(repeating: " ", count: room)
      lines.append(
        Self.paint(label, color, style) + gap + durations[index] + "  " + bars[index].text(style, state: row.state))
    }
    return (lines + legend(rows, style)).joined(separator: "\n")
  }

  static func length(_ start: Int64, _ end: Int64) -> UInt64 { end > start ? UInt64(bitPattern: end &- start) : 0 }

  static func paint(_ text: String, _ color: Terminal.Color?, _ style: Style) -> String {
    guard style.hasColor, let color, !text.isEmpty else { return text }
    return "\u{1b}[\(color.rawValue)m\(text)\u{1b}[0m"
  }

  // MARK: Parts of the picture

  private static func axis(_ last: String, width: Int) -> String {
    "0" + String(repeating: " ", count: max(1, width - 1 - last.count)) + last
  }

  private func labels(of rows: [WaterfallRows.Row], _ style: Style, width: Int) -> [String] {
    let dots = style.isUTF8 ? "…" : ".."
    return zip(rows, Self.branches(rows.map(\.depth), isUTF8: style.isUTF8)).map { row, branch in
      // Deep down, the nearest levels are what tells one branch from another.
      let room = width / 2
      let prefix = branch.count <= room ? branch : dots + branch.suffix(room - dots.count)
      return DisplayWidth.shorten(prefix + mark(of: row.state, style) + name(of: row), to: width, dots: dots)
    }
  }

  private func name(of row: WaterfallRows.Row) -> String {
    guard let position = row.span else {
      var text = "\(Wording.count(row.count)) more"
      if row.errorCount > 0 { text += ", \(Wording.count(row.errorCount)) failed" }
      if row.openCount > 0 { text += ", \(Wording.count(row.openCount)) without an end" }
      return text
    }
    let span = spans[position]
    let remark = span.remark.isEmpty ? "" : " (\(span.remark))"
    return Terminal.safe("\(span.agent): \(span.operation)\(remark)")
  }

  private func mark(of state: SpanState?, _ style: Style) -> String {
    switch state {
    case .error: style.isUTF8 ? "✗" : "!"
    case .active: style.isUTF8 ? "▸" : ">"
    case .lost: "?"
    case .completed, .ok, nil: ""
    }
  }

  /// What stands before each name: lines to its parent and past it.
  private static func branches(_ depths: [Int], isUTF8: Bool) -> [String] {
    let (middle, last, through) = isUTF8 ? ("├─", "└─", "│ ") : ("|-", "`-", "| ")
    var isLast = depths.map { _ in true }
    // Whether below this row there is another one of each depth before one that is less deep.
    var open: [Bool] = []
    for (index, depth) in depths.enumerated().reversed() {
      while open.count <= depth { open.append(false) }
      isLast[index] = !open[depth]
      open[depth] = true
      open.removeLast(open.count - depth - 1)
    }
    var above: [Bool] = []
    return depths.enumerated().map { index, depth in
      above = Array(above.prefix(depth))
      let prefix = above.dropFirst().map { $0 ? "  " : through }.joined()
      above.append(isLast[index])
      return depth == 0 ? "" : prefix + (isLast[index] ? last : middle)
    }
  }

  private func bars(of rows: [WaterfallRows.Row], _ scale: WaterfallScale) -> [WaterfallBar] {
    var bars = rows.map { WaterfallBar(scale, from: $0.start, to: $0.end) }
    let owners = WaterfallRows.owners(rows, spans: spans)
    for section in path where owners.indices.contains(section.span) {
      bars[owners[section.span]].markPath(scale, from: section.start, to: section.end)
    }
    return bars
  }

  private func legend(_ rows: [WaterfallRows.Row], _ style: Style) -> [String] {
    var parts: [String] = []
    if !path.isEmpty { parts.append("\(style.isUTF8 ? "█" : "#") critical path") }
    for (state, meaning) in [(SpanState.error, "failed"), (.active, "running"), (.lost, "lost: its agent died")]
    where rows.contains(where: { $0.state == state }) {
      parts.append("\(mark(of: state, style)) \(meaning)")
    }
    var lines: [String] = []
    for part in parts {
      if let last = lines.last, last.count + 3 + part.count <= max(40, style.columns) {
        lines[lines.count - 1] = last + "   " + part
      } else {
        lines.append(part)
      }
    }
    return lines.map { Self.paint($0, .dim, style) }
  }
}
