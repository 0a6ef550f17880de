import FleetModel
import TestSupport
import Testing

@testable import Alerting

@Suite struct LaneQueueTests {
  typealias Queue = LaneQueue<Int>

  func attempt(_ queue: inout Queue, at now: Duration) -> Queue.Item? {
    if case .attempt(let item) = queue.next(at: now) { item } else { nil }
  }

  @Test func theFirstGoesFirstAndNotMoreThanTheBound() {
    var queue = Queue(concurrency: 2, rate: nil, at: .zero)
    for id in 1...3 { queue.add(id, until: .seconds(10)) }
    #expect(attempt(&queue, at: .zero)?.id == 1)
    #expect(attempt(&queue, at: .zero)?.id == 2)
    #expect(attempt(&queue, at: .zero) == nil)
    queue.release()
    #expect(attempt(&queue, at: .zero)?.id == 3)
    queue.release()
    queue.release()
    #expect(queue.isIdle)
  }

  @Test func oneThatFailedWaitsWithoutKeepingUpTheOthers() throws {
    var queue = Queue(concurrency: 1, rate: nil, at: .zero)
    queue.add(1, until: .seconds(10))
    let first = try #require(attempt(&queue, at: .zero))
    let decision = queue.decide(first, failure: .retry(after: nil), backOff: .seconds(1), at: .zero)
    #expect(decision == .retry(at: .seconds(1)))
    queue.release()
    queue.add(2, until: .seconds(10))
    #expect(attempt(&queue, at: .zero)?.id == 2)
    queue.release()
    guard case .wait(until: .seconds(1)) = queue.next(at: .zero) else {
      Issue.record("it must wait for the back-off")
      return
    }
    let again = try #require(attempt(&queue, at: .seconds(1)))
    #expect(again.id == 1 && again.attempts == 2)
  }

  @Test func aRetryBeyondItsTimeIsGivenUpAtOnce() throws {
    var queue = Queue(concurrency: 1, rate: nil, at: .zero)
    queue.add(1, until: .seconds(10))
    let item = try #require(attempt(&queue, at: .zero))
    #expect(queue.decide(item, failure: .retry(after: nil), backOff: .seconds(1), at: .seconds(9)) == .givenUp)
    #expect(queue.decide(item, failure: .giveUp, backOff: .seconds(1), at: .zero) == .givenUp)
    #expect(queue.decide(item, failure: nil, backOff: .seconds(1), at: .zero) == .done)
  }

  @Test func whatTheReceiverAsksForHoldsForAll() throws {
    var queue = Queue(concurrency: 4, rate: nil, at: .zero)
    queue.add(1, until: .seconds(300))
    queue.add(2, until: .seconds(300))
    let item = try #require(attempt(&queue, at: .zero))
    let decision = queue.decide(item, failure: .retry(after: .seconds(20)), backOff: .seconds(1), at: .zero)
    #expect(decision == .retry(at: .seconds(20)))
    #expect(attempt(&queue, at: .seconds(19)) == nil)
    #expect(attempt(&queue, at: .seconds(20))?.id == 2)
    #expect(attempt(&queue, at: .seconds(20))?.id == 1)
    // But never longer than the flush lasts that learnt it.
    let longer = queue.decide(item, failure: .retry(after: .seconds(86_400)), backOff: .zero, at: .seconds(100))
    #expect(longer == .givenUp)
    queue.add(3, until: .seconds(900))
    #expect(attempt(&queue, at: .seconds(299)) == nil)
    #expect(attempt(&queue, at: .seconds(300)) != nil)
  }

  @Test func whatIsOverdueIsGivenUpEvenWhileAllPlacesHang() throws {
    var queue = Queue(concurrency: 1, rate: nil, at: .zero)
    queue.add(0, until: .seconds(1_000))
    _ = try #require(attempt(&queue, at: .zero))
    for id in 1...5 { queue.add(id, until: .seconds(10)) }
    queue.add(6, until: .seconds(20))
    guard case .wait(until: .seconds(10)) = queue.next(at: .seconds(1)) else {
      Issue.record("it must look again when the first is overdue")
      return
    }
    guard case .giveUp(let items) = queue.next(at: .seconds(10)) else {
      Issue.record("it must give up what is overdue")
      return
    }
    #expect(items.map(\.id) == [1, 2, 3, 4, 5])
    #expect(queue.waiting == 1)
  }

