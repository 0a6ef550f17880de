import AlertLogic
import FleetModel
import Platform
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Alerting

/// A process that is killed closes nothing and says no goodbye. Here its files are copied between two of its commits, and what it
/// does from then on reaches nobody.
@Suite(.timeLimit(.minutes(10))) struct NotificationRestartTests {
  let time = SimulatedTime()

  /// The world outside: what it was told, by the lives of the process.
  final class World: Sendable {
    struct State {
      var life = 0
      /// By alert: how often its firing was told.
      var firing: [String: Int] = [:]
      var resolved: [String: Int] = [:]
    }

    let state = Mutex(State())

    /// - Throws: in a life that has ended.
    func take(_ notification: GroupNotification, in life: Int) throws {
      try state.withLock { state in
        guard state.life == life else { throw DeliveryFailure("the process is gone", .retry(after: nil)) }
        for alert in notification.firing { state.firing[alert.labels["n"] ?? "", default: 0] += 1 }
        for alert in notification.resolved { state.resolved[alert.labels["n"] ?? "", default: 0] += 1 }
      }
    }

    func kill() { state.withLock { $0.life += 1 } }
  }

  func copy(_ files: FilePath, to directory: FilePath) throws -> FilePath {
    let target = directory.appending("notifications.sqlite")
    for suffix in ["", "-wal"] {
      if let bytes = try StateFile(FilePath(files.string + suffix)).read() {
        try StateFile(FilePath(target.string + suffix)).write(bytes)
      }
    }
    return target
  }

  @Test(arguments: 1...12) func killedAnywhere(seed: UInt64) async throws {
    let random = SeededRandom(seed: seed)
    let world = World()
    var directories = [try ScratchDirectory()]
    var file = directories[0].path.appending("notifications.sqlite")
    var acknowledged = 0
    var ended = 0
    for life in 0..<5 {
      let isLast = life == 4
      let integration = NotificationIntegration(kind: "webhook", index: 0, sendResolved: true, timeout: .seconds(10)) {
        // Some fail, some take their time.
        if random.next() % 8 == 0 { throw DeliveryFailure("status 500", .retry(after: nil)) }
        for _ in 0..<(random.next() % 20) { await Task.yield() }
        try world.take($0, in: life)
      }
      let service = try makeService(
        policy(groupBy: ["..."], interval: .seconds(10), repeatAfter: .seconds(86_400)), ["ops": [integration]],
        state: file, time: time, seed: seed &+ UInt64(life))
      let known = world.state.withLock { $0 }
      let restored = Set(
        service.core.withLock { $0.machine.state.log }.filter { !$0.firing.isEmpty }
          .compactMap { $0.key.groupLabels["n"] })
      let task = Task { try await service.run() }
      for _ in 0..<(20 + random.next() % 60) {
        switch random.next() % 4 {
        case 0, 1:
          try await service.put([time.alert("A", ["n": "\(acknowledged)"], ends: .seconds(86_400))])
          acknowledged += 1
        case 2 where ended < acknowledged:
          try await service.put([time.alert("A", ["n": "\(ended)"], ends: .zero)])
          ended += 1
        default: time.advance(by: .milliseconds(Int(random.next() % 3_000)))
        }
        for _ in 0..<(random.next() % 40) { await Task.yield() }
      }
      if isLast {
        // All that was acknowledged reaches somebody in the end, its end too.
        while true {
          let state = world.state.withLock { $0 }
          let isTold = (ended..<acknowledged).allSatisfy { state.firing["\($0)"] != nil }
          let isEnded = (0..<ended).allSatisfy { state.firing["\($0)"] == nil || state.resolved["\($0)"] != nil }
          if isTold, isEnded { break }
          if time.sleeping > 0 { time.advance(by: .milliseconds(500)) }
          await Task.yield()
        }
      }
      // What the file said had been told as firing was not told so again.
      world.kill()
      let now = world.state.withLock { $0 }
      for name in restored {
        #expect(now.firing[name] == known.firing[name], "alert \(name) was told again in life \(life)")
      }
      let next = try ScratchDirectory()
      directories.append(next)
      let writer = try #require(service.writer)
      file = try await writer.exclusively { [file] in try copy(file, to: next.path) }
      task.cancel()
      let clock = Task {
        while !Task.isCancelled {
          time.advance(by: .milliseconds(10))
          await Task.yield()
        }
      }
      try await task.value
      clock.cancel()
      await clock.value
    }
  }

  /// What is acknowledged is in the file, and what was told and committed is not told again.
  @Test func nothingIsToldTwiceAndNothingForgotten() async throws {
    let directory = try ScratchDirectory()
    let file = directory.path.appending("notifications.sqlite")
    let told = Told()
    let rules = policy(groupBy: ["alertname"], wait: .seconds(30), interval: .seconds(300))
    let first = try makeService(rules, ["ops": [told.integration()]], state: file, time: time)
    let crash = try ScratchDirectory()
    let copied = try await running(first, time) {
      try await first.put([time.alert("told")])
      await time.waitForSleepers(1)
      time.advance(by: .seconds(30))
      await told.wait(for: 1)
      while first.core.withLock({ $0.machine.logCount }) == 0 { await Task.yield() }
      time.advance(by: .seconds(1))
      try await first.put([time.alert("waits")])
      let silence = Silence(
        matchers: [LabelMatcher("alertname", .equal, "quiet")], startsAt: time.now(),
        endsAt: time.now() + .seconds(3600), updatedAt: time.now(), createdBy: "me", comment: "")
      _ = try await first.set(silence)
      let writer = try #require(first.writer)
      return try await writer.exclusively { try copy(file, to: crash.path) }
    }
    let second = try makeService(rules, ["ops": [told.integration()]], state: copied, time: time)
    #expect(Set(second.alerts().map(\.alert.name)) == ["told", "waits"])
    try await running(second, time) {
      try await second.put([time.alert("quiet"), time.alert("told")])
      while told.count < 2 {
        if time.sleeping > 0 { time.advance(by: .seconds(1)) }
        await Task.yield()
      }
      for _ in 0..<400 {
        if time.sleeping > 0 { time.advance(by: .seconds(1)) }
        await Task.yield()
      }
    }
    #expect(told.all.map(\.firing) == [["told"], ["waits"]])
  }

  @Test func alertsOfTheRulesGoOnAfterARestart() async throws {
    let directory = try ScratchDirectory()
    let file = directory.path.appending("notifications.sqlite")
    let told = Told()
    let state = StateFile(directory.path.appending("alerts.json"))
    let first = try makeEngine([.above(80), .above(50, name: "Mid")], state: state, time: time)
    let service = try makeService(policy(), ["ops": [told.integration()]], state: file, time: time)
    service.follow(first)
    try await running(service, time) {
      first.feed(series("cpu"), 90, at: time.now())
      await told.wait(for: 2)
      await first.writeState()
    }
    time.advance(by: .seconds(60))
    // One of the rules is gone: its alert ended while nobody looked.
    let second = try makeEngine([.above(80)], state: state, time: time)
    let again = try makeService(policy(), ["ops": [told.integration()]], state: file, time: time)
    again.follow(second)
    try await running(again, time) {
      while told.count < 3 {
        if time.sleeping > 0 { time.advance(by: .seconds(1)) }
        await Task.yield()
      }
    }
    #expect(told.all.map(\.firing) == [["High"], ["Mid"], []] || told.all.map(\.firing) == [["Mid"], ["High"], []])
    #expect(told.all[2].resolved == ["Mid"])
    #expect(again.alerts().map(\.alert.name) == ["High"])
  }
}
