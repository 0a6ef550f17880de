extension NativeHistogram {
  /// Whether a counter was reset between `previous` and this histogram: whether something of `previous` is missing here.
  ///
  /// The hint says so where it is known. Otherwise any count below its predecessor is a reset, and so are a finer schema and a
  /// narrower zero bucket, which producers change only together with one.
  public func isReset(after previous: NativeHistogram) -> Bool {
    if resetHint == .reset { return true }
    if resetHint == .notReset { return false }
    if count < previous.count { return true }
    if hasCustomBuckets {
      guard previous.hasCustomBuckets else { return true }
      return hasFewerInCustomBuckets(than: previous)
    }
    if previous.hasCustomBuckets || schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
    var mine = ExponentialBuckets(self)
    var before = ExponentialBuckets(previous)
    before.widenZero(to: zeroThreshold)
    if before.zeroThreshold != zeroThreshold || zeroCount < before.zeroCount { return true }
    before.reduce(to: schema)
    mine.dropBucketsWithinZero()
    before.dropBucketsWithinZero()
    return mine.positive.hasLess(than: before.positive) || mine.negative.hasLess(than: before.negative)
  }

  private func hasFewerInCustomBuckets(than previous: NativeHistogram) -> Bool {
    if customValues == previous.customValues { return positiveSide.hasLess(than: previous.positiveSide) }
    let common = CustomBounds.common(customValues, previous.customValues)
    let mine = positiveSide.merged(CustomBounds.map(customValues, to: common))
    let before = previous.positiveSide.merged(CustomBounds.map(previous.customValues, to: common))
    return mine.hasLess(than: before)
  }

  /// Whether both are the same histogram, bit by bit: what Prometheus' `==` compares. The hints do not count, nor do spans
  /// without a bucket.
  public func isIdentical(to other: NativeHistogram) -> Bool {
    func isSame(_ a: [Double], _ b: [Double]) -> Bool {
      a.count == b.count && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern }
    }
    return schema == other.schema && count.bitPattern == other.count.bitPattern
      && sum.bitPattern == other.sum.bitPattern && zeroThreshold == other.zeroThreshold
      && zeroCount.bitPattern == other.zeroCount.bitPattern && customValues == other.customValues
      && isSame(positiveBuckets, other.positiveBuckets) && isSame(negativeBuckets, other.negativeBuckets)
      && Self.isSameLayout(positiveSpans, other.positiveSpans) && Self.isSameLayout(negativeSpans, other.negativeSpans)
  }

  private static func isSameLayout(_ a: [Span], _ b: [Span]) -> Bool {
    if a == b { return true }
    return layout(a) == layout(b)
  }

  /// The first index and the length of each run of buckets.
  private static func layout(_ spans: [Span]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var next = 0
    for span in spans {
      next += Int(span.offset)
      if span.length == 0 { continue }
      let end = next + Int(span.length)
      if let last = runs.last, last.upperBound == next {
        runs[runs.count - 1] = last.lowerBound..<end
      } else {
        runs.append(next..<end)
      }
      next = end
    }
    return runs
  }
}

extension BucketSide {
  /// Whether a bucket of `previous` holds more than the same one here, or one that holds anything is missing here.
  func hasLess(than previous: BucketSide) -> Bool {
    var mine = buckets[...]
    for before in previous.buckets {
      while let next = mine.first, next.index < before.index { mine.removeFirst() }
      if let next = mine.first, next.index == before.index {
        if next.count < before.count { return true }
      } else if before.count != 0 {
        return true
      }
    }
    return false
  }
}
