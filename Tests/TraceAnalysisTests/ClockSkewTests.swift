import FleetModel
import Testing
import TraceAnalysis

@Suite("clocks that disagree")
struct ClockSkewTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var drawing: String
    /// By letter; spans that are not named stay.
    var offsets: [Character: Int64]

    init(_ name: String, _ drawing: String, _ offsets: [Character: Int64]) {
      testDescription = name
      self.drawing = drawing
      self.offsets = offsets
    }
  }

  static let cases: [Case] = [
    Case(
      "what fits stays",
      """
      r.c@x  |==========
       a.s@y | =====
      """, [:]),
    Case(
      "a call that seems to come too late is put into the middle of its caller",
      """
      r.c@x  |==========
       a.s@y |          ======
      """, ["a": -8]),
    Case(
      "a call that seems to come too early",
      """
      r.c@x  |     ==========
       a.s@y | ======
      """, ["a": 6]),
    Case(
      "what a process did below moves along",
      """
      r.c@x   |==========
       a.s@y  |          ======
        b@y   |            ===
         c@y  |             =
      """, ["a": -8, "b": -8, "c": -8]),
    Case(
      "two calls say more than one: the offset that fits both",
      """
      r@x     |====================
       a.c@x  |==========
        b.s@y |      ========
       c.c@x  |          ==========
        d.s@y |              ======
      """, ["b": -4, "d": -4]),
    Case(
      "a clock that is known from one call holds for another that says less",
      """
      r@x     |====================
       a.c@x  |=====
        b.s@y |     =====
       c@x    |        ==========
        d@y   |             =====
      """, ["b": -5, "d": -5]),
    Case(
      "through a third process",
      """
      r.c@x   |============
       a.s@y  |            ==========
        b.c@y |             ========
         c.s@z|            ====
      """, ["a": -11, "b": -11, "c": -8]),
    Case(
      "a child that is no call must only not begin before its parent",
      """
      r@x  |    ======
       a@y |  ===
      """, ["a": 2]),
    Case(
      "one that ends after its parent may do so",
      """
      r@x    |======
       a.s@y |    ======
      """, [:]),
    Case(
      "a call longer than its caller, who gave up, must only not begin before it",
      """
      r.c@x  |   =====
       a.s@y | ==========
      """, ["a": 2]),
    Case(
      "consumers and children of producers are asynchronous",
      """
      r.p@x   |     =====
       a@y    |==
       b.k@z  | =====
      """, [:]),
    Case(
      "a clock that was set in between: each call by itself",
      """
      r@x     |====================
       a.c@x  |======
        b.s@y |      ====
        e.s@y |               =
       c.c@x  |          ==========
        d.s@y |           ====
      """, ["b": -5, "e": -13]),
    Case(
      "the clock is that of the request, not that of whoever comes first",
      """
      o.c@y  |
      r.c@x  |     ==========
       a.s@y |  ====
      """, ["o": 6, "a": 6]),
    Case(
      "one process, one clock: whatever its spans say",
      """
      r.c  |   =====
       a.s |=====
      """, [:]),
  ]

  @Test(arguments: cases)
  func spansMoveAsTheyMust(_ one: Case) throws {
    var trace = DrawnTrace(one.drawing)
    if one.testDescription.contains("whoever comes first") { trace.orphan("o") }
    let tree = trace.tree
    var offsets: [Character: Int64] = [:]
    for (position, span) in tree.spans.enumerated() {
      #expect(span.start == span.outline.start + span.offset && span.end == span.outline.end + span.offset)
      if span.offset != 0 { offsets[trace.letter(position, in: tree)] = span.offset }
    }
    #expect(offsets == one.offsets)
  }

  @Test func withoutAnInstanceAgentsAreProcesses() {
    var trace = DrawnTrace(
      """
      r.c  |==========
       a.s |          ======
      """)
    trace.forgetInstances()
    #expect(trace.tree.spans.map(\.offset) == [0, -8])
  }

  @Test func timesAtTheEndsOfTimeDoNotOverflow() throws {
    var trace = DrawnTrace(
      """
      r.c@x  |==========
       a.s@y | =====
        b@y  |  =
      """)
    trace.move("a", to: .max - 5, .max)
    let tree = trace.tree
    #expect(tree.spans[1].start >= 0 && tree.spans[1].end <= 10)
    trace.move("a", to: 0, .max)
    trace.move("r", to: .max - 9, .max)
    for position in trace.tree.spans.indices {
      #expect(trace.tree.criticalPath(of: position).allSatisfy { $0.duration > 0 })
    }
    #expect(trace.tree.selfTimes.allSatisfy { $0 >= 0 })
  }

  static let seeds = Array(UInt64(0)..<600)

  private static func lies(_ span: CorrectedSpan, in parent: CorrectedSpan, corrected: Bool) -> Bool {
    corrected
      ? span.start >= parent.start && span.end <= parent.end
      : span.outline.start >= parent.outline.start && span.outline.end <= parent.outline.end
  }

  /// No child that lay within its parent leaves it, every call that fits into its caller is within it, and no other child that is
  /// not asynchronous begins before its parent, unless both are by one clock.
  @Test(arguments: seeds)
  func noChildIsMovedOutOfItsParent(seed: UInt64) {
    var shape = RandomTraces.Shape()
    shape.clocks = 2 + Int(seed % 4)
    shape.nested = seed % 3 == 0 ? 90 : 20
    shape.spans = 16
    if seed % 2 == 0 { shape.kinds = [.client, .server] }
    let tree = TraceTree(RandomTraces(seed: seed).outline(shape))
    var moved = 0
    for span in tree.spans {
      if span.offset != 0 { moved += 1 }
      guard let parent = span.parent.map({ tree.spans[$0] }) else { continue }
      #expect(span.outline.start + span.offset == span.start || span.start == 0)
      if span.outline.kind == .consumer || parent.outline.kind == .producer { continue }
      if Self.lies(span, in: parent, corrected: false) { #expect(Self.lies(span, in: parent, corrected: true)) }
      if span.outline.instance == parent.outline.instance {
        #expect(span.offset == parent.offset)
        continue
      }
      #expect(span.start >= parent.start)
      let fits = span.outline.end - span.outline.start <= parent.outline.end - parent.outline.start
      if fits, parent.outline.kind == .client, span.outline.kind == .server {
        #expect(Self.lies(span, in: parent, corrected: true))
      }
    }
    #expect(moved < tree.spans.count, "the request's own clock stays")
  }

  /// A fleet whose clocks are off by any amounts is set right up to what the calls leave open.
  @Test(arguments: seeds.prefix(100))
  func oneOffsetForEachProcess(seed: UInt64) throws {
    let traces = RandomTraces(seed: seed)
    var spans: [SpanOutline] = []
    let errors = (0..<5).map { $0 == 0 ? Int64(0) : Int64(traces.number(2_000_000)) - 1_000_000 }
    let day: Int64 = 1_000_000_000_000
    let add = { (parent: UInt64, start: Int64, end: Int64, clock: Int, kind: SpanKind) throws -> UInt64 in
      let id = UInt64(spans.count + 1)
      let name = NameID(rawValue: Int32(clock))
      var span = SpanOutline(
        spanID: try #require(SpanID(rawValue: id)), parent: parent, start: day + start + errors[clock],
        end: day + end + errors[clock], agent: name, operation: name, kind: kind, state: .ok)
      span.instance = name
      spans.append(span)
      return id
    }
    let root = try add(0, 0, 1_000_000, 0, .server)
    for call in 0..<20 {
      let (start, clock) = (Int64(call) * 50_000, 1 + traces.number(4))
      let client = try add(root, start, start + 40_000, 0, .client)
      let latency = Int64(100 + traces.number(10_000))
      let server = try add(client, start + latency, start + 40_000 - latency, clock, .server)
      _ = try add(server, start + 15_000, start + 20_000, clock, .internal)
    }
    let tree = TraceTree(TraceOutline(traceID: DrawnTrace.traceID, spans: traces.shuffled(spans)))
    var offsets: [NameID: Set<Int64>] = [:]
    for span in tree.spans { offsets[span.outline.instance, default: []].insert(span.offset) }
    for (clock, offset) in offsets {
      #expect(offset.count == 1)
      let error = abs((offset.first ?? 0) + errors[Int(clock.rawValue)])
      #expect(error <= 10_100, "no further off than the network is slow")
    }
  }
}
