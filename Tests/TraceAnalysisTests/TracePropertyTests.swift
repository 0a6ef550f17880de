import FleetModel
import Testing
import TraceAnalysis

@Suite("traces of any shape")
struct TracePropertyTests {
  static let seeds = Array(UInt64(0)..<400)

  static func tree(_ seed: UInt64) -> TraceTree {
    TraceTree(RandomTraces(seed: seed).outline(RandomTraces.shape(seed)))
  }

  @Test(arguments: seeds)
  func theTreeHoldsTogether(seed: UInt64) {
    let outline = RandomTraces(seed: seed).outline(RandomTraces.shape(seed))
    let tree = TraceTree(outline)
    #expect(Set(tree.spans.map(\.outline.spanID)) == Set(outline.spans.map(\.spanID)))
    #expect(tree.spans.count + tree.duplicates == outline.spans.count)
    #expect(tree.roots == tree.spans.indices.filter { tree.spans[$0].parent == nil })
    for (position, span) in tree.spans.enumerated() {
      #expect(span.end >= span.start)
      let children = Array(tree.children(of: position))
      #expect(children == tree.spans.indices.filter { tree.spans[$0].parent == position })
      #expect(children.map { tree.spans[$0].start } == children.map { tree.spans[$0].start }.sorted())
      #expect(Int(span.descendants) == children.reduce(0) { $0 + 1 + Int(tree.spans[$1].descendants) })
      guard let parent = span.parent else {
        #expect(span.standing != .child && span.depth == 0 && !span.isAwaited)
        continue
      }
      #expect(parent < position && span.depth == tree.spans[parent].depth + 1)
      #expect(tree.spans[parent].outline.spanID.rawValue == span.outline.parent && span.standing == .child)
    }
  }

  @Test(arguments: seeds)
  func sectionsPartitionTheRoot(seed: UInt64) {
    let tree = Self.tree(seed)
    for root in tree.spans.indices {
      let path = tree.criticalPath(of: root)
      var reached = tree.spans[root].start
      for section in path {
        #expect(section.start == reached && section.end > section.start)
        #expect((root...root + Int(tree.spans[root].descendants)).contains(section.span))
        reached = section.end
      }
      #expect(reached == tree.spans[root].end)
      #expect(zip(path, path.dropFirst()).allSatisfy { $0.span != $1.span })
    }
  }

  @Test(arguments: seeds)
  func thePathIsTheDefinitions(seed: UInt64) {
    let tree = Self.tree(seed)
    for root in tree.spans.indices {
      #expect(tree.criticalPath(of: root) == PlainPath(tree: tree).path(of: root))
    }
  }

  @Test(arguments: seeds)
  func theOrderOfArrivalDoesNotMatter(seed: UInt64) {
    let traces = RandomTraces(seed: seed)
    let outline = traces.outline(RandomTraces.shape(seed))
    let tree = TraceTree(outline)
    let other = TraceTree(TraceOutline(traceID: outline.traceID, spans: traces.shuffled(outline.spans)))
    #expect(tree.spans == other.spans && tree.root == other.root && tree.duplicates == other.duplicates)
  }

