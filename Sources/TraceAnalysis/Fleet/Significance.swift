import Glibc

/// How likely it is that chance alone made a difference as large as the one seen.
enum Significance {
  /// Two counts of events over two lengths of time: given their sum, the second is binomial if the rates are equal
  /// (Przyborowski and Wilenski, Biometrika 31, 1940). Two-sided: twice the smaller tail.
  static func ofRates(_ first: Int, over firstLength: Double, _ second: Int, over secondLength: Double) -> Double {
    let total = first + second
    guard total > 0, firstLength > 0, secondLength > 0 else { return 1 }
    let share = secondLength / (firstLength + secondLength)
    let atLeast = binomialTail(atLeast: second, of: total, share)
    let atMost = binomialTail(atLeast: first, of: total, 1 - share)
    return min(1, 2 * min(atLeast, atMost))
  }

  /// Two shares, `hits` of `total` each: Fisher's exact test, two-sided as twice the smaller tail.
  static func ofShares(_ hits: Int, of total: Int, _ otherHits: Int, of otherTotal: Int) -> Double {
    guard total > 0, otherTotal > 0 else { return 1 }
    let all = total + otherTotal
    let allHits = hits + otherHits
    let atLeast = hypergeometricTail(atLeast: otherHits, draws: otherTotal, hits: allHits, all: all)
    // Fewer hits among the others is more hits among the first.
    let atMost = hypergeometricTail(atLeast: hits, draws: total, hits: allHits, all: all)
    return min(1, 2 * min(atLeast, atMost))
  }

