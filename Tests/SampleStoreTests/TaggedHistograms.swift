import FleetModel

/// Native histograms in the tests of a model that knows numbers alone: each stands for a number, its tag, which no two of them
/// share but by an accident of 2^-48.
enum TaggedHistogram {
  /// A histogram that a number and a time make: those of one series grow for a while, get further buckets, and are reset.
  static func histogram(_ value: Double, at time: Int64) -> NativeHistogram {
    var histogram = NativeHistogram()
    if StaleMarker.isStale(value) {
      histogram.sum = value
      return histogram
    }
    let seconds = Double((time / 1000) % 50)
    histogram.schema = (time / 100_000) % 3 == 0 ? 2 : 3
    histogram.zeroThreshold = 0x1p-128
    histogram.zeroCount = (seconds / 7).rounded(.down)
    let length = 3 + UInt32((time / 13_000) % 5)
    histogram.positiveSpans = [.init(offset: -2, length: 2), .init(offset: 3, length: length - 2)]
    histogram.positiveBuckets = (0..<length).map { (seconds * Double($0 + 1) / 3).rounded(.down) }
    histogram.count = histogram.positiveBuckets.reduce(histogram.zeroCount, +)
    histogram.sum = value
    return histogram
  }

  static func tag(_ histogram: NativeHistogram) -> Double {
    if histogram.isStale { return StaleMarker.value }
    let plain = histogram.compacted
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ bits: UInt64) {
      hash = (hash ^ bits) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 29
    }
    add(UInt64(bitPattern: Int64(plain.schema)))
    for number in [plain.count, plain.sum, plain.zeroCount, plain.zeroThreshold] { add(number.bitPattern) }
    for span in plain.positiveSpans + plain.negativeSpans {
      add(UInt64(bitPattern: Int64(span.offset)))
      add(UInt64(span.length))
    }
    for number in plain.positiveBuckets + plain.negativeBuckets + plain.customValues { add(number.bitPattern) }
    return Double(bitPattern: 0x7ff9 << 48 | hash >> 16)
  }

  /// What stands for a histogram that says there was no reset where there was one.
  static let falseClaim = Double(bitPattern: 0x7ffa << 48)
}

extension SelectedSeries {
  /// The histograms' tags among the numbers.
  var tagged: SelectedSeries {
    guard !histograms.isEmpty else { return self }
    var all = zip(samples.timestamps, samples.values).map { ($0, $1) }
    for (index, (time, histogram)) in zip(histograms.timestamps, histograms.values).enumerated() {
      var isTrue = true
      if index > 0, histogram.resetHint == .notReset {
        var asked = histogram
        asked.resetHint = .unknown
        isTrue = !asked.isReset(after: histograms.values[index - 1])
      }
      all.append((time, isTrue ? TaggedHistogram.tag(histogram) : TaggedHistogram.falseClaim))
    }
    all.sort { $0.0 < $1.0 }
    return SelectedSeries(
      labels: labels, samples: SampleColumns(timestamps: all.map(\.0), values: all.map(\.1)))
  }
}
