public import FleetModel

/// A trace that can be run again with some of its work done faster.
///
/// The model: what a span does itself it does in the gaps between its children. A child starts a fixed amount of the span's own work
/// after the last of those siblings that had ended by then (see ``TraceTree/criticalPath(of:)`` for which had), or after
/// the span's start where there was none; the span ends a fixed amount of its own work after the last of the children that it waited for. A
/// replay makes own work of the chosen spans shorter and lets everything move up that waited for nothing else. So another
/// branch can become critical, and what is gained stays below the time on the critical path.
///
/// It promises too little rather than too much: a child that came after two siblings is taken to have needed both. Children
/// that nobody waited for hold nothing up. Nothing is said of time spent in queues that faster work would empty.
///
/// Made once, in O(n log n); each replay takes O(n) and one allocation.
public struct TraceReplay: Sendable {
  /// What happens within a span, in order of time: a child starts, or, as far as its siblings are concerned, is over.
  private struct Step {
    var child: Int32
    var isStart: Bool
    /// Of a start: how long after the end of what it waited for, which is the parent's own work; within the tolerance a child
    /// may have started before that end, and does so again.
    var lag: Int64
  }

  private let root: Int
  /// Where the steps of each span from the root on begin in `steps`, and, one further, where they end.
  private var begins: [Int32] = [0]
  private var steps: [Step] = []
  /// Of each span from the root on: its own work after its last child; -1 where nobody waits for the span.
  private var tails: [Int64]

  /// - Parameter root: a position in the tree's spans; what is not below it plays no part.
  public init(_ tree: TraceTree, of root: Int) {
    self.root = root
    guard tree.spans.indices.contains(root) else {
      tails = []
      return
    }
    let count = Int(tree.spans[root].descendants) + 1
    tails = Array(repeating: -1, count: count)
    begins.reserveCapacity(count + 1)
    // What of each span lies within its parent, and so on up to the root.
    var starts = Array(repeating: Int64(0), count: count)
    var ends = starts
    (starts[0], ends[0], tails[0]) = (tree.spans[root].start, tree.spans[root].end, 0)
    var (children, bySettling) = ([Child](), [Child]())
    for index in 0..<count {
      if tails[index] >= 0 {
        let span = root + index
        children.removeAll(keepingCapacity: true)
        for child in tree.children(of: span) where tree.spans[child].isAwaited {
          let start = max(starts[index], tree.spans[child].start)
          let end = min(ends[index], tree.spans[child].end)
          guard start < end else { continue }
          (starts[child - root], ends[child - root], tails[child - root]) = (start, end, 0)
          children.append(Child(index: Int32(truncatingIfNeeded: child - root), start: start, end: end))
        }
        tails[index] = addSteps(children, within: starts[index], ends[index], &bySettling)
      }
      begins.append(Int32(truncatingIfNeeded: steps.count))
    }
  }

  private struct Child {
    var index: Int32
    var start: Int64
    var end: Int64
    var settled: Int64 = 0
  }

  /// - Parameters:
  ///   - children: by start.
  ///   - bySettling: room for them.
  /// - Returns: what is left of the span after the last of them.
  private mutating func addSteps(
    _ children: [Child], within start: Int64, _ end: Int64, _ bySettling: inout [Child]
  ) -> Int64 {
    var last = start
    bySettling.removeAll(keepingCapacity: true)
    for child in children {
      var child = child
      child.settled = CriticalPath.settled(child.start, child.end, in: end - start)
      bySettling.append(child)
    }
    if children.count > 1 {
      bySettling.sort { $0.settled != $1.settled ? $0.settled < $1.settled : $0.index < $1.index }
    }
    var next = 0
    for child in children {
      while next < bySettling.count, bySettling[next].settled <= child.start {
        steps.append(Step(child: bySettling[next].index, isStart: false, lag: 0))
        last = max(last, bySettling[next].end)
        next += 1
      }
      steps.append(Step(child: child.index, isStart: true, lag: child.start - last))
    }
    for child in bySettling[next...] {
      steps.append(Step(child: child.index, isStart: false, lag: 0))
      last = max(last, child.end)
    }
    return end - last
  }

  /// How long the root takes, in nanoseconds, when own work of a span takes only so much of its time.
  ///
  /// - Parameter share: by position in the tree's spans, of the time that own work took; held between 0 and 1.
  public func duration(share: (Int) -> Double) -> Int64 {
    // Of each span its duration, and once it has been started its end, counted from its parent's start.
    var ends = Array(repeating: Int64(0), count: tails.count)
    for index in tails.indices.reversed() where tails[index] >= 0 {
      let saved = 1 - min(max(share(root + index), 0), 1)
      var last: Int64 = 0
      for step in steps[Int(begins[index])..<Int(begins[index + 1])] {
        let child = Int(step.child)
        if step.isStart {
          ends[child] += max(0, last + Self.work(step.lag, saving: saved))
        } else {
          last = max(last, ends[child])
        }
      }
      ends[index] = last + Self.work(tails[index], saving: saved)
    }
    return ends.first ?? 0
  }

  private static func work(_ time: Int64, saving saved: Double) -> Int64 {
    guard time > 0, saved > 0 else { return time }
    let less = (Double(time) * saved).rounded(.down)
    return less < Double(time) ? max(0, time - Int64(less)) : 0
  }
}

/// Work that is done faster: that of an agent, of an operation, or of an operation of one agent.
public struct SpeedUp: Sendable, Hashable {
  /// Of all agents where `nil`.
  public var agent: NameID?
  /// All operations where `nil`.
  public var operation: NameID?
  /// How much less time its own work takes, 0 to 100.
  public var percent: Double

  public init(agent: NameID? = nil, operation: NameID? = nil, percent: Double) {
    self.agent = agent
    self.operation = operation
    self.percent = percent
  }

  public func applies(to span: SpanOutline) -> Bool {
    (agent == nil || agent == span.agent) && (operation == nil || operation == span.operation)
  }
}

extension TraceReplay {
  /// How long the root takes, in nanoseconds, when an agent or an operation is faster.
  public func duration(_ faster: SpeedUp, in tree: TraceTree) -> Int64 {
    let share = 1 - min(max(faster.percent, 0), 100) / 100
    return duration { faster.applies(to: tree.spans[$0].outline) ? share : 1 }
  }
}
