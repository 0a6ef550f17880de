public import FleetModel

/// What the console's first page shows of a fleet at one moment: what needs attention first, a row for each agent, and who calls
/// whom. Figures are rounded to three digits, so that what stays the same is equal.
public struct Board: Sendable, Hashable {
  /// What an agent does, over the last minutes; `nil` where nothing is known.
  public struct Figures: Sendable, Hashable {
    /// Percent, the mean over its instances.
    public var cpu: Double?
    /// Percent of the limit, the mean over its instances.
    public var memory: Double?
    /// A second.
    public var requestRate: Double?
    /// Of its requests, 0 to 1.
    public var errorRate: Double?
    public var p95Seconds: Double?
    /// One value for each of the board's ``Points``.
    public var cpuPoints: [Double?]
    public var memoryPoints: [Double?]
    public var requestPoints: [Double?]

    public init(
      cpu: Double? = nil, memory: Double? = nil, requestRate: Double? = nil, errorRate: Double? = nil,
      p95Seconds: Double? = nil, cpuPoints: [Double?] = [], memoryPoints: [Double?] = [],
      requestPoints: [Double?] = []
    ) {
      self.cpu = cpu
      self.memory = memory
      self.requestRate = requestRate
      self.errorRate = errorRate
      self.p95Seconds = p95Seconds
      self.cpuPoints = cpuPoints
      self.memoryPoints = memoryPoints
      self.requestPoints = requestPoints
    }
  }

  public struct Row: Sendable, Hashable {
    public var agentID: AgentID
    public var status: AgentStatus
    /// The last sign of life of an agent that is not active.
    public var since: Timestamp?
    public var score: HealthScore
    public var instances: Int
    public var activeInstances: Int
    public var activeAlerts: Int
    /// Of the alerts that fire.
    public var worstAlert: Severity?
    public var figures: Figures
    public var runsInFlight: Int
    /// Of the deployment in force.
    public var revision: String?
  }

  /// Calls of one agent by another.
  public struct Call: Sendable, Hashable {
    public var caller: String
    public var callee: String
    /// A second.
    public var requestRate: Double
    /// 0 to 1.
    public var errorRate: Double
    public var p95Seconds: Double?

    public init(caller: String, callee: String, requestRate: Double, errorRate: Double, p95Seconds: Double?) {
      self.caller = caller
      self.callee = callee
      self.requestRate = requestRate
      self.errorRate = errorRate
      self.p95Seconds = p95Seconds
    }
  }

  /// The moments of the points of ``Figures``.
  public struct Points: Sendable, Hashable {
    public var start: Timestamp
    public var step: Duration
    public var count: Int

    public init(start: Timestamp, step: Duration, count: Int) {
      self.start = start
      self.step = step
      self.count = count
    }
  }

  public struct Counts: Sendable, Hashable {
    public var agents = 0
    public var byStatus: [AgentStatus: Int] = [:]
    public var activeAlerts = 0
    public var pendingAlerts = 0
    public var alertsBySeverity: [Severity: Int] = [:]
  }

  public var timestamp: Timestamp
  public var system: String
  public var counts: Counts
  public var attention: [Attention]
  public var points: Points
  /// By id.
  public var rows: [Row]
  /// By caller and callee.
  public var calls: [Call]
}

/// What a board is made of.
public struct BoardInputs: Sendable {
  public var system: String
  public var agents: [AgentSnapshot]
  /// Pending and firing ones.
  public var alerts: [Alert]
  /// Over the window of the health score, by agent; an agent that is missing had no samples.
  public var usage: [String: AverageUsage]
  public var figures: [String: Board.Figures]
  public var runsInFlight: [String: Int]
  public var revisions: [String: String]
  public var calls: [Board.Call]
  public var points: Board.Points

  public init(
    system: String, agents: [AgentSnapshot], alerts: [Alert], usage: [String: AverageUsage],
    figures: [String: Board.Figures] = [:], runsInFlight: [String: Int] = [:], revisions: [String: String] = [:],
    calls: [Board.Call] = [], points: Board.Points
  ) {
    self.system = system
    self.agents = agents
    self.alerts = alerts
    self.usage = usage
    self.figures = figures
    self.runsInFlight = runsInFlight
    self.revisions = revisions
    self.calls = calls
    self.points = points
  }
}

