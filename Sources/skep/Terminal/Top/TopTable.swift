import ControlPlane
import FleetModel

/// The rows of `skep top` under their titles, in the columns that fit.
struct TopTable: Sendable {
  private struct Place: Sendable {
    let column: TopColumn
    let title: ScreenCell
    let width: Int
  }

  private let places: [Place]
  /// Columns of the line of bars; 0 for none.
  private let bars: Int
  private let barTitle: String
  private let isUTF8: Bool

  private static let gap = 2
  /// Names are cut down to this before a column is left out.
  private static let leastName = 12
  private static let leastBars = 10

  /// - Parameters:
  ///   - rows: all of them, also those that are out of sight.
  ///   - columns: of the screen.
  init(rows: [FleetAPI.Board.Row], state: TopState, points: FleetAPI.Board.Points, columns: Int, isUTF8: Bool) {
    self.isUTF8 = isUTF8
    let barCount = max(0, min(points.count, 60))
    barTitle = "CPU, LAST \(Wording.age(points.stepSeconds * Double(barCount)))"
    var widths: [TopColumn: Int] = [:]
    var titles: [TopColumn: ScreenCell] = [:]
    for column in TopColumn.allCases {
      let title = Self.title(column, state, isUTF8)
      titles[column] = title
      widths[column] = rows.reduce(title.width) { max($0, column.cell($1).width) }
    }
    // The longest revision of the longest tag says no more than its beginning.
    widths[.revision] = min(widths[.revision] ?? 0, 20)
    let name = widths[.name] ?? 0
    var shown: Set<TopColumn> = [.name]
    var room = columns - min(name, Self.leastName)
    // What it is sorted by is seen as long as anything but the name.
    let wanted = [state.column] + TopColumn.byImportance.filter { $0 != state.column }
    for column in wanted where column != .name {
      let width = (widths[column] ?? 0) + Self.gap
      guard width <= room else { break }
      room -= width
      shown.insert(column)
    }
    // Names take what is left, then the bars.
    let longer = max(0, min(name - Self.leastName, room))
    widths[.name] = max(0, min(name, Self.leastName + longer, columns))
    room -= longer
    let wide = max(barCount, barTitle.count)
    let fits = shown.count == TopColumn.allCases.count && barCount > 0 && room - Self.gap >= min(wide, Self.leastBars)
    bars = fits ? min(wide, room - Self.gap) : 0
    places = TopColumn.allCases.filter(shown.contains).map { column in
      Place(column: column, title: titles[column] ?? ScreenCell(""), width: widths[column] ?? 0)
    }
  }

  /// The title of the column in whose order the rows are has an arrow.
  private static func title(_ column: TopColumn, _ state: TopState, _ isUTF8: Bool) -> ScreenCell {
    guard column == state.column else { return ScreenCell(column.title, .bold) }
    let rises = column.isRising != state.isReversed
    let arrow = isUTF8 ? (rises ? "▲" : "▼") : (rises ? "^" : "v")
    return ScreenCell(column.title + arrow, .cyan)
  }

  var titles: ScreenLine {
    line(places.map { $0.title.padded(to: $0.width, $0.column.alignment) }, bars: ScreenCell(barTitle, .bold))
  }

  func line(_ row: FleetAPI.Board.Row) -> ScreenLine {
    let text = Sparkline.text(row.cpuPoints, columns: bars, most: 100, isUTF8: isUTF8)
    return line(
      places.map { $0.column.cell(row).padded(to: $0.width, $0.column.alignment) }, bars: ScreenCell(text, .blue))
  }

  private func line(_ cells: [ScreenCell], bars cell: ScreenCell) -> ScreenLine {
    let space = ScreenCell(String(repeating: " ", count: Self.gap))
    var all = cells.isEmpty ? [] : [cells[0]]
    for cell in cells.dropFirst() { all += [space, cell] }
    if bars > 0 { all += [space, cell.fitting(bars)] }
    return ScreenLine(all)
  }
}
