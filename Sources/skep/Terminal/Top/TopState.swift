import ControlPlane
import FleetModel

/// What the reader of `skep top` chose.
struct TopState: Equatable, Sendable {
  var column = TopColumn.cpu
  var isReversed = false
  /// Only agents whose name contains it, in letters of either case.
  var filter = ""
  /// Whether keys go into the filter.
  var isFiltering = false
  /// How many rows are above the first that is shown.
  var offset = 0

  /// A longer filter than this is of no use.
  static let longestFilter = 64

  enum Outcome: Equatable, Sendable {
    case shown
    /// All is to be drawn anew.
    case redraw
    case quit
  }

  /// - Parameters:
  ///   - page: how many rows fit on the screen.
  ///   - count: gives how many rows there are, under the filter as it then is.
  mutating func press(_ key: TerminalKey, page: Int, count: (TopState) -> Int) -> Outcome {
    if key == .interrupt { return .quit }
    if key == .redraw { return .redraw }
    let outcome = isFiltering ? edit(key, page: page) : command(key, page: page)
    offset = max(0, min(offset, count(self) - max(1, page)))
    return outcome
  }

  private mutating func command(_ key: TerminalKey, page: Int) -> Outcome {
    if scroll(key, page: page) { return .shown }
    guard case .character(let letter) = key else {
      if key == .escape { filter = "" }
      return .shown
    }
    switch letter {
    case "q": return .quit
    case "/": isFiltering = true
    case "R": isReversed.toggle()
    case "s": step(1)
    case "S": step(-1)
    default:
      if let column = TopColumn.allCases.first(where: { $0.letter == letter }) { sort(by: column) }
    }
    return .shown
  }

  private mutating func edit(_ key: TerminalKey, page: Int) -> Outcome {
    switch key {
    case .character(let character):
      if filter.count < Self.longestFilter { filter.append(character) }
    case .backspace:
      // As in `less`: nothing is left to take away, so the reader wants out.
      if filter.isEmpty { isFiltering = false } else { filter.removeLast() }
    case .clear: filter = ""
    case .enter: isFiltering = false
    case .escape:
      filter = ""
      isFiltering = false
    default: _ = scroll(key, page: page)
    }
    return .shown
  }

  private mutating func scroll(_ key: TerminalKey, page: Int) -> Bool {
    switch key {
    case .up: offset -= 1
    case .down: offset += 1
    case .pageUp: offset -= max(1, page)
    case .pageDown: offset += max(1, page)
    case .home: offset = 0
    // What is too far is brought back to the last page.
    case .end: offset = Int(Int32.max)
    default: return false
    }
    return true
  }

  private mutating func step(_ distance: Int) {
    let all = TopColumn.allCases
    let place = all.firstIndex(of: column) ?? 0
    sort(by: all[(place + distance + all.count) % all.count])
  }

  private mutating func sort(by column: TopColumn) {
    guard column != self.column else { return }
    self.column = column
    isReversed = false
    offset = 0
  }

  /// The rows that are shown, in their order.
  func rows(of board: FleetAPI.Board) -> [FleetAPI.Board.Row] { column.sorted(matching(board), reversed: isReversed) }

  func matching(_ board: FleetAPI.Board) -> [FleetAPI.Board.Row] {
    guard !filter.isEmpty else { return board.agents }
    let wanted = filter.lowercased()
    return board.agents.filter { $0.agentID.lowercased().contains(wanted) }
  }
}
