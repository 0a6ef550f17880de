import DeployPlan

/// The progress of an apply: drawn in place on a terminal, one line after the other in a pipe.
struct DeployProgressScreen {
  private var progress: ProgressText
  /// Lines of the board that stand on the screen.
  private var drawn = 0

  /// - Parameter agents: in the order of the system file.
  init(agents: [String]) { progress = ProgressText(agents: agents) }

  mutating func update(_ agent: String, _ step: DeployMachine.AgentStep) {
    let lines = progress.update(agent, step)
    guard Terminal.isInteractive else {
      if !lines.isEmpty { Terminal.print(StyledText.text(lines)) }
      return
    }
    draw()
  }

  /// Prints lines that stay, above the board.
  mutating func note(_ lines: [StyledLine]) {
    guard Terminal.isInteractive else { return Terminal.print(StyledText.text(lines)) }
    erase()
    Terminal.print(StyledText.text(lines))
    draw()
  }

  private mutating func draw() {
    // A line that the terminal would break counts as one here, so none may be longer than it is wide.
    let width = max(20, (Terminal.width ?? 80) - 1)
    let board = progress.board(height: max(3, (Terminal.height ?? 24) - 2)).map {
      StyledLine(DisplayWidth.shorten(Terminal.safe($0.text), to: width), $0.tone)
    }
    erase()
    guard !board.isEmpty else { return }
    Terminal.print(StyledText.text(board))
    drawn = board.count
  }

  private mutating func erase() {
    if drawn > 0 { Terminal.print("\u{1b}[\(drawn)A\u{1b}[J", terminator: "") }
    drawn = 0
  }
}
