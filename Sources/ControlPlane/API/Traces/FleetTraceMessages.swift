import FleetModel
import TraceAnalysis

extension FleetAPI {
  /// The time that an answer speaks of.
  public struct TraceWindow: Codable, Sendable, Hashable {
    public var start: String
    public var end: String
    public var seconds: Double
  }

  /// Milliseconds; `null` where nothing was measured.
  public struct LatencyQuantiles: Codable, Sendable, Hashable {
    @ExplicitNull public var mean: Double?
    @ExplicitNull public var p50: Double?
    @ExplicitNull public var p95: Double?
    @ExplicitNull public var p99: Double?
  }

  /// `GET /fleet/v1/critical-path`.
  public struct FleetCriticalPath: Codable, Sendable, Hashable {
    public struct WhatIf: Codable, Sendable, Hashable {
      public var fasterPercent: Double
      public var p50Gain: Double
      public var p95Gain: Double

      enum CodingKeys: String, CodingKey {
        case fasterPercent = "faster_percent"
        case p50Gain = "p50_gain_ms"
        case p95Gain = "p95_gain_ms"
      }
    }

    public struct Row: Codable, Sendable, Hashable {
      public var agentID: String
      public var operation: String
      /// Requests whose critical path it is on.
      public var requests: Int
      public var milliseconds: Double
      /// 0 to 1, of the time of all requests, of those about the median, and of those about p95.
      public var share: Double
      public var p50Share: Double
      public var p95Share: Double
      /// How much longer one about p95 waits for it than one about the median.
      public var p95Excess: Double
      public var whatIf: [WhatIf]

      enum CodingKeys: String, CodingKey {
        case agentID = "agent_id"
        case milliseconds = "critical_path_ms"
        case p50Share = "p50_share"
        case p95Share = "p95_share"
        case p95Excess = "p95_excess_ms"
        case whatIf = "what_if"
        case operation, requests, share
      }
    }

    /// An agent's operation.
    public struct Operation: Codable, Sendable, Hashable {
      public var agentID: String
      public var operation: String

      enum CodingKeys: String, CodingKey {
        case agentID = "agent_id"
        case operation
      }
    }

    public var window: TraceWindow
    public var requests: Int
    public var spans: Int
    /// Traces whose root has not ended.
    public var unfinishedRequests: Int
    /// Among the requests, those that begin with an operation which others usually call: parts of requests whose context was lost.
    public var fragments: Int
    /// How many requests stand for all where medians, tails and what-ifs are told.
    public var sampledRequests: Int
    public var latency: LatencyQuantiles
    @ExplicitNull public var p50Determinant: Operation?
    @ExplicitNull public var p95Determinant: Operation?
    public var operations: [Row]

    enum CodingKeys: String, CodingKey {
      case unfinishedRequests = "unfinished_requests"
      case sampledRequests = "sampled_requests"
      case latency = "latency_ms"
      case p50Determinant = "p50_determinant"
      case p95Determinant = "p95_determinant"
      case window, requests, spans, fragments, operations
    }
  }

  /// `GET /fleet/v1/call-graph`.
  public struct CallGraph: Codable, Sendable, Hashable {
    public struct Node: Codable, Sendable, Hashable {
      public var agentID: String
      public var spans: Int
      public var errors: Int
      public var calls: Int
      /// Of the calls that reached it, by its own spans.
      public var latency: LatencyQuantiles

      enum CodingKeys: String, CodingKey {
        case agentID = "agent_id"
        case latency = "latency_ms"
        case spans, errors, calls
      }
    }

    public struct Edge: Codable, Sendable, Hashable {
      /// `null` for calls from outside of the fleet.
      @ExplicitNull public var caller: String?
      public var callee: String
      public var calls: Int
      public var callsPerSecond: Double
      public var errors: Int
      /// 0 to 1.
      public var errorShare: Double
      /// As the caller saw it, where it has a span of kind client for the call.
      public var latency: LatencyQuantiles

      enum CodingKeys: String, CodingKey {
        case callsPerSecond = "calls_per_second"
        case errorShare = "error_share"
        case latency = "latency_ms"
        case caller, callee, calls, errors
      }
    }

    public var window: TraceWindow
    public var traces: Int
    public var spans: Int
    public var agents: [Node]
    /// Most called first.
    public var edges: [Edge]
  }

