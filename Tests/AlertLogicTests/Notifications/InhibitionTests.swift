import FleetModel
import TestSupport
import Testing

@testable import AlertLogic

@Suite("inhibition")
struct InhibitionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var rules: [InhibitRule]
    var alerts: [String]
    var resolved: [String] = []
    /// Of `alerts`, those that are held back.
    var inhibited: [String]
    var testDescription: String { name }
  }

  static let critical = inhibit(["severity=critical"], ["severity=warning"], equal: ["cluster", "job"])
  static let cases = [
    Case(
      name: "equal labels", rules: [critical],
      alerts: [
        "severity=critical cluster=1 job=a", "severity=warning cluster=1 job=a", "severity=warning cluster=2 job=a",
        "severity=warning cluster=1",
      ], inhibited: ["severity=warning cluster=1 job=a"]),
    Case(
      name: "missing in both is equal", rules: [critical],
      alerts: ["severity=critical cluster=1", "severity=warning cluster=1", "severity=warning"],
      inhibited: ["severity=warning cluster=1"]),
    Case(
      name: "values are not run together", rules: [critical],
      alerts: ["severity=critical cluster=1 job=23", "severity=warning cluster=12 job=3"], inhibited: []),
    Case(
      name: "a source that has ended does not count", rules: [critical],
      alerts: ["severity=warning cluster=1"], resolved: ["severity=critical cluster=1"], inhibited: []),
    Case(
      name: "no alert inhibits itself", rules: [inhibit(["a=1"], ["a=1"])], alerts: ["a=1"], inhibited: []),
    Case(
      name: "those that match both sides leave each other alone", rules: [inhibit(["a=1"], ["a=1"])],
      alerts: ["a=1 b=1", "a=1 b=2"], inhibited: []),
    Case(
      name: "one that matches both sides is inhibited by one that matches the source alone",
      rules: [inhibit(["a=~1|2"], ["a=~2|3"])], alerts: ["a=1", "a=2", "a=3"], inhibited: ["a=2", "a=3"]),
    Case(
      name: "one that matches both sides inhibits one that matches the target alone",
      rules: [inhibit(["a=~1|2"], ["a=~2|3"])], alerts: ["a=2", "a=3"], inhibited: ["a=3"]),
    Case(
      name: "an inhibited source inhibits all the same", rules: [inhibit(["a=1"], ["a=2"]), inhibit(["a=2"], ["a=3"])],
      alerts: ["a=1", "a=2", "a=3"], inhibited: ["a=2", "a=3"]),
    Case(
      name: "no matchers on the source side take every alert", rules: [inhibit([], ["a=2"])], alerts: ["a=1", "a=2"],
      inhibited: ["a=2"]),
  ]

  @Test(arguments: cases)
  func whoIsHeldBack(_ test: Case) throws {
    let policy = try compiled(route("r", by: [], wait: 0), inhibiting: test.rules)
    var machine = NotificationMachine(
      policy: policy, integrations: ["r": [IntegrationFacts(name: "webhook[0]", sendResolved: true)]], at: second(0))
    machine.put(test.alerts.map { firing($0, at: 0) }, at: second(0))
    machine.put(test.resolved.map { ended($0, from: 0, at: 5) }, at: second(5))
    let inhibited = machine.alerts(at: second(5)).filter { !$0.inhibitedBy.isEmpty }
    #expect(Set(inhibited.map(\.alert.labels)) == Set(test.inhibited.map(labels)))
    let flush = try #require(machine.flushDue(at: second(5)).first)
    let toldAnswer = machine.notification(of: flush.sends[0].id, externalURL: "", at: second(5))
    let told = try #require(toldAnswer)
    #expect(Set(told.firing.map(\.labels)) == Set(test.alerts.map(labels)).subtracting(test.inhibited.map(labels)))
  }

  /// The index against Alertmanager's definition, over alerts that come, go and change their ends.
  @Test(arguments: 0..<40) func theIndexAgreesWithTheDefinition(seed: UInt64) throws {
    let random = SeededRandom(seed: seed)
    func pick(_ count: UInt64) -> Int { Int(random.next() % count) }
    let sides = [["a=1"], ["a=~1|2"], ["a=2"], ["a!=3"], ["b=1", "a=~.+"], []]
    let rules = (0...pick(3)).map { _ in
      inhibit(sides[pick(6)], sides[pick(6)], equal: [[], ["b"], ["b", "c"]][pick(3)])
    }
    var machine = NotificationMachine(
      policy: try compiled(route("r", by: ["..."], wait: 5, interval: 20), inhibiting: rules), integrations: [:],
      at: second(0))
    for step in 1..<200 {
      let now = Double(step)
      let text = ["a", "b", "c"].map { "\($0)=\(pick(4))" }.joined(separator: " ")
      let start = now - Double(pick(5))
      let end = [nil, now, now + Double(pick(20)), now + Double(pick(20))][pick(4)]
      machine.put(
        [
          NotifiedAlert(
            labels: labels(text), startsAt: second(start), endsAt: end.map(second), updatedAt: second(now),
            endsByTimeout: true)
        ], at: second(now))
      _ = machine.flushDue(at: second(now))
      guard step % 20 == 0 else { continue }
      let all = machine.alerts(at: second(now))
      for target in all {
        let expected = try all.contains { source in
          try rules.contains { try Self.inhibits($0, source.alert, target.alert, at: second(now)) }
        }
        #expect(target.inhibitedBy.isEmpty == !expected, "step \(step): \(target.alert.labels)")
      }
    }
  }

  static func inhibits(_ rule: InhibitRule, _ source: NotifiedAlert, _ target: NotifiedAlert, at now: Timestamp) throws
    -> Bool
  {
    func match(_ matchers: [LabelMatcher], _ alert: NotifiedAlert) throws -> Bool {
      try matchers.allSatisfy { try MatcherTest($0).accepts(alert.labels) }
    }
    guard !source.isResolved(at: now), try match(rule.sourceMatchers, source), try match(rule.targetMatchers, target)
    else { return false }
    if try match(rule.sourceMatchers, target), try match(rule.targetMatchers, source) { return false }
    return rule.equal.allSatisfy { source.labels[$0] == target.labels[$0] }
  }

  /// Sources that are said again and again with another end do not gather.
  @Test func endsThatMoveOnDoNotGather() throws {
    let rules = try compiled(route("r"), inhibiting: [inhibit(["a=1"], ["a=2"])]).inhibitRules
    var index = InhibitionIndex(rules)
    var alerts = AlertTable()
    for number in 0..<50 { _ = alerts.insert(firing("a=1 n=\(number)", at: 0)) }
    for number in alerts.live { index.put(number, isNew: true, in: alerts) }
    for round in 1..<200 {
      for number in alerts.live {
        alerts[number].alert.endsAt = second(Double(round))
        index.put(number, isNew: false, in: alerts)
      }
    }
    #expect(index.sourceCount <= 2 * 50 + 17)
    for number in alerts.live {
      let gone = alerts[number].alert.labels
      alerts.remove(number)
      index.remove(labels: gone, from: alerts)
    }
    #expect(index.sourceCount == 0)
  }
}
