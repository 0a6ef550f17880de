import Testing

@testable import skep

@Suite("text of others on the terminal")
struct DisplayWidthTests {
  @Test(arguments: [
    ("a\u{202e}b", "a b"), ("a\u{2066}b\u{2069}", "a b "), ("a\u{1b}[2Jb", "a [2Jb"), ("a\u{2028}b", "a b"),
    ("größe 検索", "größe 検索"),
  ])
  func nothingDrivesTheTerminal(_ text: String, _ expected: String) {
    #expect(Terminal.safe(text) == expected)
    #expect(Terminal.safeLines(text) == expected)
  }

  @Test(arguments: [
    ("abc", 3), ("検索", 4), ("e\u{301}", 1), ("🔎", 2), ("👩\u{200d}💻", 2), ("❤\u{fe0f}", 2), ("", 0), ("█", 1), ("…", 1),
  ])
  func columnsAreCounted(_ text: String, _ columns: Int) { #expect(DisplayWidth.of(text) == columns) }

  @Test(arguments: [("検索する", 8, "検索する"), ("検索する", 7, "検索す…"), ("検索する", 6, "検索…"), ("abcdef", 4, "abc…")])
  func namesAreShortenedByColumns(_ text: String, _ columns: Int, _ expected: String) {
    #expect(DisplayWidth.shorten(text, to: columns) == expected)
  }

  @Test func columnsOfATableAreBelowEachOther() {
    var table = Table(("NAME", .left), ("N", .right))
    table.add(.init("検索"), .init("1"))
    table.add(.init("abcde"), .init("2"))
    #expect(table.text == "NAME   N\n検索   1\nabcde  2")
  }
}
