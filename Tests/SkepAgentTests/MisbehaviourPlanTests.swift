import Testing

@testable import research_agent

@Suite struct MisbehaviourPlanTests {
  private let now = ContinuousClock.now

  @Test func lastsForItsTime() throws {
    var plan = MisbehaviourPlan()
    try plan.order("leak", rate: nil, duration: "30s", now: now)
    #expect(plan.rate(of: .leak, at: now) == 8)
    #expect(plan.rate(of: .leak, at: now + .seconds(29)) == 8)
    #expect(plan.rate(of: .leak, at: now + .seconds(30)) == nil)
    #expect(plan.rate(of: .burn, at: now) == nil)
  }

  @Test func lastsUntilItIsSwitchedOff() throws {
    var plan = MisbehaviourPlan()
    try plan.order("slow", rate: "5", duration: nil, now: now)
    #expect(plan.rate(of: .slow, at: now + .seconds(1_000_000)) == 5)
    plan.endAll()
    #expect(plan.rate(of: .slow, at: now) == nil)
  }

  @Test func readsTheEnvironment() throws {
    let plan = try MisbehaviourPlan.parse("slow:5, drop-context", now: now)
    #expect(plan.rate(of: .slow, at: now) == 5)
    #expect(plan.rate(of: .dropContext, at: now) == 1)
    #expect(try MisbehaviourPlan.parse("", now: now) == MisbehaviourPlan())
  }

  @Test(arguments: ["sing", "slow:0.5", "slow:", "leak:nan", "burn:1e9", "fail:-1", "drop-context:2"])
  func refusesWhatItDoesNotKnow(text: String) {
    #expect(throws: MisbehaviourPlan.BadOrder.self) { try MisbehaviourPlan.parse(text, now: now) }
  }
}

@Suite struct WorkQueueTests {
  @Test func turnsAwayWhatIsBeyondItsBound() async throws {
    let queue = WorkQueue(workers: 1, longestQueue: 0) { _ in }
    _ = try await queue.run {
      await #expect(throws: WorkQueue.Full.self) { try await queue.run {} }
    }
    try await queue.run {}
  }

  @Test func neverLosesAWorkerWhoeverIsCancelled() async throws {
    let queue = WorkQueue(workers: 2, longestQueue: 1000) { _ in }
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        group.addTask {
          let task = Task { try await queue.run { await Task.yield() } }
          if number % 3 == 0 { task.cancel() }
          _ = await task.result
        }
      }
    }
    // Both workers are free again: two at once, neither of which waits.
    let strict = try await queue.run { try await queue.run { true } }
    #expect(strict)
  }
}
