import FleetModel
import TraceAnalysis

extension FleetAPI {
  /// `GET /fleet/v1/traces`.
  public struct TraceList: Codable, Sendable, Hashable {
    /// The most recent first.
    public var traces: [TraceSummary]
  }

  public struct TraceSummary: Codable, Sendable, Hashable {
    public var traceID: String
    /// Of the root, or of the earliest span without its parent where the root is not there.
    public var rootAgentID: String
    public var rootOperation: String
    public var startTime: String
    /// Of the root; while it runs the latest end by its clock, `null` where there is none.
    @ExplicitNull public var endTime: String?
    @ExplicitNull public var durationMilliseconds: Double?
    /// `active` while a span is, else `lost` or `error` where a span is, else `completed`.
    public var status: String
    public var spanCount: Int
    public var errorCount: Int
    public var activeCount: Int
    public var lostCount: Int
    /// Spans by agent.
    public var agents: [String: Int]

    enum CodingKeys: String, CodingKey {
      case traceID = "trace_id"
      case rootAgentID = "root_agent_id"
      case rootOperation = "root_operation"
      case startTime = "start_time"
      case endTime = "end_time"
      case durationMilliseconds = "duration_ms"
      case spanCount = "span_count"
      case errorCount = "error_count"
      case activeCount = "active_count"
      case lostCount = "lost_count"
      case status, agents
    }
  }

  /// `GET /fleet/v1/traces/ID`.
  public struct Trace: Codable, Sendable, Hashable {
    public var traceID: String
    /// By start.
    public var spans: [Span]

    enum CodingKeys: String, CodingKey {
      case traceID = "trace_id"
      case spans
    }
  }

  /// `GET /fleet/v1/traces/ID/analysis`. Times are by the root's clock; durations are milliseconds.
  public struct TraceAnalysis: Codable, Sendable, Hashable {
    public struct Participation: Codable, Sendable, Hashable {
      public var spanCount: Int
      public var errorCount: Int
      public var activeCount: Int
      public var lostCount: Int
      public var totalMilliseconds: Double
      public var selfTimeMilliseconds: Double
      public var criticalPathMilliseconds: Double
      /// By name.
      public var operations: [String]
      public var inputTokens: Int64
      public var outputTokens: Int64

      enum CodingKeys: String, CodingKey {
        case spanCount = "span_count"
        case errorCount = "error_count"
        case activeCount = "active_count"
        case lostCount = "lost_count"
        case totalMilliseconds = "total_duration_ms"
        case selfTimeMilliseconds = "self_time_ms"
        case criticalPathMilliseconds = "critical_path_ms"
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case operations
      }
    }

    public struct Section: Codable, Sendable, Hashable {
      public var spanID: String
      public var agentID: String
      public var operation: String
      public var startTime: String
      public var durationMilliseconds: Double

      enum CodingKeys: String, CodingKey {
        case spanID = "span_id"
        case agentID = "agent_id"
        case startTime = "start_time"
        case durationMilliseconds = "duration_ms"
        case operation
      }
    }

    /// How long the trace would take if an operation on its critical path were faster.
    public struct WhatIf: Codable, Sendable, Hashable {
      public var agentID: String
      public var operation: String
      public var criticalPathMilliseconds: Double
      public var fasterPercent: Double
      public var durationMilliseconds: Double

      enum CodingKeys: String, CodingKey {
        case agentID = "agent_id"
        case criticalPathMilliseconds = "critical_path_ms"
        case fasterPercent = "faster_percent"
        case durationMilliseconds = "duration_ms"
        case operation
      }
    }

    /// A span in its place in the tree.
    public struct Placed: Codable, Sendable, Hashable {
      public var spanID: String
      /// The position of its parent in the list; `null` for a root.
      @ExplicitNull public var parent: Int?
      public var agentID: String
      public var operation: String
      public var startTime: String
      /// Of one that has not ended, the last moment at which it is known to have run.
      public var endTime: String
      public var status: String
      /// What was added to its times, because its clock disagreed.
      public var clockOffsetMilliseconds: Double
      /// Whether it has a parent that is not in the trace.
      public var orphan: Bool

      enum CodingKeys: String, CodingKey {
        case spanID = "span_id"
        case agentID = "agent_id"
        case startTime = "start_time"
        case endTime = "end_time"
        case clockOffsetMilliseconds = "clock_offset_ms"
        case parent, operation, status, orphan
      }
    }

    public var traceID: String
    public var totalSpans: Int
    public var completedSpans: Int
    public var errorSpans: Int
    public var activeSpans: Int
    public var lostSpans: Int
    /// Spans whose parent is not in the trace.
    public var orphanSpans: Int
    /// Spans whose times were moved, because their clock disagreed.
    public var skewedSpans: Int
    /// From the first start to the last end.
    public var totalMilliseconds: Double
    /// Of the root.
    public var rootMilliseconds: Double
    public var averageSpanMilliseconds: Double
    public var agentParticipation: [String: Participation]
    /// In order of time; fills the root's time without gap or overlap.
    public var criticalPath: [Section]
    /// The longest first.
    public var longestOperations: [Section]
    public var whatIf: [WhatIf]
    public var inputTokens: Int64
    public var outputTokens: Int64
    public var cachedTokens: Int64
    /// `null` where none of its models has a price.
    @ExplicitNull public var cost: Double?
    public var currency: String
    /// Depth first; there where it was asked for.
    public var tree: [Placed]?
    /// There where one is known.
    public var deployment: DeploymentInForce?

