import Testing

@testable import skep

@Suite("keys of a terminal")
struct TerminalKeyTests {
  private static let cases: [(String, [TerminalKey])] = [
    ("c", [.character("c")]), ("ä🔎", [.character("ä"), .character("🔎")]), ("\u{1b}[A\u{1b}OB", [.up, .down]),
    ("\u{1b}[5~\u{1b}[6~", [.pageUp, .pageDown]), ("\u{1b}[H\u{1b}[4~\u{1b}[1~\u{1b}OF", [.home, .end, .home, .end]),
    ("\r\u{7f}\u{8}\u{3}\u{c}\u{15}", [.enter, .backspace, .backspace, .interrupt, .redraw, .clear]),
    // Keys and reports of the mouse that mean nothing here.
    ("\u{1b}[1;5Ax\u{1b}[<0;12;3Mq\u{1b}[15~\u{1}", [.character("x"), .character("q")]),
    ("\u{1b}\u{1b}[A", [.escape, .up]),
  ]

  @Test(arguments: cases) func bytesBecomeKeys(_ text: String, _ keys: [TerminalKey]) {
    var whole = TerminalKeyDecoder()
    #expect(whole.keys(Array(text.utf8)) == keys)
    #expect(!whole.isOpen)
  }

  /// Over a slow line each byte may come alone; only two escapes in a row are told apart by the third byte.
  @Test(arguments: cases) func piecesMakeTheSameKeys(_ text: String, _ keys: [TerminalKey]) {
    var pieces = TerminalKeyDecoder()
    #expect(text.utf8.flatMap { pieces.keys([$0]) } == keys)
    #expect(!pieces.isOpen)
  }

  @Test func anEscapeAloneIsAKeyWhenNothingFollows() {
    var decoder = TerminalKeyDecoder()
    #expect(decoder.keys([0x1b]).isEmpty && decoder.isOpen)
    #expect(decoder.settle() == [.escape])
    #expect(!decoder.isOpen && decoder.settle().isEmpty)
    #expect(decoder.keys(Array("[A".utf8)) == [.character("["), .character("A")])
    // A sequence that was begun and never ended is none.
    #expect(decoder.keys(Array("\u{1b}[1;".utf8)).isEmpty && decoder.isOpen)
    #expect(decoder.settle().isEmpty && !decoder.isOpen)
  }

  @Test(
    arguments: [
      ([0xff, 0x71], [TerminalKey.character("q")]), ([0xc3, 0x71], [.character("q")]),
      ([0xe2, 0x82, 0x71], [.character("q")]),
      ([0xed, 0xa0, 0x80, 0x71], [.character("q")]), ([0xf4, 0x90, 0x80, 0x80, 0x71], [.character("q")]),
      (Array(repeating: UInt8(ascii: ";"), count: 0) + [0x1b, 0x5b] + Array(repeating: 0x3b, count: 40) + [0x71], nil),
    ] as [([UInt8], [TerminalKey]?)])
  func whatIsNoTextIsPassedOver(_ bytes: [UInt8], _ keys: [TerminalKey]?) {
    var decoder = TerminalKeyDecoder()
    let found = decoder.keys(bytes)
    if let keys { #expect(found == keys) }
    // Whatever came, what follows a pause is read.
    _ = decoder.settle()
    #expect(decoder.keys([0x71]) == [.character("q")])
  }
}