  /// `GET /fleet/v1/traces/compare`.
  public struct TraceComparison: Codable, Sendable, Hashable {
    public struct Side: Codable, Sendable, Hashable {
      public var window: TraceWindow
      public var traces: Int
      public var spans: Int
    }

    public struct Figures: Codable, Sendable, Hashable {
      public var spans: Int
      public var errors: Int
      public var spansPerSecond: Double
      /// 0 to 1.
      public var errorShare: Double
      public var latency: LatencyQuantiles

      enum CodingKeys: String, CodingKey {
        case spansPerSecond = "spans_per_second"
        case errorShare = "error_share"
        case latency = "latency_ms"
        case spans, errors
      }
    }

    public struct Verdict: Codable, Sendable, Hashable {
      /// The chance of a difference like this one without a change.
      public var probability: Double
      public var changed: Bool
    }

    public struct Row: Codable, Sendable, Hashable {
      public var agentID: String
      public var operation: String
      public var before: Figures
      public var after: Figures
      public var rate: Verdict
      public var errors: Verdict
      public var latency: Verdict
      public var changed: Bool

      enum CodingKeys: String, CodingKey {
        case agentID = "agent_id"
        case operation, before, after, rate, errors, latency, changed
      }
    }

    public var before: Side
    public var after: Side
    /// Those that changed first.
    public var operations: [Row]
  }

  /// `GET /fleet/v1/trace-audit`.
  public struct TraceAudit: Codable, Sendable, Hashable {
    public struct SpanName: Codable, Sendable, Hashable {
      public var traceID: String
      public var spanID: String
      public var operation: String

      enum CodingKeys: String, CodingKey {
        case traceID = "trace_id"
        case spanID = "span_id"
        case operation
      }
    }

    public struct Example: Codable, Sendable, Hashable {
      public var evidence: String
      public var confidence: String
      public var startTime: String
      /// `null` where it is not known.
      @ExplicitNull public var caller: SpanName?
      public var callee: SpanName

      enum CodingKeys: String, CodingKey {
        case startTime = "start_time"
        case evidence, confidence, caller, callee
      }
    }

    public struct Edge: Codable, Sendable, Hashable {
      /// `null` where nothing says who called.
      @ExplicitNull public var caller: String?
      public var callee: String
      /// Calls that kept the context.
      public var linkedCalls: Int
      public var lostCalls: Int
      public var evidence: [String: Int]
      public var confidence: String
      /// `null` where ids or parents tell.
      @ExplicitNull public var chance: Double?
      public var examples: [Example]

      enum CodingKeys: String, CodingKey {
        case linkedCalls = "linked_calls"
        case lostCalls = "lost_calls"
        case caller, callee, evidence, confidence, chance, examples
      }
    }

    public var window: TraceWindow
    public var traces: Int
    public var spans: Int
    /// 1, or the part of the time that was looked at; then counts are scaled up.
    public var examinedShare: Double
    public var edges: [Edge]

    enum CodingKeys: String, CodingKey {
      case examinedShare = "examined_share"
      case window, traces, spans, edges
    }
  }

  /// `GET /fleet/v1/usage`.
  public struct TokenUsage: Codable, Sendable, Hashable {
    public struct Entry: Codable, Sendable, Hashable {
      /// Of the agent, model or conversation; empty for the total, and for a model that its spans do not name;
      /// `(sums of agents)` where those are of agents, which state what they used in all.
      public var name: String
      /// Spans that were counted.
      public var calls: Int
      public var inputTokens: Int64
      /// Among the input tokens.
      public var cachedTokens: Int64
      public var outputTokens: Int64
      /// `null` where no price is known.
      @ExplicitNull public var cost: Double?
      /// Calls of models without a price, which `cost` lacks.
      public var unpricedCalls: Int

      enum CodingKeys: String, CodingKey {
        case inputTokens = "input_tokens"
        case cachedTokens = "cached_tokens"
        case outputTokens = "output_tokens"
        case unpricedCalls = "unpriced_calls"
        case name, calls, cost
      }
    }

    public var window: TraceWindow
    public var traces: Int
    public var currency: String
    public var total: Entry
    public var agents: [Entry]
    public var models: [Entry]
    public var conversations: [Entry]
  }
}
