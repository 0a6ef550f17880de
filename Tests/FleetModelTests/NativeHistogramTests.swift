import FleetModel
import Testing

@Suite("native histograms")
struct NativeHistogramTests {
  typealias Span = NativeHistogram.Span

  static func histogram(
    schema: Int8 = 0, sum: Double = 0, zero: Double = 0, threshold: Double = 0, offset: Int32 = 0,
    _ positive: [Double] = [], negative: [Double] = [], custom: [Double] = []
  ) -> NativeHistogram {
    var histogram = NativeHistogram()
    histogram.schema = schema
    histogram.sum = sum
    histogram.zeroCount = zero
    histogram.zeroThreshold = threshold
    histogram.count = positive.reduce(zero, +) + negative.reduce(0, +)
    histogram.positiveBuckets = positive
    histogram.negativeBuckets = negative
    if !positive.isEmpty { histogram.positiveSpans = [Span(offset: offset, length: UInt32(positive.count))] }
    if !negative.isEmpty { histogram.negativeSpans = [Span(offset: offset, length: UInt32(negative.count))] }
    histogram.customValues = custom
    return histogram
  }

  /// Upper bounds as Prometheus' `model/histogram/generic.go` has them, digit by digit.
  @Test(arguments: [
    (Int8(0), Int32(0), 1.0), (0, 1, 2), (0, -1, 0.5), (-4, 1, 65536), (-1, 1, 4), (1, 1, 1.414213562373095),
    (2, 3, 1.6817928305074288), (8, -255, 0.5013556375251013), (8, -64, 0.8408964152537144),
    (8, -1, 0.9972960560854698), (5, -1, 0.9785720620876999), (0, 1024, Double.greatestFiniteMagnitude),
    (3, 8192, Double.greatestFiniteMagnitude), (0, 1025, Double.infinity), (0, -1100, 0),
  ])
  func bounds(schema: Int8, index: Int32, upper: Double) {
    let buckets = Self.histogram(schema: schema, offset: index, [1]).buckets
    #expect(buckets.map(\.upper) == [upper])
    #expect(buckets.first?.includesUpper == (upper > 0))
  }

