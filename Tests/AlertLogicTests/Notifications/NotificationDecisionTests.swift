import FleetModel
import Testing

@testable import AlertLogic

/// Each branch of Alertmanager's `DedupStage.needsUpdate`.
@Suite("what the log decides")
struct NotificationDecisionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var firing: [UInt64]
    var resolved: [UInt64] = []
    /// What was told, and how many seconds ago; `nil` for nothing.
    var told: (firing: [UInt64], resolved: [UInt64], ago: Double)?
    var sendResolved = true
    var expected: NotificationDecision
    var testDescription: String { "\(firing) \(resolved) after \(told.map { "\($0)" } ?? "nothing")" }
  }

  static let cases = [
    Case(firing: [1], expected: .tell(.first)),
    Case(firing: [], resolved: [1], expected: .stay(.neverFired)),
    Case(firing: [1, 2], told: ([1], [], 5), expected: .tell(.newFiring)),
    Case(firing: [1, 3], told: ([1, 2], [], 5), expected: .tell(.newFiring)),
    Case(firing: [1], told: ([1, 2], [], 5), expected: .stay(.unchanged)),
    Case(firing: [1], resolved: [2], told: ([1, 2], [], 5), expected: .tell(.newResolved)),
    Case(firing: [1], resolved: [2], told: ([1, 2], [], 5), sendResolved: false, expected: .stay(.unchanged)),
    Case(firing: [1], resolved: [2], told: ([1], [2, 3], 5), expected: .stay(.unchanged)),
    Case(firing: [], resolved: [1], told: ([1], [], 5), expected: .tell(.allResolved)),
    Case(firing: [], resolved: [1], told: ([1], [], 5), sendResolved: false, expected: .tell(.allResolved)),
    Case(firing: [], resolved: [1], told: ([], [], 5), expected: .stay(.neverFired)),
    Case(firing: [1], told: ([1], [], 100), expected: .stay(.unchanged)),
    Case(firing: [1], told: ([1], [], 100.001), expected: .tell(.repetition)),
    Case(firing: [1], resolved: [2], told: ([1, 2], [], 101), sendResolved: false, expected: .tell(.repetition)),
    // An entry that has expired counts as none.
    Case(firing: [1], told: ([1], [], 1000), expected: .tell(.first)),
    Case(firing: [], resolved: [1], told: ([1], [], 1000), expected: .stay(.neverFired)),
  ]

  @Test(arguments: cases)
  func eachBranch(_ test: Case) {
    let entry = test.told.map {
      NotificationLog.Entry(
        firing: $0.firing, resolved: $0.resolved, toldAt: second(-$0.ago), expiresAt: second(1000 - $0.ago))
    }
    #expect(
      NotificationDecision(
        firing: test.firing, resolved: test.resolved, entry: entry, sendResolved: test.sendResolved,
        repeatInterval: .seconds(100), at: second(0)) == test.expected)
  }

  @Test func anEntryWithNothingFiringIsAsGoodAsNone() {
    for firing: [UInt64] in [[], [1]] {
      for resolved: [UInt64] in [[], [1], [2]] {
        for sendResolved in [true, false] {
          func decide(_ entry: NotificationLog.Entry?) -> Bool {
            let decision = NotificationDecision(
              firing: firing, resolved: resolved, entry: entry, sendResolved: sendResolved,
              repeatInterval: .seconds(100), at: second(0))
            if case .tell = decision { return true }
            return false
          }
          let empty = NotificationLog.Entry(firing: [], resolved: [2], toldAt: second(-1), expiresAt: second(100))
          #expect(decide(empty) == decide(nil))
        }
      }
    }
  }
}
