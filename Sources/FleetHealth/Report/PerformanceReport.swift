public import FleetModel

/// How a fleet fared over a window, where it goes, and what to do: `GET /fleet/v1/report` and `skep report`.
public struct PerformanceReport: Sendable, Hashable {
  /// The moments of the points of all figures.
  public typealias Points = Board.Points

  public struct Agent: Sendable, Hashable {
    public var agentID: String
    public var status: AgentStatus
    public var figures: AgentFigures
    public var activeAlerts: Int
    public var revision: String?
    /// Of the means over the window, the status and the alerts of its end.
    public var score: HealthScore
  }

  public struct Trends: Sendable, Hashable {
    /// Collected from all agents.
    public var samples: Int
    /// Over all samples, in percent.
    public var meanCPU: Double?
    public var meanMemory: Double?
    /// The mean of the agents' points.
    public var cpuPoints: [Double?]
    public var memoryPoints: [Double?]
    /// The sum of the agents' points.
    public var requestPoints: [Double?]
    public var cpu: Trend?
    public var memory: Trend?
    public var requests: Trend?
  }

  public var system: String
  public var start: Timestamp
  public var end: Timestamp
  public var points: Points
  /// ISO 4217, of all costs.
  public var currency: String
  /// By id.
  public var agents: [Agent]
  public var trends: Trends
  /// The worst first.
  public var recommendations: [Recommendation]

  public var window: Duration { end - start }
}

/// What is known of an agent over the window; `nil` where nothing is.
public struct AgentFigures: Sendable, Hashable {
  /// Collected from it.
  public var samples = 0
  /// Percent.
  public var cpu = UsageFigures()
  /// Percent of the limit.
  public var memory = UsageFigures()
  /// A second.
  public var requestRate: Double?
  /// Of its requests, 0 to 1.
  public var errorRate: Double?
  /// In seconds.
  public var latency: Latency?
  public var requestPoints: [Double?] = []
  public var inputTokens: Int?
  public var outputTokens: Int?
  /// In the report's currency.
  public var cost: Double?
  /// How often its processes began anew.
  public var restarts = 0
  /// Of these, in the last hour.
  public var restartsInLastHour = 0
  /// How often an instance was up and then was not.
  public var outages = 0
  public var sizing: Sizing?
  public var replicas: Replicas?

  public init() {}

  public struct Latency: Sendable, Hashable {
    public var p50: Double?
    public var p95: Double?
    public var p99: Double?

    public init(p50: Double?, p95: Double?, p99: Double?) {
      self.p50 = p50
      self.p95 = p95
      self.p99 = p99
    }
  }

  /// What one instance asks for and may use at most, beside what instances used; processor time in cores, memory in bytes.
  public struct Sizing: Sendable, Hashable {
    public var cpuRequest: Double?
    public var cpuLimit: Double?
    public var memoryRequest: Double?
    public var memoryLimit: Double?
    public var cpu: UsageFigures
    public var memory: UsageFigures

    public init(
      cpuRequest: Double? = nil, cpuLimit: Double? = nil, memoryRequest: Double? = nil, memoryLimit: Double? = nil,
      cpu: UsageFigures = UsageFigures(), memory: UsageFigures = UsageFigures()
    ) {
      self.cpuRequest = cpuRequest
      self.cpuLimit = cpuLimit
      self.memoryRequest = memoryRequest
      self.memoryLimit = memoryLimit
      self.cpu = cpu
      self.memory = memory
    }
  }

  /// How many instances there were, of an agent that is scaled.
  public struct Replicas: Sendable, Hashable {
    public var minimum: Int
    public var maximum: Int
    /// At each point.
    public var points: [Double?]

    public init(minimum: Int, maximum: Int, points: [Double?]) {
      self.minimum = minimum
      self.maximum = maximum
      self.points = points
    }
  }
}

/// What a report is made of.
public struct ReportInputs: Sendable {
  public var system: String
  public var agents: [AgentSnapshot]
  /// Those that fire at the end of the window; others among them are left out.
  public var alerts: [Alert]
  public var figures: [String: AgentFigures]
  public var revisions: [String: String]
  public var currency: String
  public var points: PerformanceReport.Points
  public var start: Timestamp
  public var end: Timestamp

