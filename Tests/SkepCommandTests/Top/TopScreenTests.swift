import ControlPlane
import FleetModel
import Testing

@testable import skep

@Suite("the screen of skep top")
struct TopScreenTests {
  private static func lines(
    _ board: FleetAPI.Board, _ columns: Int, _ rows: Int, _ state: TopState = TopState(),
    absence: TopScreen.Absence? = nil, isUTF8: Bool = true
  ) -> [String] {
    TopScreen(
      board: board, state: state, absence: absence, size: .init(columns: columns, rows: rows), isUTF8: isUTF8
    ).lines.map { line in
      var text = line.text
      while text.last == " " { text.removeLast() }
      return text
    }
  }

  private static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") }

  @Test func showsAFleet() throws {
    let rising = JSONValue.array((0..<30).map { $0 < 3 ? .null : .number(Double($0) * 5) })
    let board = try TopBoards.board(
      [
        TopBoards.row(
          "coder",
          [
            "status": "lost", "score": 40, "cpu": 101, "memory": 12.5, "request_rate": 0.5, "error_rate": 0.25,
            "p95_seconds": 1.5, "revision": "r9", "instances": ["total": 2, "up": 1], "runs_in_flight": 3,
            "alerts": ["active": 1, "worst": "critical"], "cpu_points": rising,
          ]), TopBoards.row("critic", ["request_rate": 12_500, "memory": 3]),
      ], attention: [TopBoards.attention("is lost: no sign of life", agent: "coder")])
    #expect(
      Self.text(Self.lines(board, 140, 12)) == """
        team  12:03:05Z  2 agents: 2 active
        alerts: 1 critical, 2 warning, 1 pending  runs in flight: 3
        critical  3m05s  coder is lost: no sign of life  Look at it

        AGENT   STATUS  SCORE  CPU %▼  MEM %  REQ/S  ERR %     P95  RUNS  ALERTS       UP  REVISION  CPU, LAST 30m00s
        coder   lost       40   101.0   12.5   0.50   25.0  1.50 s     3  1 critical  1/2  r9           ▁▂▂▂▂▃▃▃▄▄▄▄▅▅▅▅▆▆▆▇▇▇▇████
        critic  active    100       -    3.0  12.5k      -       -     0  -           1/1  -




        q quit  / filter  s S c m r e l a n sort  R reverse
        """)
    let ascii = Self.lines(board, 140, 12, isUTF8: false)
    #expect(ascii[4].contains("CPU %v") && ascii[5].contains("_....:::"))
  }

  @Test func whatMattersMostStaysOnANarrowScreen() throws {
    let board = try TopBoards.three()
    #expect(
      Self.lines(board, 60, 12)[3...4] == [
        "AGENT    STATUS     CPU %▼  MEM %  REQ/S  ERR %  ALERTS",
        "coder    lost        101.0   12.5   0.50   25.0  1 critical",
      ])
    #expect(Self.lines(board, 24, 12)[4] == "coder     101.0")
    #expect(Self.lines(board, 24, 12, TopState(column: .runs))[3] == "AGENT    RUNS▼")
    #expect(Self.lines(board, 5, 12)[4] == "coder")
    #expect(Self.lines(board, 4, 12)[4] == "cod…")
  }

  @Test func theLineOfBarsNeedsRoomForAll() throws {
    let board = try TopBoards.three()
    for columns in 1...160 {
      let titles = Self.lines(board, columns, 12)[3]
      if titles.contains("CPU, L") { #expect(titles.contains("REVISION"), "\(columns): \(titles)") }
    }
  }

  @Test(arguments: [
    (1, ["team  12:03:05Z  3 agents: 3 …"]),
    (3, ["team  12:03:05Z  3 agents: 3 …", "AGENT    STATUS     CPU %▼", "coder    lost        101.0"]),
  ])
  func aLowScreenShowsAgentsFirst(_ rows: Int, _ expected: [String]) throws {
    #expect(Self.lines(try TopBoards.three(), 30, rows) == expected)
  }

  @Test func onlyAPageIsShown() throws {
    let board = try TopBoards.board((10..<60).map { TopBoards.row("a\($0)") })
    let lines = Self.lines(board, 80, 12, TopState(offset: 20))
    #expect(lines.count == 12)
    #expect(lines[4].hasPrefix("a30 ") && lines[10].hasPrefix("a36 "))
    #expect(lines[11].hasPrefix("21-27 of 50  q quit"))
    #expect(Self.lines(board, 80, 12, TopState(offset: 1000))[10].hasPrefix("a59 "), "the last page")
    #expect(Self.lines(board, 80, 12, TopState(offset: -5))[4].hasPrefix("a10 "))
  }

  @Test func theFilterIsSeen() throws {
    let board = try TopBoards.three()
    #expect(Self.lines(board, 80, 12, TopState(filter: "cr")).last?.hasPrefix("filter \"cr\": 1 of 3  q quit") == true)
    #expect(
      Self.lines(board, 80, 12, TopState(filter: "cr", isFiltering: true)).last
        == "/cr▏  Enter keeps it, Esc drops it")
    #expect(Self.lines(board, 80, 12, TopState(filter: "zz")).contains("no agent's name contains \"zz\""))
    // Also where there is hardly any room.
    #expect(Self.lines(board, 80, 2, TopState(filter: "cr", isFiltering: true)).last?.hasPrefix("/cr") == true)
    #expect(Self.lines(try TopBoards.board([]), 80, 12).contains("no agents yet"))
  }

  @Test func aServerThatIsAwayLeavesItsLastFigures() throws {
    let board = try TopBoards.three()
    let start = Timestamp(milliseconds: 1_790_000_000_000)
    var model = TopModel(board: board, state: TopState(), size: .init(columns: 90, rows: 12), now: start)
    func lines(_ seconds: Int) -> [String] { model.screen(now: start + .seconds(seconds)).lines.map(\.text) }
    let before = lines(0)
    #expect(model.take(.failed("connection refused"), now: start + .seconds(2)) == .show)
    let away = lines(65)
    #expect(away[2] == "no answer since 14:13:20Z (1m05s): connection refused")
    #expect(away.contains { $0.hasPrefix("coder ") })
    #expect(model.take(.failed("it answered 503"), now: start + .seconds(66)) == .show)
    #expect(lines(70)[2] == "no answer since 14:13:20Z (1m10s): it answered 503")
    #expect(model.take(.answered(board), now: start + .seconds(80)) == .show)
    #expect(lines(80) == before)
    #expect(model.take(.ended, now: start) == .quit)
  }

  // MARK: Whatever others write

  private static let hostile = [
    "\u{1b}[2J\u{1b}]0;owned\u{7}", "a\nb\r\tc", "\u{202e}drowssap\u{2066}x", "שלום עולם", "検索エージェント検索エージェント",
    "👩\u{200d}💻🇩🇪❤\u{fe0f}", "e" + String(repeating: "\u{301}", count: 200), "\u{9b}31mred\u{90}q\u{9c}", "",
    String(repeating: "x", count: 10_000), "\u{2028}\u{85}\u{0}\u{feff}\u{e0041}",
  ]

  private static func hostileBoard() throws -> FleetAPI.Board {
    try TopBoards.board(
      hostile.enumerated().map { index, name in
        TopBoards.row(
          name,
          [
            "revision": .string(name), "cpu": index.isMultiple(of: 2) ? 1e300 : "-Inf", "memory": -1e18,
            "request_rate": 1e200, "error_rate": "NaN", "p95_seconds": 1e300, "score": -5,
            "runs_in_flight": .number(9e15),
            "instances": ["total": -3, "up": 4_000_000_000], "alerts": ["active": -1, "worst": "emergency"],
            "cpu_points": [1e300, "NaN", .null, -4, "+Inf"],
          ])
      }, attention: hostile.map { TopBoards.attention($0, agent: $0) }, system: hostile.joined())
  }

  @Test(arguments: [1, 2, 3, 4, 5, 7, 10, 13, 20, 50], [1, 2, 3, 8, 13, 24, 40, 79, 80, 131, 300])
  func nothingLeavesTheScreen(_ rows: Int, _ columns: Int) throws {
    let board = try Self.hostileBoard()
    let absence = TopScreen.Absence(since: board.timestamp.timestamp, why: Self.hostile.joined(), lasted: .seconds(-4))
    for column in TopColumn.allCases {
      for filter in ["", Self.hostile[0], "x"] {
        let state = TopState(column: column, filter: filter, isFiltering: column == .cpu, offset: 3)
        let screen = TopScreen(
          board: board, state: state, absence: absence, size: .init(columns: columns, rows: rows),
          agent: Self.hostile[2])
        let lines = screen.lines
        #expect(lines.count <= rows)
        for line in lines {
          #expect(line.width <= columns, "\(line.text)")
          let drives = line.text.unicodeScalars.contains { Self.drives($0) }
          #expect(!drives, "\(line.text.debugDescription)")
        }
      }
    }
  }

  @Test func aPipeGetsNoControlCharactersEither() throws {
    let board = try Self.hostileBoard()
    for hasColor in [false, true] {
      let text = TopText(board: board, column: .name, isReversed: false, hasColor: hasColor).text
      let bare = text.replacing(/\u{1b}\[[0-9]*m/, with: "")
      #expect(hasColor || bare == text)
      #expect(!bare.unicodeScalars.contains { $0 != "\n" && Self.drives($0) })
    }
  }

  /// Controls, ends of lines and what changes the direction; joiners within emoji move nothing.
  private static func drives(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value == 0x200d || scalar.value == 0x200c { return false }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
    default: false
    }
  }

  @Test func aPipeGetsEveryColumn() throws {
    #expect(
      TopText(board: try TopBoards.three(), column: .memory, isReversed: false, hasColor: false).text == """
        team  12:03:05Z  3 agents: 3 active
        alerts: 1 critical, 2 warning, 1 pending  runs in flight: 7

        AGENT    STATUS     SCORE  CPU %  MEM %  REQ/S  ERR %      P95  RUNS  ALERTS       UP  REVISION
        critic   active       100    3.0   80.0  12.5k    0.0  4.50 ms     0  -           1/1  -
        coder    lost          40  101.0   12.5   0.50   25.0   1.50 s     0  1 critical  1/2  r9
        planner  unhealthy     90      -    1.0      -      -        -     7  2 warning   1/1  r1
        """)
  }
}
