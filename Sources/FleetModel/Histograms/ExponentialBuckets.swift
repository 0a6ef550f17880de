/// The zero bucket and the exponential buckets of a histogram, for calculations that must bring two histograms to the same
/// schema and the same zero bucket first.
struct ExponentialBuckets: Sendable {
  var schema: Int8
  var zeroThreshold: Double
  var zeroCount: Double
  var zeroCompensation = 0.0
  var positive: BucketSide
  var negative: BucketSide

  init(_ histogram: NativeHistogram) {
    schema = histogram.schema
    zeroThreshold = histogram.zeroThreshold
    zeroCount = histogram.zeroCount
    positive = histogram.positiveSide
    negative = histogram.negativeSide
  }

  mutating func reduce(to schema: Int8) {
    guard schema < self.schema else { return }
    let difference = min(Int(self.schema) - Int(schema), 12)
    positive = positive.reduced(by: difference)
    negative = negative.reduced(by: difference)
    self.schema = schema
  }

  /// Takes the buckets below `threshold` into the zero bucket. A threshold within a bucket that holds anything moves up to the
  /// end of that bucket.
  mutating func widenZero(to threshold: Double) {
    var threshold = threshold
    // A bound that the one side gives can lie within a bucket of the other only once: both have the same bounds.
    while let end = end(of: positive, around: threshold) ?? end(of: negative, around: threshold) { threshold = end }
    positive = moveToZero(positive, below: threshold)
    negative = moveToZero(negative, below: threshold)
    zeroThreshold = threshold
  }

  /// Adds what lies below `threshold` to the zero bucket; returns the rest.
  private mutating func moveToZero(_ side: BucketSide, below threshold: Double) -> BucketSide {
    var rest = BucketSide()
    for bucket in side.buckets {
      if lowerBound(bucket) < threshold {
        zeroCount += bucket.count
        zeroCompensation += bucket.compensation
      } else {
        rest.buckets.append(bucket)
      }
    }
    return rest
  }

  private func lowerBound(_ bucket: BucketSide.Item) -> Double {
    BucketBounds.exponential(bucket.index - 1, schema: schema)
  }

  private func end(of side: BucketSide, around threshold: Double) -> Double? {
    for bucket in side.buckets where bucket.count != 0 && lowerBound(bucket) < threshold {
      let end = BucketBounds.exponential(bucket.index, schema: schema)
      if end > threshold { return end }
    }
    return nil
  }

  /// Gives both the smallest zero bucket that holds those of both and ends within no bucket that holds anything.
  static func reconcileZero(_ a: inout ExponentialBuckets, _ b: inout ExponentialBuckets) {
    while true {
      if a.zeroThreshold > b.zeroThreshold {
        b.widenZero(to: a.zeroThreshold)
      } else if b.zeroThreshold > a.zeroThreshold {
        a.widenZero(to: b.zeroThreshold)
      } else {
        return
      }
    }
  }

  /// Leaves out the buckets that lie within the zero bucket.
  mutating func dropBucketsWithinZero() {
    guard zeroThreshold > 0 else { return }
    let (schema, threshold) = (schema, zeroThreshold)
    positive.buckets.removeAll { BucketBounds.exponential($0.index, schema: schema) <= threshold }
    negative.buckets.removeAll { BucketBounds.exponential($0.index, schema: schema) <= threshold }
  }
}