  public init(
    system: String, agents: [AgentSnapshot], alerts: [Alert], figures: [String: AgentFigures],
    revisions: [String: String] = [:], currency: String = "USD", points: PerformanceReport.Points,
    from start: Timestamp,
    through end: Timestamp
  ) {
    self.system = system
    self.agents = agents
    self.alerts = alerts
    self.figures = figures
    self.revisions = revisions
    self.currency = currency
    self.points = points
    self.start = start
    self.end = end
  }
}

extension PerformanceReport {
  /// O((agents + alerts) × points), and what sorting takes.
  public init(_ inputs: ReportInputs) {
    system = inputs.system
    start = inputs.start
    end = inputs.end
    points = inputs.points
    currency = inputs.currency
    var alerts: [String: Int] = [:]
    for alert in inputs.alerts where alert.state == .firing {
      for agent in Set(alert.affectedAgents) { alerts[agent, default: 0] += 1 }
    }
    agents = inputs.agents.map { snapshot in
      let id = snapshot.agentID.name
      let figures = inputs.figures[id] ?? AgentFigures()
      let isKnown = figures.samples > 0 || figures.cpu.samples > 0 || figures.memory.samples > 0
      return Agent(
        agentID: id, status: snapshot.status, figures: figures, activeAlerts: alerts[id] ?? 0,
        revision: inputs.revisions[id],
        score: HealthScore(
          usage: isKnown ? AverageUsage(cpu: figures.cpu.mean, memory: figures.memory.mean) : nil,
          status: snapshot.status, activeAlerts: alerts[id] ?? 0))
    }.sorted { $0.agentID < $1.agentID }
    trends = Trends(agents, points)
    let seen = Dictionary(inputs.agents.map { ($0.agentID.name, $0.lastSeen) }) { first, _ in first }
    recommendations = Recommendation.list(agents, points: points, until: inputs.end) { seen[$0] ?? nil }
  }
}

/// What points may be spaced by.
extension PerformanceReport.Points {
  /// At most so many in one report.
  static let most: Int64 = 180

  private static let steps: [Int64] = [
    15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
  ]

  /// Of a window: steps of round lengths, that divide the hour, the day or the week, so that a season shows.
  ///
  /// - Parameter interval: between two samples; no step is shorter.
  public init(from start: Timestamp, through end: Timestamp, interval: Duration) {
    let window = max(1, (end - start).wholeMilliseconds / 1000)
    let least = max(1, interval.wholeMilliseconds / 1000)
    let fitting = Self.steps.first { $0 >= least && window / $0 <= Self.most }
    let step = fitting ?? max(86_400, window / Self.most / 86_400 * 86_400 + 86_400)
    self.init(
      start: start, step: .seconds(step), count: Int(clamping: min(Self.most + 1, max(1, (window + step - 1) / step))))
  }
}

extension PerformanceReport.Trends {
  fileprivate init(_ agents: [PerformanceReport.Agent], _ points: PerformanceReport.Points) {
    samples = agents.reduce(0) { $0 &+ $1.figures.samples }
    meanCPU = Self.mean(agents.map(\.figures.cpu))
    meanMemory = Self.mean(agents.map(\.figures.memory))
    cpuPoints = Self.points(agents.map(\.figures.cpu.points), points.count, isMean: true)
    memoryPoints = Self.points(agents.map(\.figures.memory.points), points.count, isMean: true)
    requestPoints = Self.points(agents.map(\.figures.requestPoints), points.count, isMean: false)
    cpu = Trend(cpuPoints, points, of: .percent)
    memory = Trend(memoryPoints, points, of: .percent)
    requests = Trend(requestPoints, points, of: .rate)
  }

  private static func mean(_ figures: [UsageFigures]) -> Double? {
    let samples = figures.reduce(0) { $0 + $1.samples }
    guard samples > 0 else { return nil }
    return figures.reduce(0) { $0 + ($1.mean ?? 0) * Double($1.samples) } / Double(samples)
  }

  private static func points(_ lists: [[Double?]], _ count: Int, isMean: Bool) -> [Double?] {
    (0..<max(0, count)).map { place in
      var (sum, known) = (0.0, 0)
      for list in lists where place < list.count {
        guard let value = list[place], value.isFinite else { continue }
        sum += value
        known += 1
      }
      return known == 0 ? nil : isMean ? sum / Double(known) : sum
    }
  }
}
