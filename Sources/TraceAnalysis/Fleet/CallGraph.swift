public import FleetModel

/// Which agent calls which, how often, how long it takes and how often it fails: summed over traces.
///
/// A call is a span whose parent belongs to another agent. It took as long as its caller's span says where that is one of kind
/// client (the time that the caller waited), else as long as the called agent's span; it failed where either failed. What has no
/// caller in its trace enters from outside, and so do spans whose parent is missing. Spans in flight or lost are calls
/// without a duration.
public struct CallGraph: Sendable {
  /// From one agent to another.
  public struct Edge: Sendable, Hashable {
    /// `nil` where the call comes from outside of the fleet.
    public var caller: String?
    public var callee: String
    public var calls = 0
    public var errors = 0
    public var latency = DurationDistribution()
  }

  /// One agent.
  public struct Node: Sendable, Hashable {
    public var agent: String
    public var spans = 0
    public var errors = 0
    /// Calls that reached it, from other agents or from outside.
    public var calls = 0
    /// Of those calls, as its own spans have it.
    public var latency = DurationDistribution()
  }

  public private(set) var traces = 0
  public private(set) var spans = 0
  private var edgeIndex = OperationIndex()
  private var edgeTable: [Edge] = []
  private var nodeIndex = OperationIndex()
  private var nodeTable: [Node] = []

  public init() {}

  /// Most called first, then by name.
  public var edges: [Edge] {
    edgeTable.sorted { ($1.calls, $0.caller ?? "", $0.callee) < ($0.calls, $1.caller ?? "", $1.callee) }
  }

  /// By name.
  public var nodes: [Node] { nodeTable.sorted { $0.agent < $1.agent } }

  /// Linear in the spans.
  ///
  /// - Parameter names: one table for all traces that are added.
  public mutating func add(_ tree: TraceTree, names: NameTable) {
    guard !tree.spans.isEmpty else { return }
    traces += 1
    spans += tree.spans.count
    for placed in tree.spans {
      let span = placed.outline
      let node = node(of: span.agent, names)
      nodeTable[node].spans += 1
      let isError = span.state == .error
      if isError { nodeTable[node].errors += 1 }
      let parent = placed.parent.map { tree.spans[$0].outline }
      if let parent, parent.agent == span.agent { continue }
      nodeTable[node].calls += 1
      let own = span.state.hasEnded ? span.length : nil
      if let own { nodeTable[node].latency.add(own) }
      let edge = edge(from: parent?.agent ?? .none, to: span.agent, names)
      edgeTable[edge].calls += 1
      if isError || parent.map({ $0.kind == .client && $0.state == .error }) == true { edgeTable[edge].errors += 1 }
      if let parent, parent.kind == .client, parent.state.hasEnded {
        edgeTable[edge].latency.add(parent.length)
      } else if let own {
        edgeTable[edge].latency.add(own)
      }
    }
  }

  private mutating func node(of agent: NameID, _ names: NameTable) -> Int {
    let number = nodeIndex.number(agent, .none, names)
    if number == nodeTable.count { nodeTable.append(Node(agent: nodeIndex.pairs[number].agent)) }
    return number
  }

  private mutating func edge(from caller: NameID, to callee: NameID, _ names: NameTable) -> Int {
    let number = edgeIndex.number(caller, callee, names)
    if number == edgeTable.count {
      let pair = edgeIndex.pairs[number]
      edgeTable.append(Edge(caller: caller.isNone ? nil : pair.agent, callee: pair.operation))
    }
    return number
  }
}

extension SpanOutline {
  /// Nanoseconds, never below zero.
  var length: Int64 {
    let (length, isTooLong) = end.subtractingReportingOverflow(start)
    return isTooLong ? .max : max(0, length)
  }
}
