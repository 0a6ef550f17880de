public import FleetHealth
public import FleetModel

extension FleetAPI {
  /// `GET /fleet/v1/report`.
  public struct ReportAnswer: Codable, Sendable, Hashable {
    public var performanceReport: PerformanceReport

    enum CodingKeys: String, CodingKey {
      case performanceReport = "performance_report"
    }
  }

  public struct PerformanceReport: Codable, Sendable, Hashable {
    public struct Latency: Codable, Sendable, Hashable {
      @ExplicitNull public var p50: Double?
      @ExplicitNull public var p95: Double?
      @ExplicitNull public var p99: Double?
    }

    public struct Cost: Codable, Sendable, Hashable {
      public var amount: Double
      /// ISO 4217.
      public var currency: String
    }

    public struct Agent: Codable, Sendable, Hashable {
      public var totalMetrics: Int
      @ExplicitNull public var averageCPU: Double?
      @ExplicitNull public var maximumCPU: Double?
      @ExplicitNull public var p95CPU: Double?
      @ExplicitNull public var averageMemory: Double?
      @ExplicitNull public var maximumMemory: Double?
      @ExplicitNull public var p95Memory: Double?
      @ExplicitNull public var requestRate: Double?
      @ExplicitNull public var errorRate: Double?
      @ExplicitNull public var latency: Latency?
      @ExplicitNull public var inputTokens: Int?
      @ExplicitNull public var outputTokens: Int?
      @ExplicitNull public var cost: Cost?
      public var status: AgentStatus
      public var activeAlerts: Int
      public var restarts: Int
      public var outages: Int
      @ExplicitNull public var revision: String?
      public var healthScore: Int
      public var scoreParts: [ScorePart]
      public var cpuPoints: [Double?]
      public var memoryPoints: [Double?]
      public var requestPoints: [Double?]

      enum CodingKeys: String, CodingKey {
        case totalMetrics = "total_metrics"
        case averageCPU = "avg_cpu_usage"
        case maximumCPU = "max_cpu_usage"
        case p95CPU = "p95_cpu_usage"
        case averageMemory = "avg_memory_usage"
        case maximumMemory = "max_memory_usage"
        case p95Memory = "p95_memory_usage"
        case requestRate = "request_rate"
        case errorRate = "error_rate"
        case latency = "latency_seconds"
        case inputTokens = "input_tokens"
        case outputTokens = "output_tokens"
        case activeAlerts = "active_alerts"
        case healthScore = "health_score"
        case scoreParts = "score_parts"
        case cpuPoints = "cpu_points"
        case memoryPoints = "memory_points"
        case requestPoints = "request_points"
        case cost, status, restarts, outages, revision
      }
    }

    public struct Forecast: Codable, Sendable, Hashable {
      public struct Point: Codable, Sendable, Hashable {
        public var at: Time
        public var value: Double
        public var low: Double
        public var high: Double
      }

      public var method: FleetHealth.Forecast.Method
      public var at: Time
      public var value: Double
      public var low: Double
      public var high: Double
      public var confidence: Double
      public var certainty: FleetHealth.Forecast.Certainty
      public var why: String
      @ExplicitNull public var seasonHours: Double?
      public var points: [Point]

      enum CodingKeys: String, CodingKey {
        case seasonHours = "season_hours"
        case method, at, value, low, high, confidence, certainty, why, points
      }
    }

    public struct Trend: Codable, Sendable, Hashable {
      public var direction: FleetHealth.Trend.Direction
      public var slopePerHour: Double
      @ExplicitNull public var forecast: Forecast?

      enum CodingKeys: String, CodingKey {
        case slopePerHour = "slope_per_hour"
        case direction, forecast
      }
    }

