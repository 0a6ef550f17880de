public import FleetModel

/// Finds the edges between agents that drop the trace context.
///
/// 1. While traces are added, links that hold are counted: which agent calls which, from which operations. Spans without a parent
///    in their trace are kept, and spans that may have called without having a span of another agent below them.
/// 2. A parent that is named and missing, in a trace that nothing was added to for a while, is a loss on its own.
/// 3. A root is matched with a span of another agent in another trace that was under way all the time: by id, by what that
///    operation calls in other traces, by its name, or by time alone. What is not known by id counts only where it is
///    more than chance explains: the roots are moved along the time line by many offsets, and matched anew.
///
/// The findings depend on the traces alone, not on their order.
public struct TraceAudit: Sendable {
  public struct Options: Sendable, Hashable {
    /// Nanoseconds without news after which a trace is taken for complete.
    public var settling: Int64 = 120_000_000_000
    /// Nanoseconds by which the clocks of two agents may differ.
    public var skew: Int64 = 10_000_000
    /// Nanoseconds after the end of a producer's span within which its message is taken up.
    public var pickup: Int64 = 10_000_000_000
    /// Spans that are kept; with more, whole slices of time are left out by lot.
    public var spanLimit = 400_000
    /// Examples of each edge.
    public var exampleLimit = 5

    public init() {}
  }

  /// What holds.
  struct Links: Sendable {
    /// Calls from agent to agent.
    var calls: [UInt64: Int] = [:]
    /// Agents that have spans right below an operation, by operation and agent.
    var callees: Set<UInt64> = []
    /// Operations with any such agent.
    var callingOperations: Set<Int> = []
    /// By operation of the called agent and calling agent.
    var callers: [UInt64: Int] = [:]
    /// By operation: how often it had a parent of another agent, and how often it was a root.
    var called: [Int: Int] = [:]
    var roots: [Int: Int] = [:]
  }

  let now: Int64
  let options: Options
  private(set) var traces = 0
  private(set) var spans = 0
  private(set) var links = Links()
  private(set) var index = OperationIndex()
  private(set) var agents: [NameID: String] = [:]
  private(set) var sites: [AuditSite] = []
  private(set) var roots: [AuditFragment] = []
  /// Spans whose parent is missing.
  private(set) var danglingBy: [DanglingKind: Dangling] = [:]
  /// Slices of time whose hash is above are left out.
  private(set) var highestSlice = UInt64.max

  struct DanglingKind: Sendable, Hashable {
    var operation: Int
    /// Whether the trace has a root that ended.
    var isRooted: Bool
  }

  /// Spans of one kind whose parents are missing.
  struct Dangling: Sendable {
    var agent: NameID
    var count = 0
    /// The earliest ones.
    var examples: [AuditFragment] = []
  }

  /// - Parameter now: nanoseconds since 1970-01-01T00:00:00Z.
  public init(now: Int64, options: Options = Options()) {
    self.now = now
    self.options = options
  }

  /// Linear in the spans.
  ///
  /// - Parameter names: one table for all traces that are added.
  public mutating func add(_ tree: TraceTree, names: NameTable) {
    guard !tree.spans.isEmpty else { return }
    traces += 1
    spans += tree.spans.count
    let shape = Shape(tree)
    let isComplete = shape.lastNews <= now - options.settling && !shape.isActive
    for (position, placed) in tree.spans.enumerated() {
      let span = placed.outline
      if agents[span.agent] == nil { agents[span.agent] = names[span.agent] }
      let operation = index.number(span.agent, span.operation, names)
      if let parent = placed.parent.map({ tree.spans[$0].outline }) {
        if parent.agent != span.agent { link(parent, span, operation, names) }
      } else if span.kind != .client, span.kind != .producer {
        var fragment = AuditFragment(
          key: SpanKey(traceID: tree.traceID, spanID: span.spanID), start: span.start, end: span.end,
          operation: operation, agent: span.agent, ids: AuditIdentifiers(position, tree))
        if placed.isOrphan {
          if isComplete { addDangling(fragment, isRooted: shape.hasEndedRoot) }
        } else if span.state != .active {
          links.roots[operation, default: 0] += 1
          if tree.roots.count == 1 { fragment.ids.complete(from: tree) }
          if keeps(span.start) { roots.append(fragment) }
        }
      }
      if shape.mayCall[position], span.state.hasEnded, keeps(span.start), !Self.isInference(span, names) {
        sites.append(
          AuditSite(
            key: SpanKey(traceID: tree.traceID, spanID: span.spanID), start: span.start, end: span.end,
            operation: operation, agent: span.agent, rootAgent: shape.rootAgent, kind: span.kind,
            ids: AuditIdentifiers(position, tree)))
      }
    }
    shrink()
  }