    enum CodingKeys: String, CodingKey {
      case traceID = "trace_id"
      case totalSpans = "total_spans"
      case completedSpans = "completed_spans"
      case errorSpans = "error_spans"
      case activeSpans = "active_spans"
      case lostSpans = "lost_spans"
      case orphanSpans = "orphan_spans"
      case skewedSpans = "skewed_spans"
      case totalMilliseconds = "total_duration_ms"
      case rootMilliseconds = "root_duration_ms"
      case averageSpanMilliseconds = "average_span_duration_ms"
      case agentParticipation = "agent_participation"
      case criticalPath = "critical_path"
      case longestOperations = "longest_operations"
      case whatIf = "what_if"
      case inputTokens = "input_tokens"
      case outputTokens = "output_tokens"
      case cachedTokens = "cached_tokens"
      case cost, currency, tree, deployment
    }
  }
}

extension FleetAPI.TraceSummary {
  init(_ summary: TraceSummary) {
    let status: SpanState =
      summary.activeCount > 0
      ? .active : summary.lostCount > 0 ? .lost : summary.errorCount > 0 ? .error : .completed
    self.init(
      traceID: "\(summary.traceID)", rootAgentID: summary.rootAgent, rootOperation: summary.rootOperation,
      startTime: RFC3339.format(nanoseconds: summary.start),
      endTime: summary.end.map { RFC3339.format(nanoseconds: $0) },
      durationMilliseconds: summary.end.map { (Double($0) - Double(summary.start)) / 1e6 }, status: status.name,
      spanCount: summary.spanCount, errorCount: summary.errorCount, activeCount: summary.activeCount,
      lostCount: summary.lostCount, agents: summary.spansByAgent)
  }
}

extension FleetAPI.TraceAnalysis {
  /// What-ifs are told for so many operations.
  private static let whatIfOperations = 10

  /// - Parameter hasTree: whether to say where every span stands.
  init(_ report: TraceReport, prices: TokenPrices, hasTree: Bool = false) {
    let tree = report.tree
    let names = report.names
    let section = { (position: Int, start: Int64, duration: Int64) in
      let span = tree.spans[position].outline
      return Section(
        spanID: "\(span.spanID)", agentID: names[span.agent], operation: names[span.operation],
        startTime: RFC3339.format(nanoseconds: start), durationMilliseconds: Double(duration) / 1e6)
    }
    var ledger = TokenLedger(prices: prices)
    ledger.add(tree, names: names)
    let whatIf = report.pathOperations.prefix(Self.whatIfOperations).flatMap { path in
      [10.0, 20, 50].map { percent in
        WhatIf(
          agentID: names[path.operation.agent], operation: names[path.operation.operation],
          criticalPathMilliseconds: Double(path.pathTime) / 1e6, fasterPercent: percent,
          durationMilliseconds: Double(
            report.duration(
              SpeedUp(agent: path.operation.agent, operation: path.operation.operation, percent: percent))) / 1e6)
      }
    }
    self.init(
      traceID: "\(tree.traceID)", totalSpans: report.spanCount, completedSpans: report.completedCount,
      errorSpans: report.errorCount, activeSpans: report.activeCount, lostSpans: report.lostCount,
      orphanSpans: tree.spans.count(where: \.isOrphan), skewedSpans: tree.spans.count { $0.offset != 0 },
      totalMilliseconds: Double(report.duration) / 1e6,
      rootMilliseconds: tree.root.map { Double(tree.spans[$0].duration) / 1e6 } ?? 0,
      averageSpanMilliseconds: Double(report.meanSpanDuration) / 1e6,
      agentParticipation: Dictionary(
        report.participation.map { (names[$0.agent], Participation($0, names)) },
        uniquingKeysWith: { first, _ in first }),
      criticalPath: report.criticalPath.map { section($0.span, $0.start, $0.duration) },
      longestOperations: report.longest.map { section($0, tree.spans[$0].start, tree.spans[$0].duration) },
      whatIf: whatIf, inputTokens: report.usage.input, outputTokens: report.usage.output,
      cachedTokens: report.usage.cached, cost: ledger.total.cost, currency: prices.currency,
      tree: hasTree ? tree.spans.map { Placed($0, names) } : nil)
  }
}

extension FleetAPI.TraceAnalysis.Participation {
  init(_ agent: AgentParticipation, _ names: NameTable) {
    self.init(
      spanCount: agent.spanCount, errorCount: agent.errorCount, activeCount: agent.activeCount,
      lostCount: agent.lostCount, totalMilliseconds: Double(agent.totalTime) / 1e6,
      selfTimeMilliseconds: Double(agent.selfTime) / 1e6, criticalPathMilliseconds: Double(agent.pathTime) / 1e6,
      operations: agent.operations.map { names[$0] }, inputTokens: agent.usage.input, outputTokens: agent.usage.output)
  }
}

extension FleetAPI.TraceAnalysis.Placed {
  init(_ span: CorrectedSpan, _ names: NameTable) {
    self.init(
      spanID: "\(span.outline.spanID)", parent: span.parent, agentID: names[span.outline.agent],
      operation: names[span.outline.operation], startTime: RFC3339.format(nanoseconds: span.start),
      endTime: RFC3339.format(nanoseconds: span.end), status: span.outline.state.name,
      clockOffsetMilliseconds: Double(span.offset) / 1e6, orphan: span.isOrphan)
  }
}
