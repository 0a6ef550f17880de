import ControlPlane

/// The board as one piece of text, for pipes and files: nothing is left out and nothing drawn.
struct TopText {
  let board: FleetAPI.Board
  let column: TopColumn
  let isReversed: Bool
  let hasColor: Bool

  var text: String {
    var lines = [TopHead.counts(board), TopHead.alerts(board)]
    lines += board.attention.prefix(TopScreen.mostAttention).map { TopHead.attention($0, at: board.timestamp) }
    let head = lines.map { $0.painted(hasColor: hasColor) }.joined(separator: "\n")
    guard !board.agents.isEmpty else { return head }
    return head + "\n\n" + table
  }

  private var table: String {
    var table = Table(columns: TopColumn.allCases.map { (title: $0.title, alignment: $0.alignment) })
    for row in column.sorted(board.agents, reversed: isReversed) {
      table.add(
        TopColumn.allCases.map {
          let cell = $0.cell(row)
          return Table.Cell(cell.text, cell.color)
        })
    }
    return table.text
  }
}