    public struct Trends: Codable, Sendable, Hashable {
      public var totalMetrics: Int
      @ExplicitNull public var averageCPU: Double?
      @ExplicitNull public var averageMemory: Double?
      public var points: Board.Points
      public var cpuPoints: [Double?]
      public var memoryPoints: [Double?]
      public var requestPoints: [Double?]
      @ExplicitNull public var cpu: Trend?
      @ExplicitNull public var memory: Trend?
      @ExplicitNull public var requests: Trend?

      enum CodingKeys: String, CodingKey {
        case totalMetrics = "total_metrics_in_window"
        case averageCPU = "average_system_cpu"
        case averageMemory = "average_system_memory"
        case cpuPoints = "cpu_points"
        case memoryPoints = "memory_points"
        case requestPoints = "request_points"
        case points, cpu, memory, requests
      }
    }

    public struct Recommendation: Codable, Sendable, Hashable {
      public var kind: FleetHealth.Recommendation.Kind
      public var severity: Severity
      @ExplicitNull public var agentID: String?
      public var text: String
      public var evidence: String
      public var next: String

      enum CodingKeys: String, CodingKey {
        case agentID = "agent_id"
        case kind, severity, text, evidence, next
      }
    }

    public var timeWindowHours: Double
    public var window: String
    public var timestamp: Time
    public var start: Time
    public var end: Time
    public var system: String
    public var agents: [String: Agent]
    public var trends: Trends
    /// The worst first.
    public var recommendations: [Recommendation]

    enum CodingKeys: String, CodingKey {
      case timeWindowHours = "time_window_hours"
      case timestamp = "report_timestamp"
      case agents = "agent_performance"
      case trends = "system_trends"
      case window, start, end, system, recommendations
    }
  }
}

extension FleetAPI.PerformanceReport {
  init(_ report: PerformanceReportValue) {
    timeWindowHours = report.window.seconds / 3600
    window = PrometheusDuration.format(report.window)
    timestamp = FleetAPI.Time(report.end)
    start = FleetAPI.Time(report.start)
    end = FleetAPI.Time(report.end)
    system = report.system
    agents = Dictionary(report.agents.map { ($0.agentID, Agent($0, report.currency)) }) { first, _ in first }
    trends = Trends(report.trends, report.points)
    recommendations = report.recommendations.map {
      Recommendation(
        kind: $0.kind, severity: $0.severity, agentID: $0.agentID, text: $0.text, evidence: $0.evidence, next: $0.next)
    }
  }
}

/// The value, not the message of the same name.
typealias PerformanceReportValue = FleetHealth.PerformanceReport

extension FleetAPI.PerformanceReport.Agent {
  init(_ agent: PerformanceReportValue.Agent, _ currency: String) {
    let figures = agent.figures
    self.init(
      totalMetrics: figures.samples, averageCPU: figures.cpu.mean?.known, maximumCPU: figures.cpu.max?.known,
      p95CPU: figures.cpu.p95?.known, averageMemory: figures.memory.mean?.known,
      maximumMemory: figures.memory.max?.known, p95Memory: figures.memory.p95?.known,
      requestRate: figures.requestRate?.known, errorRate: figures.errorRate?.known,
      latency: figures.latency.map {
        .init(p50: $0.p50?.known, p95: $0.p95?.known, p99: $0.p99?.known)
      }, inputTokens: figures.inputTokens, outputTokens: figures.outputTokens,
      cost: figures.cost?.known.map { .init(amount: $0, currency: currency) }, status: agent.status,
      activeAlerts: agent.activeAlerts, restarts: figures.restarts, outages: figures.outages, revision: agent.revision,
      healthScore: agent.score.value,
      scoreParts: agent.score.parts.map { .init(reason: $0.reason, points: Double($0.points)) },
      cpuPoints: figures.cpu.points.map { $0?.known }, memoryPoints: figures.memory.points.map { $0?.known },
      requestPoints: figures.requestPoints.map { $0?.known })
  }
}

