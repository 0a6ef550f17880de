import DeployPlan

/// Lines with a meaning, in the terminal's colours.
enum StyledText {
  /// - Parameter lines: of names, words of others and values, any of which may hold control characters.
  static func text(_ lines: [StyledLine]) -> String {
    lines.map { Terminal.paint(Terminal.safe($0.text), color(of: $0.tone)) }.joined(separator: "\n")
  }

  static func cell(_ line: StyledLine) -> Table.Cell { Table.Cell(line.text, color(of: line.tone)) }

  /// - Precondition: as many lines in each row as columns.
  static func table(_ columns: [String], rows: [[StyledLine]]) -> String {
    var table = Table(columns: columns.map { (title: $0, alignment: .left) })
    for row in rows { table.add(row.map(cell)) }
    return table.text
  }

  private static func color(of tone: StyledLine.Tone) -> Terminal.Color? {
    switch tone {
    case .plain: nil
    case .heading: .bold
    case .added, .good: .green
    case .changed, .warning: .yellow
    case .removed, .bad: .red
    case .quiet: .dim
    }
  }
}
