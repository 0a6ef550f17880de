import FleetModel
import Testing

@testable import skep

@Suite("waterfalls in the terminal")
struct WaterfallTests {
  static let style = Waterfall.Style(isUTF8: true, hasColor: false, columns: 72, rows: 40)
  static let millisecond: Int64 = 1_000_000
  /// 2026-11-23T00:00:00Z.
  static let start: Int64 = 1_795_392_000_000_000_000

  static func span(
    _ parent: Int?, _ agent: String, _ operation: String, _ from: Int64, _ to: Int64, _ state: SpanState = .completed
  ) -> Waterfall.Span {
    Waterfall.Span(
      parent: parent, agent: agent, operation: operation, start: start + from * millisecond,
      end: start + to * millisecond, state: state)
  }

  static func section(_ span: Int, _ from: Int64, _ to: Int64) -> Waterfall.Section {
    Waterfall.Section(span: span, start: start + from * millisecond, end: start + to * millisecond)
  }

  static let request = Waterfall(
    spans: [
      span(nil, "front", "POST /ask", 0, 200), span(0, "planner", "invoke_agent planner", 10, 110),
      span(1, "planner", "chat m", 20, 60), span(1, "search", "execute_tool search", 60, 105, .error),
      span(3, "search", "GET", 70, 100), span(0, "writer", "invoke_agent writer", 110, 190, .active),
      span(5, "writer", "chat m", 120, 120, .lost),
    ],
    path: [
      section(0, 0, 10), section(1, 10, 20), section(2, 20, 60), section(3, 60, 70), section(4, 70, 100),
      section(3, 100, 105), section(1, 105, 110), section(5, 110, 190), section(0, 190, 200),
    ])

