/// What is written to a terminal so that it shows given lines: only those that changed.
///
/// Each line is put at its place by its number, and the terminal breaks none (``RawTerminal``): one that a terminal shows wider than it
/// was measured leaves the others where they are.
struct ScreenPainter: Sendable {
  private var shown: [ScreenLine] = []
  private var size: TopScreen.Size?
  let hasColor: Bool

  init(hasColor: Bool) { self.hasColor = hasColor }

  /// Whatever is on the screen is not what was painted last.
  mutating func forget() { size = nil }

  mutating func paint(_ lines: [ScreenLine], _ size: TopScreen.Size) -> String {
    var text = ""
    if size != self.size {
      text = "\u{1b}[0m\u{1b}[2J"
      shown = []
      self.size = size
    }
    for row in 0..<max(lines.count, shown.count) {
      let line = lines.indices.contains(row) ? lines[row] : ScreenLine()
      let before = shown.indices.contains(row) ? shown[row] : ScreenLine()
      guard line != before else { continue }
      // Cleared first: behind a line that fills the screen's width, clearing would take its last character.
      text += "\u{1b}[\(row + 1);1H\u{1b}[K\(line.painted(hasColor: hasColor))"
    }
    shown = lines
    return text
  }
}
