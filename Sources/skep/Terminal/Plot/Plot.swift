/// A line plot drawn as text.
struct Plot {
  struct Series {
    let label: String
    /// In rising order of time; seconds since 1970.
    let points: [(seconds: Double, value: Double)]
    /// The newest value as it was given.
    let last: String
  }

  /// What the terminal can show.
  struct Style {
    var isUTF8: Bool
    var hasColor: Bool
    var columns: Int
    var rows: Int
  }

  let series: [Series]
  let start: Double
  let end: Double
  /// Points further apart than this are not joined.
  let step: Double
  var unit = PlotUnit.none

  /// More lines than this cannot be told apart.
  static let maximumSeries = 12
  private static let colors: [Terminal.Color] = [.cyan, .yellow, .green, .magenta, .red, .blue]
  private static let letters = Array("ABCDEFGHIJKL")

  /// The plot, its axes and its legend; `nil` if no series has a number to draw.
  func text(_ style: Style) -> String? {
    let drawn = Array(series.prefix(Self.maximumSeries))
    let values = drawn.flatMap { $0.points.map(\.value).filter(\.isFinite) }
    guard let least = values.min(), let most = values.max() else { return nil }
    let rows = max(4, style.rows)
    let axis = ValueAxis(from: least, to: most, unit: unit, count: max(2, rows / 4))
    let labels = axis.ticks.map(\.label)
    let margin = labels.map(\.count).max() ?? 0
    let columns = max(20, style.columns - margin - 2)
    var canvas = PlotCanvas(columns: columns, rows: rows, isBraille: style.isUTF8)
    for (index, one) in drawn.enumerated() { draw(one, index, axis, on: &canvas) }
    if drawn.count > 1, !style.hasColor {
      for (index, one) in drawn.enumerated() { mark(one, index, axis, on: &canvas) }
    }
    var tickRows: [Int: String] = [:]
    for tick in axis.ticks { tickRows[place(tick.value, axis, rows)] = tick.label }
    var lines: [String] = []
    for row in 0..<rows {
      let label = tickRows[row] ?? ""
      let edge = style.isUTF8 ? (label.isEmpty ? "│" : "┤") : (label.isEmpty ? "|" : "+")
      var line = String(repeating: " ", count: margin - label.count) + "\(label) \(edge)"
      for run in canvas.row(row) { line += style.hasColor && run.pen >= 0 ? Self.painted(run.text, run.pen) : run.text }
      lines.append(Self.trimmed(line))
    }
    lines += timeLines(margin: margin, columns: columns, style)
    lines += legend(drawn, style)
    return lines.joined(separator: "\n")
  }

  // MARK: Lines

  private func position(_ point: (seconds: Double, value: Double), _ axis: ValueAxis, _ canvas: PlotCanvas) -> (
    x: Int, y: Int
  )? {
    guard point.value.isFinite, point.seconds >= start - 5e-4, point.seconds <= end + 5e-4 else { return nil }
    let span = max(end - start, 1e-3)
    let x = (point.seconds - start) / span * Double(canvas.width - 1)
    return (Int(x.rounded()), place(point.value, axis, canvas.height))
  }

  /// The line from the top, of `count`, where `value` lies.
  private func place(_ value: Double, _ axis: ValueAxis, _ count: Int) -> Int {
    // Halved, the difference of the greatest numbers is still one.
    let share = (value / 2 - axis.least / 2) / (axis.most / 2 - axis.least / 2)
    guard share.isFinite else { return count - 1 }
    return Int(((1 - min(max(share, 0), 1)) * Double(count - 1)).rounded())
  }

  private func draw(_ series: Series, _ pen: Int, _ axis: ValueAxis, on canvas: inout PlotCanvas) {
    var before: (seconds: Double, place: (x: Int, y: Int))?
    for point in series.points {
      guard let place = position(point, axis, canvas) else {
        before = nil
        continue
      }
      if let before, point.seconds - before.seconds <= step * 1.5 {
        canvas.line(from: before.place, to: place, pen: pen)
      } else {
        canvas.set(place.x, place.y, pen: pen)
      }
      before = (point.seconds, place)
    }
  }

  /// The letter of a series at its newest point.
  private func mark(_ series: Series, _ pen: Int, _ axis: ValueAxis, on canvas: inout PlotCanvas) {
    for point in series.points.reversed() {
      guard let place = position(point, axis, canvas) else { continue }
      return canvas.mark(place.x, place.y, Self.letters[pen], pen: pen)
    }
  }

  // MARK: Around the lines

  private func timeLines(margin: Int, columns: Int, _ style: Style) -> [String] {
    let ticks = TimeAxis(from: start, to: end, count: max(2, columns / 14)).ticks
    var edge = Array(repeating: Character(style.isUTF8 ? "─" : "-"), count: columns)
    var labels = Array(repeating: Character(" "), count: columns + margin + 2)
    var free = 0
    let span = max(end - start, 1e-3)
    for tick in ticks {
      let column = Int(((tick.seconds - start) / span * Double(columns - 1)).rounded())
      guard edge.indices.contains(column) else { continue }
      edge[column] = style.isUTF8 ? "┬" : "+"
      // Below its mark, moved so that it neither runs into the label before nor over the end.
      let from = min(max(column + margin + 2 - tick.label.count / 2, 0), labels.count - tick.label.count)
      guard from >= free else { continue }
      labels.replaceSubrange(from..<from + tick.label.count, with: Array(tick.label))
      free = from + tick.label.count + 2
    }
    let corner = style.isUTF8 ? "└" : "+"
    let axis = String(repeating: " ", count: margin + 1) + corner + String(edge)
    return [axis, Self.trimmed(String(labels)) + "  UTC"]
  }

  private func legend(_ drawn: [Series], _ style: Style) -> [String] {
    let more = series.count - drawn.count
    let lines = drawn.enumerated().map { index, one in
      let sample =
        style.hasColor
        ? Self.painted(style.isUTF8 ? "━━" : "--", index)
        : drawn.count > 1 ? String(Self.letters[index]) : style.isUTF8 ? "⠤⠤" : "**"
      return "  \(sample) \(Terminal.safe(one.label))  last \(one.last)"
    }
    return lines + (more > 0 ? ["  and \(more) more series; ask for fewer, for instance with topk"] : [])
  }

  private static func painted(_ text: String, _ pen: Int) -> String {
    Terminal.paint(text, colors[pen % colors.count])
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
