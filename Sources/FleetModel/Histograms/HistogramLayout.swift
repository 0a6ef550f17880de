/// What histograms must have in common to lie in one chunk: all of a histogram but its numbers.
public struct HistogramLayout: Sendable, Hashable {
  /// Buckets of both sides together that a store takes of one histogram.
  public static let maximumBuckets = 2048
  /// Custom bounds that a store takes of one histogram.
  public static let maximumBounds = 1024
  /// A chunk's histograms may have so many times as many buckets as one of them, and some more, before another chunk is begun.
  private static let widening = 2
  private static let spareBuckets = 16

  public let isGauge: Bool
  public let schema: Int8
  public let zeroThreshold: Double
  public let customValues: [Double]
  /// Neither empty nor side by side.
  public let positiveSpans: [NativeHistogram.Span]
  public let negativeSpans: [NativeHistogram.Span]
  /// How many buckets the spans have.
  let positiveCount: Int
  let negativeCount: Int

  /// `nil` for a histogram whose buckets are not those of its spans, or that has more than a store takes.
  init?(_ histogram: NativeHistogram) {
    guard let positive = BucketIndices(histogram.positiveSpans), let negative = BucketIndices(histogram.negativeSpans),
      positive.indices.count == histogram.positiveBuckets.count,
      negative.indices.count == histogram.negativeBuckets.count,
      histogram.customValues.count <= Self.maximumBounds
    else { return nil }
    self.init(histogram, positive, negative)
  }

  private init?(_ histogram: NativeHistogram, _ positive: BucketIndices, _ negative: BucketIndices) {
    self.init(
      isGauge: histogram.resetHint == .gauge, schema: histogram.schema, zeroThreshold: histogram.zeroThreshold,
      customValues: histogram.customValues, positiveSpans: positive.spans, negativeSpans: negative.spans)
  }

  /// `nil` if the spans reach beyond all bounds or have more buckets than a store takes.
  init?(
    isGauge: Bool, schema: Int8, zeroThreshold: Double, customValues: [Double],
    positiveSpans: [NativeHistogram.Span], negativeSpans: [NativeHistogram.Span]
  ) {
    guard let positive = BucketIndices(positiveSpans), let negative = BucketIndices(negativeSpans),
      positive.indices.count + negative.indices.count <= Self.maximumBuckets
    else { return nil }
    self.isGauge = isGauge
    self.schema = schema
    self.zeroThreshold = zeroThreshold
    self.customValues = customValues
    self.positiveSpans = positive.spans
    self.negativeSpans = negative.spans
    positiveCount = positive.indices.count
    negativeCount = negative.indices.count
  }

  /// The numbers of a histogram: count, zero count, sum, positive and negative buckets.
  static let leadingColumns = 3
  static let sumColumn = 2
  var width: Int { Self.leadingColumns + positiveCount + negativeCount }

  /// Whether histograms of both may lie in one chunk once both have the buckets of either.
  func isAkin(to other: HistogramLayout) -> Bool {
    isGauge == other.isGauge && schema == other.schema && zeroThreshold.bitPattern == other.zeroThreshold.bitPattern
      && customValues.elementsEqual(other.customValues) { $0.bitPattern == $1.bitPattern }
  }

  /// The layout that has the buckets of both; `nil` if they are not akin, or if that would have too many beside those of
  /// `other`.
  func joined(with other: HistogramLayout) -> HistogramLayout? {
    guard isAkin(to: other), let a = BucketIndices(positiveSpans), let b = BucketIndices(other.positiveSpans),
      let c = BucketIndices(negativeSpans), let d = BucketIndices(other.negativeSpans)
    else { return nil }
    let (positive, negative) = (a.union(b), c.union(d))
    let most = (other.positiveCount + other.negativeCount) * Self.widening + Self.spareBuckets
    guard positive.indices.count + negative.indices.count <= most else { return nil }
    return HistogramLayout(
      isGauge: isGauge, schema: schema, zeroThreshold: zeroThreshold, customValues: customValues,
      positiveSpans: positive.spans, negativeSpans: negative.spans)
  }

  /// Where the numbers of a histogram of this layout lie among those of `wider`, which has all its buckets.
  func places(in wider: HistogramLayout) -> [Int] {
    guard let a = BucketIndices(positiveSpans), let b = BucketIndices(wider.positiveSpans),
      let c = BucketIndices(negativeSpans), let d = BucketIndices(wider.negativeSpans)
    else { preconditionFailure("BUG: a layout whose spans are beyond all bounds") }
    return Array(0..<Self.leadingColumns) + a.places(in: b).map { Self.leadingColumns + $0 }
      + c.places(in: d).map { Self.leadingColumns + wider.positiveCount + $0 }
  }
}

extension NativeHistogram {
  /// Whether a store can hold this one: ``validate()`` finds nothing, and it has no more buckets and bounds than are kept.
  public var isStorable: Bool {
    if isStale { return true }
    do throws(Invalid) { try validate() } catch { return false }
    return HistogramLayout(self) != nil
  }

  /// Why it is not ``isStorable``; `nil` where it is.
  public var storageProblem: String? {
    if isStorable { return nil }
    do throws(Invalid) { try validate() } catch { return "\(error)" }
    return "a histogram has more than \(HistogramLayout.maximumBuckets) buckets or "
      + "\(HistogramLayout.maximumBounds) custom bounds, or buckets beyond all bounds; lower its resolution"
  }
}

/// The indices of buckets on one side, rising.
private struct BucketIndices {
  var indices: [Int32] = []

  /// `nil` if they do not rise, leave 32 bits, or are more than a store takes.
  init?(_ spans: [NativeHistogram.Span]) {
    var next = 0
    for (number, span) in spans.enumerated() {
      if number > 0, span.offset < 0 { return nil }
      next += Int(span.offset)
      let end = next + Int(span.length)
      guard next >= Int(Int32.min) / 2, end <= Int(Int32.max) / 2,
        indices.count + Int(span.length) <= HistogramLayout.maximumBuckets
      else { return nil }
      for index in next..<end { indices.append(Int32(index)) }
      next = end
    }
  }

  private init(indices: [Int32]) { self.indices = indices }

  var spans: [NativeHistogram.Span] {
    var spans: [NativeHistogram.Span] = []
    var next: Int32 = 0
    for index in indices {
      if !spans.isEmpty, index == next {
        spans[spans.count - 1].length += 1
      } else {
        spans.append(NativeHistogram.Span(offset: index - next, length: 1))
      }
      next = index + 1
    }
    return spans
  }

  func union(_ other: BucketIndices) -> BucketIndices {
    BucketIndices(indices: Set(indices).union(other.indices).sorted())
  }

  func places(in wider: BucketIndices) -> [Int] {
    var place = 0
    return indices.map { index in
      while wider.indices[place] != index { place += 1 }
      return place
    }
  }
}