  private mutating func link(_ parent: SpanOutline, _ span: SpanOutline, _ operation: Int, _ names: NameTable) {
    let caller = index.number(parent.agent, parent.operation, names)
    links.calls[Self.pair(parent.agent, span.agent), default: 0] += 1
    links.callees.insert(Self.pair(caller, span.agent))
    links.callingOperations.insert(caller)
    links.callers[Self.pair(operation, parent.agent), default: 0] += 1
    links.called[operation, default: 0] += 1
  }

  private mutating func addDangling(_ fragment: AuditFragment, isRooted: Bool) {
    let kind = DanglingKind(operation: fragment.operation, isRooted: isRooted)
    danglingBy[kind, default: Dangling(agent: fragment.agent)].count += 1
    guard var examples = danglingBy[kind]?.examples else { return }
    examples.append(fragment)
    examples.sort { ($0.start, $0.key.spanID) < ($1.start, $1.key.spanID) }
    danglingBy[kind]?.examples = Array(examples.prefix(options.exampleLimit))
  }

  static func pair(_ operation: Int, _ agent: NameID) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: operation)) << 32 | UInt64(UInt32(bitPattern: agent.rawValue))
  }

  static func pair(_ first: NameID, _ second: NameID) -> UInt64 { pair(Int(first.rawValue), second) }

  /// Whether a span is a call of a model, which calls no agent. A span that invokes an agent may name the model, too.
  ///
  /// Names: <https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/>.
  private static func isInference(_ span: SpanOutline, _ names: NameTable) -> Bool {
    guard span.genAIOperation.isNone else {
      return ["chat", "embeddings", "generate_content", "text_completion"].contains(names[span.genAIOperation])
    }
    return !span.model.isNone || span.inputTokens >= 0 || span.outputTokens >= 0
  }

  private func keeps(_ start: Int64) -> Bool { Self.slice(of: start) <= highestSlice }

  /// A number without pattern for each ten seconds, so that what belongs together is kept or left out together.
  private static func slice(of start: Int64) -> UInt64 {
    StableHash.mix(UInt64(bitPattern: start / 10_000_000_000))
  }

  private mutating func shrink() {
    while sites.count + roots.count > options.spanLimit, highestSlice > 1 {
      highestSlice /= 2
      let highest = highestSlice
      sites.removeAll { Self.slice(of: $0.start) > highest }
      roots.removeAll { Self.slice(of: $0.start) > highest }
    }
  }
}

extension TraceAudit {
  /// What one trace looks like to the audit.
  private struct Shape {
    /// The latest start or end.
    var lastNews = Int64.min
    var isActive = false
    var hasEndedRoot = false
    var rootAgent = NameID.none
    /// By position: whether the span may have called another agent without the trace knowing.
    var mayCall: [Bool]

    init(_ tree: TraceTree) {
      let spans = tree.spans
      var hasForeignChild = [Bool](repeating: false, count: spans.count)
      var hasOutgoingChild = hasForeignChild
      if let root = tree.root { rootAgent = spans[root].outline.agent }
      for span in spans {
        let outline = span.outline
        lastNews = max(lastNews, outline.start, outline.end)
        if outline.state == .active { isActive = true }
        if span.standing == .root, outline.state.hasEnded { hasEndedRoot = true }
        guard let parent = span.parent else { continue }
        if spans[parent].outline.agent != outline.agent { hasForeignChild[parent] = true }
        if outline.kind == .client || outline.kind == .producer { hasOutgoingChild[parent] = true }
      }
      mayCall = spans.indices.map { position in
        if hasForeignChild[position] { return false }
        switch spans[position].outline.kind {
        case .client, .producer: return true
        case .server, .consumer: return !hasOutgoingChild[position]
        case .internal, .unspecified: return spans[position].descendants == 0
        }
      }
    }
  }
}
