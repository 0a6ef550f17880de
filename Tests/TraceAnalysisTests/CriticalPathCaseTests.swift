import FleetModel
import Testing
import TraceAnalysis

@Suite("critical paths, drawn")
struct CriticalPathCaseTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var drawing: String
    var path: String

    init(_ name: String, _ drawing: String, path: String) {
      testDescription = name
      self.drawing = drawing
      self.path = path
    }
  }

  static let cases: [Case] = [
    Case("alone", "r |==========", path: "rrrrrrrrrr"),
    Case(
      "a chain of calls",
      """
      r   |==========
       a  |  ======
        b |   ====
      """, path: "rrabbbbarr"),
    Case(
      "one after the other",
      """
      r  |==========
       a | ===
       b |     ===
      """, path: "raaarbbbrr"),
    Case(
      "one starts when the other ends: both are on the path",
      """
      r  |==========
       a | ====
       b |     ====
      """, path: "raaaabbbbr"),
    Case(
      "children that fill their parent to both ends",
      """
      r  |==========
       a |====
       b |    ===
       c |       ===
      """, path: "aaaabbbccc"),
    Case(
      "fan-out: the last to end counts, with what led to it",
      """
      r  |============
       a | ====
       b | =========
       c | ======
      """, path: "rbbbbbbbbbrr"),
    Case(
      "overlapping children: the second did not wait for the first",
      """
      r  |============
       a | ======
       b |     =====
      """, path: "rrrrrbbbbbrr"),
    Case(
      "before an overlap, what had ended by then",
      """
      r  |============
       a | ==
       b |  =======
       c |     =====
      """, path: "raarrcccccrr"),
    Case(
      "children that end at once: the longer one",
      """
      r  |==========
       a |     ====
       b |  =======
      """, path: "rrbbbbbbbr"),
    Case(
      "children that are alike: the lower id",
      """
      r  |======
       a | ====
       b | ====
      """, path: "raaaar"),
    Case(
      "a child of no length splits nothing",
      """
      r  |==========
       a | ===
       b |    
       c |     ===
      """, path: "raaarcccrr"),
    Case(
      "nobody waits for a consumer, wherever it ends",
      """
      r    |==========
       a.p | ==
        b.k|  =====
       c.k |   =====
      """, path: "raarrrrrrr"),
    Case(
      "a child that outlives its parent was started and left alone",
      """
      r  |========
       a |  =========
       b |   ==
      """, path: "rrrbbrrr"),
    Case(
      "so it is deeper down, while the root waits on",
      """
      r   |============
       a  | =====
        b |   =======
       c  |       ====
      """, path: "raaaaarccccr"),
    Case(
      "a caller that gave up had waited until then",
      """
      r     |==========
       a.c  | ======
        b.s |  ==========
      """, path: "rabbbbbrrr"),
    Case(
      "what began before its parent counts from there on",
      """
      r  |   =======
       a | =====
      """, path: "   aaarrrr"),
    Case(
      "what ended before its parent began, or began after it ended, does not count",
      """
      r    |   =====
       a   |=
       b.c |   =====
        c.s|          ==
      """, path: "   bbbbb"),
    Case(
      "active spans have run until the last moment that is known",
      """
      r  |=>
       a | ===
       b |    =>
        c|     ===
      """, path: "raaabccc"),
    Case(
      "a lost span whose parent went on ended with the last of its children",
      """
      r   |==========
       a  | =x
        b |  ==
       c  |     ====
      """, path: "rabbrccccr"),
    Case(
      "a lost span under lost spans has run until the last moment",
      """
      r  |=x
       a | =x
       b |  ===
      """, path: "raaaa"),
    Case(
      "the root may be asynchronous itself",
      """
      r.k  |======
       a.c | ====
        b.s|  ==
      """, path: "rabbar"),
    Case("no time at all", "r |", path: ""),
  ]

  @Test(arguments: cases)
  func thePathIsAsDrawn(_ one: Case) throws {
    let trace = DrawnTrace(one.drawing)
    let tree = trace.tree
    let root = try #require(tree.root)
    let path = tree.criticalPath(of: root)
    #expect(trace.drawn(path, in: tree) == one.path)
    #expect(tree.pathTimes(of: root).reduce(0, +) == tree.spans[root].duration)
  }

  @Test func anySpanHasAPathOfItsOwn() throws {
    let trace = DrawnTrace(
      """
      r    |==========
       a.k |     ======
        b  |      ===
      """)
    let tree = trace.tree
    let position = try #require(trace.position("a", in: tree))
    #expect(trace.drawn(tree.criticalPath(of: position), in: tree) == "     abbbaa")
    #expect(tree.criticalPath(of: 7).isEmpty && tree.criticalPath(of: -1).isEmpty)
  }

  /// Half a millisecond of overlap among children of half a second is noise; among children of a millisecond it is not.
  @Test(arguments: [(Int64(500_000_000), true), (1_000_000, false)])
  func aSmallOverlapIsStillASequence(length: Int64, isSequence: Bool) throws {
    let name = NameID(rawValue: 0)
    let span = { (id: UInt64, parent: UInt64, start: Int64, end: Int64) throws in
      SpanOutline(
        spanID: try #require(SpanID(rawValue: id)), parent: parent, start: start, end: end, agent: name,
        operation: name, kind: .internal, state: .ok)
    }
    let overlap: Int64 = 500_000
    let tree = TraceTree(
      TraceOutline(
        traceID: DrawnTrace.traceID,
        spans: [
          try span(1, 0, 0, 2 * length), try span(2, 1, 0, length + overlap), try span(3, 1, length, 2 * length),
        ]))
    let path = tree.criticalPath(of: 0)
    let other = PathSection(span: 2, start: length, end: 2 * length)
    #expect(path == [PathSection(span: isSequence ? 1 : 0, start: 0, end: length), other])
    #expect(TraceReplay(tree, of: 0).duration { _ in 1 } == 2 * length)
    let faster = isSequence ? 2 * length - (length + overlap) / 2 : 2 * length
    #expect(TraceReplay(tree, of: 0).duration { $0 == 1 ? 0.5 : 1 } == faster)
  }
}
