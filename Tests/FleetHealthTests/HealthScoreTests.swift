import FleetHealth
import FleetModel
import Testing

@Suite struct HealthScoreTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var cpu: Double?
    var memory: Double?
    var status = AgentStatus.active
    var alerts = 0
    var score: Int
    var points: [Int]

    var testDescription: String { "cpu \(cpu ?? .nan) memory \(memory ?? .nan) \(status) alerts \(alerts)" }
  }

  @Test(arguments: [
    Case(cpu: 0, memory: 0, score: 100, points: []),
    Case(cpu: 59.99, memory: 69.99, score: 100, points: []),
    Case(cpu: 60, memory: 70, score: 100, points: []),
    Case(cpu: 60.01, score: 85, points: [-15]),
    Case(cpu: 80, score: 85, points: [-15]),
    Case(cpu: 80.01, score: 70, points: [-30]),
    Case(cpu: 400, score: 70, points: [-30]),
    Case(memory: 70.01, score: 90, points: [-10]),
    Case(memory: 85, score: 90, points: [-10]),
    Case(memory: 85.01, score: 75, points: [-25]),
    Case(status: .unhealthy, score: 50, points: [-50]),
    Case(status: .lost, score: 50, points: [-50]),
    Case(status: .pending, score: 50, points: [-50]),
    Case(alerts: 1, score: 90, points: [-10]),
    Case(alerts: 3, score: 70, points: [-30]),
    Case(alerts: 10, score: 0, points: [-100]),
    Case(alerts: 11, score: 0, points: [-110]),
    Case(alerts: .max, score: 0, points: [-10_000]),
    Case(cpu: 90, memory: 90, status: .lost, alerts: 2, score: 0, points: [-30, -25, -50, -20]),
    Case(cpu: 61, memory: 71, alerts: 1, score: 65, points: [-15, -10, -10]),
    Case(cpu: .nan, memory: .infinity, score: 100, points: []),
    Case(cpu: -5, memory: -5, score: 100, points: []),
  ])
  func scores(_ test: Case) {
    let score = HealthScore(
      usage: AverageUsage(cpu: test.cpu, memory: test.memory), status: test.status, activeAlerts: test.alerts)
    #expect(score.value == test.score)
    #expect(score.parts.map(\.points) == test.points)
  }

  @Test func noMetricsAtAllIsZero() {
    let score = HealthScore(usage: nil, status: .active, activeAlerts: 0)
    #expect(score.value == 0)
    #expect(score.parts == [HealthScore.Part(reason: "no metrics in the window", points: -100)])
  }

  @Test func partsSayWhatWasFound() {
    let score = HealthScore(
      usage: AverageUsage(cpu: 80.04, memory: 99), status: .unhealthy, activeAlerts: 1)
    #expect(
      score.parts.map(\.reason) == [
        "average CPU 80.04 % is above 80 %", "average memory 99 % is above 85 %", "status is unhealthy, not active",
        "1 active alert",
      ])
  }
}
