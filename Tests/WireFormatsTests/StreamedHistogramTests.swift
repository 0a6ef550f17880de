import FleetModel
import TestSupport
import Testing

@testable import WireFormats

/// Native histograms in streamed answers of remote read.
@Suite struct StreamedHistogramTests {
  /// Histograms that grow, change their layout, are reset and end, among samples. Of layouts that no producer sends, unlike
  /// ``RandomHistograms``: each form of their coding is to be written.
  private static func series(_ seed: UInt64) -> (samples: SampleColumns, histograms: HistogramColumns) {
    var random = RepeatableGenerator(SeededRandom(seed: seed))
    var samples = SampleColumns()
    var histograms = HistogramColumns()
    var time: Int64 = seed % 5 == 0 ? -50_000 : 1_790_000_000_000
    var histogram = layout(&random)
    var isNumber = false
    for _ in 0..<Int.random(in: 0...500, using: &random) {
      time += Bool.random(using: &random) ? 15_000 : Int64.random(in: 1...1 << 40, using: &random)
      if Int.random(in: 0..<40, using: &random) == 0 { isNumber.toggle() }
      if isNumber {
        samples.timestamps.append(time)
        samples.values.append(Double.random(in: -5...5, using: &random))
        continue
      }
      switch Int.random(in: 0..<60, using: &random) {
      case 0: histogram = layout(&random)
      case 1:
        var marker = NativeHistogram()
        marker.sum = StaleMarker.value
        histograms.append(marker, at: time)
        continue
      case 2: histogram.positiveBuckets = histogram.positiveBuckets.map { _ in 0 }
      case 3: histogram.resetHint = NativeHistogram.ResetHint.allCases.randomElement(using: &random) ?? .unknown
      case 4: histogram.sum = .infinity
      default:
        for place in histogram.positiveBuckets.indices {
          histogram.positiveBuckets[place] += Double(Int.random(in: 0...3, using: &random))
        }
        for place in histogram.negativeBuckets.indices {
          histogram.negativeBuckets[place] += Double.random(in: 0...1, using: &random)
        }
        histogram.zeroCount += 1
        histogram.sum += 0.125
      }
      histogram.count =
        (histogram.positiveBuckets + histogram.negativeBuckets).reduce(histogram.zeroCount, +)
      histograms.append(histogram, at: time)
    }
    return (samples, histograms)
  }

  private static func layout(_ random: inout RepeatableGenerator) -> NativeHistogram {
    var histogram = NativeHistogram()
    let thresholds = [0, 0x1p-128, 0.5, 1, 2048, 4096, 0x1p-243, 0x1p-244, 0.003, 0x1p-1074]
    histogram.zeroThreshold = thresholds.randomElement(using: &random) ?? 0
    histogram.schema = Int8.random(in: -4...8, using: &random)
    let spans = (0..<Int.random(in: 0...3, using: &random)).map { place in
      NativeHistogram.Span(
        offset: Int32.random(in: place == 0 ? -3000...3000 : 1...70, using: &random),
        length: UInt32.random(in: 0...9, using: &random))
    }
    histogram.positiveSpans = spans
    histogram.positiveBuckets = spans.flatMap { Array(repeating: 0, count: Int($0.length)) }
    if Bool.random(using: &random) {
      histogram.negativeSpans = [.init(offset: -1, length: 3)]
      histogram.negativeBuckets = [0, 0, 0]
    }
    if Int.random(in: 0..<3, using: &random) == 0 {
      histogram.schema = NativeHistogram.customSchema
      histogram.zeroThreshold = 0
      (histogram.negativeSpans, histogram.negativeBuckets) = ([], [])
      histogram.customValues = [-1, 0.005, 0.1, 1.0 / 3, 33554.43, 33554.431, 1e300]
      histogram.positiveSpans = [.init(offset: 0, length: 8)]
      histogram.positiveBuckets = Array(repeating: 0, count: 8)
    }
    return histogram
  }

  @Test(arguments: 0..<48) func hold(seed: UInt64) throws {
    let (samples, histograms) = Self.series(seed)
    let labels = LabelSet([Label("__name__", "h")])
    let times = (samples.timestamps + histograms.timestamps).sorted()
    for (first, last) in [(0, times.count - 1), (times.count / 3, times.count / 2)] where !times.isEmpty {
      let range = Timestamp(milliseconds: times[first])...Timestamp(milliseconds: times[last])
      let messages = ChunkedAnswer(query: 0, maximumBytes: 3000).messages(
        for: labels, samples, histograms, in: range)
      let found = try #require(ReadAnswers.streamed(messages).first)
      let numbers = samples.timestamps.indices.filter { times[first]...times[last] ~= samples.timestamps[$0] }
      #expect(found.times == numbers.map { samples.timestamps[$0] })
      #expect(found.values == numbers.map { samples.values[$0].bitPattern })
      let places = histograms.timestamps.indices.filter { times[first]...times[last] ~= histograms.timestamps[$0] }
      #expect(found.histograms.timestamps == places.map { histograms.timestamps[$0] })
      for (one, place) in zip(found.histograms.values, places) {
        let wanted = histograms.values[place]
        #expect(one.isIdentical(to: wanted))
        #expect((one.resetHint == .gauge) == (wanted.resetHint == .gauge) || wanted.isStale)
        // What is said to be no reset is none.
        if one.resetHint == .notReset, wanted.resetHint == .unknown, place > 0 {
          #expect(wanted.count >= histograms.values[place - 1].count || wanted.isStale, "at \(place)")
        }
      }
    }
  }

  /// Two histograms as `tsdb/chunkenc` writes them: 1 bucket with the index 0, counts 1 and 2, a second apart.
  @Test func chunksAreThoseOfPrometheus() {
    var histogram = NativeHistogram()
    histogram.zeroThreshold = 0.5
    histogram.positiveSpans = [.init(offset: 0, length: 1)]
    (histogram.count, histogram.sum, histogram.positiveBuckets) = (1, 1, [1])
    var next = histogram
    (next.count, next.sum, next.positiveBuckets) = (2, 1, [2])
    let columns = HistogramColumns(timestamps: [4, 4], values: [histogram, next])
    let chunk = FloatHistogramChunk(columns, 0..<2, hint: .reset)
    // 2 histograms; reset; the exponent 0 as 243; bit 0 of the schema; 1 span: 10 001, length 10 001, offset 0; no span: 0; the
    // time 10 100; three numbers and a bucket of 64 bits; then bit 0 of the time, 11 00001 001011 and 11 bits of the count, 0 and
    // 0 of zero count and sum, and the bucket as the count.
    let one = String(repeating: "0", count: 2) + String(repeating: "1", count: 10) + String(repeating: "0", count: 52)
    let change = "1" + "1" + "00001" + "001011" + String(repeating: "1", count: 11)
    let text =
      "11110011" + "0" + "10001" + "10001" + "0" + "0" + "10100" + one + String(repeating: "0", count: 64) + one + one
      + "0" + change + "0" + "0" + change
    let padded = text + String(repeating: "0", count: (8 - text.count % 8) % 8)
    let bytes = stride(from: 0, to: padded.count, by: 8).map { start in
      UInt8(padded.dropFirst(start).prefix(8), radix: 2)
    }
    #expect(chunk.bytes == [0, 2, 0b1000_0000] + bytes.compactMap { $0 })
  }
}
