import FleetModel
import Testing
import TraceAnalysis

@Suite("putting a trace together")
struct TraceAssemblyTests {
  static func span(
    _ id: UInt64, _ parent: UInt64, _ start: Int64, _ end: Int64, _ state: SpanState = .ok
  ) throws -> SpanOutline {
    let name = NameID(rawValue: 0)
    return SpanOutline(
      spanID: try #require(SpanID(rawValue: id)), parent: parent, start: start, end: end, agent: name, operation: name,
      kind: .internal, state: state)
  }

  static func tree(_ spans: [SpanOutline]) -> TraceTree {
    TraceTree(TraceOutline(traceID: DrawnTrace.traceID, spans: spans))
  }

  static func ids(_ tree: TraceTree) -> [UInt64] { tree.spans.map(\.outline.spanID.rawValue) }

  @Test func nothingAtAll() {
    let tree = Self.tree([])
    #expect(tree.root == nil && tree.roots.isEmpty && tree.extent.isEmpty && tree.usagePositions.isEmpty)
  }

  @Test func depthFirstByStartAndThenById() throws {
    let tree = Self.tree([
      try Self.span(9, 1, 5, 6), try Self.span(4, 1, 5, 7), try Self.span(7, 4, 6, 7), try Self.span(8, 1, 2, 9),
      try Self.span(1, 0, 0, 10),
    ])
    #expect(Self.ids(tree) == [1, 8, 4, 7, 9])
    #expect(tree.spans.map(\.depth) == [0, 1, 1, 2, 1])
    #expect(Array(tree.children(of: 0)) == [1, 2, 4])
  }

  @Test func theLatestEndOfDuplicatesCounts() throws {
    let tree = Self.tree([
      try Self.span(1, 0, 0, 0, .active), try Self.span(1, 0, 0, 8, .error), try Self.span(1, 0, 0, 9),
      try Self.span(1, 0, 3, 3, .lost),
    ])
    #expect(tree.spans.count == 1 && tree.duplicates == 3)
    #expect(tree.spans[0].end == 9 && tree.spans[0].outline.state == .ok)
  }

  @Test func aSpanWithoutItsParentIsARootThatKnowsIt() throws {
    let tree = Self.tree([try Self.span(2, 77, 0, 50), try Self.span(3, 2, 1, 2), try Self.span(1, 0, 10, 20)])
    #expect(Self.ids(tree) == [2, 3, 1] && tree.roots == [0, 2])
    #expect(tree.spans.map(\.standing) == [.orphan, .child, .root])
    #expect(tree.root == 2, "the request has no parent at all")
    #expect(tree.extent == 0..<50)
    #expect(Self.tree([try Self.span(3, 99, 5, 6), try Self.span(2, 77, 0, 1)]).root == 0)
  }

  @Test func ofSeveralRootsTheEarliestAndThenTheLongest() throws {
    let tree = Self.tree([try Self.span(5, 0, 3, 9), try Self.span(6, 0, 2, 3), try Self.span(7, 0, 2, 4)])
    #expect(Self.ids(tree) == [6, 7, 5] && tree.root == 1)
  }

  @Test func circlesOpenAtTheirEarliestSpan() throws {
    let own = Self.tree([try Self.span(1, 1, 0, 5)])
    #expect(own.root == 0 && own.spans[0].standing == .loop)
    let spans = [
      try Self.span(1, 3, 5, 9), try Self.span(2, 1, 6, 8), try Self.span(3, 2, 4, 9), try Self.span(4, 3, 7, 8),
      try Self.span(5, 0, 0, 10),
    ]
    let tree = Self.tree(spans)
    #expect(Self.ids(tree) == [5, 3, 1, 2, 4])
    #expect(tree.spans.map(\.standing) == [.root, .loop, .child, .child, .child])
    #expect(tree.root == 0 && Self.tree(spans.reversed()).spans == tree.spans)
  }

  @Test func whenATraceIsLookedAtItsActiveSpansHaveRunUntilThen() throws {
    let outline = TraceOutline(
      traceID: DrawnTrace.traceID,
      spans: [
        try Self.span(1, 0, 10, 10, .active), try Self.span(2, 1, 20, 30), try Self.span(3, 1, 30, 30, .active),
        try Self.span(4, 1, 12, 12, .lost),
      ])
    #expect(TraceTree(outline).spans.map(\.end) == [30, 30, 30, 30])
    #expect(TraceTree(outline, asOf: 100).spans.map(\.end) == [100, 30, 30, 100])
    #expect(TraceTree(outline, asOf: 5).spans.map(\.end) == [30, 30, 30, 30], "a clock that is behind")
  }

  /// End before start and times before 1970, which no decoder lets through, harm nothing.
  @Test func timesThatCannotBe() throws {
    var spans = [try Self.span(1, 0, -50, 100), try Self.span(2, 1, 60, 40), try Self.span(3, 1, .min, .max)]
    spans[2].instance = NameID(rawValue: 7)
    let tree = Self.tree(spans)
    #expect(tree.spans.allSatisfy { $0.start >= 0 && $0.end >= $0.start })
    #expect(tree.criticalPath(of: 0).reduce(0) { $0 + $1.duration } == 100)
  }

  enum Form: String, CaseIterable { case chain, fan, comb, circle, orphans, duplicates }

  /// A hundred thousand spans in any form are no trouble for the stack.
  @Test(arguments: Form.allCases)
  func aHundredThousandSpans(form: Form) throws {
    let count = 100_000
    var spans: [SpanOutline] = []
    spans.reserveCapacity(count)
    for index in 1...count {
      let (id, time) = (UInt64(index), Int64(index))
      let end = Int64(2 * count)
      let span =
        switch form {
        case .chain: try Self.span(id, id - 1, time, end - time)
        case .fan: try Self.span(id, index == 1 ? 0 : 1, time, index == 1 ? end : time + 1)
        case .comb: try Self.span(id, id / 2, time, end)
        case .circle: try Self.span(id, index == 1 ? UInt64(count) : id - 1, time, end - time)
        case .orphans: try Self.span(id, id + UInt64(count), time, end)
        case .duplicates: try Self.span(id % 10 + 1, id % 10, time, end)
        }
      spans.append(span)
    }
    let tree = Self.tree(spans)
    let root = try #require(tree.root)
    let path = tree.criticalPath(of: root)
    #expect(path.reduce(0) { $0 + $1.duration } == tree.spans[root].duration)
    #expect(TraceReplay(tree, of: root).duration { _ in 1 } == tree.spans[root].duration)
    #expect(tree.spans.count == (form == .duplicates ? 10 : count))
    #expect(tree.roots.count == (form == .orphans ? count : 1))
    if form == .chain { #expect(path.count == 2 * count - 3, "the innermost takes no time") }
    if form == .fan { #expect(path.count == count + 1) }
  }
}
