import AlertLogic
import FleetModel
import Testing

@Suite("notification machine")
struct NotificationMachineTests {
  static let webhook = IntegrationFacts(name: "webhook[0]", sendResolved: true)
  static let slack = IntegrationFacts(name: "slack[0]", sendResolved: false)

  static func machine(
    _ root: Route, _ integrations: [String: [IntegrationFacts]] = ["r": [webhook]], inhibiting: [InhibitRule] = [],
    intervals: [TimeInterval] = []
  ) throws -> NotificationMachine {
    NotificationMachine(
      policy: try compiled(root, inhibiting: inhibiting, intervals: intervals), integrations: integrations,
      at: second(0))
  }

  static let root = route("r", by: ["alertname"], wait: 30, interval: 300, repeats: 3600)

  /// Sends all that is due and tells what was sent: `receiver/integration reason: +firing -resolved`, the alerts by their label `n`.
  @discardableResult
  static func tell(_ machine: inout NotificationMachine, at seconds: Double, delivered: Bool = true) -> [String] {
    var told: [String] = []
    for flush in machine.flushDue(at: second(seconds)) {
      for send in flush.sends {
        guard let notification = machine.notification(of: send.id, externalURL: "u", at: second(seconds)) else {
          told.append("nothing")
          continue
        }
        let alerts = notification.alerts.map { "\($0.endsAt == nil ? "+" : "-")\($0.labels["n"] ?? "")" }
        told.append("\(flush.receiver)/\(send.integration) \(send.reason.rawValue): \(alerts.joined(separator: " "))")
        machine.finished(send.id, delivered: delivered, at: second(seconds))
      }
    }
    return told
  }

