extension NativeHistogram {
  /// The sum of two histograms.
  public func adding(
    _ other: NativeHistogram
  ) throws(HistogramSum.Incompatible) -> (sum: NativeHistogram, remarks: HistogramSum.Remarks) {
    var sum = HistogramSum(self)
    let remarks = try sum.add(other)
    return (sum.value, remarks)
  }

  /// The difference of two histograms. Its hint is that of a sum; who shows it to users marks it as a gauge.
  public func subtracting(
    _ other: NativeHistogram
  ) throws(HistogramSum.Incompatible) -> (difference: NativeHistogram, remarks: HistogramSum.Remarks) {
    var sum = HistogramSum(self)
    let remarks = try sum.add(other, times: -1)
    return (sum.value, remarks)
  }

  /// Every number times `factor`. What was multiplied by less than zero is no counter any longer.
  public func multiplied(by factor: Double) -> NativeHistogram {
    var result = mapped { $0 * factor }
    if factor < 0 { result.resetHint = .gauge }
    return result
  }

  /// Every number divided by `divisor`. Division by zero leaves no buckets.
  public func divided(by divisor: Double) -> NativeHistogram {
    var result = mapped { $0 / divisor }
    if divisor == 0 {
      result.positiveSpans = []
      result.positiveBuckets = []
      result.negativeSpans = []
      result.negativeBuckets = []
    } else if divisor < 0 {
      result.resetHint = .gauge
    }
    return result
  }

  private func mapped(_ change: (Double) -> Double) -> NativeHistogram {
    var result = self
    result.zeroCount = change(zeroCount)
    result.count = change(count)
    result.sum = change(sum)
    result.positiveBuckets = positiveBuckets.map(change)
    result.negativeBuckets = negativeBuckets.map(change)
    return result
  }

  /// This histogram in a coarser schema; as it is, if it has custom buckets or is as coarse already.
  public func reduced(to schema: Int8) -> NativeHistogram {
    guard !hasCustomBuckets, schema < self.schema, Self.exponentialSchemas.contains(schema) else { return self }
    var result = self
    var buckets = ExponentialBuckets(self)
    buckets.reduce(to: schema)
    result.schema = schema
    result.positiveSide = buckets.positive
    result.negativeSide = buckets.negative
    return result
  }

  /// The mean of the observations, NaN where there are none.
  public var mean: Double { sum / count }

  /// The variance of the observations, each taken at the middle of its bucket: the geometric one of exponential buckets, zero
  /// in the zero bucket.
  public var variance: Double {
    let mean = mean
    var total = 0.0
    var compensation = 0.0
    for bucket in buckets where bucket.count != 0 {
      let middle: Double
      if hasCustomBuckets {
        middle = (bucket.upper + bucket.lower) / 2
      } else if bucket.lower <= 0, bucket.upper >= 0 {
        middle = 0
      } else {
        let size = (bucket.upper * bucket.lower).squareRoot()
        middle = bucket.upper < 0 ? -size : size
      }
      let distance = middle - mean
      Compensation.add(bucket.count * distance * distance, to: &total, &compensation)
    }
    return (total + compensation) / count
  }
}
