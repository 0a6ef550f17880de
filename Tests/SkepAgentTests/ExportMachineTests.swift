import Testing

@testable import SkepAgent

@Suite struct ExportMachineTests {
  private var policy: ExportRetry {
    var policy = ExportRetry()
    policy.first = .seconds(1)
    policy.longest = .seconds(4)
    policy.giveUp = .seconds(20)
    return policy
  }

  @Test(arguments: [200, 202, 204])
  func whatWasTakenIsDone(status: Int) {
    var machine = ExportMachine(policy: policy)
    #expect(machine.step(.answered(status, retryAfter: nil), random: 0) == .taken)
  }

  @Test(arguments: [301, 400, 401, 403, 404, 405, 413, 415, 422, 500, 501])
  func whatIsRefusedIsNotSentAgain(status: Int) {
    var machine = ExportMachine(policy: policy)
    #expect(machine.step(.answered(status, retryAfter: .seconds(1)), random: 0) == .dropped(.refused))
  }

  @Test(arguments: [
    ExportMachine.Event.answered(429, retryAfter: nil), .answered(502, retryAfter: nil),
    .answered(503, retryAfter: nil), .answered(504, retryAfter: nil), .unanswered,
  ])
  func whatMayHelpIsTriedAgainWithGrowingWaitsWithinABound(event: ExportMachine.Event) {
    var machine = ExportMachine(policy: policy)
    var waits: [Duration] = []
    while case .again(let wait) = machine.step(event, random: 1) { waits.append(wait) }
    // 1 + 2 + 4 + 4 + 4 + 4 seconds; the next would be past the bound.
    #expect(waits == [.seconds(1), .seconds(2), .seconds(4), .seconds(4), .seconds(4), .seconds(4)])
    #expect(machine.step(event, random: 1) == .dropped(.notDelivered))
  }

  @Test func theServerMayAskForMoreTimeButNotForAllOfIt() {
    var machine = ExportMachine(policy: policy)
    #expect(machine.step(.answered(503, retryAfter: .seconds(7)), random: 0) == .again(after: .seconds(7)))
    #expect(machine.step(.answered(429, retryAfter: .seconds(1)), random: 0) == .again(after: .seconds(1)))
    #expect(machine.step(.answered(503, retryAfter: .seconds(3600)), random: 0) == .dropped(.notDelivered))
  }

  @Test func waitsAreSpread() {
    var early = ExportMachine(policy: policy)
    var late = ExportMachine(policy: policy)
    #expect(early.step(.unanswered, random: 0) == .again(after: .milliseconds(500)))
    #expect(late.step(.unanswered, random: 1) == .again(after: .seconds(1)))
  }
}
