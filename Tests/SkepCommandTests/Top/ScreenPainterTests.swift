import Testing

@testable import skep

@Suite("what is written to a terminal")
struct ScreenPainterTests {
  private static let size = TopScreen.Size(columns: 10, rows: 4)

  @Test func onlyWhatChangedIsWritten() {
    var painter = ScreenPainter(hasColor: false)
    let first = painter.paint([ScreenLine("a"), ScreenLine("b")], Self.size)
    #expect(first == "\u{1b}[0m\u{1b}[2J\u{1b}[1;1H\u{1b}[Ka\u{1b}[2;1H\u{1b}[Kb")
    #expect(painter.paint([ScreenLine("a"), ScreenLine("b")], Self.size) == "")
    #expect(painter.paint([ScreenLine("a"), ScreenLine("c")], Self.size) == "\u{1b}[2;1H\u{1b}[Kc")
    #expect(painter.paint([ScreenLine("a")], Self.size) == "\u{1b}[2;1H\u{1b}[K")
    #expect(painter.paint([ScreenLine("a")], .init(columns: 9, rows: 4)) == "\u{1b}[0m\u{1b}[2J\u{1b}[1;1H\u{1b}[Ka")
    painter.forget()
    #expect(painter.paint([ScreenLine("a")], .init(columns: 9, rows: 4)) == "\u{1b}[0m\u{1b}[2J\u{1b}[1;1H\u{1b}[Ka")
  }

  @Test func coloursAreLeftOutWhereNoneAreWanted() {
    let line = ScreenLine([ScreenCell("\u{1b}[31mx", .red), ScreenCell(" y")])
    #expect(line.painted(hasColor: true) == "\u{1b}[31m [31mx\u{1b}[0m y")
    #expect(line.painted(hasColor: false) == " [31mx y")
  }

  @Test(
    arguments: [
      ([nil, 0, 50, 100], 4, " ▁▅█", " _=#"), ([0, 100], 4, "  ▁█", "  _#"), ([0, 25, 100], 2, "▃█", ":#"),
      ([100, 400], 2, "▃█", ":#"), ([-5, .nan], 2, "▁ ", "_ "), ([], 2, "  ", "  "), ([1], 0, "", ""),
    ] as [([Double?], Int, String, String)])
  func barsShowTheNewestValues(_ points: [Double?], _ columns: Int, _ blocks: String, _ letters: String) {
    #expect(Sparkline.text(points, columns: columns, most: 100, isUTF8: true) == blocks)
    #expect(Sparkline.text(points, columns: columns, most: 100, isUTF8: false) == letters)
  }

  @Test(
    arguments: [
      (nil, "-"), (0, "0.00"), (0.056, "0.06"), (9.999, "10.00"), (12.34, "12.3"), (9999, "9999.0"), (12_500, "12.5k"),
      (3_400_000, "3.4M"), (1e300, "huge"), (-1, "-"), (.nan, "-"),
    ] as [(Double?, String)])
  func ratesAreShort(_ value: Double?, _ text: String) { #expect(TopFigure.rate(value) == text) }
}
