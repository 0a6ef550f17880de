import Glibc

/// Quantiles and shares, estimated from buckets as Prometheus does (`promql/quantile.go`, `HistogramQuantile` and
/// `HistogramFraction`): observations lie evenly within a bucket, on a logarithmic scale where the bucket is an exponential one.
extension NativeHistogram {
  /// Whether observations were no numbers: they are counted, but are in no bucket.
  public var hasNaNObservations: Bool { sum.isNaN }

  /// The value below which the share `quantile` of all observations lies.
  ///
  /// - Returns: infinities for quantiles outside of 0...1, NaN without observations and where observations that are no numbers
  ///   would be reached.
  public func quantile(_ quantile: Double) -> Double {
    if quantile < 0 { return -.infinity }
    if quantile > 1 { return .infinity }
    if count == 0 || quantile.isNaN { return .nan }
    // From the nearer end, unless observations are missing at the upper one.
    let isForward = hasNaNObservations || quantile < 0.5
    var rank = isForward ? quantile * count : (1 - quantile) * count
    var bucket = Bucket(lower: 0, upper: 0, includesLower: false, includesUpper: false, count: 0)
    var reached = 0.0
    let buckets = buckets
    for index in buckets.indices {
      let next = buckets[isForward ? index : buckets.count - 1 - index]
      if next.count == 0 { continue }
      bucket = next
      reached += next.count
      if reached >= rank { break }
    }
    if hasCustomBuckets {
      if bucket.lower == -.infinity {
        if bucket.upper <= 0 { return bucket.upper }
        bucket.lower = 0
      } else if bucket.upper == .infinity {
        return bucket.lower
      }
    } else if bucket.lower < 0, bucket.upper > 0 {
      bucket = withinZero(bucket)
    }
    reached = min(reached, count)
    if reached < rank { return hasNaNObservations ? .nan : bucket.upper }
    rank = isForward ? rank - (reached - bucket.count) : reached - rank
    let share = rank / bucket.count
    if hasCustomBuckets || bucket.lower <= 0 && bucket.upper >= 0 {
      return bucket.lower + (bucket.upper - bucket.lower) * share
    }
    let lower = log2(bucket.lower.magnitude)
    let upper = log2(bucket.upper.magnitude)
    return bucket.lower > 0
      ? exp2(lower + (upper - lower) * share) : -exp2(upper + (lower - upper) * (1 - share))
  }

  /// The zero bucket of a histogram whose other buckets are all on one side lies on that side too.
  private func withinZero(_ bucket: Bucket) -> Bucket {
    var bucket = bucket
    if negativeBuckets.isEmpty, !positiveBuckets.isEmpty {
      bucket.lower = 0
    } else if positiveBuckets.isEmpty, !negativeBuckets.isEmpty {
      bucket.upper = 0
    }
    return bucket
  }

  /// The share of observations between two values.
  ///
  /// - Returns: NaN without observations or if a bound is no number, 0 if `lower` is not below `upper`.
  public func fraction(from lower: Double, to upper: Double) -> Double {
    if count == 0 || lower.isNaN || upper.isNaN { return .nan }
    if lower >= upper { return 0 }
    var rank = 0.0
    var lowerRank: Double?
    var upperRank: Double?
    for bucket in buckets {
      let isZero = bucket.lower <= 0 && bucket.upper >= 0
      let bucket = isZero ? withinZero(bucket) : bucket
      func rankOf(_ value: Double) -> Double? {
        if bucket.lower >= value { return rank }
        guard bucket.upper > value else { return nil }
        // In a bucket without end nobody knows where the observations lie.
        if bucket.lower == -.infinity { return bucket.count }
        return rank + bucket.count * bucket.share(below: value, isLinear: hasCustomBuckets || isZero)
      }
      lowerRank = lowerRank ?? rankOf(lower)
      upperRank = upperRank ?? rankOf(upper)
      if lowerRank != nil, upperRank != nil { break }
      rank += bucket.count
    }
    let total = hasNaNObservations ? buckets.reduce(0) { $0 + $1.count } : count
    return (min(upperRank ?? total, total) - min(lowerRank ?? total, total)) / count
  }
}

extension NativeHistogram.Bucket {
  /// The share of the bucket's observations below a value within it.
  func share(below value: Double, isLinear: Bool) -> Double {
    if isLinear { return (value - lower) / (upper - lower) }
    let low = log2(lower.magnitude)
    let high = log2(upper.magnitude)
    let place = log2(value.magnitude)
    return value > 0 ? (place - low) / (high - low) : 1 - (place - high) / (low - high)
  }
}
