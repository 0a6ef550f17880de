import FleetModel
import Testing
import TraceAnalysis

@Suite("a trace's report")
struct TraceReportTests {
  static func request() -> DrawnTrace {
    var trace = DrawnTrace(
      """
      r     |====================
       a    | ==========
        b   |  ====
        c!  |      ====
       d    |           =======
        e   |            ==>
      """)
    trace.set("r", agent: "front", operation: "request")
    trace.set("a", agent: "planner", operation: "invoke_agent planner")
    trace.set("b", agent: "planner", operation: "chat m")
    trace.set("c", agent: "planner", operation: "chat m")
    trace.set("d", agent: "writer", operation: "invoke_agent writer")
    trace.set("e", agent: "writer", operation: "chat m")
    trace.setUsage("a", input: 30, output: 3)
    trace.setUsage("b", input: 10, output: 1, cached: 4)
    trace.setUsage("c", input: 20, output: 2)
    trace.setUsage("d", input: 7)
    return trace
  }

  @Test func whoTookPart() throws {
    let trace = Self.request()
    let report = try TraceReport(trace.outline, names: trace.names)
    #expect(report.spanCount == 6 && report.completedCount == 5)
    #expect(report.errorCount == 1 && report.activeCount == 1 && report.lostCount == 0)
    #expect(report.duration == 20 && report.meanSpanDuration == 9)
    #expect(trace.drawn(report.criticalPath, in: report.tree) == "rabbbbccccadddddddrr")
    #expect(report.participation.map { trace.names[$0.agent] } == ["planner", "writer", "front"])
    let planner = report.participation[0]
    #expect(planner.spanCount == 3 && planner.errorCount == 1)
    #expect(planner.totalTime == 18 && planner.selfTime == 10 && planner.pathTime == 10)
    #expect(planner.operations.map { trace.names[$0] } == ["chat m", "invoke_agent planner"])
    #expect(report.participation[1].activeCount == 1)
    #expect(report.participation.reduce(0) { $0 + $1.pathTime } == 20)
    #expect(report.longest.map { trace.letter($0, in: report.tree) } == ["r", "a", "d", "b", "c"])
    #expect(try TraceReport(trace.outline, names: trace.names, longest: 2).longest.count == 2)
  }

  @Test func tokensCountOnce() throws {
    let trace = Self.request()
    let report = try TraceReport(trace.outline, names: trace.names)
    #expect(report.usage == TokenUsage(input: 37, output: 3, cached: 4))
    #expect(report.participation[0].usage == TokenUsage(input: 30, output: 3, cached: 4))
    #expect(report.participation[1].usage == TokenUsage(input: 7))
    #expect(report.participation[2].usage.isEmpty)
  }

  @Test func whatDeterminesItsDuration() throws {
    let trace = Self.request()
    let report = try TraceReport(trace.outline, names: trace.names)
    let operations = report.pathOperations.map {
      "\(trace.names[$0.operation.agent]) \(trace.names[$0.operation.operation]) \($0.pathTime)"
    }
    #expect(
      operations == [
        "planner chat m 8", "writer invoke_agent writer 7", "front request 3", "planner invoke_agent planner 2",
      ])
  }

  @Test func whatIsNotATraceIsSaid() throws {
    #expect(throws: AnalysisError.traceNotFound) {
      try TraceReport(TraceOutline(traceID: DrawnTrace.traceID, spans: []), names: NameTable())
    }
    let trace = DrawnTrace("r |=>\n a |=x")
    #expect(throws: AnalysisError.noCompletedSpans) { try TraceReport(trace.outline, names: trace.names) }
  }

  @Test func sumsStayAtTheGreatestNumber() throws {
    var trace = DrawnTrace("a |==\nb |==\nc |==")
    for letter in "abc" as String {
      trace.move(letter, to: 0, .max)
      trace.set(letter, agent: "one", operation: "long")
      trace.setUsage(letter, input: .max)
    }
    let report = try TraceReport(trace.outline, names: trace.names)
    #expect(report.participation[0].totalTime == .max && report.usage.input == .max)
    #expect(report.meanSpanDuration == .max && report.duration == .max)
  }
}

@Suite("replays of a trace")
struct TraceReplayTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var drawing: String
    var faster: Character
    var percent: Double
    var duration: Int64
  }

  static let cases: [Case] = [
    Case(
      testDescription: "what comes after moves up",
      drawing: """
        r  |============
         a | ====
         b |      ====
        """, faster: "a", percent: 50, duration: 10),
    Case(
      testDescription: "another branch becomes critical",
      drawing: """
        r  |============
         a | ==========
         b | =======
        """, faster: "a", percent: 50, duration: 9),
    Case(
      testDescription: "what was not critical gains nothing",
      drawing: """
        r  |============
         a | ==========
         b | =======
        """, faster: "b", percent: 100, duration: 12),
    Case(
      testDescription: "own work alone gets faster, not that of children",
      drawing: """
        r   |============
         a  | ==========
          b |   ======
        """, faster: "a", percent: 50, duration: 10),
    Case(
      testDescription: "a child that came after two is taken to need both",
      drawing: """
        r  |============
         a |======
         b |=====
         c |      ======
        """, faster: "a", percent: 50, duration: 11),
    Case(
      testDescription: "nobody waits for what is asynchronous",
      drawing: """
        r    |======
         a.k | =========
         b   | ==
        """, faster: "a", percent: 100, duration: 6),
    Case(
      testDescription: "no time at all is left of all of it",
      drawing: "r |======", faster: "r", percent: 100, duration: 0),
  ]

  @Test(arguments: cases)
  func theRootTakes(_ one: Case) throws {
    let trace = DrawnTrace(one.drawing)
    let report = try TraceReport(trace.outline, names: trace.names)
    let agent = trace.number("agent \(one.faster)")
    #expect(report.duration(SpeedUp(agent: agent, percent: one.percent)) == one.duration)
    let operation = trace.number("operation \(one.faster)")
    #expect(report.duration(SpeedUp(operation: operation, percent: one.percent)) == one.duration)
    let whole = report.criticalPath.reduce(0) { $0 + $1.duration }
    #expect(report.duration(SpeedUp(agent: agent, operation: trace.number("other"), percent: 50)) == whole)
  }

  @Test func anyNumberForASpeedUp() throws {
    let trace = DrawnTrace("r |======")
    let tree = trace.tree
    let replay = TraceReplay(tree, of: 0)
    for percent in [-5, -Double.infinity, 0] { #expect(replay.duration(SpeedUp(percent: percent), in: tree) == 6) }
    for percent in [100, 1e9, Double.infinity] { #expect(replay.duration(SpeedUp(percent: percent), in: tree) == 0) }
    #expect((0...6).contains(replay.duration(SpeedUp(percent: Double.nan), in: tree)))
    #expect(TraceReplay(tree, of: 3).duration { _ in 0.5 } == 0)
  }
}
