import AlertLogic
import FleetModel
import Synchronization
import TestSupport
import Testing

@testable import Alerting

/// What became of the sends of one lane, and what the integration was given.
final class LaneRecord: Sendable {
  struct State {
    var finished: [(id: SendID, delivered: Bool)] = []
    var tries: [(key: String, at: Duration)] = []
  }

  let state = Mutex(State())

  var finished: [Int: Bool] {
    state.withLock { Dictionary($0.finished.map { (Int($0.id.flush), $0.delivered) }, uniquingKeysWith: { $1 }) }
  }
  var reports: Int { state.withLock { $0.finished.count } }
  var tries: [(key: String, at: Duration)] { state.withLock { $0.tries } }

  func waitForReports(_ count: Int) async { while reports < count { await Task.yield() } }
  func waitForTries(_ count: Int) async { while tries.count < count { await Task.yield() } }
}

@Suite(.timeLimit(.minutes(10))) struct IntegrationLaneTests {
  let time = SimulatedTime()
  let record = LaneRecord()

  /// - Parameter body: gets the number of the send and of the try.
  func lane(
    concurrency: Int = 8, rate: Double? = nil, timeout: Duration = .seconds(10),
    _ body: @escaping @Sendable (_ send: Int, _ attempt: Int) async throws -> Void
  ) -> IntegrationLane {
    let (time, record) = (time, record)
    let integration = NotificationIntegration(
      kind: "webhook", index: 0, sendResolved: true, timeout: timeout, rate: rate
    ) { notification in
      let attempt = record.state.withLock { state in
        state.tries.append((notification.groupKey, time.monotonic()))
        return state.tries.count { $0.key == notification.groupKey }
      }
      try await body(Int(notification.groupKey) ?? 0, attempt)
    }
    let context = IntegrationLane.Context(
      time: time, random: SeededRandom(seed: 1), logger: quietLogger(), concurrency: concurrency,
      notification: { id in
        GroupNotification(
          receiver: "r", groupKey: "\(id.flush)", groupLabels: LabelSet(), alerts: [], externalURL: "",
          at: time.now())
      },
      finished: { id, delivered in record.state.withLock { $0.finished.append((id, delivered)) } })
    return IntegrationLane(receiver: "r", integration: integration, context: context)
  }

  func send(_ lane: IntegrationLane, _ numbers: ClosedRange<Int>, for duration: Duration = .seconds(60)) {
    for number in numbers {
      lane.enqueue(SendID(flush: UInt64(number), integration: 0), until: time.monotonic() + duration)
    }
  }

  func running(_ lane: IntegrationLane, _ body: () async throws -> Void) async throws {
    let task = Task { await lane.run() }
    try await body()
    task.cancel()
    await task.value
  }

  @Test func manyLeaveAndEachIsReportedOnce() async throws {
    let lane = lane { _, _ in }
    try await running(lane) {
      send(lane, 1...2_000)
      await record.waitForReports(2_000)
    }
    #expect(record.finished.count == 2_000 && record.finished.values.allSatisfy { $0 })
    #expect(record.tries.count == 2_000)
  }

  @Test func oneThatFailsIsTriedAgainWhileOthersLeave() async throws {
    let lane = lane(concurrency: 1) { send, attempt in
      if send == 1, attempt < 3 { throw DeliveryFailure("status 503", .retry(after: nil)) }
    }
    try await running(lane) {
      send(lane, 1...3)
      await record.waitForReports(2)
      #expect(record.finished == [2: true, 3: true])
      for attempt in 2...3 {
        while lane.waiting != 1 { await Task.yield() }
        await time.waitForSleepers(1)
        time.advance(by: .seconds(2))
        await record.waitForTries(attempt + 2)
      }
      await record.waitForReports(3)
    }
    #expect(record.finished == [1: true, 2: true, 3: true])
  }

  @Test func whatIsRefusedIsNotTriedAgain() async throws {
    let lane = lane { _, _ in throw DeliveryFailure("status 400", .giveUp) }
    try await running(lane) {
      send(lane, 1...1)
      await record.waitForReports(1)
    }
    #expect(record.finished == [1: false] && record.tries.count == 1)
  }

  @Test func theReceiversWaitIsHonoured() async throws {
    let lane = lane { send, attempt in
      if send == 1, attempt == 1 { throw DeliveryFailure("status 429", .retry(after: .seconds(30))) }
    }
    try await running(lane) {
      send(lane, 1...1)
      while lane.waiting != 1 || record.tries.isEmpty { await Task.yield() }
      await time.waitForSleepers(1)
      time.advance(by: .seconds(29))
      // What comes meanwhile waits too.
      send(lane, 2...2)
      for _ in 0..<1_000 { await Task.yield() }
      #expect(record.tries.count == 1)
      await time.waitForSleepers(1)
      time.advance(by: .seconds(1))
      await record.waitForReports(2)
    }
    #expect(record.tries.map(\.at).dropFirst().allSatisfy { $0 == .seconds(30) })
  }

  @Test func tryingEndsWithItsTime() async throws {
    let lane = lane { _, _ in throw DeliveryFailure("cannot connect", .retry(after: nil)) }
    try await running(lane) {
      send(lane, 1...1, for: .seconds(10))
      while record.reports == 0 {
        // In its back-off, and the lane asleep until then.
        if lane.waiting == 1, time.sleeping > 0 { time.advance(by: .milliseconds(100)) }
        await Task.yield()
      }
    }
    #expect(record.finished == [1: false])
    #expect(record.tries.count > 4 && record.tries.allSatisfy { $0.at < .seconds(10) })
  }

  /// It ignores its cancellation: its send fails in time, and its place stays taken so that such calls cannot pile up.
  @Test func aCallThatNeverEndsHoldsItsPlaceAlone() async throws {
    let hangs = AsyncStream.makeStream(of: Void.self)
    let lane = lane(concurrency: 2, timeout: .seconds(5)) { send, _ in
      if send == 1 { await Task { for await _ in hangs.stream {} }.value }
    }
    try await running(lane) {
      send(lane, 1...1, for: .seconds(6))
      await record.waitForTries(1)
      send(lane, 2...50)
      await record.waitForReports(49)
      while record.reports < 50 {
        if time.sleeping > 0 { time.advance(by: .seconds(1)) }
        await Task.yield()
      }
      send(lane, 51...60)
      await record.waitForReports(60)
    }
    #expect(record.finished[1] == false && record.finished.values.count { $0 } == 59)
    hangs.continuation.finish()
  }

  @Test func ifAllCallsHangTheRestIsGivenUpInTime() async throws {
    let hangs = AsyncStream.makeStream(of: Void.self)
    let lane = lane(concurrency: 2, timeout: .seconds(5)) { _, _ in
      await Task { for await _ in hangs.stream {} }.value
    }
    try await running(lane) {
      send(lane, 1...20, for: .seconds(6))
      await record.waitForTries(2)
      while record.reports < 20 {
        if time.sleeping > 0 { time.advance(by: .seconds(1)) }
        await Task.yield()
      }
    }
    #expect(record.finished.values.allSatisfy { !$0 } && record.tries.count == 2)
    hangs.continuation.finish()
  }

  @Test func closingSendsWhatWaitsFirst() async throws {
    let lane = lane { _, _ in }
    send(lane, 1...100)
    lane.close()
    await lane.run()
    #expect(record.finished.count == 100)
  }
}