extension FleetAPI.PerformanceReport.Trends {
  init(_ trends: PerformanceReportValue.Trends, _ points: PerformanceReportValue.Points) {
    self.init(
      totalMetrics: trends.samples, averageCPU: trends.meanCPU?.known, averageMemory: trends.meanMemory?.known,
      points: .init(
        start: FleetAPI.Time(points.start), stepSeconds: points.step.seconds, count: points.count),
      cpuPoints: trends.cpuPoints.map { $0?.known }, memoryPoints: trends.memoryPoints.map { $0?.known },
      requestPoints: trends.requestPoints.map { $0?.known }, cpu: trends.cpu.map { .init($0) },
      memory: trends.memory.map { .init($0) }, requests: trends.requests.map { .init($0) })
  }
}

extension FleetAPI.PerformanceReport.Trend {
  init(_ trend: FleetHealth.Trend) {
    self.init(
      direction: trend.direction, slopePerHour: trend.slopePerHour,
      forecast: trend.forecast.flatMap { .init($0) })
  }
}

extension FleetAPI.PerformanceReport.Forecast {
  init?(_ forecast: FleetHealth.Forecast) {
    guard let last = forecast.points.last else { return nil }
    self.init(
      method: forecast.method, at: FleetAPI.Time(last.at), value: last.value, low: last.low, high: last.high,
      confidence: FleetHealth.Forecast.confidence, certainty: forecast.certainty, why: forecast.why,
      seasonHours: forecast.season.map { $0.seconds / 3600 },
      points: forecast.points.map {
        .init(at: FleetAPI.Time($0.at), value: $0.value, low: $0.low, high: $0.high)
      })
  }
}

extension Double {
  /// JSON has no other numbers.
  fileprivate var known: Double? { isFinite ? self : nil }
}

extension APISchemas {
  private static let trend: JSONValue = [
    "oneOf": [["type": "null"], ["$ref": "#/components/schemas/ReportTrend"]]
  ]

  static let report: [Named] = [
    Named(name: "ReportAnswer", schema: object([key("performance_report", reference("PerformanceReport"))])),
    Named(
      name: "PerformanceReport",
      schema: object([
        key("time_window_hours", number), key("window", text), key("report_timestamp", time), key("start", time),
        key("end", time), key("system", text),
        key(
          "agent_performance",
          ["type": "object", "additionalProperties": reference("ReportAgent")]),
        key("system_trends", reference("ReportTrends")), key("recommendations", list(of: "Recommendation")),
      ])),
    Named(
      name: "ReportAgent",
      schema: object(
        [key("total_metrics", whole)]
          + [
            "avg_cpu_usage", "max_cpu_usage", "p95_cpu_usage", "avg_memory_usage", "max_memory_usage",
            "p95_memory_usage", "request_rate", "error_rate",
          ].map { key($0, numberOrNull) } + [
            key("latency_seconds", ["type": ["object", "null"]]), key("input_tokens", wholeOrNull),
            key("output_tokens", wholeOrNull), key("cost", ["type": ["object", "null"]]), key("status", text),
            key("active_alerts", whole), key("restarts", whole), key("outages", whole), key("revision", textOrNull),
            key("health_score", whole), key("score_parts", list(of: "ScorePart")), key("cpu_points", points),
            key("memory_points", points), key("request_points", points),
          ])),
    Named(
      name: "ReportTrends",
      schema: object([
        key("total_metrics_in_window", whole), key("average_system_cpu", numberOrNull),
        key("average_system_memory", numberOrNull),
        key("points", object([key("start", time), key("step_seconds", number), key("count", whole)])),
        key("cpu_points", points), key("memory_points", points), key("request_points", points), key("cpu", trend),
        key("memory", trend), key("requests", trend),
      ])),
    Named(
      name: "ReportTrend",
      schema: object([
        key("direction", text), key("slope_per_hour", number), key("forecast", ["type": ["object", "null"]]),
      ])),
    Named(
      name: "Recommendation",
      schema: object([
        key("kind", text), key("severity", text), key("agent_id", textOrNull), key("text", text),
        key("evidence", text), key("next", text),
      ])),
  ]
}
