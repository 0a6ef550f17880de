/// Cutting off observations: PromQL's `</` and `>/`. Follows Prometheus' `FloatHistogram.TrimBuckets`.
extension NativeHistogram {
  public enum Side: Sendable, Hashable {
    /// Observations at or below the cut.
    case below
    /// Observations above it.
    case above
  }

  /// The observations on one side of `cut`. A bucket that the cut goes through keeps its share; the sum is then estimated from the
  /// middles of the buckets. Where a bucket without end is cut, all of it goes.
  public func keeping(_ side: Side, of cut: Double) -> NativeHistogram {
    var trimmer = Trimmer(cut: cut, side: side, isLinear: hasCustomBuckets)
    var result = self
    var positive = positiveSide
    for index in positive.buckets.indices where positive.buckets[index].count != 0 {
      trimmer.hasPositive = true
      positive.buckets[index].count = trimmer.trimmed(bucket(positive.buckets[index], isNegative: false))
    }
    var negative = negativeSide
    for index in negative.buckets.indices where negative.buckets[index].count != 0 {
      trimmer.hasNegative = true
      negative.buckets[index].count = trimmer.trimmed(bucket(negative.buckets[index], isNegative: true))
    }
    if zeroCount > 0 { result.zeroCount = trimmer.trimmedZero(zeroBucket) }
    guard trimmer.hasChanged else { return self }
    result.count = trimmer.count
    result.sum = trimmer.sum
    result.positiveSide = positive
    result.negativeSide = negative
    return result
  }

  private struct Trimmer {
    let cut: Double
    let side: Side
    let isLinear: Bool
    var hasPositive = false
    var hasNegative = false
    var hasChanged = false
    var count = 0.0
    var sum = 0.0

    init(cut: Double, side: Side, isLinear: Bool) {
      self.cut = cut
      self.side = side
      self.isLinear = isLinear
    }

    private mutating func keep(_ kept: Double, of bucket: Bucket, around middle: Double) -> Double {
      if kept != bucket.count { hasChanged = true }
      count += kept
      sum += kept * middle
      return kept
    }

    /// How many observations of a bucket stay.
    mutating func trimmed(_ bucket: Bucket) -> Double {
      let isKept = side == .below ? bucket.upper <= cut : bucket.lower >= cut
      if isKept { return keep(bucket.count, of: bucket, around: middle(bucket.lower, bucket.upper)) }
      let isCut = side == .below ? bucket.lower < cut : bucket.upper > cut
      guard isCut else { return keep(0, of: bucket, around: 0) }
      if bucket.lower.isInfinite || bucket.upper.isInfinite { return trimmedWithoutEnd(bucket) }
      let below = bucket.count * bucket.share(below: cut, isLinear: isLinear)
      return side == .below
        ? keep(below, of: bucket, around: middle(bucket.lower, cut))
        : keep(bucket.count - below, of: bucket, around: middle(cut, bucket.upper))
    }

    private mutating func trimmedWithoutEnd(_ bucket: Bucket) -> Double {
      if bucket.lower == -.infinity, bucket.upper > 0, bucket.upper.isFinite, cut >= 0 {
        // Nothing is known to be below zero.
        return side == .below
          ? keep(bucket.count * cut / bucket.upper, of: bucket, around: cut / 2)
          : keep(bucket.count * (1 - cut / bucket.upper), of: bucket, around: (cut + bucket.upper) / 2)
      }
      // All of it is below zero: where, nobody knows.
      if side == .below, bucket.lower == -.infinity, bucket.upper <= 0 {
        return keep(bucket.count, of: bucket, around: cut)
      }
      if side == .above, bucket.upper == .infinity, bucket.lower.isFinite {
        return keep(bucket.count, of: bucket, around: cut)
      }
      return keep(0, of: bucket, around: 0)
    }

    mutating func trimmedZero(_ bucket: Bucket) -> Double {
      let lower = hasPositive && !hasNegative ? 0 : bucket.lower
      let upper = hasNegative && !hasPositive ? 0 : bucket.upper
      if side == .below, cut <= lower { return keep(0, of: bucket, around: 0) }
      let start = side == .below ? lower : max(lower, cut)
      let end = side == .below ? min(upper, cut) : upper
      if start <= lower, end >= upper { return keep(bucket.count, of: bucket, around: (lower + upper) / 2) }
      guard start < end else { return keep(0, of: bucket, around: 0) }
      return keep(bucket.count * ((end - start) / (upper - lower)), of: bucket, around: (start + end) / 2)
    }

    /// The middle of what is left of a bucket.
    private func middle(_ lower: Double, _ upper: Double) -> Double {
      if lower.isInfinite { return upper.isInfinite ? 0 : upper > 0 ? upper / 2 : upper }
      if upper.isInfinite { return lower }
      if isLinear { return (lower + upper) / 2 }
      let size = (lower * upper).magnitude.squareRoot()
      return lower < 0 ? -size : size
    }
  }
}
