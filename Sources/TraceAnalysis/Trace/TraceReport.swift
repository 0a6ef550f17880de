public import FleetModel

/// What happened in one trace: where its time went, who took part, what it cost.
public struct TraceReport: Sendable {
  public let tree: TraceTree
  public let names: NameTable
  public let spanCount: Int
  /// Those that have ended, in failure or not.
  public let completedCount: Int
  public let errorCount: Int
  public let activeCount: Int
  public let lostCount: Int
  /// Nanoseconds from the earliest start to the latest end of all spans.
  public let duration: Int64
  /// Nanoseconds, of the spans that have ended, rounded down.
  public let meanSpanDuration: Int64
  /// Of ``TraceTree/root``.
  public let criticalPath: [PathSection]
  /// By time on the critical path, the longest first, then by name.
  public let participation: [AgentParticipation]
  /// Positions of the spans that took longest among those that have ended, the longest first, then in the tree's order.
  public let longest: [Int]
  public let usage: TokenUsage

  /// O(n log n).
  ///
  /// - Parameters:
  ///   - names: of the outline.
  ///   - now: see ``TraceTree/init(_:asOf:)``.
  ///   - longest: how many of the longest spans to name.
  /// - Throws: ``AnalysisError/traceNotFound`` where there is no span, ``AnalysisError/noCompletedSpans`` where none has ended.
  public init(
    _ outline: TraceOutline, names: NameTable, asOf now: Int64? = nil, longest: Int = 10
  ) throws(AnalysisError) {
    try self.init(TraceTree(outline, asOf: now), names: names, longest: longest)
  }

  public init(_ tree: TraceTree, names: NameTable, longest: Int = 10) throws(AnalysisError) {
    guard let root = tree.root else { throw .traceNotFound }
    let completed = tree.spans.indices.filter { tree.spans[$0].outline.state.hasEnded }
    if completed.isEmpty { throw .noCompletedSpans }
    self.tree = tree
    self.names = names
    spanCount = tree.spans.count
    completedCount = completed.count
    errorCount = tree.spans.count { $0.outline.state == .error }
    activeCount = tree.spans.count { $0.outline.state == .active }
    lostCount = tree.spans.count { $0.outline.state == .lost }
    duration = Int64(tree.extent.count)
    meanSpanDuration = Self.mean(completed.lazy.map { tree.spans[$0].duration })
    criticalPath = tree.criticalPath(of: root)
    participation = AgentParticipation.all(in: tree, path: criticalPath, names: names)
    self.longest = Array(
      completed.sorted {
        let (left, right) = (tree.spans[$0].duration, tree.spans[$1].duration)
        return left != right ? left > right : $0 < $1
      }.prefix(max(longest, 0)))
    var usage = TokenUsage()
    for position in tree.usagePositions { usage += TokenUsage(tree.spans[position].outline) }
    self.usage = usage
  }

  private static func mean(_ durations: some Collection<Int64>) -> Int64 {
    // Quotients and remainders by themselves: a sum might overflow.
    let count = Int64(durations.count)
    var (whole, rest) = (Int64(0), Int64(0))
    for duration in durations {
      whole += duration / count
      rest += duration % count
      whole += rest / count
      rest %= count
    }
    return whole
  }
}

/// What one agent did in a trace. Times are nanoseconds and stay at the greatest number there is rather than overflow.
public struct AgentParticipation: Sendable, Hashable {
  public var agent: NameID
  public var spanCount = 0
  public var errorCount = 0
  public var activeCount = 0
  public var lostCount = 0
  /// The sum of its spans' durations; spans within spans count again.
  public var totalTime: Int64 = 0
  /// The sum of what its spans did themselves: see ``TraceTree/selfTimes``.
  public var selfTime: Int64 = 0
  public var pathTime: Int64 = 0
  /// What its spans are called, by name.
  public var operations: [NameID] = []
  /// See ``TraceTree/usagePositions``.
  public var usage = TokenUsage()

  init(agent: NameID) { self.agent = agent }

  /// All agents of a trace. O(n log n).
  static func all(in tree: TraceTree, path: [PathSection], names: NameTable) -> [AgentParticipation] {
    var places: [NameID: Int] = [:]
    var agents: [AgentParticipation] = []
    var seen: Set<AgentOperation> = []
    let selfTimes = tree.selfTimes
    let place = { (span: CorrectedSpan) in
      if let known = places[span.outline.agent] { return known }
      places[span.outline.agent] = agents.count
      agents.append(AgentParticipation(agent: span.outline.agent))
      return agents.count - 1
    }
    for (position, span) in tree.spans.enumerated() {
      let index = place(span)
      agents[index].add(span, selfTime: selfTimes[position])
      if seen.insert(AgentOperation(agent: span.outline.agent, operation: span.outline.operation)).inserted {
        agents[index].operations.append(span.outline.operation)
      }
    }
    for section in path {
      agents[place(tree.spans[section.span])].pathTime += section.duration
    }
    for position in tree.usagePositions {
      agents[place(tree.spans[position])].usage += TokenUsage(tree.spans[position].outline)
    }
    for index in agents.indices { agents[index].operations.sort { names[$0] < names[$1] } }
    return agents.sorted {
      $0.pathTime != $1.pathTime ? $0.pathTime > $1.pathTime : names[$0.agent] < names[$1.agent]
    }
  }

  private mutating func add(_ span: CorrectedSpan, selfTime: Int64) {
    spanCount += 1
    switch span.outline.state {
    case .error: errorCount += 1
    case .active: activeCount += 1
    case .lost: lostCount += 1
    case .completed, .ok: break
    }
    let (total, overflow) = totalTime.addingReportingOverflow(span.duration)
    totalTime = overflow ? .max : total
    let (own, ownOverflow) = self.selfTime.addingReportingOverflow(selfTime)
    self.selfTime = ownOverflow ? .max : own
  }
}

/// An operation of an agent.
public struct AgentOperation: Sendable, Hashable {
  public var agent: NameID
  public var operation: NameID

  public init(agent: NameID, operation: NameID) {
    self.agent = agent
    self.operation = operation
  }
}

extension TraceReport {
  /// What the root would take, in nanoseconds, if an agent or an operation were faster: see ``TraceReplay``.
  public func duration(_ faster: SpeedUp) -> Int64 {
    guard let root = tree.root else { return 0 }
    return TraceReplay(tree, of: root).duration(faster, in: tree)
  }

  /// The operations whose own work is on the critical path, with the time they are on it, the longest first, then by names.
  public var pathOperations: [(operation: AgentOperation, pathTime: Int64)] {
    var times: [AgentOperation: Int64] = [:]
    for section in criticalPath {
      let outline = tree.spans[section.span].outline
      times[AgentOperation(agent: outline.agent, operation: outline.operation), default: 0] += section.duration
    }
    return times.map { (operation: $0.key, pathTime: $0.value) }.sorted {
      if $0.pathTime != $1.pathTime { return $0.pathTime > $1.pathTime }
      let (left, right) = ($0.operation, $1.operation)
      return (names[left.agent], names[left.operation]) < (names[right.agent], names[right.operation])
    }
  }
}
