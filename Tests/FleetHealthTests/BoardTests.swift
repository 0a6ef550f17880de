import FleetModel
import Testing

@testable import FleetHealth

@Suite struct BoardTests {
  private static let now = Timestamp(milliseconds: 1_790_000_000_000)

  private static func agent(
    _ id: String, _ statuses: [AgentStatus] = [.active], error: String? = nil
  ) throws -> AgentSnapshot {
    let agentID = try AgentID(id)
    return AgentSnapshot(
      agentID: agentID,
      instances: statuses.enumerated().map { place, status in
        InstanceSnapshot(
          target: CollectionTarget(agentID: agentID, instance: "127.0.0.1:\(9000 + place)"), status: status,
          lastError: status == .active ? nil : error, registeredAt: now - .seconds(900),
          lastSeen: status == .pending ? nil : now - .seconds(60))
      })
  }

  private static func alert(
    _ name: String, _ severity: Severity, _ agents: [String], age: Int, fires: Bool = true
  ) -> Alert {
    Alert(
      id: "\(name):\(agents)", name: name, severity: severity, description: "says why", affectedAgents: agents,
      activeSince: now - .seconds(age), firedAt: fires ? now - .seconds(age) : nil)
  }

  private static func board(
    _ agents: [AgentSnapshot], alerts: [Alert] = [], figures: [String: Board.Figures] = [:],
    usage: [String: AverageUsage]? = nil, calls: [Board.Call] = []
  ) -> Board {
    let used = usage ?? Dictionary(agents.map { ($0.agentID.name, AverageUsage(cpu: 1, memory: 1)) }) { $1 }
    return Board(
      BoardInputs(
        system: "s", agents: agents, alerts: alerts, usage: used, figures: figures, runsInFlight: ["a": 2],
        revisions: ["a": "r1"], calls: calls,
        points: Board.Points(start: now, step: .seconds(60), count: 30)), at: now)
  }

  @Test func rowsSayHowEachAgentFares() throws {
    let board = Self.board(
      [
        try Self.agent("b", [.active, .lost, .active]), try Self.agent("a"),
      ],
      alerts: [
        Self.alert("slow", .warning, ["a"], age: 10), Self.alert("full", .critical, ["a", "b"], age: 5),
        Self.alert("soon", .emergency, ["a"], age: 1, fires: false),
      ],
      figures: ["a": Board.Figures(cpu: 12.3456, requestRate: .nan, errorRate: 0.000_000_1, cpuPoints: [nil, 1234.5])])
    #expect(board.rows.map(\.agentID.name) == ["a", "b"])
    let (a, b) = (board.rows[0], board.rows[1])
    #expect(a.status == .active && a.since == nil && a.score.value == 80 && a.activeAlerts == 2)
    #expect(a.worstAlert == .critical && a.runsInFlight == 2 && a.revision == "r1")
    #expect(a.figures.cpu == 12.3 && a.figures.requestRate == nil && a.figures.errorRate == 0)
    #expect(a.figures.cpuPoints == [nil, 1230])
    #expect(b.status == .lost && b.since == Self.now - .seconds(60) && b.instances == 3 && b.activeInstances == 2)
    #expect(board.counts.byStatus == [.active: 1, .lost: 1] && board.counts.agents == 2)
    #expect(board.counts.activeAlerts == 2 && board.counts.pendingAlerts == 1)
    #expect(board.counts.alertsBySeverity == [.warning: 1, .critical: 1])
  }

  @Test func theWorstThatLastsLongestComesFirst() throws {
    let board = Self.board(
      [
        try Self.agent("failing"), try Self.agent("gone", [.lost]), try Self.agent("new", [.pending]),
        try Self.agent("poor"), try Self.agent("sick", [.unhealthy], error: "HTTP 500"),
      ],
      alerts: [
        Self.alert("fire", .emergency, ["gone"], age: 5), Self.alert("wide", .critical, ["a", "b"], age: 600),
        Self.alert("waits", .critical, ["a"], age: 9, fires: false),
      ],
      figures: ["failing": Board.Figures(requestRate: 1, errorRate: 0.1234)],
      usage: [
        "failing": AverageUsage(cpu: 1), "gone": AverageUsage(), "new": AverageUsage(), "sick": AverageUsage(),
        "poor": AverageUsage(cpu: 90, memory: 71),
      ])
    #expect(
      board.attention.map { "\($0.severity) \($0.agentID ?? "-") \($0.what)" } == [
        "emergency gone fire: says why", "critical - wide: says why", "critical gone is lost: no sign of life",
        "critical sick is unhealthy: HTTP 500", "warning failing 12.3 % of its requests fail",
        "warning poor has a health score of 60: average CPU 90 % is above 80 %, average memory 71 % is above 70 %",
        "info new has not been heard of yet",
      ])
    #expect(board.attention[0].view == .agent("gone") && board.attention[1].view == .alerts)
    #expect(board.attention[2].since == Self.now - .seconds(60))
    #expect(board.attention.allSatisfy { !$0.next.isEmpty })
  }

  /// At, below and above the bounds of what is pointed out.
  @Test(
    arguments: [
      (0.05, 0.05, 1, true), (0.0499, 0.05, 1, false), (0.05, 0.0499, 1, false), (1, 1, 1, true), (0.5, nil, 1, false),
      (nil, 1, 1, false), (nil, 1, 81, false), (nil, 1, 90, false),
    ] as [(Double?, Double?, Double, Bool)])
  func whatIsPointedOut(errorRate: Double?, rate: Double?, cpu: Double, isPointedOut: Bool) throws {
    let board = Self.board(
      [try Self.agent("a")], figures: ["a": Board.Figures(requestRate: rate, errorRate: errorRate)],
      usage: ["a": AverageUsage(cpu: cpu)])
    #expect(board.attention.isEmpty == !isPointedOut)
  }

  /// 30 points for CPU above 80, 15 above 60, 10 for memory above 70, 25 above 85; a score of 70 is not below 70.
  @Test(arguments: [
    (81.0, 70.0, 70, false), (81, 71, 60, true), (80, 85, 75, false), (80, 86, 60, true), (1, 86, 75, false),
  ])
  func lowScoresArePointedOut(cpu: Double, memory: Double, score: Int, isPointedOut: Bool) throws {
    let board = Self.board([try Self.agent("a")], usage: ["a": AverageUsage(cpu: cpu, memory: memory)])
    #expect(board.rows.first?.score.value == score)
    #expect(board.attention.isEmpty == !isPointedOut)
  }

  @Test func whatChangedIsTold() throws {
    let before = Self.board([try Self.agent("a"), try Self.agent("b"), try Self.agent("c")])
    let after = Self.board([try Self.agent("a"), try Self.agent("b", [.lost]), try Self.agent("d")])
    #expect(after.changedRows(since: before).map(\.agentID.name) == ["b", "d"])
    #expect(after.removedAgents(since: before).map(\.name) == ["c"])
    #expect(before.changedRows(since: before).isEmpty && before.removedAgents(since: before).isEmpty)
  }

  @Test(
    arguments: [
      (0, 0), (1, 1), (-1234, -1230), (0.000_123_45, 0.000_123), (999.5, 1000), (123_456_789, 123_000_000), (1e-9, 0),
      (0.1 + 0.2, 0.3), (.infinity, nil), (.nan, nil),
    ] as [(Double, Double?)]) func figuresAreShort(value: Double, shortened: Double?)
  {
    #expect(value.shortened == shortened)
  }
}
