import AlertLogic
import FleetModel
import Testing

@testable import Alerting

@Suite struct EngineAlertsTests {
  let start = Timestamp(milliseconds: 1_700_000_000_000)

  func alert(_ name: String, from: Duration = .zero, to end: Duration? = nil) -> NotifiedAlert {
    NotifiedAlert(
      labels: LabelSet(["alertname": name]), startsAt: start + from, endsAt: end.map { start + $0 },
      updatedAt: start + from)
  }

  @Test func twoRulesWithTheSameLabelsHoldTheAlertTogether() {
    var engine = EngineAlerts()
    #expect(engine.take(alert("A")) != nil)
    #expect(engine.take(alert("A", from: .seconds(1))) != nil)
    #expect(engine.take(alert("A", to: .seconds(2))) == nil)
    #expect(engine.holds(LabelSet(["alertname": "A"])))
    #expect(engine.take(alert("A", to: .seconds(3)))?.endsAt == start + .seconds(3))
    #expect(!engine.holds(LabelSet(["alertname": "A"])))
  }

  @Test func nobodyElseSpeaksForWhatTheRulesHold() {
    var engine = EngineAlerts()
    _ = engine.take(alert("A"))
    #expect(engine.admit(alert("A")) == nil)
    #expect(engine.admit(alert("A", to: .seconds(1))) == nil)
    #expect(engine.admit(alert("B", to: .seconds(1)))?.endsAt != nil)
  }

  @Test func aRestartBringsBothToWhatTheRulesSay() {
    var engine = EngineAlerts()
    let now = start + .seconds(100)
    let changes = engine.reconcile(
      restored: [alert("fires"), alert("ended"), alert("unknown"), alert("ended before", from: .seconds(50))],
      firing: [alert("fires"), alert("new", from: .seconds(99))],
      resolved: [alert("ended", to: .seconds(60)), alert("ended before", to: .seconds(20))],
      resolveTimeout: .seconds(300), at: now)
    let byName = Dictionary(changes.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    #expect(byName.count == 5)
    #expect(byName["fires"]?.endsAt == nil && byName["new"]?.endsAt == nil)
    #expect(byName["ended"]?.endsAt == start + .seconds(60))
    for name in ["unknown", "ended before"] {
      #expect(byName[name]?.endsAt == now + .seconds(300) && byName[name]?.endsByTimeout == true)
    }
  }
}
