/// A piece of a line with one colour. Its text is safe whoever wrote it: nothing in it drives the terminal.
struct ScreenCell: Equatable, Sendable {
  let text: String
  let color: Terminal.Color?

  init(_ text: String, _ color: Terminal.Color? = nil) {
    // Some kilobytes are more than any line holds: a name of megabytes must not be measured again and again.
    let scalars = text.unicodeScalars.prefix(4096)
    self.text = Terminal.safe(String(String.UnicodeScalarView(scalars)))
    self.color = color
  }

  var width: Int { DisplayWidth.of(text) }

  /// At most `columns` wide; of what is cut, dots tell where there is room for them.
  func fitting(_ columns: Int) -> ScreenCell {
    guard columns > 0 else { return ScreenCell("") }
    return ScreenCell(DisplayWidth.shorten(text, to: columns), color)
  }

  /// Exactly `columns` wide.
  func padded(to columns: Int, _ alignment: Table.Alignment) -> ScreenCell {
    let cell = fitting(columns)
    let space = String(repeating: " ", count: max(0, columns - cell.width))
    return ScreenCell(alignment == .right ? space + cell.text : cell.text + space, color)
  }
}

/// A line of a screen, made of coloured pieces.
struct ScreenLine: Equatable, Sendable {
  private(set) var cells: [ScreenCell]

  init(_ cells: [ScreenCell] = []) { self.cells = cells }

  init(_ text: String, _ color: Terminal.Color? = nil) { cells = [ScreenCell(text, color)] }

  var width: Int { cells.reduce(0) { $0 + $1.width } }

  /// Without colours.
  var text: String { cells.map(\.text).joined() }

  mutating func add(_ cell: ScreenCell) { cells.append(cell) }

  mutating func add(_ text: String, _ color: Terminal.Color? = nil) { cells.append(ScreenCell(text, color)) }

  /// At most `columns` wide, the end cut off.
  func fitting(_ columns: Int) -> ScreenLine {
    var line = ScreenLine()
    var room = max(0, columns)
    for cell in cells where room > 0 {
      let fitting = cell.fitting(room)
      line.add(fitting)
      room -= fitting.width
      if fitting.text != cell.text { break }
    }
    return line
  }

  /// As it is written to a terminal.
  func painted(hasColor: Bool) -> String {
    guard hasColor else { return text }
    return cells.map { cell in cell.color.map { "\u{1b}[\($0.rawValue)m\(cell.text)\u{1b}[0m" } ?? cell.text }.joined()
  }
}