  @Test func tokensBoundTheRate() {
    var queue = Queue(concurrency: 1_000, rate: 2, at: .zero)
    for id in 1...100 { queue.add(id, until: .seconds(1_000)) }
    var sent: [Duration] = []
    var now = Duration.zero
    while sent.count < 100 {
      switch queue.next(at: now) {
      case .attempt:
        sent.append(now)
        queue.release()
      case .wait(let end): now = end ?? now
      case .giveUp: Issue.record("nothing is overdue")
      }
    }
    // Two at once, then one each half second.
    for (index, time) in sent.enumerated() {
      let exact = Duration.milliseconds(max(index - 1, 0) * 500)
      #expect(time >= exact && time < exact + .milliseconds(1), "notification \(index) at \(time)")
    }
  }

  @Test func theBackOffGrowsToItsBound() {
    var last = Duration.zero
    for attempts in 1...30 {
      let least = SendBackOff.wait(after: attempts, random: 0)
      let most = SendBackOff.wait(after: attempts, random: .max)
      #expect(most > least * 2.9 && most <= .seconds(90))
      #expect(least >= last)
      last = least
    }
    #expect(SendBackOff.wait(after: 1, random: 0) == .milliseconds(250))
    #expect(last == .seconds(30))
  }

  /// Whatever happens: each is decided once, none is tried after its time or above the bounds, and none is forgotten.
  @Test(arguments: 1...40) func anyOrderOfEvents(seed: UInt64) {
    let random = SeededRandom(seed: seed)
    func pick(_ bound: UInt64) -> Int { Int(random.next() % bound) }
    let concurrency = 1 + pick(5)
    let rate: Double? = pick(2) == 0 ? nil : Double(1 + pick(20))
    var queue = Queue(concurrency: concurrency, rate: rate, at: .zero)
    var now = Duration.zero
    var underWay: [Queue.Item] = []
    var decided: [Int: Int] = [:]
    var deadlines: [Int: Duration] = [:]
    var tries: [Duration] = []
    for id in 0..<300 {
      deadlines[id] = now + .milliseconds(1 + pick(20_000))
      queue.add(id, until: deadlines[id] ?? now)
      for _ in 0..<pick(6) {
        switch queue.next(at: now) {
        case .attempt(let item):
          #expect(item.deadline > now && item.deadline == deadlines[item.id])
          tries.append(now)
          underWay.append(item)
          #expect(underWay.count <= concurrency)
        case .giveUp(let items): for item in items { decided[item.id, default: 0] += 1 }
        case .wait: now += .milliseconds(pick(700))
        }
        if !underWay.isEmpty, pick(3) > 0 { end(&underWay, &queue, &decided, pick, now) }
      }
    }
    while decided.count < 300 {
      while !underWay.isEmpty { end(&underWay, &queue, &decided, pick, now) }
      if decided.count == 300 { break }
      switch queue.next(at: now) {
      case .attempt(let item):
        tries.append(now)
        underWay.append(item)
      case .giveUp(let items): for item in items { decided[item.id, default: 0] += 1 }
      case .wait(let end):
        guard let end else {
          Issue.record("\(300 - decided.count) were forgotten")
          return
        }
        #expect(end > now)
        now = end
      }
    }
    #expect(decided.values.allSatisfy { $0 == 1 })
    #expect(queue.isIdle)
    if let rate {
      let burst = Int(max(rate, 1))
      for (index, time) in tries.enumerated() where index >= burst + 1 {
        let span = time - tries[index - burst - 1]
        #expect(span.seconds * rate > 0.99, "\(burst + 2) tries within \(span)")
      }
    }
  }

  private func end(
    _ underWay: inout [Queue.Item], _ queue: inout Queue, _ decided: inout [Int: Int], _ pick: (UInt64) -> Int,
    _ now: Duration
  ) {
    let item = underWay.remove(at: pick(UInt64(underWay.count)))
    let failure: DeliveryFailure.Advice? =
      switch pick(4) {
      case 0: .giveUp
      case 1: .retry(after: nil)
      case 2: .retry(after: .milliseconds(pick(3_000)))
      default: nil
      }
    let decision = queue.decide(item, failure: failure, backOff: .milliseconds(1 + pick(900)), at: now)
    queue.release()
    if case .retry(let again) = decision {
      #expect(again > now && again < item.deadline)
    } else {
      decided[item.id, default: 0] += 1
    }
  }
}
