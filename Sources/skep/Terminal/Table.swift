/// Rows of text under a header, in columns as wide as their widest cell.
struct Table {
  struct Cell {
    var text: String
    var color: Terminal.Color?

    init(_ text: String, _ color: Terminal.Color? = nil) {
      self.text = Terminal.safe(text)
      self.color = color
    }
  }

  enum Alignment {
    case left
    case right
  }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[Cell]] = []

  init(_ columns: (title: String, alignment: Alignment)...) { self.columns = columns }

  init(columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

  var isEmpty: Bool { rows.isEmpty }

  /// - Precondition: as many cells as columns.
  mutating func add(_ cells: Cell...) { add(cells) }

  /// - Precondition: as many cells as columns.
  mutating func add(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "BUG: \(cells.count) cells in a table of \(columns.count) columns")
    rows.append(cells)
  }

  /// Of the longest line.
  var width: Int { widths.reduce(0, +) + 2 * max(0, columns.count - 1) }

  private var widths: [Int] {
    columns.indices.map { column in
      rows.reduce(DisplayWidth.of(columns[column].title)) { max($0, DisplayWidth.of($1[column].text)) }
    }
  }

  var text: String {
    let widths = widths
    let header = line(columns.map { Cell($0.title, .bold) }, widths: widths)
    return ([header] + rows.map { line($0, widths: widths) }).joined(separator: "\n")
  }

  private func line(_ cells: [Cell], widths: [Int]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - DisplayWidth.of(cell.text))
      let painted = Terminal.paint(cell.text, cell.color)
      let isLast = column == cells.count - 1
      line += columns[column].alignment == .right ? padding + painted : painted + (isLast ? "" : padding)
      if !isLast { line += "  " }
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