  @Test func aLineForEachSpan() {
    #expect(
      Self.request.text(Self.style) == """
                                            0                             200 ms
        front: POST /ask            200 ms  ██░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░██
        ├─planner: invoke_agent …   100 ms    ██░░░░░░░░░░░░░░░█
        │ ├─planner: chat m        40.0 ms      ███████
        │ └─✗search: execute_too…  45.0 ms             ██░░░░░█
        │   └─search: GET          30.0 ms               █████
        └─▸writer: invoke_agent …  80.0 ms                      █████████████▶
          └─?writer: chat m           0 ns                        x
        █ critical path   ✗ failed   ▸ running   ? lost: its agent died
        """)
  }

  @Test func plainTextWhereTheLocaleIsNotUTF8() throws {
    var style = Self.style
    style.isUTF8 = false
    let text = try #require(Self.request.text(style))
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    #expect(text.contains("| `-!search: execute_") && text.contains("##---"))
  }

  @Test func coloursForATerminalAlone() throws {
    var style = Self.style
    style.hasColor = true
    let colored = try #require(Self.request.text(style))
    #expect(colored.contains("\u{1b}[31m│ └─✗search") && colored.contains("\u{1b}[33m███"))
    var plain = ""
    var isEscape = false
    for character in colored {
      if character == "\u{1b}" { isEscape = true }
      if !isEscape { plain.append(character) }
      if character == "m" { isEscape = false }
    }
    #expect(plain == Self.request.text(Self.style))
  }

  @Test func nothingToDraw() { #expect(Waterfall(spans: [], path: []).text(Self.style) == nil) }

  @Test func namesDoNotDriveTheTerminal() throws {
    var span = Self.span(nil, "a\u{1b}[2J", "b\nc", 0, 1)
    span.remark = "parent missing"
    let text = try #require(Waterfall(spans: [span], path: []).text(Self.style))
    #expect(!text.contains("\u{1b}") && text.split(separator: "\n").count == 2)
    #expect(text.contains("a [2J: b c (parent mi"))
  }

  /// The path, what failed and what took long have lines; the rest is one line below its parent.
  @Test func manySpansAreFolded() throws {
    var spans = [Self.span(nil, "front", "batch", 0, 1000)]
    for index in 0..<300 {
      spans.append(Self.span(0, "worker", "item \(index)", Int64(index), Int64(index) + 3, index == 77 ? .error : .ok))
    }
    spans.append(Self.span(0, "writer", "sum up", 400, 990))
    var style = Self.style
    style.rows = 8
    let waterfall = Waterfall(
      spans: spans, path: [Self.section(0, 0, 299), Self.section(300, 299, 302), Self.section(301, 400, 990)])
    #expect(
      waterfall.text(style) == """
                                     0                                    1.00 s
        front: batch         1.00 s  █████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
        ├─worker: item 0    3.00 ms  ░
        ├─✗worker: item 77  3.00 ms     ░
        ├─writer: sum up     590 ms                   ██████████████████████████
        └─298 more           301 ms  ░░░░░░░░░░░░█
        █ critical path   ✗ failed
        """)
  }

  /// Whatever the trace is, no line is wider than asked for, and there are no more lines than were.
  @Test(arguments: 0..<60)
  func anyTrace(seed: Int) throws {
    var random = SystemRandomNumberGenerator()
    let count = seed < 50 ? Int.random(in: 1...200, using: &random) : 5_000
    var spans: [Waterfall.Span] = []
    var ancestors: [Int] = []
    for position in 0..<count {
      // In depth-first order, a parent is the span before or one of its ancestors; now and then there is none.
      let isChain = seed.isMultiple(of: 3)
      let keep = isChain ? ancestors.count : Int.random(in: 0...ancestors.count, using: &random)
      ancestors.removeLast(ancestors.count - keep)
      let from = Int64.random(in: 0...1000, using: &random)
      spans.append(
        Self.span(
          ancestors.last, "agent", String(repeating: "o", count: Int.random(in: 0...60, using: &random)), from,
          from + Int64.random(in: 0...100, using: &random), SpanState.allCases.randomElement(using: &random) ?? .ok))
      ancestors.append(position)
    }
    let path = (0..<20).map { _ in
      Self.section(Int.random(in: 0..<count, using: &random), Int64.random(in: 0...500, using: &random), 700)
    }
    for isUTF8 in [true, false] {
      let style = Waterfall.Style(
        isUTF8: isUTF8, hasColor: false, columns: Int.random(in: 20...200, using: &random),
        rows: Int.random(in: 1...60, using: &random))
      let lines = try #require(Waterfall(spans: spans, path: path).text(style)).split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= max(40, style.columns) })
      #expect(lines.count <= max(4, style.rows) + 5)
    }
  }

  /// Numbers that no trace has, as a server might send them.
  @Test func anyTimesAndParents() throws {
    var spans = [
      Self.span(nil, "a", "b", 0, 1), Self.span(7, "a", "c", 0, 1), Self.span(1, "a", "d", 0, 1),
      Self.span(-3, "a", "e", 0, 1), Self.span(4, "a", "f", 0, 1),
    ]
    (spans[1].start, spans[1].end) = (.min, .max)
    (spans[2].start, spans[2].end) = (.max, .min)
    let path = [
      Waterfall.Section(span: 99, start: 0, end: 1), Waterfall.Section(span: -1, start: 0, end: 1),
      Waterfall.Section(span: 2, start: .max, end: .min),
    ]
    for rows in [2, 40] {
      var style = Self.style
      style.rows = rows
      #expect(Waterfall(spans: spans, path: path).text(style) != nil)
    }
  }

  @Test(arguments: [
    (UInt64(0), "0 ns"), (999, "999 ns"), (1000, "1.00 µs"), (12_345, "12.3 µs"), (999_499, "999 µs"),
    (999_500, "1.00 ms"), (9_995_000, "10.0 ms"), (1_234_000_000, "1.23 s"), (59_940_000_000, "59.9 s"),
    (60_000_000_000, "1m00s"), (125_000_000_000, "2m05s"), (.max, "11574d1h"),
  ])
  func durationsAreThreeDigits(nanoseconds: UInt64, text: String) {
    #expect(Wording.nanoseconds(nanoseconds) == text)
  }
}
