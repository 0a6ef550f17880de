import FleetModel
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct SampleCountTests {
  /// One series with samples at given times; counts what it is asked.
  final class Times: SeriesSource {
    let times: [Int64]
    let asked = Mutex(0)
    let widest = Mutex(0)

    init(_ times: [Int64]) { self.times = times.sorted() }

    private func times(_ from: Timestamp, _ through: Timestamp) throws -> [Int64] {
      let asked = asked.withLock { asked in
        asked += 1
        return asked
      }
      // A count that does not end fails instead.
      if asked > 100_000 { throw CancellationError() }
      return times.filter { $0 >= from.milliseconds && $0 <= through.milliseconds }
    }

    func select(_: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [SelectedSeries] {
      let found = try times(from, through)
      widest.withLock { $0 = max($0, found.count) }
      if found.isEmpty { return [] }
      let values = found.map { $0 % 2 == 0 ? 1 : StaleMarker.value }
      return [
        SelectedSeries(labels: LabelSet(["__name__": "m"]), samples: SampleColumns(timestamps: found, values: values))
      ]
    }

    func labelNames(_: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] {
      try times(from, through).isEmpty ? [] : ["__name__"]
    }

    func labelValues(of: String, _: [LabelMatcher], from: Timestamp, through: Timestamp) async throws -> [String] { [] }
  }

  static let now: Int64 = 1_800_000_000_000
  static let day = (0..<8640).map { now + $0 * 10_000 }

  static let cases: [(name: String, times: [Int64], from: Int64, through: Int64, asked: Int)] = [
    ("a day", day, now, now + 86_400_000, 150),
    ("a part of it", day, now + 1, now + 25_000, 1),
    ("nothing", [], .min, .max, 200),
    ("turned around", day, now + 1, now, 0),
    ("a forgotten time", [0] + day, 0, now + 86_400_000, 400),
    ("the first and the last time", [.min, .max - 1, .max] + day, .min, .max, 800),
    ("one", [now], now, now, 1),
    ("the last", [.max - 1], .max - 1, .max, 1),
    ("hours apart", (0..<24).map { now + $0 * 3_600_000 }, now, now + 86_400_000, 300),
    ("markers alone", [now + 1], now, now + 1, 1),
  ]

  @Test(arguments: cases.indices) func countsInFewQuestions(index: Int) async throws {
    let (name, times, from, through, limit) = Self.cases[index]
    let source = Times(times)
    var count = SampleCount(of: "m", in: source)
    try await count.add(from: Timestamp(milliseconds: from), through: Timestamp(milliseconds: through))
    let expected = times.count { $0 >= from && $0 <= through && $0 % 2 == 0 }
    #expect(count.samples == expected, "\(name)")
    #expect(count.series == min(expected, 1), "\(name)")
    let asked = source.asked.withLock { $0 }
    #expect(asked <= limit, "\(name)")
    #expect(source.widest.withLock { $0 } <= 61, "no more than a piece at once: \(name)")
  }

  /// Any times, in any range, against counting them plainly.
  @Test(arguments: 0..<50 as Range<UInt64>) func agreesWithPlainCounting(seed: UInt64) async throws {
    let random = SeededRandom(seed: seed)
    var times: Set<Int64> = []
    var time = Int64.min + Int64(random.next() >> 2)
    for _ in 0...random.next() % 50 {
      times.insert(time)
      let (next, overflow) = time.addingReportingOverflow(Int64(random.next() >> (1 + random.next() % 63)))
      if overflow { break }
      time = next
    }
    let ends = [Int64(bitPattern: random.next()), times.sorted()[Int(random.next() % UInt64(times.count))]].sorted()
    for (from, through) in [(ends[0], ends[1]), (.min, .max)] {
      let source = Times(Array(times))
      var count = SampleCount(of: "m", in: source)
      try await count.add(from: Timestamp(milliseconds: from), through: Timestamp(milliseconds: through))
      #expect(count.samples == times.count { $0 >= from && $0 <= through && $0 % 2 == 0 })
      #expect(source.asked.withLock { $0 } <= 200 * (times.count + 1))
    }
  }
}
