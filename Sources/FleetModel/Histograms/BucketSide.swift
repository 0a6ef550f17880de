/// The positive or the negative buckets of a native histogram, each with its index: rising, unless the spans are not valid.
struct BucketSide: Sendable, Hashable {
  struct Item: Sendable, Hashable {
    var index: Int
    var count: Double
    /// What rounding cut off ``count``, where it is a sum.
    var compensation = 0.0
  }

  var buckets: [Item] = []

  init() {}

  /// Ends where the buckets or the spans end, whichever comes first.
  init(_ spans: [NativeHistogram.Span], _ counts: [Double]) {
    buckets.reserveCapacity(counts.count)
    var index = 0
    for span in spans {
      // Far beyond all bounds; sums of offsets must not overflow.
      index = min(max(index + Int(span.offset), -(1 << 40)), 1 << 40)
      let length = min(Int(span.length), counts.count - buckets.count)
      for _ in 0..<length {
        buckets.append(Item(index: index, count: counts[buckets.count]))
        index += 1
      }
      if buckets.count == counts.count { return }
    }
  }

  /// The buckets that hold anything as spans and counts.
  var compacted: (spans: [NativeHistogram.Span], counts: [Double]) {
    var spans: [NativeHistogram.Span] = []
    var counts: [Double] = []
    counts.reserveCapacity(buckets.count)
    var next = 0
    for bucket in buckets where bucket.count != 0 {
      if bucket.index == next, let last = spans.indices.last {
        spans[last].length += 1
      } else {
        spans.append(NativeHistogram.Span(offset: Int32(clamping: bucket.index - next), length: 1))
      }
      counts.append(bucket.count)
      next = bucket.index + 1
    }
    return (spans, counts)
  }

  /// These buckets with those of `other` added to them, times `factor`.
  func adding(_ other: BucketSide, times factor: Double) -> BucketSide {
    var sum = BucketSide()
    sum.buckets.reserveCapacity(buckets.count + other.buckets.count)
    var mine = buckets[...]
    for other in other.buckets {
      while let next = mine.first, next.index < other.index {
        sum.buckets.append(next)
        mine.removeFirst()
      }
      let count = other.count * factor
      if var next = mine.first, next.index == other.index {
        mine.removeFirst()
        Compensation.add(count, to: &next.count, &next.compensation)
        sum.buckets.append(next)
      } else {
        sum.buckets.append(Item(index: other.index, count: count))
      }
    }
    sum.buckets += mine
    return sum
  }

  /// These buckets in the wider ones of a schema that is `difference` lower.
  func reduced(by difference: Int) -> BucketSide {
    guard difference > 0 else { return self }
    return merged { ($0 - 1) >> difference + 1 }
  }

  /// Each bucket at the index that `target` gives; neighbours that come to the same become one.
  func merged(_ target: (Int) -> Int) -> BucketSide {
    var result = BucketSide()
    result.buckets.reserveCapacity(buckets.count)
    for bucket in buckets {
      let index = target(bucket.index)
      if let last = result.buckets.indices.last, result.buckets[last].index == index {
        result.buckets[last].count += bucket.count
        result.buckets[last].compensation += bucket.compensation
      } else {
        result.buckets.append(Item(index: index, count: bucket.count, compensation: bucket.compensation))
      }
    }
    return result
  }
}

/// Summation that keeps what rounding cuts off (A. Neumaier, ZAMM 54, 1974).
enum Compensation {
  static func add(_ value: Double, to sum: inout Double, _ compensation: inout Double) {
    let total = sum + value
    if total.isInfinite {
      compensation = 0
    } else if sum.magnitude >= value.magnitude {
      compensation += (sum - total) + value
    } else {
      compensation += (value - total) + sum
    }
    sum = total
  }
}

extension NativeHistogram {
  var positiveSide: BucketSide {
    get { BucketSide(positiveSpans, positiveBuckets) }
    set { (positiveSpans, positiveBuckets) = newValue.compacted }
  }

  var negativeSide: BucketSide {
    get { BucketSide(negativeSpans, negativeBuckets) }
    set { (negativeSpans, negativeBuckets) = newValue.compacted }
  }

  /// This histogram without empty buckets, in as few spans as can be.
  public var compacted: NativeHistogram {
    var result = self
    result.positiveSide = positiveSide
    result.negativeSide = negativeSide
    return result
  }
}
