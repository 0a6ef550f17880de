import FleetHealth
public import FleetModel

extension FleetAPI {
  /// `GET /fleet/v1/board`.
  public struct BoardAnswer: Codable, Sendable, Hashable {
    public var board: Board
  }

  public struct Board: Codable, Sendable, Hashable {
    public struct Counts: Codable, Sendable, Hashable {
      public var agents: Int
      public var active: Int
      public var unhealthy: Int
      public var lost: Int
      public var pending: Int
    }

    public struct Alerts: Codable, Sendable, Hashable {
      /// Those that fire.
      public var active: Int
      public var pending: Int
      public var info: Int
      public var warning: Int
      public var critical: Int
      public var emergency: Int
    }

    public struct Attention: Codable, Sendable, Hashable {
      public var severity: Severity
      @ExplicitNull public var agentID: String?
      public var what: String
      @ExplicitNull public var since: Time?
      public var next: String
      /// A view of the console.
      public var href: String

      enum CodingKeys: String, CodingKey {
        case agentID = "agent_id"
        case severity, what, since, next, href
      }
    }

    public struct Points: Codable, Sendable, Hashable {
      public var start: Time
      public var stepSeconds: Double
      public var count: Int

      enum CodingKeys: String, CodingKey {
        case stepSeconds = "step_seconds"
        case start, count
      }
    }

    public struct Row: Codable, Sendable, Hashable {
      public struct Instances: Codable, Sendable, Hashable {
        public var total: Int
        /// Those that are active.
        public var up: Int
      }

      public struct Alerts: Codable, Sendable, Hashable {
        public var active: Int
        @ExplicitNull public var worst: Severity?
      }

      public var agentID: String
      public var status: AgentStatus
      /// The last sign of life of an agent that is not active.
      @ExplicitNull public var since: Time?
      public var score: Int
      public var scoreParts: [ScorePart]
      public var instances: Instances
      public var alerts: Alerts
      @ExplicitNull public var cpu: Double?
      @ExplicitNull public var memory: Double?
      @ExplicitNull public var requestRate: Double?
      @ExplicitNull public var errorRate: Double?
      @ExplicitNull public var p95Seconds: Double?
      public var runsInFlight: Int
      @ExplicitNull public var revision: String?
      public var cpuPoints: [Double?]
      public var memoryPoints: [Double?]
      public var requestPoints: [Double?]

      enum CodingKeys: String, CodingKey {
        case agentID = "agent_id"
        case scoreParts = "score_parts"
        case requestRate = "request_rate"
        case errorRate = "error_rate"
        case p95Seconds = "p95_seconds"
        case runsInFlight = "runs_in_flight"
        case cpuPoints = "cpu_points"
        case memoryPoints = "memory_points"
        case requestPoints = "request_points"
        case status, since, score, instances, alerts, cpu, memory, revision
      }
    }

    public struct Call: Codable, Sendable, Hashable {
      public var caller: String
      public var callee: String
      public var requestRate: Double
      public var errorRate: Double
      @ExplicitNull public var p95Seconds: Double?

      enum CodingKeys: String, CodingKey {
        case requestRate = "request_rate"
        case errorRate = "error_rate"
        case p95Seconds = "p95_seconds"
        case caller, callee
      }
    }

    public var timestamp: Time
    public var system: String
    public var counts: Counts
    public var alerts: Alerts
    /// The worst first.
    public var attention: [Attention]
    public var points: Points
    /// All; in an event those that changed.
    public var agents: [Row]
    /// In an event only where they changed.
    public var calls: [Call]?
    /// In an event alone: the agents that are gone.
    public var removed: [String]?
  }
}

extension FleetAPI.Board {
  init(_ board: FleetHealth.Board) {
    timestamp = FleetAPI.Time(board.timestamp)
    system = board.system
    let counts = board.counts
    self.counts = Counts(
      agents: counts.agents, active: counts.byStatus[.active] ?? 0, unhealthy: counts.byStatus[.unhealthy] ?? 0,
      lost: counts.byStatus[.lost] ?? 0, pending: counts.byStatus[.pending] ?? 0)
    alerts = Alerts(
      active: counts.activeAlerts, pending: counts.pendingAlerts, info: counts.alertsBySeverity[.info] ?? 0,
      warning: counts.alertsBySeverity[.warning] ?? 0, critical: counts.alertsBySeverity[.critical] ?? 0,
      emergency: counts.alertsBySeverity[.emergency] ?? 0)
    attention = board.attention.map(Attention.init)
    points = Points(
      start: FleetAPI.Time(board.points.start), stepSeconds: Double(board.points.step.wholeMilliseconds) / 1000,
      count: board.points.count)
    agents = board.rows.map(Row.init)
    calls = board.calls.map(Call.init)
  }

