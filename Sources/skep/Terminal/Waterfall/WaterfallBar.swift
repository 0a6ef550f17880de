import FleetModel

/// From times to columns.
struct WaterfallScale {
  let start: Int64
  let end: Int64
  let columns: Int

  /// The columns of a stretch of time, at least one.
  func range(from: Int64, to: Int64) -> Range<Int> {
    let first = min(column(from), columns - 1)
    return first..<max(first + 1, column(to))
  }

  /// The edge that is next to a time.
  private func column(_ time: Int64) -> Int {
    let whole = Waterfall.length(start, end)
    guard whole > 0 else { return 0 }
    return Int((Double(Waterfall.length(start, min(time, end))) / Double(whole) * Double(columns)).rounded())
  }
}

/// The part of a line of a waterfall that shows when the span was.
struct WaterfallBar {
  private enum Cell {
    case empty
    case span
    case path
  }

  private var cells: [Cell]
  private let last: Int

  init(_ scale: WaterfallScale, from start: Int64, to end: Int64) {
    let range = scale.range(from: start, to: end)
    cells = Array(repeating: .empty, count: range.lowerBound) + range.map { _ in .span }
    last = range.upperBound - 1
  }

  mutating func markPath(_ scale: WaterfallScale, from start: Int64, to end: Int64) {
    let range = scale.range(from: start, to: end)
    // Rounding may put the last moments of a span one column on.
    let first = min(range.lowerBound, last)
    for column in first...max(first, min(range.upperBound - 1, last)) { cells[column] = .path }
  }

  func text(_ style: Waterfall.Style, state: SpanState?) -> String {
    var text = ""
    var index = 0
    while index < cells.count {
      let cell = cells[index]
      var run = 0
      while index < cells.count, cells[index] == cell {
        run += 1
        index += 1
      }
      let (letter, color) = Self.look(cell, style)
      var part = String(repeating: letter, count: run)
      if index == cells.count, state == .active || state == .lost {
        part = part.dropLast() + (state == .lost ? "x" : style.isUTF8 ? "▶" : ">")
      }
      text += Waterfall.paint(part, color, style)
    }
    return text
  }

  private static func look(_ cell: Cell, _ style: Waterfall.Style) -> (letter: String, color: Terminal.Color?) {
    switch cell {
    case .empty: (" ", nil)
    case .span: (style.isUTF8 ? "░" : "-", .dim)
    case .path: (style.isUTF8 ? "█" : "#", .yellow)
    }
  }
}
