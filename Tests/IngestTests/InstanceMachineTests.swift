import FleetModel
import Testing

@testable import Ingest

@Suite struct InstanceMachineTests {
  /// One case: what happens at which second, and what follows.
  struct Script: Sendable, CustomTestStringConvertible {
    var name: String
    var threshold = 1
    var steps: [Step]
    var testDescription: String { name }

    struct Step: Sendable {
      var second: Int
      var event: InstanceMachine.Event
      var status: AgentStatus
      var action: String?

      init(_ second: Int, _ event: InstanceMachine.Event, _ status: AgentStatus, _ action: String? = nil) {
        self.second = second
        self.event = event
        self.status = status
        self.action = action
      }
    }
  }

  static let good = InstanceMachine.Event.round(RoundOutcome(failure: nil, good: true, alive: true))
  static let refused = InstanceMachine.Event.round(RoundOutcome(failure: "refused", good: false, alive: false))
  static let answered500 = InstanceMachine.Event.round(RoundOutcome(failure: "answered 500", good: false, alive: true))
  static let nothingToCheck = InstanceMachine.Event.round(RoundOutcome(failure: nil, good: false, alive: false))

  // An interval is 10 s here, so an instance is lost after 30.
  static let scripts: [Script] = [
    Script(name: "first good round", steps: [.init(1, good, .active, "recovered"), .init(11, good, .active)]),
    Script(name: "first failed round", steps: [.init(1, refused, .unhealthy, "failed")]),
    Script(
      name: "heartbeat makes pending active",
      steps: [.init(1, .heartbeat, .active, "recovered"), .init(2, .heartbeat, .active)]),
    Script(
      name: "fails, is lost, comes back",
      steps: [
        .init(0, good, .active, "recovered"), .init(10, refused, .unhealthy, "failed"),
        .init(20, refused, .unhealthy, "failed"), .init(30, refused, .lost, "failed"),
        .init(40, refused, .lost, "failed"),
        .init(50, good, .active, "recovered"),
      ]),
    Script(
      name: "an error is a sign of life",
      steps: [0, 10, 20, 30, 40, 50, 60].map { .init($0, answered500, .unhealthy, "failed") }),
    Script(
      name: "a heartbeat does not outweigh a failing collection",
      steps: [
        .init(0, refused, .unhealthy, "failed"), .init(5, .heartbeat, .unhealthy),
        .init(10, refused, .unhealthy, "failed"),
        .init(36, refused, .lost, "failed"), .init(37, .heartbeat, .unhealthy), .init(40, good, .active, "recovered"),
      ]),
    Script(
      name: "threshold of three", threshold: 3,
      steps: [
        .init(0, good, .active, "recovered"), .init(10, answered500, .active, "failed"),
        .init(20, answered500, .active, "failed"), .init(30, answered500, .unhealthy, "failed"),
        .init(40, good, .active, "recovered"), .init(50, answered500, .active, "failed"),
      ]),
    Script(
      name: "heartbeats alone",
      steps: [
        .init(0, nothingToCheck, .pending), .init(10, .heartbeat, .active, "recovered"),
        .init(20, nothingToCheck, .active),
        .init(39, nothingToCheck, .active), .init(40, nothingToCheck, .lost, "failed"),
        .init(50, nothingToCheck, .lost),
        .init(60, .heartbeat, .active, "recovered"),
      ]),
    Script(
      name: "never heard of",
      steps: [.init(10, nothingToCheck, .pending), .init(30, nothingToCheck, .lost, "failed")]),
  ]

  @Test(arguments: scripts) func follows(_ script: Script) {
    var machine = InstanceMachine(at: Self.moment(0))
    let policy = LivenessPolicy(failureThreshold: script.threshold, lostAfter: .seconds(30))
    for step in script.steps {
      let action = machine.step(step.event, policy: policy, at: Self.moment(step.second))
      let word: String? =
        switch action {
        case .failed: "failed"
        case .recovered: "recovered"
        case nil: nil
        }
      #expect(machine.status == step.status, "at \(step.second) s")
      #expect(word == step.action, "at \(step.second) s")
      #expect(
        (machine.lastError == nil) == (machine.status == .active || machine.status == .pending) || script.threshold > 1)
    }
  }

  @Test func restoredStatusStandsUntilTheFirstRound() {
    var machine = InstanceMachine(status: .lost, lastError: "gone", lastSeen: nil, at: Self.moment(0))
    let policy = LivenessPolicy(failureThreshold: 1, lostAfter: .seconds(30))
    #expect(machine.status == .lost && machine.lastError == "gone")
    _ = machine.step(Self.refused, policy: policy, at: Self.moment(1))
    #expect(machine.status == .lost, "it does not become better by failing")
    #expect(machine.step(Self.good, policy: policy, at: Self.moment(2)) == .recovered)
  }

  /// Whatever happens, a failed round never leaves an instance active, and a good one always does.
  @Test(arguments: 0..<20) func holdsTheRule(_ seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var machine = InstanceMachine(at: Self.moment(0))
    let policy = LivenessPolicy(failureThreshold: 1, lostAfter: .seconds(30))
    var second = 0
    var lastSign = 0
    var hasFailed = false
    for _ in 0..<500 {
      second += Int.random(in: 1...20, using: &random)
      let event = [Self.good, Self.refused, Self.answered500, .heartbeat, Self.nothingToCheck].randomElement(
        using: &random)
      guard let event else { return }
      _ = machine.step(event, policy: policy, at: Self.moment(second))
      switch event {
      case .heartbeat:
        lastSign = second
        #expect((machine.status == .active) == !hasFailed)
      case .round(let outcome):
        if outcome.alive { lastSign = second }
        if outcome.failure != nil { hasFailed = true }
        if outcome.good { hasFailed = false }
        if outcome.failure != nil { #expect(machine.status == .unhealthy || machine.status == .lost) }
        if outcome.good { #expect(machine.status == .active) }
        if second - lastSign >= 30 { #expect(machine.status == .lost) }
      }
    }
  }

  static func moment(_ second: Int) -> Moment {
    Moment(wall: Timestamp(milliseconds: Int64(second) * 1000), monotonic: .seconds(second))
  }
}

/// Repeats from its seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