  @Test func aGroupWaitsThenComesEveryInterval() throws {
    var machine = try Self.machine(Self.root)
    #expect(machine.deadline == nil)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    #expect(machine.deadline == second(30))
    machine.put([firing("alertname=A n=2", at: 10)], at: second(10))
    #expect(machine.deadline == second(30))
    #expect(Self.tell(&machine, at: 29) == [])
    #expect(Self.tell(&machine, at: 30) == ["r/webhook[0] first: +1 +2"])
    machine.put([firing("alertname=A n=3", at: 31)], at: second(31))
    #expect(machine.deadline == second(330))
    #expect(Self.tell(&machine, at: 330) == ["r/webhook[0] newFiring: +1 +2 +3"])
    machine.put([ended("alertname=A n=2", from: 10, at: 400)], at: second(400))
    #expect(Self.tell(&machine, at: 630) == ["r/webhook[0] newResolved: +1 -2 +3"])
    #expect(machine.alertCount == 2)
    #expect(Self.tell(&machine, at: 930) == [])
    // The interval has passed only at the flush after it has.
    for tick in stride(from: 1230.0, through: 4230, by: 300) { #expect(Self.tell(&machine, at: tick) == []) }
    #expect(Self.tell(&machine, at: 4530) == ["r/webhook[0] repetition: +1 +3"])
  }

  @Test func whatHasWaitedElsewhereDoesNotWaitAgain() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(60))
    #expect(Self.tell(&machine, at: 60) == ["r/webhook[0] first: +1"])
    // A group that has flushed keeps to its interval.
    machine.put([firing("alertname=A n=2", at: 0)], at: second(61))
    #expect(machine.deadline == second(360))
  }

  @Test func aGroupWithoutAlertsIsKeptForAWhile() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    Self.tell(&machine, at: 30)
    machine.put([ended("alertname=A n=1", from: 0, at: 40)], at: second(40))
    #expect(Self.tell(&machine, at: 330) == ["r/webhook[0] allResolved: -1"])
    #expect(machine.alertCount == 0 && machine.groupCount == 1 && machine.logCount == 0)
    // Until the sweep a new alert joins it and waits for its interval.
    machine.put([firing("alertname=A n=2", at: 350)], at: second(350))
    #expect(machine.deadline == second(630))
    machine.put([ended("alertname=A n=2", from: 350, at: 360)], at: second(360))
    // It came and went between two flushes: nobody has heard of it.
    #expect(Self.tell(&machine, at: 630) == [])
    #expect(machine.deadline == second(660))
    #expect(Self.tell(&machine, at: 660) == [])
    #expect(machine.groupCount == 0 && machine.deadline == nil)
    // A new group waits anew.
    machine.put([firing("alertname=A n=3", at: 661)], at: second(661))
    #expect(machine.deadline == second(691))
  }

  @Test func resolvedIsNotToldToThoseWhoDoNotWantIt() throws {
    var machine = try Self.machine(Self.root, ["r": [Self.slack]])
    machine.put([firing("alertname=A n=1", at: 0), firing("alertname=A n=2", at: 0)], at: second(0))
    #expect(Self.tell(&machine, at: 30) == ["r/slack[0] first: +1 +2"])
    machine.put([ended("alertname=A n=1", from: 0, at: 40)], at: second(40))
    #expect(Self.tell(&machine, at: 330) == [])
    machine.put([firing("alertname=A n=3", at: 340)], at: second(340))
    #expect(Self.tell(&machine, at: 630) == ["r/slack[0] newFiring: +2 +3"])
    machine.put(
      [ended("alertname=A n=2", from: 0, at: 640), ended("alertname=A n=3", from: 340, at: 640)], at: second(640))
    #expect(Self.tell(&machine, at: 930) == [])
    #expect(machine.alertCount == 0)
    // The log knows that all ended: the next one is new.
    machine.put([firing("alertname=A n=2", at: 935)], at: second(935))
    #expect(Self.tell(&machine, at: 1230) == ["r/slack[0] first: +2"])
  }

  @Test func whatFailedIsTriedAtTheNextFlush() throws {
    var machine = try Self.machine(Self.root, ["r": [Self.webhook, Self.slack]])
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    let flush = try #require(machine.flushDue(at: second(30)).first)
    #expect(flush.until == second(330))
    #expect(flush.groupKey == "{}:{alertname=\"A\"}")
    let (one, two) = (flush.sends[0].id, flush.sends[1].id)
    _ = machine.notification(of: one, externalURL: "", at: second(30))
    _ = machine.notification(of: two, externalURL: "", at: second(30))
    let recordAnswer = machine.finished(two, delivered: true, at: second(31))
    let record = try #require(recordAnswer)
    #expect(record.key.integration == "slack[0]" && record.firing.count == 1 && record.toldAt == second(31))
    // One that still sends holds its group, and nothing else.
    machine.put([ended("alertname=A n=1", from: 0, at: 100), firing("alertname=B n=1", at: 100)], at: second(100))
    #expect(machine.flushDue(at: second(130)).map(\.groupKey) == ["{}:{alertname=\"B\"}"])
    #expect(machine.flushDue(at: second(330)).isEmpty)
    #expect(machine.finished(one, delivered: false, at: second(335)) == nil)
    #expect(machine.finished(one, delivered: true, at: second(335)) == nil, "a send ends once")
    #expect(machine.deadline == second(330))
    // The webhook was never told that it fired, the other was, but does not want the end.
    #expect(Self.tell(&machine, at: 335) == [])
    #expect(machine.alerts(at: second(336)).map(\.alert.name) == ["B"])
  }

  @Test func whatEndedStaysUntilAllWereTold() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    Self.tell(&machine, at: 30)
    machine.put([ended("alertname=A n=1", from: 0, at: 40)], at: second(40))
    #expect(Self.tell(&machine, at: 330, delivered: false) == ["r/webhook[0] allResolved: -1"])
    #expect(machine.alertCount == 1)
    #expect(Self.tell(&machine, at: 630) == ["r/webhook[0] allResolved: -1"])
    #expect(machine.alertCount == 0)
  }

  @Test func whatFiresAgainWhileItsEndIsToldStays() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    Self.tell(&machine, at: 30)
    machine.put([ended("alertname=A n=1", from: 0, at: 330)], at: second(330))
    let send = try #require(machine.flushDue(at: second(330)).first?.sends.first)
    #expect(machine.notification(of: send.id, externalURL: "", at: second(330))?.isFiring == false)
    machine.put([firing("alertname=A n=1", at: 330)], at: second(330))
    machine.finished(send.id, delivered: true, at: second(330))
    #expect(Self.tell(&machine, at: 630) == ["r/webhook[0] first: +1"])
  }

  @Test func aLateSendTellsHowThingsStandNow() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    let send = try #require(machine.flushDue(at: second(30)).first?.sends.first)
    machine.put([firing("alertname=A n=2", at: 40)], at: second(40))
    #expect(machine.notification(of: send.id, externalURL: "", at: second(50))?.alerts.count == 2)
    machine.put([firing("alertname=A n=3", at: 55)], at: second(55))
    let record = machine.finished(send.id, delivered: true, at: second(60))
    #expect(record?.firing.count == 2, "what was told is logged, not what came since")
    #expect(Self.tell(&machine, at: 330) == ["r/webhook[0] newFiring: +1 +2 +3"])
  }

  /// Its first try may have come through without its answer.
  @Test func whatFiredAtTheFlushIsToldAndThenItsEnd() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0), firing("alertname=A n=2", at: 0)], at: second(0))
    let send = try #require(machine.flushDue(at: second(30)).first?.sends.first)
    _ = machine.notification(of: send.id, externalURL: "", at: second(30))
    machine.put(
      [ended("alertname=A n=1", from: 0, at: 40), ended("alertname=A n=2", from: 0, at: 40)], at: second(40))
    let retried = machine.notification(of: send.id, externalURL: "", at: second(50))
    #expect(retried?.alerts.map(\.endsAt) == [nil, nil])
    #expect(machine.finished(send.id, delivered: true, at: second(50))?.firing.count == 2)
    #expect(Self.tell(&machine, at: 330) == ["r/webhook[0] allResolved: -1 -2"])
    #expect(machine.alertCount == 0)
  }

  @Test func aSendThatHasNothingToTellAnyMoreEnds() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    let send = try #require(machine.flushDue(at: second(30)).first?.sends.first)
    let silence = Silence(
      matchers: matchers("n=1"), startsAt: second(40), endsAt: second(400), updatedAt: second(40), createdBy: "s",
      comment: "")
    _ = try machine.set(silence, newID: "1", at: second(40))
    #expect(machine.notification(of: send.id, externalURL: "", at: second(50)) == nil)
    #expect(machine.groups(at: second(50)).map(\.isFlushing) == [false])
    machine.put([ended("alertname=A n=1", from: 0, at: 60)], at: second(60))
    #expect(Self.tell(&machine, at: 330) == [])
    #expect(machine.alertCount == 0)
  }

  /// Prometheus says what fires with an end a few minutes ahead, and says it again before that.
  @Test func aDowntimeEndsNoAlertOfOthers() throws {
    var machine = try Self.machine(Self.root)
    func said(_ n: Int, _ seconds: Double, until end: Double) -> NotifiedAlert {
      NotifiedAlert(
        labels: labels("alertname=A n=\(n)"), startsAt: second(0), endsAt: second(end), updatedAt: second(seconds))
    }
    machine.put([said(1, 0, until: 240), said(2, 0, until: 240)], at: second(0))
    #expect(Self.tell(&machine, at: 30) == ["r/webhook[0] first: +1 +2"])
    machine.put([said(3, 60, until: 50)], at: second(60))
    var restored = NotificationMachine(
      policy: machine.policy, integrations: ["r": [Self.webhook]], restoring: machine.state, at: second(1000))
    #expect(restored.takeChanges().alerts.count == 2, "what changed by restoring is stored")
    #expect(Self.tell(&restored, at: 1000) == ["r/webhook[0] newResolved: +1 +2 -3"])
    restored.put([said(1, 1060, until: 1300)], at: second(1060))
    #expect(Self.tell(&restored, at: 1300) == ["r/webhook[0] allResolved: -1 -2"])
  }

  @Test func anOvertakenSendIsNotLogged() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    let send = try #require(machine.flushDue(at: second(30)).first?.sends.first)
    _ = machine.notification(of: send.id, externalURL: "", at: second(30))
    let others = ["r": [Self.webhook, IntegrationFacts(name: "webhook[1]", sendResolved: true)]]
    machine.replace(policy: try compiled(Self.root), integrations: others, at: second(31))
    machine.put([firing("alertname=A n=2", at: 31)], at: second(31))
    #expect(
      Self.tell(&machine, at: 31) == ["r/webhook[0] first: +1 +2", "r/webhook[1] first: +1 +2"])
    #expect(machine.finished(send.id, delivered: true, at: second(40)) == nil)
    #expect(Self.tell(&machine, at: 331) == [])
  }

  @Test func timeoutsEndAlerts() throws {
    var machine = try Self.machine(Self.root)
    func said(_ seconds: Double) -> NotifiedAlert {
      NotifiedAlert(
        labels: labels("alertname=A n=1"), startsAt: second(seconds), endsAt: second(seconds + 200),
        updatedAt: second(seconds), endsByTimeout: true)
    }
    machine.put([said(0)], at: second(0))
    machine.put([said(150)], at: second(150))
    #expect(Self.tell(&machine, at: 150) == ["r/webhook[0] first: +1"])
    #expect(Self.tell(&machine, at: 450) == ["r/webhook[0] allResolved: -1"])
  }

  @Test func timeIntervalsKeepRoutesQuiet() throws {
    var interval = TimeInterval()
    interval.name = "early"
    interval.spans = [TimeInterval.Span()]
    interval.spans[0].times = [0..<10]
    var root = Self.root
    root.muteTimeIntervals = ["early"]
    var machine = try Self.machine(root, intervals: [interval])
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    #expect(Self.tell(&machine, at: 30) == [])
    #expect(machine.groups(at: second(40)).map(\.mutedBy) == [["early"]])
    #expect(machine.alerts(at: second(40)).map(\.state) == [.active])
    #expect(Self.tell(&machine, at: 330) == [])
    #expect(Self.tell(&machine, at: 630) == ["r/webhook[0] first: +1"])
  }

  @Test func clocksThatAreSetBackDelayNothing() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 10_000)], at: second(10_000))
    Self.tell(&machine, at: 10_030)
    machine.put([firing("alertname=A n=2", at: 10_040)], at: second(10_040))
    // An hour back: 290 seconds are left.
    #expect(machine.flushDue(at: second(6_440)).isEmpty)
    #expect(machine.deadline == second(6_730))
    #expect(Self.tell(&machine, at: 6_730) == ["r/webhook[0] newFiring: +1 +2"])
  }

  @Test func aReloadKeepsTimersAndLog() throws {
    var machine = try Self.machine(
      route("r", by: ["alertname"], wait: 30, interval: 300, routes: [route("a", ["team=a"])]),
      ["r": [Self.webhook], "a": [Self.webhook]])
    machine.put([firing("alertname=A n=1", at: 0), firing("alertname=A team=a n=2", at: 0)], at: second(0))
    #expect(Self.tell(&machine, at: 30) == ["r/webhook[0] first: +1", "a/webhook[0] first: +2"])
    let policy = try compiled(
      route("r", by: ["alertname"], wait: 30, interval: 300, routes: [route("b", ["team=a"]), route("a", ["team=c"])]))
    let facts = ["r": [Self.webhook], "a": [Self.webhook], "b": [Self.webhook]]
    machine.replace(policy: policy, integrations: facts, at: second(100))
    // The route's new receiver has not been told; the other group goes on.
    #expect(Self.tell(&machine, at: 100) == ["b/webhook[0] first: +2"])
    #expect(Self.tell(&machine, at: 330) == [])
    machine.put([firing("alertname=A n=3", at: 340)], at: second(340))
    #expect(Self.tell(&machine, at: 630) == ["r/webhook[0] newFiring: +1 +3"])
  }

  @Test func whatIsUnderWayAtAReloadIsLogged() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    let send = try #require(machine.flushDue(at: second(30)).first?.sends.first)
    _ = machine.notification(of: send.id, externalURL: "", at: second(30))
    machine.replace(policy: try compiled(route("a", by: ["n"])), integrations: ["a": [Self.webhook]], at: second(31))
    #expect(machine.finished(send.id, delivered: true, at: second(32)) != nil)
    #expect(machine.logCount == 1)
    machine.replace(policy: try compiled(Self.root), integrations: ["r": [Self.webhook]], at: second(33))
    #expect(Self.tell(&machine, at: 400) == [])
  }

  @Test func changesAreWhatChanged() throws {
    var machine = try Self.machine(Self.root)
    machine.put([firing("alertname=A n=1", at: 0)], at: second(0))
    var changes = machine.takeChanges()
    #expect(changes.alerts.map(\.alert.name) == ["A"] && changes.groups.map(\.nextFlush) == [second(30)])
    #expect(machine.takeChanges().isEmpty)
    Self.tell(&machine, at: 30)
    changes = machine.takeChanges()
    #expect(changes.alerts.isEmpty && changes.log.count == 1)
    #expect(changes.groups.map(\.hasFlushed) == [true] && changes.groups.map(\.isFlushing) == [false])
    machine.put([ended("alertname=A n=1", from: 0, at: 40)], at: second(40))
    Self.tell(&machine, at: 330)
    changes = machine.takeChanges()
    #expect(changes.goneAlerts == [labels("alertname=A n=1")] && changes.alerts.isEmpty)
    #expect(changes.goneLog.count == 1 && changes.log.isEmpty)
    _ = machine.flushDue(at: second(400))
    #expect(machine.takeChanges().goneGroups == [GroupID(routeID: "{}", labels: labels("alertname=A"))])
    #expect(machine.state == NotificationState())
  }

  /// Two groups hold it, and one of them cannot be told of its end: the other does not tell it again after a restart.
  @Test func whoWasToldOfAnEndIsRemembered() throws {
    let root = route(
      "r", by: ["alertname"], wait: 0, interval: 300,
      routes: [route("a", ["n=~.+"], continues: true), route("b", ["n=~.+"])])
    let facts = ["a": [Self.webhook], "b": [Self.webhook]]
    var machine = try Self.machine(root, facts)
    machine.put([firing("alertname=A n=1", at: 0), firing("alertname=A n=2", at: 0)], at: second(0))
    Self.tell(&machine, at: 0)
    machine.put([ended("alertname=A n=1", from: 0, at: 10)], at: second(10))
    for flush in machine.flushDue(at: second(300)) {
      _ = machine.notification(of: flush.sends[0].id, externalURL: "", at: second(300))
      machine.finished(flush.sends[0].id, delivered: flush.receiver == "a", at: second(300))
    }
    #expect(machine.state.alerts.flatMap(\.leftRoutes) == ["{}/{n=~\".+\"}"])
    var restored = NotificationMachine(
      policy: machine.policy, integrations: facts, restoring: machine.state, at: second(310))
    restored.put([firing("alertname=A n=3", at: 320)], at: second(320))
    #expect(
      Self.tell(&restored, at: 600) == ["a/webhook[0] newFiring: +2 +3", "b/webhook[0] newFiring: -1 +2 +3"])
  }
}
