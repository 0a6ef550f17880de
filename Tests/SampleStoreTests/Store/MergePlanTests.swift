import FleetModel
import Testing

@testable import SampleStore

@Suite struct MergePlanTests {
  static let hour = MergePlan.hour
  static let plan = MergePlan(retention: 1000 * hour, outOfOrderWindow: hour / 6)

  /// Blocks as (sequence, first hour, last hour, bytes), merged at an hour; expected the sequences of what becomes one.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var blocks: [(UInt64, Double, Double, UInt64)]
    var now: Double
    var expected: [UInt64]?
    var all: [UInt64]?

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "nothing", blocks: [], now: 100, expected: nil, all: nil),
    Case(name: "one", blocks: [(1, 0, 1, 10)], now: 100, expected: nil, all: nil),
    Case(
      name: "a window that is past", blocks: [(1, 0, 1, 10), (2, 1, 1.9, 10)], now: 2.2, expected: [1, 2], all: [1, 2]),
    Case(name: "not yet past", blocks: [(1, 0, 1, 10), (2, 1, 1.9, 10)], now: 2.1, expected: nil, all: [1, 2]),
    Case(
      name: "two windows", blocks: [(1, 0, 1.9, 10), (2, 2, 3.9, 10)], now: 5, expected: nil, all: [1, 2]),
    Case(
      name: "half a day", blocks: [(1, 0, 1.9, 10), (2, 2, 3.9, 10)], now: 13, expected: [1, 2], all: [1, 2]),
    Case(
      name: "smaller windows first", blocks: [(1, 0, 1.9, 10), (2, 8, 9, 10), (3, 9, 9.5, 10)], now: 13,
      expected: [2, 3], all: [1, 2, 3]),
    Case(name: "three days apart", blocks: [(1, 0, 1, 10), (2, 80, 81, 10)], now: 500, expected: nil, all: nil),
    Case(
      name: "a large one is not written anew for a small one", blocks: [(1, 0, 1.9, 1000), (2, 1, 1.9, 10)], now: 500,
      expected: nil, all: [1, 2]),
    Case(
      name: "many small ones in a window that goes on",
      blocks: [(1, 50, 50.1, 10), (2, 50.1, 50.2, 9), (3, 50.2, 50.3, 11), (4, 50.3, 50.4, 10)], now: 50.5,
      expected: [1, 2, 3, 4], all: [1, 2, 3, 4]),
    Case(
      name: "not many of like size",
      blocks: [(1, 50, 50.1, 1000), (2, 50.1, 50.2, 9), (3, 50.2, 50.3, 11), (4, 50.3, 50.4, 10)], now: 50.5,
      expected: nil, all: [1, 2, 3, 4]),
    // Block 2 lies in another window, came between 1 and 3, and shares time with 3.
    Case(
      name: "one stands between", blocks: [(1, 0, 1, 10), (2, 0.5, 90, 10), (3, 0, 1.5, 10)], now: 500, expected: nil,
      all: nil),
    Case(
      name: "one stands between elsewhere", blocks: [(1, 0, 1, 10), (2, 89, 90, 10), (3, 0, 1.5, 10)], now: 500,
      expected: [1, 3], all: [1, 3]),
    Case(
      name: "one stands before the last two",
      blocks: [(1, 0, 1, 10), (2, 0.5, 90, 10), (3, 0, 1.5, 10), (4, 1, 2, 10)],
      now: 500, expected: [3, 4], all: [3, 4]),
    Case(name: "before 1970", blocks: [(1, -1, -0.5, 10), (2, -1.9, -1, 10)], now: 1, expected: [1, 2], all: [1, 2]),
  ]

  static func entry(_ block: (UInt64, Double, Double, UInt64)) -> Manifest.Entry {
    ManifestTests.entry(
      block.0, Int64(block.1 * Double(hour))...Int64(block.2 * Double(hour)), bytes: block.3)
  }

  @Test(arguments: cases) func chooses(_ given: Case) {
    let blocks = given.blocks.map(Self.entry)
    let now = Int64(given.now * Double(Self.hour))
    #expect(Self.plan.next(blocks.reversed(), now: now)?.map(\.number) == given.expected)
    #expect(Self.plan.nextOfAll(blocks)?.map(\.number) == given.all)
  }

  @Test func windowsKeepWithinATenthOfTheRetention() {
    #expect(MergePlan(retention: 24 * Self.hour, outOfOrderWindow: 0).windows == [2 * Self.hour])
    #expect(MergePlan(retention: 120 * Self.hour, outOfOrderWindow: 0).windows == [2 * Self.hour, 12 * Self.hour])
    #expect(MergePlan(retention: Self.hour, outOfOrderWindow: 0).windows == [2 * Self.hour])
  }

  @Test func noBlockGetsNearTheBoundOfTheStore() {
    let blocks = (1...9).map { Self.entry(($0, 0, 1, 40)) }
    func chosen(_ maximum: UInt64?) -> [[UInt64]?] {
      let plan = MergePlan(retention: 1000 * Self.hour, outOfOrderWindow: 0, maximumBytes: maximum)
      return [plan.next(blocks, now: 90 * Self.hour), plan.nextOfAll(blocks)].map { $0?.map(\.number) }
    }
    #expect(chosen(nil) == [Array(1...9), Array(1...9)])
    #expect(chosen(8 * 125) == [[1, 2, 3], [1, 2, 3]])
    #expect(chosen(8 * 79) == [nil, nil])
  }

  @Test func whatCannotBeMergedStandsInTheWay() {
    let blocks = [(1, 0, 1, 10), (3, 0, 1.5, 10), (4, 0, 1, 10), (5, 4, 5, 10), (6, 4, 5, 10)].map(Self.entry)
    let all = blocks + [Self.entry((2, 0.5, 1, 10))]
    let now = 8 * Self.hour
    #expect(Self.plan.next(blocks, now: now)?.map(\.number) == [1, 3, 4])
    #expect(Self.plan.next(blocks, among: all, now: now)?.map(\.number) == [3, 4])
    let other = Self.plan.next(blocks, among: all, now: now) { run in run.contains { $0.number == 3 } }
    #expect(other?.map(\.number) == [5, 6])
    #expect(Self.plan.nextOfAll(blocks, among: all)?.map(\.number) == [3, 4, 5, 6])
  }

  /// Merging ends, writes no sample often, leaves few blocks, and never changes which of two samples counts.
  @Test(arguments: 0..<40) func comesToAnEnd(_ seed: Int) {
    var random = SplitMix(state: UInt64(seed))
    var blocks: [Manifest.Entry] = []
    var written: UInt64 = 0
    var flushed: UInt64 = 0
    var number: UInt64 = 0
    for step in 1...300 {
      number += 1
      let end = Int64(step) * Self.hour / 2
      let begin = end - Int64.random(in: 0...Self.hour, using: &random)
      let bytes = UInt64.random(in: 800...1200, using: &random)
      blocks.append(ManifestTests.entry(number, begin...end, bytes: bytes))
      flushed += bytes
      while let chosen = Self.plan.next(blocks, now: end) {
        Self.checkOrder(chosen, blocks)
        number += 1
        let size = chosen.reduce(0 as UInt64) { $0 + $1.summary.bytes }
        written += size
        let times = (chosen.map(\.summary.minTime).min() ?? 0)...(chosen.map(\.summary.maxTime).max() ?? 0)
        let sequence = chosen.map(\.summary.sequence).min() ?? 0
        blocks.removeAll { block in chosen.contains { $0.number == block.number } }
        blocks.append(ManifestTests.entry(number, sequence: sequence, times, bytes: size))
      }
    }
    #expect(written <= flushed * 6, "\(Double(written) / Double(flushed)) times what was flushed")
    #expect(blocks.count <= 24, "\(blocks.count) blocks")
  }

  /// No block that stays may lie between those that become one and share time with a later one of them.
  private static func checkOrder(_ chosen: [Manifest.Entry], _ blocks: [Manifest.Entry]) {
    guard let first = chosen.map(\.summary.sequence).min() else { return }
    for block in blocks where !chosen.contains(where: { $0.number == block.number }) {
      for later in chosen where later.summary.sequence > block.summary.sequence && block.summary.sequence > first {
        #expect(
          later.summary.minTime > block.summary.maxTime || later.summary.maxTime < block.summary.minTime,
          "\(block.number) stands before \(later.number)")
      }
    }
  }

  @Test func retentionTakesTheOldestFirst() {
    let blocks = [
      ManifestTests.entry(5, 0...10, bytes: 100), ManifestTests.entry(2, 5...20, bytes: 100),
      ManifestTests.entry(3, 0...30, bytes: 100), ManifestTests.entry(4, 29...40, bytes: 100),
    ]
    func expired(_ retention: Int64, _ bytes: UInt64?, other: UInt64 = 0, now: Int64? = 50) -> [UInt64] {
      RetentionPlan(retention: retention, maximumBytes: bytes).expired(blocks, otherBytes: other, now: now).map(
        \.number)
    }
    #expect(expired(1000, nil) == [])
    #expect(expired(40, nil) == [])
    #expect(expired(39, nil) == [5])
    #expect(expired(25, nil) == [5, 2])
    #expect(expired(1000, 400) == [])
    #expect(expired(1000, 399) == [5])
    #expect(expired(1000, 400, other: 101) == [5, 2])
    #expect(expired(25, 150) == [5, 2, 3])
    // The newest stays, and other files take half of the bound at most.
    #expect(expired(1000, 0) == [5, 2, 3])
    #expect(expired(1000, 400, other: 100_000) == [5, 2])
    #expect(expired(25, 300, now: nil) == [5])
    #expect(expired(.max, nil, now: .min) == [])
  }
}
