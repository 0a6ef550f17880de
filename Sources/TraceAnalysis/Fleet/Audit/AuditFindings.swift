public import FleetModel

/// Where the trace context is lost between agents, and how that is known.
public struct AuditFindings: Sendable, Hashable {
  /// Why a span is taken for a call that lost its context, the strongest first.
  public enum Evidence: String, Sendable, Hashable, CaseIterable {
    /// The span names a parent that its trace does not have: the caller handed the context on, but its own span never came.
    case missingParent = "missing_parent"
    /// A span of another trace has the same `gen_ai.tool.call.id` and was under way all the time.
    case toolCall = "tool_call_id"
    /// The same with `a2a.task.id`.
    case task = "task_id"
    /// The same with `gen_ai.conversation.id`.
    case conversation = "conversation_id"
    /// It began and ended within an operation that has a span of this agent below it in other traces, and here has none.
    case knownCallSite = "known_call_site"
    /// It began and ended within a span whose name says that it calls this agent.
    case operationName = "operation_name"
    /// It began and ended within a client's span that has nothing below it, as most of its kind do.
    case time = "time"
    /// It has no parent, which its kind nearly always has.
    case unusualRoot = "unusual_root"
  }

  public enum Confidence: String, Sendable, Hashable, CaseIterable, Comparable {
    case low
    case medium
    case high

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
  }

  /// One call that lost its context.
  public struct Example: Sendable, Hashable {
    public var evidence: Evidence
    public var confidence: Confidence
    /// Where the call was made; `nil` where that is not known.
    public var caller: SpanKey?
    public var callerOperation: String?
    public var callee: SpanKey
    public var calleeOperation: String
    /// Nanoseconds since 1970-01-01T00:00:00Z; when the called agent's span began.
    public var start: Int64
  }

  /// How a loss is known.
  public struct Ground: Sendable, Hashable {
    public var evidence: Evidence
    public var confidence: Confidence
  }

  /// What one agent's calls of another lost.
  public struct Edge: Sendable, Hashable {
    /// `nil` where nothing says who called.
    public var caller: String?
    public var callee: String
    /// Calls that kept the context.
    public var linked: Int
    public var lost: Int { losses.values.reduce(0, +) }
    public var lostByEvidence: [Evidence: Int] {
      losses.reduce(into: [:]) { $0[$1.key.evidence, default: 0] += $1.value }
    }
    /// Calls by how their loss is known and how surely.
    public var losses: [Ground: Int]
    /// Of the surest loss.
    public var confidence: Confidence { losses.keys.lazy.map(\.confidence).max() ?? .low }
    /// The chance that spans which have nothing to do with each other lie in time as these do; `nil` where ids or parents
    /// tell.
    public var chance: Double?
    /// Some of the calls, in order of time.
    public var examples: [Example]
  }

  public var traces: Int
  public var spans: Int
  /// The part of the time that was looked at for split traces: below one where there were too many spans for the memory; then
  /// counts of split traces are scaled up.
  public var examinedShare: Double
  /// Those with losses, most of them first.
  public var edges: [Edge]

  /// The losses that are at least so sure: one sure loss does not vouch for the doubtful ones of its edge.
  public func edges(atLeast confidence: Confidence) -> [Edge] {
    edges.compactMap { edge in
      var edge = edge
      edge.losses = edge.losses.filter { $0.key.confidence >= confidence }
      edge.examples = edge.examples.filter { $0.confidence >= confidence }
      return edge.losses.isEmpty ? nil : edge
    }
  }
}
