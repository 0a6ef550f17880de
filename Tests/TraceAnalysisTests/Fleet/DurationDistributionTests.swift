import TestSupport
import Testing

@testable import TraceAnalysis

@Suite struct DurationDistributionTests {
  @Test func bucketsHoldWhatIsNear() {
    let random = SeededRandom(seed: 7)
    for _ in 0..<20_000 {
      let value = Int64(bitPattern: random.next() >> (1 + random.next() % 63))
      let middle = DurationDistribution.middle(of: DurationDistribution.bucket(of: value))
      #expect(Double(abs(middle - value)) <= Double(value) / 127, "\(value) → \(middle)")
    }
    for value: Int64 in [0, 1, 127, 128, 129, .max] {
      let bucket = DurationDistribution.bucket(of: value)
      #expect(DurationDistribution.bucket(of: DurationDistribution.middle(of: bucket)) == bucket)
    }
  }

  @Test(arguments: [1, 2, 10, 499, 500, 501, 5_000])
  func quantilesAreThoseOfTheSortedDurations(count: Int) {
    let random = SeededRandom(seed: UInt64(count))
    let durations = (0..<count).map { _ in Int64(random.next() % 10_000_000_000) }
    var distribution = DurationDistribution()
    for duration in durations { distribution.add(duration) }
    let sorted = durations.sorted()
    for quantile in [0, 0.01, 0.5, 0.9, 0.95, 0.99, 1] {
      let expected = sorted[max(0, Int((quantile * Double(count)).rounded(.up)) - 1)]
      let found = distribution.quantile(quantile) ?? -1
      let allowed = count <= DurationDistribution.exactLimit ? 0 : Double(expected) / 127
      #expect(Double(abs(found - expected)) <= allowed, "\(quantile) of \(count)")
    }
    #expect(distribution.mean == Double(durations.reduce(0, +)) / Double(count))
    #expect(distribution.minimum == sorted.first && distribution.maximum == sorted.last)
  }

  @Test(arguments: [(3, 4), (400, 400), (2_000, 10), (0, 700), (10, 2_000)])
  func mergingIsAddingAll(counts: (Int, Int)) {
    let random = SeededRandom(seed: 3)
    var (first, second, all) = (DurationDistribution(), DurationDistribution(), DurationDistribution())
    for number in 0..<counts.0 + counts.1 {
      let duration = Int64(random.next() % 5_000_000)
      all.add(duration)
      if number < counts.0 { first.add(duration) } else { second.add(duration) }
    }
    first.merge(second)
    #expect(first == all)
  }

  @Test func nothingHasNoQuantile() {
    #expect(DurationDistribution().quantile(0.5) == nil && DurationDistribution().mean == nil)
  }
}
