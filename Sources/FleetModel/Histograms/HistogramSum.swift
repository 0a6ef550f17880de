/// A sum of native histograms, exact as far as compensated summation is. Histograms of different resolution and zero bucket
/// come to what both can be told in.
public struct HistogramSum: Sendable {
  /// One histogram has exponential and the other custom buckets.
  public struct Incompatible: Error, Hashable, Sendable, CustomStringConvertible {
    public init() {}
    public var description: String { "histograms with exponential and custom buckets cannot be brought together" }
  }

  /// What had to be done to add a histogram.
  public struct Remarks: Hashable, Sendable {
    /// One was marked as a counter that was reset, the other as one that was not.
    public var hadCollidingResets = false
    /// Custom bounds differed; those that both have are left.
    public var hadDifferentBounds = false
  }

  /// Schema, custom bounds and hint; the numbers are kept beside it.
  private var form: NativeHistogram
  private var buckets: ExponentialBuckets
  private var count: Double
  private var countCompensation = 0.0
  private var sum: Double
  private var sumCompensation = 0.0

  public init(_ histogram: NativeHistogram) {
    form = NativeHistogram()
    form.resetHint = histogram.resetHint
    form.schema = histogram.schema
    form.customValues = histogram.customValues
    buckets = ExponentialBuckets(histogram)
    count = histogram.count
    sum = histogram.sum
  }

  /// - Parameter factor: what `other` is multiplied by; -1 subtracts it.
  /// - Throws: ``Incompatible``; then nothing was added.
  @discardableResult
  public mutating func add(_ other: NativeHistogram, times factor: Double = 1) throws(Incompatible) -> Remarks {
    guard other.hasCustomBuckets == form.hasCustomBuckets else { throw Incompatible() }
    var remarks = Remarks()
    remarks.hadCollidingResets = adjustHint(other.resetHint)
    Compensation.add(other.count * factor, to: &count, &countCompensation)
    Compensation.add(other.sum * factor, to: &sum, &sumCompensation)
    if form.hasCustomBuckets {
      remarks.hadDifferentBounds = addCustom(other, factor)
      return remarks
    }
    var others = ExponentialBuckets(other)
    ExponentialBuckets.reconcileZero(&buckets, &others)
    let schema = min(buckets.schema, others.schema)
    buckets.reduce(to: schema)
    others.reduce(to: schema)
    others.dropBucketsWithinZero()
    form.schema = schema
    Compensation.add(others.zeroCount * factor, to: &buckets.zeroCount, &buckets.zeroCompensation)
    buckets.positive = buckets.positive.adding(others.positive, times: factor)
    buckets.negative = buckets.negative.adding(others.negative, times: factor)
    return remarks
  }

  /// Returns whether the hints exclude each other.
  private mutating func adjustHint(_ other: NativeHistogram.ResetHint) -> Bool {
    if other == form.resetHint || form.resetHint == .gauge { return false }
    if other == .gauge {
      form.resetHint = .gauge
      return false
    }
    let isCollision = form.resetHint != .unknown && other != .unknown
    form.resetHint = .unknown
    return isCollision
  }

  /// Returns whether the bounds differed.
  private mutating func addCustom(_ other: NativeHistogram, _ factor: Double) -> Bool {
    guard other.customValues != form.customValues else {
      buckets.positive = buckets.positive.adding(other.positiveSide, times: factor)
      return false
    }
    let common = CustomBounds.common(form.customValues, other.customValues)
    let mine = buckets.positive.merged(CustomBounds.map(form.customValues, to: common))
    let others = other.positiveSide.merged(CustomBounds.map(other.customValues, to: common))
    buckets.positive = mine.adding(others, times: factor)
    form.customValues = common
    return true
  }

  /// Every number of the sum becomes what `change` makes of it.
  private mutating func mapAll(_ change: (Double) -> Double) {
    count = change(count)
    countCompensation = change(countCompensation)
    sum = change(sum)
    sumCompensation = change(sumCompensation)
    buckets.zeroCount = change(buckets.zeroCount)
    buckets.zeroCompensation = change(buckets.zeroCompensation)
    buckets.positive = buckets.positive.mapped(change)
    buckets.negative = buckets.negative.mapped(change)
  }

  public mutating func multiply(by factor: Double) { mapAll { $0 * factor } }

  public mutating func divide(by divisor: Double) { mapAll { $0 / divisor } }

  /// Whether a number of the sum is infinite.
  public var hasOverflow: Bool {
    count.isInfinite || sum.isInfinite || buckets.zeroCount.isInfinite
      || buckets.positive.buckets.contains { $0.count.isInfinite }
      || buckets.negative.buckets.contains { $0.count.isInfinite }
  }

  /// The sum, without empty buckets.
  public var value: NativeHistogram {
    var result = form
    result.count = count + countCompensation
    result.sum = sum + sumCompensation
    result.zeroThreshold = buckets.zeroThreshold
    result.zeroCount = buckets.zeroCount + buckets.zeroCompensation
    result.positiveSide = buckets.positive.compensated
    result.negativeSide = buckets.negative.compensated
    return result
  }
}

extension BucketSide {
  func mapped(_ change: (Double) -> Double) -> BucketSide {
    var result = self
    for index in buckets.indices {
      result.buckets[index].count = change(buckets[index].count)
      result.buckets[index].compensation = change(buckets[index].compensation)
    }
    return result
  }

  var compensated: BucketSide {
    var result = self
    for index in buckets.indices {
      result.buckets[index].count += buckets[index].compensation
      result.buckets[index].compensation = 0
    }
    return result
  }
}

/// Custom bounds of two histograms, brought together.
enum CustomBounds {
  /// The bounds that are in both lists, which rise.
  static func common(_ a: [Double], _ b: [Double]) -> [Double] {
    var common: [Double] = []
    var i = 0
    var j = 0
    while i < a.count, j < b.count {
      if a[i] == b[j] {
        common.append(a[i])
        i += 1
        j += 1
      } else if a[i] < b[j] {
        i += 1
      } else {
        j += 1
      }
    }
    return common
  }

  /// For an index among `bounds` the index of the bucket among the `fewer` bounds that holds it.
  static func map(_ bounds: [Double], to fewer: [Double]) -> (Int) -> Int {
    var targets: [Int] = []
    var target = 0
    for bound in bounds {
      while target < fewer.count, fewer[target] < bound { target += 1 }
      targets.append(target)
    }
    return { [targets] index in index >= 0 && index < targets.count ? targets[index] : fewer.count }
  }
}
