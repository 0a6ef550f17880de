extension NativeHistogram {
  /// One bucket with its bounds.
  public struct Bucket: Sendable, Hashable {
    public var lower: Double
    public var upper: Double
    public var includesLower: Bool
    public var includesUpper: Bool
    public var count: Double
  }

  /// One bucket as Prometheus' HTTP API gives it: `[boundaries, "lower", "upper", "count"]`.
  public struct APIBucket: Sendable, Hashable {
    /// 0: open on the left; 1: open on the right; 2: open on both sides; 3: closed on both sides.
    public var boundaries: Int
    public var lower: Double
    public var upper: Double
    public var count: Double

    public init(boundaries: Int, lower: Double, upper: Double, count: Double) {
      self.boundaries = boundaries
      self.lower = lower
      self.upper = upper
      self.count = count
    }
  }

  /// The buckets that hold anything, from the lowest to the highest, for an answer of the HTTP API. Empty where there is none:
  /// the API then leaves the member out.
  public func apiBuckets() -> [APIBucket] {
    buckets.filter { $0.count != 0 }.map { bucket in
      let boundaries =
        switch (bucket.includesLower, bucket.includesUpper) {
        case (false, true): 0
        case (true, false): 1
        case (false, false): 2
        case (true, true): 3
        }
      return APIBucket(boundaries: boundaries, lower: bucket.lower, upper: bucket.upper, count: bucket.count)
    }
  }

  /// All buckets from the lowest to the highest: negative ones, the zero bucket if it holds anything, positive ones. Where one
  /// overlaps with the zero bucket it begins or ends at the zero threshold.
  public var buckets: [Bucket] {
    var buckets: [Bucket] = []
    buckets.reserveCapacity(negativeBuckets.count + positiveBuckets.count + 1)
    for item in negativeSide.buckets.reversed() { buckets.append(outsideOfZero(bucket(item, isNegative: true))) }
    if zeroCount > 0 { buckets.append(zeroBucket) }
    for item in positiveSide.buckets { buckets.append(outsideOfZero(bucket(item, isNegative: false))) }
    return buckets
  }

  public var zeroBucket: Bucket {
    Bucket(lower: -zeroThreshold, upper: zeroThreshold, includesLower: true, includesUpper: true, count: zeroCount)
  }

  private func outsideOfZero(_ bucket: Bucket) -> Bucket {
    var bucket = bucket
    if bucket.upper < 0, bucket.upper > -zeroThreshold {
      bucket.upper = -zeroThreshold
    } else if bucket.lower > 0, bucket.lower < zeroThreshold {
      bucket.lower = zeroThreshold
    }
    return bucket
  }

  func bucket(_ item: BucketSide.Item, isNegative: Bool) -> Bucket {
    let outer = upperBound(of: item.index)
    let inner = upperBound(of: item.index - 1)
    let lower = isNegative ? -outer : inner
    let upper = isNegative ? -inner : outer
    if hasCustomBuckets {
      return Bucket(
        lower: lower, upper: upper, includesLower: item.index == 0, includesUpper: true, count: item.count)
    }
    return Bucket(lower: lower, upper: upper, includesLower: lower < 0, includesUpper: upper > 0, count: item.count)
  }

  /// The upper bound of a positive bucket; of a negative one, the absolute value of its lower bound.
  func upperBound(of index: Int) -> Double {
    if hasCustomBuckets {
      if index < 0 { return -.infinity }
      return index < customValues.count ? customValues[index] : .infinity
    }
    return BucketBounds.exponential(index, schema: schema)
  }
}

/// The bounds of exponential buckets.
enum BucketBounds {
  /// 2^(index · 2^-schema). The bucket that ends at 2^1024 ends at the greatest finite number instead: only the infinities are
  /// beyond.
  static func exponential(_ index: Int, schema: Int8) -> Double {
    // Any bound beyond these indices is zero or infinite.
    let index = min(max(index, -(1 << 24)), 1 << 24)
    let schema = Int(min(max(schema, -4), 8))
    if schema <= 0 {
      let exponent = index << -schema
      return exponent == 1024 ? .greatestFiniteMagnitude : Double(sign: .plus, exponent: exponent, significand: 1)
    }
    let fraction = fractions[(index & ((1 << schema) - 1)) << (8 - schema)]
    let exponent = (index >> schema) + 1
    if fraction == 0.5, exponent == 1025 { return .greatestFiniteMagnitude }
    return Double(sign: .plus, exponent: exponent, significand: fraction)
  }

  /// The bounds in 0.5..<1 of the finest schema, those of the others among them. Prometheus and its client libraries have them
  /// as a table (`model/histogram/generic.go`) whose last digits are not those of correct rounding: each finer schema's new
  /// bounds are products of the coarser schema's, the first being the root of 0.5 rounded down. Answers must have the same
  /// digits, so this calculates in the same way.
  static let fractions: [Double] = {
    var bounds = [0.5, 0.7071067811865475]
    var factor = 2.0.squareRoot()
    for _ in 2...8 {
      factor = factor.squareRoot()
      bounds = bounds.flatMap { [$0, $0 * factor] }
    }
    return bounds
  }()
}
