import FleetModel
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Alerting

@Suite struct DeliveryTests {
  let time = SimulatedTime()
  let recorder = Recorder()

  struct Refused: Error {}

  func raise(_ engine: RuleEngine, _ number: Int) {
    engine.feed(series("cpu", agent: "a\(number)"), 90, at: time.now())
  }

  func statistics(_ engine: RuleEngine, _ name: String) -> DeliveryStatistics? {
    engine.deliveryStatistics().first { $0.handler == name }
  }

  @Test(.timeLimit(.minutes(10))) func aHangingHandlerStopsNobodyAndNotTheShutdown() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    let hangs = AsyncStream.makeStream(of: Void.self)
    let entered = Recorder()
    // Ignores its cancellation: it waits in a task that nobody cancels.
    engine.addHandler(named: "hangs") { notification in
      entered.take(notification)
      await Task { for await _ in hangs.stream {} }.value
    }
    engine.addHandler(named: "works") { [recorder] in recorder.take($0) }
    let task = Task { try await engine.run() }
    for number in 0..<100 { raise(engine, number) }
    await recorder.wait(for: 100)
    await entered.wait(for: 1)
    #expect(statistics(engine, "hangs")?.waiting == 100)
    // The timer loop's and the call's time-out.
    await time.waitForSleepers(2)
    task.cancel()
    // The shutdown's grace passes, sooner or later.
    let clock = Task {
      while !Task.isCancelled {
        time.advance(by: .milliseconds(100))
        await Task.yield()
      }
    }
    try await task.value
    clock.cancel()
    await clock.value
    #expect(entered.all.count == 1)
    hangs.continuation.finish()
  }

  @Test(.timeLimit(.minutes(10))) func aFailingHandlerIsTriedAgainThenGivenUp() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    var policy = DeliveryPolicy()
    policy.attempts = 3
    engine.addHandler(named: "fails", policy: policy) { [recorder] notification in
      recorder.take(notification)
      throw Refused()
    }
    try await running(engine) {
      raise(engine, 1)
      for attempt in 1...3 {
        await recorder.wait(for: attempt)
        if attempt == 3 { break }
        // Once it is counted, its time-out sleeps no more: the timer loop and the back-off do.
        while statistics(engine, "fails")?.failures != attempt { await Task.yield() }
        await time.waitForSleepers(2)
        // Never before half of the back-off.
        time.advance(by: .milliseconds(attempt == 1 ? 499 : 999))
        #expect(recorder.all.count == attempt)
        time.advance(by: .seconds(2))
      }
      while statistics(engine, "fails")?.drops == 0 { await Task.yield() }
      let counts = try #require(statistics(engine, "fails"))
      #expect([counts.deliveries, counts.failures, counts.drops, counts.waiting] == [0, 3, 1, 0])
    }
  }

  @Test func whatCannotSucceedIsNotTriedAgain() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    engine.addHandler(named: "refuses") { [recorder] notification in
      recorder.take(notification)
      throw DeliveryFailure("status 400", .giveUp)
    }
    try await running(engine) {
      raise(engine, 1)
      raise(engine, 2)
      await recorder.wait(for: 2)
    }
    #expect(Set(recorder.all.map(\.alert.id)).count == 2)
    #expect(statistics(engine, "refuses")?.drops == 2)
  }

  @Test(.timeLimit(.minutes(10))) func aBusyHandlerIsAskedAgainNotBeforeItSaid() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    engine.addHandler(named: "busy") { [recorder] notification in
      recorder.take(notification)
      if recorder.all.count == 1 { throw DeliveryFailure("status 503", .retry(after: .seconds(30))) }
    }
    try await running(engine) {
      raise(engine, 1)
      while statistics(engine, "busy")?.failures != 1 { await Task.yield() }
      await time.waitForSleepers(2)
      time.advance(by: .seconds(29))
      #expect(recorder.all.count == 1)
      time.advance(by: .seconds(1))
      await recorder.wait(for: 2)
      while statistics(engine, "busy")?.deliveries == 0 { await Task.yield() }
    }
  }

  @Test func aFullQueueDropsTheOldest() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    var policy = DeliveryPolicy()
    policy.queueLength = 10
    engine.addHandler(named: "slow", policy: policy) { [recorder] in recorder.take($0) }
    for number in 0..<100 { raise(engine, number) }
    try await running(engine) { await recorder.wait(for: 10) }
    #expect(recorder.all.map(\.alert.affectedAgents) == (90..<100).map { ["a\($0)"] })
    #expect(statistics(engine, "slow")?.drops == 90)
  }

  @Test func aHandlerThatComesLateIsServedToo() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    try await running(engine) {
      await time.waitForSleepers(1)
      engine.addHandler(named: "late") { [recorder] in recorder.take($0) }
      raise(engine, 1)
      await recorder.wait(for: 1)
    }
  }

  @Test func aShutdownDeliversWhatWaits() async throws {
    let engine = try makeEngine([.above(80)], time: time)
    engine.addHandler(named: "recorder") { [recorder] in recorder.take($0) }
    for number in 0..<500 { raise(engine, number) }
    try await running(engine) {}
    #expect(recorder.all.count == 500)
  }

  /// Threads feed, ask, add, remove and read at once; each alert's notifications stay in order. Made for the thread sanitizer.
  @Test func manyThreadsAtOnce() async throws {
    let engine = try makeEngine([.above(80), .above(50, name: "Mid", hold: .milliseconds(1))], time: time)
    engine.addHandler(named: "recorder") { [recorder] in recorder.take($0) }
    try await running(engine) {
      await withTaskGroup(of: Void.self) { group in
        for worker in 0..<4 {
          group.addTask {
            for round in 0..<1000 {
              let labels = series("cpu", agent: "a\(worker)", ["n": "\(round % 7)"])
              engine.feed(labels, Double((round * 37) % 100), at: time.now() + .milliseconds(round))
              if round % 100 == 0 { time.advance(by: .milliseconds(1)) }
            }
          }
        }
        group.addTask {
          for round in 0..<50 {
            try? engine.add(.above(Double(round % 100), name: "Extra", metric: nil))
            _ = engine.alerts(.all)
            _ = engine.generation
            _ = engine.remove(named: "Extra")
            await Task.yield()
          }
        }
      }
    }
    var last: [String: AlertNotification.Kind] = [:]
    for notification in recorder.all {
      #expect(last[notification.alert.id] != notification.kind)
      if last[notification.alert.id] == nil { #expect(notification.kind == .firing) }
      last[notification.alert.id] = notification.kind
    }
    #expect(Set(last.filter { $0.value == .firing }.keys) == Set(engine.alerts(.active).map(\.id)))
  }
}
