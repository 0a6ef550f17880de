import TestSupport
import Testing

@testable import TraceAnalysis

/// Tails are held to the sums that define them.
@Suite struct SignificanceTests {
  @Test func tailsAreTheSumsOfTheirTerms() {
    for (count, total, share) in [(3, 10, 0.5), (0, 5, 0.1), (7, 12, 0.3), (40, 200, 0.25), (200, 200, 0.9)] {
      var sum = 0.0
      for k in count...total { sum += choose(total, k) * power(share, k) * power(1 - share, total - k) }
      #expect(abs(Significance.binomialTail(atLeast: count, of: total, share) - sum) < 1e-9)
    }
    for (count, draws, hits, all) in [(2, 5, 4, 20), (1, 10, 3, 30), (4, 8, 9, 17), (0, 3, 3, 9)] {
      var sum = 0.0
      for k in count...min(draws, hits) where draws - k <= all - hits {
        sum += choose(hits, k) * choose(all - hits, draws - k) / choose(all, draws)
      }
      #expect(abs(Significance.hypergeometricTail(atLeast: count, draws: draws, hits: hits, all: all) - sum) < 1e-9)
    }
    #expect(abs(Significance.poissonTail(atLeast: 3, expected: 1) - 0.080_301_397) < 1e-8)
    #expect(abs(Significance.poissonTail(atLeast: 3, expected: 10) - 0.997_230_604) < 1e-8)
    #expect(Significance.poissonTail(atLeast: 0, expected: 0) == 1)
  }

  private func choose(_ n: Int, _ k: Int) -> Double {
    (0..<min(k, n - k)).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1.0) { value, _ in value * base }
  }

  @Test func largeCountsEnd() {
    #expect(Significance.ofRates(5_000_000, over: 3600, 5_000_000, over: 3600) > 0.9)
    #expect(Significance.ofRates(5_000_000, over: 3600, 5_100_000, over: 3600) < 1e-100)
    #expect(Significance.ofShares(10_000, of: 10_000_000, 10_050, of: 10_000_000) > 0.5)
    #expect(Significance.ofShares(0, of: 1_000, 1, of: 10) > 0.01)
  }

  @Test func holmStopsAtTheFirstThatFails() {
    #expect(Significance.holm([0.04, 0.001, 0.013], level: 0.05) == [true, true, true])
    #expect(Significance.holm([0.04, 0.001, 0.03], level: 0.05) == [false, true, false])
    #expect(Significance.holm([], level: 0.05) == [])
  }

  /// Where nothing changed, small probabilities are as rare as they say.
  @Test func probabilitiesHoldTheirLevel() {
    let random = SeededRandom(seed: 11)
    var (locations, shares, rates) = (0, 0, 0)
    let runs = 2_000
    for _ in 0..<runs {
      var (first, second) = (DurationDistribution(), DurationDistribution())
      var hits = (0, 0)
      var counts = (0, 0)
      for _ in 0..<60 {
        first.add(Int64(random.next() % 1_000))
        second.add(Int64(random.next() % 1_000))
        if random.next() % 10 == 0 { hits.0 += 1 }
        if random.next() % 10 == 0 { hits.1 += 1 }
        if random.next() % 2 == 0 { counts.0 += 1 } else { counts.1 += 1 }
      }
      if Significance.ofLocation(first, second, independent: (60, 60)) < 0.05 { locations += 1 }
      if Significance.ofShares(hits.0, of: 60, hits.1, of: 60) < 0.05 { shares += 1 }
      if Significance.ofRates(counts.0, over: 1, counts.1, over: 1) < 0.05 { rates += 1 }
    }
    #expect(locations < runs * 7 / 100 && locations > runs * 3 / 100)
    #expect(shares < runs * 6 / 100)
    #expect(rates < runs * 6 / 100)
  }
}
