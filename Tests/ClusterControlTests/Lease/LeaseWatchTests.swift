import DeployPlan
import FleetModel
import Testing

@testable import ClusterControl

@Suite struct LeaseWatchTests {
  private static func record(_ identity: String, _ version: Int, renewed: String = "1970-01-01T00:00:00.000000Z")
    -> LeaseRecord
  {
    LeaseRecord(
      LiveObject([
        "metadata": ["name": "skep-shop", "uid": "u1", "resourceVersion": .string("\(version)")],
        "spec": [
          "holderIdentity": .string(identity), "leaseDurationSeconds": 15, "renewTime": .string(renewed),
          "leaseTransitions": 3,
        ],
      ]))
  }

  private static func isAlive(_ verdict: LeaseWatch.Verdict) -> Bool {
    if case .alive = verdict { true } else { false }
  }

  private static func isUnsure(_ verdict: LeaseWatch.Verdict) -> Bool {
    if case .unsure = verdict { true } else { false }
  }

  @Test func whatNobodyHoldsIsFree() {
    var watch = LeaseWatch()
    #expect(watch.see(nil, at: .seconds(5)) == .free)
    #expect(watch.see(Self.record("", 1), at: .seconds(6)) == .free)
  }

  @Test func aHolderIsJudgedByOurOwnClock() {
    var watch = LeaseWatch()
    // Its clock says that it renewed decades ago, or in the far future: both say nothing.
    #expect(
      watch.see(Self.record("a", 1), at: .seconds(100)) == .unsure(Self.record("a", 1).holder, until: .seconds(115)))
    #expect(Self.isUnsure(watch.see(Self.record("a", 1), at: .seconds(114))))
    #expect(watch.see(Self.record("a", 1, renewed: "2999-01-01T00:00:00.000000Z"), at: .seconds(115)) == .runOut)
  }

  @Test func aRenewalShowsThatTheHolderLives() {
    var watch = LeaseWatch()
    _ = watch.see(Self.record("a", 1), at: .zero)
    #expect(Self.isAlive(watch.see(Self.record("a", 2), at: .seconds(4))))
    #expect(Self.isAlive(watch.see(Self.record("a", 2), at: .seconds(18))))
    #expect(watch.see(Self.record("a", 2), at: .seconds(19)) == .runOut)
  }

  @Test func anotherHolderIsJudgedAnew() {
    var watch = LeaseWatch()
    _ = watch.see(Self.record("a", 1), at: .zero)
    _ = watch.see(Self.record("a", 2), at: .seconds(5))
    #expect(Self.isUnsure(watch.see(Self.record("b", 3), at: .seconds(6))))
  }

  @Test(arguments: [
    (1_700_000_000_000, "2023-11-14T22:13:20.000000Z"), (1_700_000_000_123, "2023-11-14T22:13:20.123000Z"),
  ])
  func timesHaveSixDigits(_ milliseconds: Int64, _ text: String) {
    #expect(LeaseRecord.microTime(Timestamp(milliseconds: milliseconds)) == text)
  }
}