  /// What changed since `previous`.
  init(_ board: FleetHealth.Board, since previous: FleetHealth.Board) {
    var changed = board
    changed.rows = board.changedRows(since: previous)
    self.init(changed)
    if board.calls == previous.calls { calls = nil }
    removed = board.removedAgents(since: previous).map(\.name)
  }
}

extension FleetAPI.Board.Attention {
  init(_ item: FleetHealth.Attention) {
    let href =
      switch item.view {
      case .agent(let id): "#/agents/\(id)"
      case .alerts: "#/alerts"
      }
    self.init(
      severity: item.severity, agentID: item.agentID, what: item.what, since: item.since.map(FleetAPI.Time.init),
      next: item.next, href: href)
  }
}

extension FleetAPI.Board.Row {
  init(_ row: FleetHealth.Board.Row) {
    let figures = row.figures
    self.init(
      agentID: row.agentID.name, status: row.status, since: row.since.map(FleetAPI.Time.init),
      score: row.score.value,
      scoreParts: row.score.parts.map { FleetAPI.ScorePart(reason: $0.reason, points: Double($0.points)) },
      instances: Instances(total: row.instances, up: row.activeInstances),
      alerts: Alerts(active: row.activeAlerts, worst: row.worstAlert), cpu: figures.cpu, memory: figures.memory,
      requestRate: figures.requestRate, errorRate: figures.errorRate, p95Seconds: figures.p95Seconds,
      runsInFlight: row.runsInFlight, revision: row.revision, cpuPoints: figures.cpuPoints,
      memoryPoints: figures.memoryPoints, requestPoints: figures.requestPoints)
  }
}

extension FleetAPI.Board.Call {
  init(_ call: FleetHealth.Board.Call) {
    self.init(
      caller: call.caller, callee: call.callee, requestRate: call.requestRate, errorRate: call.errorRate,
      p95Seconds: call.p95Seconds)
  }
}

extension APISchemas {
  static let points: JSONValue = ["type": "array", "items": numberOrNull]

  static let board: [Named] = [
    Named(name: "BoardAnswer", schema: object([key("board", reference("Board"))])),
    Named(
      name: "Board",
      schema: object([
        key("timestamp", time), key("system", text),
        key("counts", object(["agents", "active", "unhealthy", "lost", "pending"].map { key($0, whole) })),
        key(
          "alerts",
          object(["active", "pending", "info", "warning", "critical", "emergency"].map { key($0, whole) })),
        key("attention", list(of: "BoardAttention")),
        key("points", object([key("start", time), key("step_seconds", number), key("count", whole)])),
        key("agents", list(of: "BoardAgent")), key("calls", list(of: "BoardCall")),
      ])),
    Named(
      name: "BoardAttention",
      schema: object([
        key("severity", text), key("agent_id", textOrNull), key("what", text), key("since", timeOrNull),
        key("next", text), key("href", text),
      ])),
    Named(
      name: "BoardAgent",
      schema: object([
        key("agent_id", text), key("status", text), key("since", timeOrNull), key("score", whole),
        key("score_parts", list(of: "ScorePart")),
        key("instances", object([key("total", whole), key("up", whole)])),
        key("alerts", object([key("active", whole), key("worst", textOrNull)])), key("cpu", numberOrNull),
        key("memory", numberOrNull), key("request_rate", numberOrNull), key("error_rate", numberOrNull),
        key("p95_seconds", numberOrNull), key("runs_in_flight", whole), key("revision", textOrNull),
        key("cpu_points", points), key("memory_points", points), key("request_points", points),
      ])),
    Named(name: "ScorePart", schema: object([key("reason", text), key("points", number)])),
    Named(
      name: "BoardCall",
      schema: object([
        key("caller", text), key("callee", text), key("request_rate", number), key("error_rate", number),
        key("p95_seconds", numberOrNull),
      ])),
  ]
}