  /// Two samples, whether one tends to be larger: the Mann-Whitney test by its normal approximation, corrected for ties and for
  /// continuity (Mann and Whitney, Annals of Mathematical Statistics 18, 1947).
  ///
  /// - Parameter independent: how many independent observations each of the two counts for, at most as many as it has.
  static func ofLocation(
    _ first: DurationDistribution, _ second: DurationDistribution, independent: (first: Double, second: Double)
  ) -> Double {
    let sizes = (first: Double(first.count), second: Double(second.count))
    guard sizes.first > 0, sizes.second > 0, independent.first > 0, independent.second > 0 else { return 1 }
    let inBuckets = !(first.isExact && second.isExact)
    let left = first.ascending(inBuckets: inBuckets)
    let right = second.ascending(inBuckets: inBuckets)
    let all = sizes.first + sizes.second
    var wins = 0.0
    var ties = 0.0
    var below = 0.0
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
      let value = min(i < left.count ? left[i].value : .max, j < right.count ? right[j].value : .max)
      var here = (first: 0.0, second: 0.0)
      while i < left.count, left[i].value == value {
        here.first += Double(left[i].count)
        i += 1
      }
      while j < right.count, right[j].value == value {
        here.second += Double(right[j].count)
        j += 1
      }
      wins += here.second * (below + here.first / 2)
      below += here.first
      let tied = (here.first + here.second) / all
      ties += tied * tied * tied
    }
    // The share of pairs in which the second is larger; its variance if both are alike, by independent observations.
    let share = wins / (sizes.first * sizes.second)
    let variance =
      (1 / independent.first + 1 / independent.second) / 12 * max(0, 1 - ties)
    guard variance > 0 else { return 1 }
    let continuity = 0.5 / (independent.first * independent.second)
    return erfc(max(0, abs(share - 0.5) - continuity) / variance.squareRoot() / 2.0.squareRoot())
  }

  /// Which of several tests stay significant at `level` when all are asked at once (Holm, Scandinavian Journal of Statistics 6,
  /// 1979).
  static func holm(_ probabilities: [Double], level: Double) -> [Bool] {
    var kept = [Bool](repeating: false, count: probabilities.count)
    for (rank, position) in probabilities.indices.sorted(by: { probabilities[$0] < probabilities[$1] }).enumerated() {
      guard probabilities[position] <= level / Double(probabilities.count - rank) else { break }
      kept[position] = true
    }
    return kept
  }

  /// The chance of `count` or more events where `expected` are expected (Poisson).
  static func poissonTail(atLeast count: Int, expected: Double) -> Double {
    guard count > 0 else { return 1 }
    guard expected > 0 else { return 0 }
    let term = { (k: Int) in exp(Double(k) * log(expected) - expected - logFactorial(k)) }
    if Double(count) > expected {
      var (sum, last, k) = (0.0, term(count), count)
      while last > sum * 1e-17 {
        sum += last
        k += 1
        last *= expected / Double(k)
      }
      return min(1, sum)
    }
    var (sum, last, k) = (0.0, term(count - 1), count - 1)
    while k >= 0, last > sum * 1e-17 {
      sum += last
      last *= Double(k) / expected
      k -= 1
    }
    return max(0, 1 - sum)
  }

  /// The chance of `count` or more among `total` where each has the chance `share`.
  static func binomialTail(atLeast count: Int, of total: Int, _ share: Double) -> Double {
    if count <= 0 { return 1 }
    if count > total || share <= 0 { return 0 }
    if share >= 1 { return 1 }
    let odds = share / (1 - share)
    let term = { (k: Int) in
      exp(
        logFactorial(total) - logFactorial(k) - logFactorial(total - k) + Double(k) * log(share)
          + Double(total - k) * log1p(-share))
    }
    return tail(
      from: count, mode: Int(Double(total + 1) * share), bounds: 0...total, term: term,
      up: { Double(total - $0) / Double($0 + 1) * odds }, down: { Double($0) / Double(total - $0 + 1) / odds })
  }

  /// The chance of `count` or more hits among `draws` without replacement from `all`, of which `hits` are hits.
  static func hypergeometricTail(atLeast count: Int, draws: Int, hits: Int, all: Int) -> Double {
    let least = max(0, draws - (all - hits))
    let most = min(draws, hits)
    if count <= least { return 1 }
    if count > most { return 0 }
    let misses = all - hits
    let term = { (k: Int) in
      exp(
        logChoose(hits, k) + logChoose(misses, draws - k) - logChoose(all, draws))
    }
    let mode = Int(Double(draws + 1) * Double(hits + 1) / Double(all + 2))
    return tail(
      from: count, mode: mode, bounds: least...most, term: term,
      up: { Double(hits - $0) * Double(draws - $0) / (Double($0 + 1) * Double(misses - draws + $0 + 1)) },
      down: { Double($0) * Double(misses - draws + $0) / (Double(hits - $0 + 1) * Double(draws - $0 + 1)) })
  }

  /// Sums the side of a unimodal distribution that falls away from its start, so that the sum converges.
  private static func tail(
    from count: Int, mode: Int, bounds: ClosedRange<Int>, term: (Int) -> Double, up: (Int) -> Double,
    down: (Int) -> Double
  ) -> Double {
    var sum = 0.0
    if count > mode {
      var (k, last) = (count, term(count))
      while k <= bounds.upperBound, last > sum * 1e-17 {
        sum += last
        last *= up(k)
        k += 1
      }
      return min(1, sum)
    }
    var (k, last) = (count - 1, term(count - 1))
    while k >= bounds.lowerBound, last > sum * 1e-17 {
      sum += last
      last *= down(k)
      k -= 1
    }
    return max(0, 1 - sum)
  }

  private static func logChoose(_ n: Int, _ k: Int) -> Double {
    logFactorial(n) - logFactorial(k) - logFactorial(n - k)
  }

  /// Stirling's series above 20; its error there is below 1e-12.
  static func logFactorial(_ n: Int) -> Double {
    guard n > 20 else { return log((1...max(n, 1)).reduce(1.0) { $0 * Double($1) }) }
    let x = Double(n)
    return x * log(x) - x + 0.5 * log(2 * Double.pi * x) + 1 / (12 * x) - 1 / (360 * x * x * x)
      + 1 / (1260 * x * x * x * x * x)
  }
}
