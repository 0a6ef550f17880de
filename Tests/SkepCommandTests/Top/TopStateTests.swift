import ControlPlane
import FleetModel
import Testing

@testable import skep

@Suite("what the reader of skep top chooses")
struct TopStateTests {
  private static func names(_ state: TopState, _ board: FleetAPI.Board) -> [String] {
    state.rows(of: board).map(\.agentID)
  }

  /// Presses keys as a terminal sends them.
  private static func press(_ text: String, _ board: FleetAPI.Board, _ state: TopState = TopState()) -> TopModel {
    var model = TopModel(
      board: board, state: state, size: .init(columns: 120, rows: 24), now: Timestamp(milliseconds: 0))
    #expect(model.take(.typed(Array(text.utf8)), now: Timestamp(milliseconds: 0)) != .quit)
    return model
  }

  @Test(arguments: [
    (TopColumn.name, ["coder", "critic", "planner"]), (.status, ["coder", "planner", "critic"]),
    (.score, ["coder", "planner", "critic"]), (.cpu, ["coder", "critic", "planner"]),
    (.memory, ["critic", "coder", "planner"]), (.requests, ["critic", "coder", "planner"]),
    (.errors, ["coder", "critic", "planner"]), (.latency, ["coder", "critic", "planner"]),
    (.runs, ["planner", "coder", "critic"]), (.alerts, ["coder", "planner", "critic"]),
    (.instances, ["coder", "critic", "planner"]), (.revision, ["planner", "coder", "critic"]),
  ])
  func everyColumnSorts(_ column: TopColumn, _ order: [String]) throws {
    #expect(Self.names(TopState(column: column), try TopBoards.three()) == order)
  }

  @Test(arguments: [
    // What is not known is last in both directions, and equals stay in the order of their names.
    (TopColumn.cpu, ["critic", "coder", "planner"]), (.name, ["planner", "critic", "coder"]),
    (.runs, ["coder", "critic", "planner"]), (.revision, ["coder", "planner", "critic"]),
  ])
  func anOrderIsReversed(_ column: TopColumn, _ order: [String]) throws {
    #expect(Self.names(TopState(column: column, isReversed: true), try TopBoards.three()) == order)
  }

  @Test func figuresThatAreNoNumbersAreLast() throws {
    let board = try TopBoards.board([
      TopBoards.row("a", ["cpu": "NaN"]), TopBoards.row("b", ["cpu": 1]), TopBoards.row("c", ["cpu": "+Inf"]),
    ])
    #expect(Self.names(TopState(), board) == ["b", "a", "c"])
    #expect(Self.names(TopState(isReversed: true), board) == ["b", "a", "c"])
  }

  @Test(arguments: [
    ("m", TopColumn.memory, false), ("r", .requests, false), ("e", .errors, false), ("l", .latency, false),
    ("a", .alerts, false), ("n", .name, false), ("mc", .cpu, false), ("s", .memory, false), ("S", .score, false),
    ("nS", .revision, false), ("nSs", .name, false), ("R", .cpu, true), ("RR", .cpu, false), ("Rm", .memory, false),
    ("mRm", .memory, true), ("x", .cpu, false),
  ])
  func lettersSort(_ keys: String, _ column: TopColumn, _ isReversed: Bool) throws {
    let state = Self.press(keys, try TopBoards.three()).state
    #expect(state.column == column && state.isReversed == isReversed)
  }

  @Test(arguments: [
    ("/Crit", "Crit", true, ["critic"]), ("/cr\r", "cr", false, ["critic"]),
    ("/cx\u{7f}\r", "c", false, ["coder", "critic"]),
    ("/cr\u{15}", "", true, ["coder", "critic", "planner"]), ("/\u{7f}", "", false, ["coder", "critic", "planner"]),
    ("/zz\r", "zz", false, []), ("/q\r", "q", false, []),
    ("/cr\u{1b}\u{1b}[A", "", false, ["coder", "critic", "planner"]),
  ])
  func filtersByName(_ keys: String, _ filter: String, _ isFiltering: Bool, _ names: [String]) throws {
    let board = try TopBoards.three()
    let state = Self.press(keys, board).state
    #expect(state.filter == filter && state.isFiltering == isFiltering)
    #expect(Self.names(state, board) == names)
  }

  @Test func aFilterHasAnEnd() throws {
    let board = try TopBoards.three()
    #expect(Self.press("/" + String(repeating: "x", count: 5000), board).state.filter.count == TopState.longestFilter)
  }

  @Test(arguments: ["q", "\u{3}", "/ab\u{3}", "mRq"]) func endsWhenAsked(_ keys: String) throws {
    var model = TopModel(
      board: try TopBoards.three(), state: TopState(), size: .init(columns: 80, rows: 24),
      now: Timestamp(milliseconds: 0))
    #expect(model.take(.typed(Array(keys.utf8)), now: Timestamp(milliseconds: 0)) == .quit)
  }

  @Test func scrollsAsFarAsThereAreAgents() throws {
    let board = try TopBoards.board((0..<100).map { TopBoards.row("a\($0)") })
    var model = Self.press("", board)
    let page = model.screen(now: Timestamp(milliseconds: 0)).page
    func press(_ keys: String) -> Int {
      _ = model.take(.typed(Array(keys.utf8)), now: Timestamp(milliseconds: 0))
      return model.state.offset
    }
    #expect(page > 1 && page < 24)
    #expect(press("\u{1b}[A") == 0)
    #expect(press("\u{1b}[B\u{1b}[B") == 2)
    #expect(press("\u{1b}[6~") == 2 + page)
    #expect(press("\u{1b}[F") == 100 - page)
    #expect(press("\u{1b}[B\u{1b}[6~") == 100 - page)
    #expect(press("\u{1b}[5~") == 100 - 2 * page)
    #expect(press("/a1\r") == 0, "12 names contain it, which fit")
    #expect(press("\u{1b}\u{1b}[H") == 0)
  }
}
