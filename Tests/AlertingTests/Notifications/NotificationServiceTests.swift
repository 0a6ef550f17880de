import AlertLogic
import FleetModel
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Alerting

@Suite(.timeLimit(.minutes(10))) struct NotificationServiceTests {
  let time = SimulatedTime()
  let told = Told()

  @Test func whatTheRulesSayIsToldAtOnce() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    let service = try makeService(policy(), ["ops": [told.integration()]], time: time)
    service.follow(engine)
    try await running(service) {
      engine.feed(series("cpu", agent: "planner", ["host": "h"]), 90, at: time.now())
      await told.wait(for: 1)
      time.advance(by: .seconds(5))
      engine.feed(series("cpu", agent: "planner", ["host": "h"]), 10, at: time.now())
      while service.alerts().first?.alert.endsAt == nil { await Task.yield() }
      await time.waitForSleepers(1)
      time.advance(by: .seconds(5))
      await told.wait(for: 2)
    }
    let first = told.all[0].notification
    #expect(first.externalURL == "http://skep.example" && first.receiver == "ops")
    #expect(first.groupKey == "{}:{alertname=\"High\"}")
    let alert = try #require(first.alerts.first)
    #expect(
      alert.labels.dictionary == [
        "alertname": "High", "severity": "critical", "agent_id": "planner", "host": "h",
      ])
    #expect(
      alert.annotations.dictionary == [
        "team": "ops", "description": "cpu of planner is 90, above 80",
        "runbook_url": "https://runbooks.example/high",
      ])
    #expect(alert.endsAt == nil && alert.generatorURL == "http://skep.example")
    let second = told.all[1].notification
    #expect(second.resolved.count == 1 && second.firing.isEmpty)
    let ended = try #require(second.resolved.first)
    #expect(ended.endsAt == ended.startsAt + .seconds(5))
  }

  @Test func aDeadIntegrationDelaysNoOther() async throws {
    let hangs = AsyncStream.makeStream(of: Void.self)
    let dead = told.integration("ops", 1) { _ in await Task { for await _ in hangs.stream {} }.value }
    let failing = told.integration("ops", 2) { _ in throw DeliveryFailure("status 500", .retry(after: nil)) }
    let service = try makeService(
      policy(groupBy: ["..."]), ["ops": [told.integration(), dead, failing]], time: time)
    try await running(service) {
      for number in 0..<200 { try await service.put([time.alert("A\(number)")]) }
      await told.wait(for: 200)
      #expect(Set(told.all.map(\.integration)) == ["ops/0"])
      // The shutdown does not wait for it longer than its grace.
      hangs.continuation.finish()
    }
  }

  @Test func aStormIsFewMessages() async throws {
    let service = try makeService(
      policy(wait: .seconds(1), interval: .seconds(300)), ["ops": [told.integration()]], time: time)
    try await running(service) {
      for hundred in 0..<100 {
        try await service.put((0..<100).map { time.alert("Storm", ["n": "\(hundred * 100 + $0)"]) })
      }
      await time.waitForSleepers(1)
      time.advance(by: .seconds(1))
      await told.wait(for: 1)
      await time.waitForSleepers(1)
      time.advance(by: .seconds(300))
      await letOthersRun()
    }
    #expect(told.count == 1 && told.all[0].notification.alerts.count == 10_000)
  }

  /// Each alert a group of its own: as many messages, but never more of them made up than places.
  @Test func whatWaitsIsNotMadeUpBefore() async throws {
    let underWay = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    let integration = told.integration { _ in
      let count = underWay.add(1, ordering: .relaxed).newValue
      _ = most.max(count, ordering: .relaxed)
      await Task.yield()
      _ = underWay.subtract(1, ordering: .relaxed)
    }
    let service = try makeService(policy(groupBy: ["..."]), ["ops": [integration]], time: time)
    try await running(service) {
      try await service.put((0..<5_000).map { time.alert("A", ["n": "\($0)"]) })
      await told.wait(for: 5_000)
    }
    #expect(most.load(ordering: .relaxed) <= 8)
  }

  @Test func aReloadKeepsWhatWasToldAndUsesTheNewWays() async throws {
    let service = try makeService(policy(), ["ops": [told.integration()]], time: time)
    try await running(service) {
      try await service.put([time.alert("A")])
      await told.wait(for: 1)
      let setup = NotificationSetup(
        policy: policy(receivers: ["ops", "chat"]) { route in
          var child = Route()
          child.receiver = "chat"
          child.matchers = [LabelMatcher("alertname", .equal, "B")]
          route.routes = [child]
        }, integrations: ["ops": [told.integration("ops2")], "chat": [told.integration("chat")]])
      try await service.replace(with: setup)
      try await service.put([time.alert("B"), time.alert("C"), time.alert("A")])
      await told.wait(for: 3)
      #expect(service.receivers == ["ops", "chat"])
      #expect(service.routes(for: LabelSet(["alertname": "B"])).map(\.receiver) == ["chat"])
    }
    #expect(told.all.dropFirst().map(\.integration).sorted() == ["chat/0", "ops2/0"])
    #expect(Set(told.all.dropFirst().flatMap(\.firing)) == ["B", "C"])
  }

  @Test func aPolicyWithAMistakeChangesNothing() async throws {
    let service = try makeService(policy(), ["ops": [told.integration()]], time: time)
    let wrong = policy { $0.muteTimeIntervals = ["nights"] }
    await #expect(throws: PolicyError.self) {
      try await service.replace(with: NotificationSetup(policy: wrong, integrations: [:]))
    }
    #expect(service.policy == policy())
    var place = TimeInterval()
    place.name = "there"
    var span = TimeInterval.Span()
    span.location = "Europe/../../etc/passwd"
    place.spans = [span]
    var odd = policy()
    odd.timeIntervals = [place]
    await #expect(throws: PolicyError.self) {
      try await service.replace(with: NotificationSetup(policy: odd, integrations: [:]))
    }
  }

  @Test func aShutdownSendsWhatIsDue() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    let service = try makeService(policy(groupBy: ["..."]), ["ops": [told.integration()]], time: time)
    service.follow(engine)
    for number in 0..<300 { engine.feed(series("cpu", agent: "a\(number)"), 90, at: time.now()) }
    try await running(service) {}
    #expect(told.count == 300)
  }

  @Test func aSilenceKeepsQuietUntilItIsExpired() async throws {
    let service = try makeService(policy(), ["ops": [told.integration()]], time: time)
    try await running(service) {
      let silence = Silence(
        matchers: [LabelMatcher("alertname", .equal, "A")], startsAt: time.now(), endsAt: time.now() + .seconds(3600),
        updatedAt: time.now(), createdBy: "me", comment: "")
      let id = try await service.set(silence)
      #expect(id.utf8.count == 36 && service.silence(id: id)?.matchers == silence.matchers)
      try await service.put([time.alert("A")])
      await time.waitForSleepers(1)
      time.advance(by: .seconds(20))
      await letOthersRun()
      #expect(told.count == 0 && service.alerts().first?.silencedBy == [id])
      try await service.expire(id: id)
      await #expect(throws: SilenceError.self) { try await service.expire(id: id) }
      await #expect(throws: SilenceError.self) { try await service.expire(id: "none") }
      while told.count == 0 {
        if time.sleeping > 0 { time.advance(by: .seconds(1)) }
        await Task.yield()
      }
    }
  }

  @Test func aTestGoesThroughEachIntegration() async throws {
    let refuses = told.integration("ops", 1) { _ in throw DeliveryFailure("status 401", .giveUp) }
    let service = try makeService(policy(), ["ops": [told.integration(), refuses]], time: time)
    let results = try await service.sendTest(to: "ops")
    #expect(
      results == [
        ReceiverTestResult(integration: "webhook[0]", failure: nil),
        ReceiverTestResult(integration: "webhook[1]", failure: "status 401"),
      ])
    #expect(told.all.first?.firing == ["SkepTest"] && service.alerts().isEmpty)
    await #expect(throws: UnknownReceiver.self) { _ = try await service.sendTest(to: "nobody") }
  }
}