  @Test func bucketsComeInOrderAndAsTheAPIHasThem() {
    let mixed = Self.histogram(zero: 3, threshold: 0.001, [1, 0, 2], negative: [4])
    typealias Bucket = NativeHistogram.APIBucket
    #expect(
      mixed.apiBuckets() == [
        Bucket(boundaries: 1, lower: -1, upper: -0.5, count: 4),
        Bucket(boundaries: 3, lower: -0.001, upper: 0.001, count: 3),
        Bucket(boundaries: 0, lower: 0.5, upper: 1, count: 1), Bucket(boundaries: 0, lower: 2, upper: 4, count: 2),
      ])
    let custom = Self.histogram(schema: NativeHistogram.customSchema, [1, 2, 3], custom: [5, 10])
    #expect(
      custom.apiBuckets() == [
        Bucket(boundaries: 3, lower: -.infinity, upper: 5, count: 1),
        Bucket(boundaries: 0, lower: 5, upper: 10, count: 2),
        Bucket(boundaries: 0, lower: 10, upper: .infinity, count: 3),
      ])
    #expect(NativeHistogram().apiBuckets() == [])
  }

  /// Histograms of whole counts from a seed, of every schema. None of their buckets lies within the zero bucket.
  static func random(_ generator: inout SplitMix) -> NativeHistogram {
    func counts() -> [Double] {
      (0..<Int.random(in: 0...6, using: &generator)).map { _ in Double(Int.random(in: 0...9, using: &generator)) }
    }
    let schema = Int8.random(in: -4...8, using: &generator)
    let offset = Int32.random(in: -6...6, using: &generator)
    let thresholds = schema >= 0 && offset >= 0 ? [0, 1e-60, 0.001, 0.3] : [0, 1e-60]
    let hasZero = Bool.random(using: &generator)
    return histogram(
      schema: schema, sum: Double(Int.random(in: -50...50, using: &generator)),
      zero: hasZero ? Double(Int.random(in: 0...9, using: &generator)) : 0,
      threshold: hasZero ? thresholds[Int.random(in: 0..<thresholds.count, using: &generator)] : 0, offset: offset,
      counts(), negative: counts())
  }

  static func total(_ histogram: NativeHistogram) -> Double {
    histogram.zeroCount + histogram.positiveBuckets.reduce(0, +) + histogram.negativeBuckets.reduce(0, +)
  }

  @Test func sumsAreWholeInAnyOrder() throws {
    var generator = SplitMix(state: 7)
    for _ in 0..<2000 {
      let a = Self.random(&generator)
      let b = Self.random(&generator)
      let sum = try a.adding(b).sum
      let other = try b.adding(a).sum
      #expect(sum.isIdentical(to: other), "\(a) + \(b)")
      #expect(sum.count == a.count + b.count && sum.sum == a.sum + b.sum)
      #expect(Self.total(sum) <= Self.total(a) + Self.total(b))
      #expect(sum.schema == min(a.schema, b.schema) && sum.zeroThreshold >= max(a.zeroThreshold, b.zeroThreshold))
      // Nothing of a histogram that another was added to is missing.
      #expect(!sum.isReset(after: a), "\(sum) after \(a)")
      let nothing = try sum.subtracting(sum).difference
      #expect(nothing.compacted.positiveBuckets == [] && nothing.compacted.negativeBuckets == [] && nothing.count == 0)
    }
  }

  @Test func coarserHistogramsHoldTheSame() {
    var generator = SplitMix(state: 8)
    for _ in 0..<1000 {
      let fine = Self.random(&generator)
      let coarse = fine.reduced(to: -4)
      #expect(Self.total(coarse) == Self.total(fine) && coarse.count == fine.count)
      #expect(coarse.reduced(to: 8) == coarse)
      #expect(!coarse.isReset(after: fine))
    }
  }

  @Test func aCounterThatFellWasReset() {
    let before = Self.histogram([1, 2, 3])
    #expect(!Self.histogram([1, 2, 3]).isReset(after: before))
    #expect(!Self.histogram([1, 2, 3, 4]).isReset(after: before))
    #expect(Self.histogram([1, 1, 9]).isReset(after: before))
    #expect(Self.histogram(offset: 1, [9, 9]).isReset(after: before))
    #expect(Self.histogram(schema: 1, [1, 2, 3, 4]).isReset(after: before))
    var hinted = Self.histogram([0])
    hinted.resetHint = .notReset
    #expect(!hinted.isReset(after: before))
    hinted.resetHint = .reset
    #expect(hinted.isReset(after: hinted))
    // Custom bounds that differ are compared where both have them.
    let custom = NativeHistogram.customSchema
    let few = Self.histogram(schema: custom, [3, 4], custom: [5])
    #expect(!Self.histogram(schema: custom, [1, 2, 5], custom: [2, 5]).isReset(after: few))
    #expect(Self.histogram(schema: custom, [1, 1, 6], custom: [2, 5]).isReset(after: few))
    #expect(few.isReset(after: before))
  }

  @Test func customBoundsThatBothHaveAreLeft() throws {
    let custom = NativeHistogram.customSchema
    let (sum, remarks) = try Self.histogram(schema: custom, [1, 2, 3], custom: [2, 5])
      .adding(Self.histogram(schema: custom, [10, 20, 30], custom: [5, 7]))
    #expect(sum.customValues == [5] && sum.positiveBuckets == [13, 53] && remarks.hadDifferentBounds)
    #expect(throws: HistogramSum.Incompatible.self) {
      try Self.histogram([1]).adding(Self.histogram(schema: custom, [1], custom: [5]))
    }
  }

  @Test func quantilesAndSharesAreInverse() {
    var generator = SplitMix(state: 9)
    for _ in 0..<500 {
      var histogram = Self.random(&generator)
      // A zero bucket without width has no place for a share of it.
      histogram.count -= histogram.zeroCount
      histogram.zeroCount = 0
      guard histogram.count > 0 else { continue }
      for quantile in [0.1, 0.25, 0.6, 0.9] {
        let value = histogram.quantile(quantile)
        let share = histogram.fraction(from: -.infinity, to: value)
        // A value in a gap between buckets has the share of the bucket below it.
        #expect(
          (share - quantile).magnitude < 1e-9, "\(quantile) of \(histogram) is \(value), below which \(share) lie")
      }
      #expect(histogram.fraction(from: -.infinity, to: .infinity) == 1)
    }
    #expect(NativeHistogram().quantile(0.5).isNaN)
    #expect(Self.histogram([1]).quantile(-1) == -.infinity && Self.histogram([1]).quantile(2) == .infinity)
  }

  @Test func whatIsCutOffAndWhatStaysIsAll() {
    var generator = SplitMix(state: 10)
    for _ in 0..<500 {
      let histogram = Self.random(&generator)
      for cut in [-3.0, -0.2, 0.7, 2.5] {
        let below = histogram.keeping(.below, of: cut)
        let above = histogram.keeping(.above, of: cut)
        #expect((Self.total(below) + Self.total(above) - Self.total(histogram)).magnitude < 1e-9)
      }
    }
  }

  @Test(arguments: [
    (histogram(schema: 9, [1]), "histogram schema 9 is not known; use -4 to 8, or -53 for custom buckets"),
    (histogram([1, -1]), "a positive bucket is -1.0; counts must not be below zero"),
    (histogram([.nan]), "a positive bucket is nan; counts must not be below zero"),
    (histogram([1], custom: [2]), "a histogram with exponential buckets has no custom bounds; leave them out"),
    (
      histogram(schema: -53, [1], custom: [2, 2]),
      "custom bounds of a histogram: bound 1 is 2.0, not above the one before; sort them and leave out doubles"
    ),
    (
      histogram(schema: -53, [1, 1, 1], custom: [2]),
      "custom bounds of a histogram: 1 bounds make 2 buckets, but the spans end at 3"
    ),
    (
      histogram(schema: -53, zero: 1, [], custom: [2]),
      "a histogram with custom buckets has no zero bucket; leave it out"
    ),
  ])
  func refused(histogram: NativeHistogram, problem: String) {
    do {
      try histogram.validate()
      Issue.record("\(histogram) was taken")
    } catch {
      #expect(error.description == problem)
    }
  }

  @Test func validHistogramsAreTaken() throws {
    var generator = SplitMix(state: 11)
    for _ in 0..<500 { try Self.random(&generator).validate() }
    try Self.histogram(schema: -53, [1, 2], custom: [5]).validate()
  }

  /// Whatever spans say, calculating with them ends.
  @Test func spansThatLieDoNoHarm() throws {
    var hostile = Self.histogram([1, 2, 3], negative: [4])
    hostile.positiveSpans = [
      Span(offset: .max, length: .max), Span(offset: .max, length: 1), Span(offset: .min, length: .max),
    ]
    hostile.negativeSpans = [Span(offset: .min, length: 0), Span(offset: .min, length: 2)]
    var backwards = hostile
    backwards.positiveSpans = [Span(offset: 5, length: 1), Span(offset: -9, length: 2)]
    backwards.zeroThreshold = .nan
    var outside = hostile
    outside.schema = 127
    for a in [hostile, backwards, outside, Self.histogram([1])] {
      for b in [hostile, backwards, outside, Self.histogram([1])] {
        _ = try a.adding(b)
        _ = a.isReset(after: b)
        _ = a.isIdentical(to: b)
      }
      #expect(a.buckets.count <= 6)
      _ = (a.quantile(0.5), a.fraction(from: 0, to: 1), a.variance, a.keeping(.below, of: 1), a.reduced(to: -4))
      _ = a.compacted.apiBuckets()
    }
    var custom = hostile
    custom.schema = NativeHistogram.customSchema
    custom.customValues = [3, 1, .nan]
    _ = try custom.adding(custom)
    #expect(!custom.quantile(0.5).isFinite || custom.quantile(0.5) == custom.quantile(0.5))
  }
}