extension Board {
  /// O(agents + alerts + calls), and what sorting takes.
  public init(_ inputs: BoardInputs, at time: Timestamp) {
    timestamp = time
    system = inputs.system
    points = inputs.points
    calls = inputs.calls.map(\.rounded).sorted { ($0.caller, $0.callee) < ($1.caller, $1.callee) }
    let firing = inputs.alerts.filter { $0.state == .firing }
    var byAgent: [String: [Alert]] = [:]
    for alert in firing { for agent in Set(alert.affectedAgents) { byAgent[agent, default: []].append(alert) } }
    rows = inputs.agents.map { snapshot in
      let id = snapshot.agentID.name
      let alerts = byAgent[id] ?? []
      return Row(
        agentID: snapshot.agentID, status: snapshot.status,
        since: snapshot.status == .active ? nil : snapshot.lastSeen ?? snapshot.registeredAt,
        score: HealthScore(usage: inputs.usage[id], status: snapshot.status, activeAlerts: alerts.count),
        instances: snapshot.instances.count,
        activeInstances: snapshot.instances.count { $0.status == .active }, activeAlerts: alerts.count,
        worstAlert: alerts.map(\.severity).max(), figures: (inputs.figures[id] ?? Figures()).rounded,
        runsInFlight: inputs.runsInFlight[id] ?? 0, revision: inputs.revisions[id])
    }.sorted { $0.agentID.name < $1.agentID.name }
    counts = Counts()
    counts.agents = rows.count
    for row in rows { counts.byStatus[row.status, default: 0] += 1 }
    counts.activeAlerts = firing.count
    counts.pendingAlerts = inputs.alerts.count { $0.state == .pending }
    for alert in firing { counts.alertsBySeverity[alert.severity, default: 0] += 1 }
    let errors = Dictionary(
      inputs.agents.compactMap { agent in agent.lastError.map { (agent.agentID.name, $0) } }
    ) { first, _ in first }
    attention = Attention.list(rows: rows, alerts: firing, errors: errors)
  }

  /// The rows that `previous` has not, or has otherwise.
  public func changedRows(since previous: Board) -> [Row] {
    var before: [AgentID: Row] = [:]
    for row in previous.rows { before[row.agentID] = row }
    return rows.filter { before[$0.agentID] != $0 }
  }

  /// The agents of `previous` that are gone.
  public func removedAgents(since previous: Board) -> [AgentID] {
    let now = Set(rows.map(\.agentID))
    return previous.rows.map(\.agentID).filter { !now.contains($0) }
  }
}

extension Board.Figures {
  fileprivate var rounded: Board.Figures {
    Board.Figures(
      cpu: cpu?.shortened, memory: memory?.shortened, requestRate: requestRate?.shortened,
      errorRate: errorRate?.shortened, p95Seconds: p95Seconds?.shortened, cpuPoints: cpuPoints.map { $0?.shortened },
      memoryPoints: memoryPoints.map { $0?.shortened }, requestPoints: requestPoints.map { $0?.shortened })
  }
}

extension Board.Call {
  fileprivate var rounded: Board.Call {
    Board.Call(
      caller: caller, callee: callee, requestRate: requestRate.shortened ?? 0, errorRate: errorRate.shortened ?? 0,
      p95Seconds: p95Seconds?.shortened)
  }
}

extension Double {
  /// To three digits; `nil` for what is no finite number.
  var shortened: Double? {
    guard isFinite else { return nil }
    guard self != 0 else { return 0 }
    // Below a thousandth of a thousandth nothing is told from nothing.
    guard magnitude >= 1e-6 else { return 0 }
    var digits = 2
    var rest = magnitude
    while rest >= 10 { (rest, digits) = (rest / 10, digits - 1) }
    while rest < 1 { (rest, digits) = (rest * 10, digits + 1) }
    var scale = 1.0
    for _ in 0..<digits.magnitude { scale *= 10 }
    return digits >= 0 ? (self * scale).rounded() / scale : (self / scale).rounded() * scale
  }
}
