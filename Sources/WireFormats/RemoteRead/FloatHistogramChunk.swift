import FleetModel

/// Prometheus' chunk of native histograms of floating-point counts (prometheus/prometheus `tsdb/chunkenc/float_histogram.go`,
/// `histogram_meta.go`, `tsdb/docs/format/chunks.md`): the number of histograms in 16 bits, what is known of a reset in front
/// of them, the layout of the buckets, which is the same for all; then of each histogram its time, count, zero count, sum and
/// buckets, the first one's whole, the others' as what changed.
struct FloatHistogramChunk {
  /// How a `prometheus.Chunk` calls it.
  static let encoding: Int64 = 3

  private var bits: ChunkBits
  private var time: Int64
  private var difference: Int64 = 0
  private var count: XORValue
  private var zeroCount: XORValue
  private var sum: XORValue
  private var buckets: [XORValue]

  var bytes: [UInt8] { bits.bytes }

  /// - Precondition: at least one histogram and fewer than 2^16, in rising order of time, that fit into one chunk
  ///   (``end(of:from:through:)``).
  init(_ columns: HistogramColumns, _ places: Range<Int>, hint: NativeHistogram.ResetHint) {
    precondition(!places.isEmpty && places.count < 1 << 16, "BUG: a chunk holds 1 to 2^16 − 1 histograms")
    let first = columns.values[places.lowerBound].written
    bits = ChunkBits(
      header: [UInt8(places.count >> 8), UInt8(places.count & 0xff), Self.flag(hint)],
      capacity: 64 + (first.positiveBuckets.count + first.negativeBuckets.count + 4) * (8 + places.count / 4))
    bits.layout(of: first)
    time = columns.timestamps[places.lowerBound]
    bits.varbit(time)
    bits.write(first.count)
    bits.write(first.zeroCount)
    bits.write(first.sum)
    for bucket in first.positiveBuckets + first.negativeBuckets { bits.write(bucket) }
    (count, zeroCount, sum) = (XORValue(first.count), XORValue(first.zeroCount), XORValue(first.sum))
    buckets = (first.positiveBuckets + first.negativeBuckets).map { XORValue($0) }
    for place in places.dropFirst() { append(columns.timestamps[place], columns.values[place].written) }
  }

  private mutating func append(_ next: Int64, _ histogram: NativeHistogram) {
    let step = next &- time
    bits.varbit(step &- difference)
    (time, difference) = (next, step)
    count.write(histogram.count, to: &bits)
    zeroCount.write(histogram.zeroCount, to: &bits)
    sum.write(histogram.sum, to: &bits)
    // A staleness marker has no buckets.
    for (place, bucket) in histogram.positiveBuckets.enumerated() { buckets[place].write(bucket, to: &bits) }
    let positive = histogram.positiveBuckets.count
    for (place, bucket) in histogram.negativeBuckets.enumerated() { buckets[positive + place].write(bucket, to: &bits) }
  }

  private static func flag(_ hint: NativeHistogram.ResetHint) -> UInt8 {
    switch hint {
    case .unknown: 0
    case .notReset: 0b0100_0000
    case .reset: 0b1000_0000
    case .gauge: 0b1100_0000
    }
  }

  /// The place behind the histograms that fit into one chunk with the first of `places`: of the same layout, without a reset
  /// between them, at most as many as Prometheus puts into one. A reader takes all but the first for not reset.
  static func end(of values: [NativeHistogram], from start: Int, through limit: Int) -> Int {
    var end = start + 1
    while end < min(limit, start + XORChunk.samples), values[end].continues(values[end - 1]) { end += 1 }
    return end
  }

  /// What a reader is to know of the histogram at `place`, the first of a chunk.
  static func hint(of values: [NativeHistogram], at place: Int) -> NativeHistogram.ResetHint {
    let histogram = values[place]
    switch histogram.resetHint {
    case .gauge, .reset: return histogram.resetHint
    case .unknown, .notReset: break
    }
    guard place > 0, !histogram.isStale, !values[place - 1].isStale, values[place - 1].resetHint != .gauge else {
      return histogram.resetHint
    }
    return histogram.isReset(after: values[place - 1]) ? .reset : .notReset
  }
}

extension NativeHistogram {
  /// Of a staleness marker only the sum is written, since it has no layout.
  fileprivate var written: NativeHistogram {
    guard isStale else { return self }
    var marker = NativeHistogram()
    marker.sum = sum
    return marker
  }

  /// Whether this can follow `previous` in one chunk.
  fileprivate func continues(_ previous: NativeHistogram) -> Bool {
    if previous.isStale || (resetHint == .gauge) != (previous.resetHint == .gauge) || resetHint == .reset {
      return false
    }
    if isStale { return true }
    guard
      schema == previous.schema, zeroThreshold.bitPattern == previous.zeroThreshold.bitPattern,
      positiveSpans == previous.positiveSpans, negativeSpans == previous.negativeSpans,
      positiveBuckets.count == previous.positiveBuckets.count, negativeBuckets.count == previous.negativeBuckets.count,
      customValues == previous.customValues
    else { return false }
    if resetHint == .gauge { return true }
    return count >= previous.count && zeroCount >= previous.zeroCount
      && zip(positiveBuckets, previous.positiveBuckets).allSatisfy { $0 >= $1 }
      && zip(negativeBuckets, previous.negativeBuckets).allSatisfy { $0 >= $1 }
  }
}

extension ChunkBits {
  fileprivate mutating func layout(of histogram: NativeHistogram) {
    zeroThreshold(histogram.zeroThreshold)
    varbit(Int64(histogram.schema))
    spans(histogram.positiveSpans)
    spans(histogram.negativeSpans)
    guard histogram.hasCustomBuckets else { return }
    varbit(UInt64(histogram.customValues.count))
    for bound in histogram.customValues { customBound(bound) }
  }

  /// Powers of two in one byte, which is what producers choose.
  private mutating func zeroThreshold(_ threshold: Double) {
    if threshold == 0 { return write(0, 8) }
    // As `frexp` counts: 0.5 has the exponent 0.
    let exponent = threshold.isNormal ? Int(threshold.exponent) + 1 : Int.min
    guard threshold > 0, threshold.significand == 1, (-242...11).contains(exponent) else {
      write(255, 8)
      return write(threshold)
    }
    write(UInt64(exponent + 243), 8)
  }

  private mutating func spans(_ spans: [NativeHistogram.Span]) {
    varbit(UInt64(spans.count))
    for span in spans {
      varbit(UInt64(span.length))
      varbit(Int64(span.offset))
    }
  }

  /// Whole thousandths as one more than their number, others behind a zero bit.
  private mutating func customBound(_ bound: Double) {
    let thousandths = (bound * 1000).rounded()
    guard bound >= 0, bound * 1000 <= 33_554_430, thousandths / 1000 == bound else {
      write(0, 1)
      return write(bound)
    }
    varbit(UInt64(thousandths) + 1)
  }
}
