import FleetModel
import Testing

@testable import TraceAnalysis

@Suite struct TrafficComparisonTests {
  static func profile(
    _ seed: UInt64, requests: Int = 300, perSecond: Double = 5, _ change: (inout SimulatedTraffic) -> Void = { _ in }
  ) -> TrafficProfile {
    var traffic = SimulatedTraffic.team(seed: seed)
    traffic.agents[4].errorShare = 0.02
    change(&traffic)
    traffic.run(entry: 0, requests: requests, perSecond: perSecond)
    var profile = TrafficProfile()
    traffic.feed { profile.add($0, names: $1) }
    return profile
  }

  static let minute: (Int64, Int64) = (60_000_000_000, 60_000_000_000)

  /// Of a hundred pairs of windows of one fleet, hardly any pair may show a change: the promise is one in a hundred.
  @Test func noiseIsNoChange() {
    var alarms = 0
    for seed in 0..<100 as Range<UInt64> {
      // Requests come at random, so that their number scatters as well.
      let counts = (290 + Int(seed * 7 % 21), 290 + Int(seed * 13 % 21))
      let comparison = TrafficComparison(
        before: Self.profile(seed * 2 + 1, requests: counts.0), after: Self.profile(seed * 2 + 2, requests: counts.1),
        lengths: Self.minute)
      if comparison.rows.contains(where: \.isChanged) { alarms += 1 }
    }
    #expect(alarms <= 4)
  }

  @Test func eachKindOfChangeIsFound() throws {
    let before = Self.profile(1)
    let row = { (after: TrafficProfile, agent: String, operation: String) in
      try #require(
        TrafficComparison(before: before, after: after, lengths: Self.minute).rows.first {
          $0.key == OperationName(agent: agent, operation: operation)
        })
    }
    let slower = Self.profile(2) { $0.agents[2].work = 6_000_000 }
    #expect(try row(slower, "searcher", "handle").latency.isChange)
    #expect(try row(slower, "planner", "POST /searcher").latency.isChange)
    #expect(try !row(slower, "writer", "handle").isChanged)
    let failing = Self.profile(3) { $0.agents[4].errorShare = 0.15 }
    #expect(try row(failing, "writer", "handle").errors.isChange)
    #expect(try !row(failing, "writer", "handle").latency.isChange)
    let busier = Self.profile(4, requests: 450)
    #expect(try row(busier, "gateway", "handle").rate.isChange)
    #expect(try !row(busier, "gateway", "handle").errors.isChange)
    let changed = Self.profile(5) { $0.agents[3].calls = [4] }
    #expect(try row(changed, "reader", "POST /writer").rate.isChange)
    #expect(try row(changed, "reader", "POST /writer").before.p50 == nil)
  }

  /// Where nothing is known of before, nothing has changed; that everything stopped is a change.
  @Test func nothingBeforeIsNothingToCompareWith() {
    let some = Self.profile(1)
    let first = TrafficComparison(before: TrafficProfile(), after: some, lengths: Self.minute)
    #expect(!first.rows.isEmpty && !first.rows.contains(where: \.isChanged))
    let stopped = TrafficComparison(before: some, after: TrafficProfile(), lengths: Self.minute)
    #expect(stopped.rows.contains { $0.rate.isChange })
  }

  @Test func whatChangedStandsFirst() {
    let slower = Self.profile(2) { $0.agents[2].work = 6_000_000 }
    let rows = TrafficComparison(before: Self.profile(1), after: slower, lengths: Self.minute).rows
    let changed = rows.map(\.isChanged)
    #expect(changed == changed.filter { $0 } + changed.filter { !$0 } && changed.first == true)
  }

  @Test func nothingComparesWithNothing() {
    #expect(TrafficComparison(before: TrafficProfile(), after: TrafficProfile(), lengths: (1, 1)).rows == [])
  }
}
