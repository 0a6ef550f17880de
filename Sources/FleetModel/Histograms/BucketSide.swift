/// The positive or the negative buckets of a native histogram, each with its index: rising, unless the spans are not valid.
struct BucketSide: Sendable, Hashable {
  struct Item: Sendable, Hashable {
    var index: Int
    var count: Double
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
    var theirs = other.buckets[...]
    while let a = mine.first, let b = theirs.first {
      if a.index <= b.index { mine.removeFirst() }
      if b.index <= a.index { theirs.removeFirst() }
      if a.index < b.index {
        sum.buckets.append(a)
      } else if b.index < a.index {
        sum.buckets.append(Item(index: b.index, count: b.count * factor))
      } else {
        sum.buckets.append(Item(index: a.index, count: a.count + b.count * factor))
      }
    }
    sum.buckets += mine
    for bucket in theirs { sum.buckets.append(Item(index: bucket.index, count: bucket.count * factor)) }
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
      } else {
        result.buckets.append(Item(index: index, count: bucket.count))
      }
    }
    return result
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
