import FleetModel
import TestSupport
import Testing

@testable import SampleStore

@Suite struct ExemplarRingTests {
  private static func entry(
    _ time: Int64, _ value: Double = 1, _ trace: String = "t", timed: Bool = true
  ) -> ExemplarRing.Entry {
    ExemplarRing.Entry(labels: LabelSet(["trace_id": trace]), value: value, time: time, isTimed: timed)
  }

  private static let series = LabelSet(["__name__": "requests_total", "agent_id": "planner"])

  struct Rule: Sendable, CustomStringConvertible {
    var description: String
    var before: [ExemplarRing.Entry]
    var then: ExemplarRing.Entry
    var outcome: ExemplarOutcome
  }

  /// What Prometheus' `CircularExemplarStorage` does with a second exemplar of a series, window 100 ms.
  private static let rules = [
    Rule(description: "newer", before: [entry(1000)], then: entry(1001), outcome: .appended),
    Rule(description: "the same", before: [entry(1000)], then: entry(1000), outcome: .duplicate),
    Rule(description: "same time, greater value", before: [entry(1000)], then: entry(1000, 2), outcome: .appended),
    Rule(description: "same time, smaller value", before: [entry(1000)], then: entry(1000, 0.5), outcome: .outOfOrder),
    Rule(
      description: "same time, greater labels", before: [entry(1000)], then: entry(1000, 1, "u"), outcome: .appended),
    Rule(
      description: "same time, smaller labels", before: [entry(1000)], then: entry(1000, 1, "a"), outcome: .outOfOrder),
    Rule(description: "late within the window", before: [entry(1000)], then: entry(901), outcome: .appended),
    Rule(description: "late by the window", before: [entry(1000)], then: entry(900), outcome: .outOfOrder),
    Rule(
      description: "late and there already", before: [entry(950), entry(1000)], then: entry(950), outcome: .duplicate),
    Rule(
      description: "without a time, sent again", before: [entry(1000, timed: false)], then: entry(2000, timed: false),
      outcome: .duplicate),
    Rule(
      description: "without a time, another value", before: [entry(1000, timed: false)],
      then: entry(2000, 2, timed: false), outcome: .appended),
    Rule(
      description: "with a time now", before: [entry(1000, timed: false)], then: entry(2000), outcome: .appended),
    Rule(
      description: "not a number, twice", before: [entry(1000, .nan)], then: entry(1000, .nan), outcome: .duplicate),
  ]

  @Test(arguments: rules) func oneAfterTheOther(_ rule: Rule) {
    var ring = ExemplarRing(capacity: 10, share: 5)
    for entry in rule.before { _ = ring.insert(entry, of: Self.series, window: 100) }
    let count = ring.count
    #expect(ring.insert(rule.then, of: Self.series, window: 100).outcome == rule.outcome)
    #expect(ring.count == count + (rule.outcome == .appended ? 1 : 0))
    #expect(ring.inconsistency == nil)
  }

  @Test func theNewestTakesThePlaceOfTheOldest() {
    var ring = ExemplarRing(capacity: 3, share: 3)
    let other = Self.series.setting("agent_id", to: "critic")
    _ = ring.insert(Self.entry(1), of: other, window: 0)
    for time in 2...4 { _ = ring.insert(Self.entry(Int64(time)), of: Self.series, window: 0) }
    #expect(ring.seriesCount == 1)
    #expect(ring.oldestTime == 2)
    #expect(ring.inconsistency == nil)
  }

  @Test func aBusySeriesKeepsToItsShare() {
    var ring = ExemplarRing(capacity: 10, share: 2)
    let other = Self.series.setting("agent_id", to: "critic")
    _ = ring.insert(Self.entry(1), of: other, window: 0)
    for time in 2...100 { _ = ring.insert(Self.entry(Int64(time)), of: Self.series, window: 0) }
    #expect(ring.count == 3)
    #expect(ring.entries(of: 0, in: 0...200).map(\.time) == [1])
    #expect(ring.entries(of: 1, in: 0...200).map(\.time) == [99, 100])
    #expect(ring.insert(Self.entry(50), of: Self.series, window: 1000).outcome == .outOfOrder)
    #expect(ring.inconsistency == nil)
  }

  @Test func oneSlotIsEnough() {
    var ring = ExemplarRing(capacity: 1, share: 1)
    for time in 1...5 {
      #expect(ring.insert(Self.entry(Int64(time)), of: Self.series, window: 0).outcome == .appended)
      #expect(ring.inconsistency == nil)
    }
    #expect(ring.entries(of: 0, in: 0...10).map(\.time) == [5])
  }

  /// Against a plain list of what was taken: per series the newest share of it, in all the ring's capacity.
  @Test(arguments: 0..<40) func anySequenceKeepsTheListsWhole(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    let capacity = Int.random(in: 1...40, using: &random)
    let share = Int.random(in: 1...20, using: &random)
    var ring = ExemplarRing(capacity: capacity, share: share)
    var taken: Set<String> = []
    for step in 0..<400 {
      let labels = Self.series.setting("agent_id", to: "a\(Int.random(in: 0..<8, using: &random))")
      let entry = Self.entry(
        Int64(step / 2 + Int.random(in: -20...20, using: &random)), Double(Int.random(in: 0...3, using: &random)),
        "t\(Int.random(in: 0...2, using: &random))", timed: Bool.random(using: &random))
      let outcome = ring.insert(entry, of: labels, window: 15).outcome
      if outcome == .appended { taken.insert("\(labels)\(entry)") }
      if let problem = ring.inconsistency {
        Issue.record("step \(step): \(problem)")
        return
      }
      #expect(ring.count <= capacity)
      #expect(ring.series.allSatisfy { Int($0.count) <= share })
    }
    for (number, series) in ring.series.enumerated() where series.count > 0 {
      for entry in ring.entries(of: Int32(number), in: Int64.min...Int64.max) {
        #expect(taken.contains("\(series.labels)\(entry)"))
      }
    }
    // Written down and read again it is the same.
    var again = ExemplarRing(capacity: capacity, share: share)
    let end = ExemplarRecords.image(of: ring).withUnsafeBytes { ExemplarRecords.read($0, into: &again) }
    #expect(end.isComplete && end.flaw == nil)
    #expect(again.inconsistency == nil)
    #expect(Self.content(again) == Self.content(ring))
  }

  static func content(_ ring: ExemplarRing) -> Set<String> {
    var content: Set<String> = []
    ring.visit { number, entry in content.insert("\(ring.series[Int(number)].labels)\(entry)") }
    return content
  }

  @Test(arguments: 0..<60) func anyBytesAreReadSafely(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    var ring = ExemplarRing(capacity: 8, share: 8)
    for time in 0..<12 { _ = ring.insert(Self.entry(Int64(time)), of: Self.series, window: 0) }
    var bytes = ExemplarRecords.image(of: ring)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      bytes[place] ^= UInt8.random(in: 1...255, using: &random)
    }
    bytes.removeLast(Int.random(in: 0...bytes.count / 2, using: &random))
    var read = ExemplarRing(capacity: 8, share: 8)
    let end = bytes.withUnsafeBytes { ExemplarRecords.read($0, into: &read) }
    #expect(end.flaw != nil || !end.isComplete)
    #expect(read.inconsistency == nil)
  }
}