  /// A span that nobody waits for, that takes no time, or that another one overtakes leaves the path as it is.
  @Test(arguments: seeds)
  func aSpanOffThePathDoesNotChangeIt(seed: UInt64) throws {
    let traces = RandomTraces(seed: seed)
    var shape = RandomTraces.shape(seed)
    shape.oddities = 0
    shape.clocks = 1
    let outline = traces.outline(shape)
    let tree = TraceTree(outline)
    let root = try #require(tree.root)
    let before = Self.named(tree.criticalPath(of: root), tree)
    for _ in 0..<8 {
      let parent = tree.spans[traces.number(tree.spans.count)]
      var span = parent.outline
      span.spanID = try #require(SpanID(rawValue: UInt64.max - UInt64(traces.number(9))))
      span.parent = parent.outline.spanID.rawValue
      span.kind = .consumer
      span.start = Int64(traces.number(shape.times)) * shape.unit
      span.end = span.start + Int64(traces.number(shape.times)) * shape.unit
      if traces.chance(50) {
        span.kind = .internal
        if traces.chance(50) { span.end = span.start } else { span.end = .max / 2 }
      }
      let changed = TraceTree(TraceOutline(traceID: outline.traceID, spans: outline.spans + [span]))
      #expect(Self.named(changed.criticalPath(of: try #require(changed.root)), changed) == before)
    }
    // Without a span that is not on the path, nor any of its descendants, the path is the same as well.
    let onPath = Set(tree.criticalPath(of: root).map(\.span))
    for position in tree.spans.indices where tree.spans[position].parent != nil {
      let branch = position...position + Int(tree.spans[position].descendants)
      if branch.contains(where: onPath.contains) { continue }
      let rest = tree.spans.indices.filter { !branch.contains($0) }.map { tree.spans[$0].outline }
      let changed = TraceTree(TraceOutline(traceID: outline.traceID, spans: rest))
      #expect(Self.named(changed.criticalPath(of: try #require(changed.root)), changed) == before)
    }
  }

  static func named(_ path: [PathSection], _ tree: TraceTree) -> [String] {
    path.map { "\(tree.spans[$0.span].outline.spanID) \($0.start) \($0.end)" }
  }

  @Test(arguments: seeds)
  func selfTimesAreThoseOfTheUnion(seed: UInt64) {
    var shape = RandomTraces.shape(seed)
    shape.unit = 1
    let tree = TraceTree(RandomTraces(seed: seed).outline(shape))
    let times = tree.selfTimes
    for (position, span) in tree.spans.enumerated() {
      let awaited = tree.children(of: position).filter { tree.spans[$0].isAwaited }
      let plain = (span.start..<span.end).count { moment in
        !awaited.contains { tree.spans[$0].start <= moment && moment < tree.spans[$0].end }
      }
      #expect(times[position] == Int64(plain))
    }
  }

  // MARK: Replays

  @Test(arguments: seeds)
  func aReplayIsTheDefinitions(seed: UInt64) throws {
    let tree = Self.tree(seed)
    let root = try #require(tree.root)
    let replay = TraceReplay(tree, of: root)
    #expect(replay.duration { _ in 1 } == tree.spans[root].duration)
    #expect(replay.duration { _ in 0 } >= 0)
    for percent in [1.0, 12.5, 50, 99] {
      let share = { (span: Int) in tree.spans[span].outline.agent.rawValue == 1 ? 1 - percent / 100 : 1 }
      #expect(replay.duration(share: share) == PlainPath(tree: tree).replayed(root: root, share: share))
    }
  }

  @Test(arguments: seeds)
  func fasterWorkNeverMakesATraceSlower(seed: UInt64) throws {
    let tree = Self.tree(seed)
    let root = try #require(tree.root)
    let replay = TraceReplay(tree, of: root)
    let path = tree.criticalPath(of: root)
    let whole = tree.spans[root].duration
    for agent in Int32(0)..<4 {
      var faster = SpeedUp(agent: NameID(rawValue: agent), percent: 0)
      var last = whole
      #expect(replay.duration(faster, in: tree) == whole)
      let sections = path.filter { tree.spans[$0.span].outline.agent.rawValue == agent }
      for percent in [0.1, 1, 10, 20, 50, 75, 100] {
        faster.percent = percent
        let duration = replay.duration(faster, in: tree)
        #expect(duration <= last && duration >= 0)
        let most = sections.reduce(0.0) { $0 + Double($1.duration) } * percent / 100
        #expect(Double(whole - duration) <= most + Double(tree.spans.count) + Double(CriticalPath.tolerance(whole)))
        last = duration
      }
    }
  }
}
